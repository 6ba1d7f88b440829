"""Reads a report knowing nothing but the address: the gateway describes itself by reflection.

    pip install grpcio grpcio-reflection
    GATEWAY=127.0.0.1:7400 TOKEN=… python proto/examples/report.py 222400
"""

import os
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

headers = [("authorization", f"Bearer {os.environ['TOKEN']}"), ("accept-language", "zh")]
with grpc.insecure_channel(os.environ["GATEWAY"]) as channel:
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    method = pool.FindServiceByName("xiuhua.gateway.v1.ReportService").FindMethodByName("GetReport")
    call = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    request = GetMessageClass(method.input_type)(template="prefecture-2017", area=sys.argv[1])
    try:
        report = call(request, metadata=headers, timeout=30).report
    except grpc.RpcError as refusal:
        sys.exit(f"{refusal.code().name}: {refusal.details()}")
    for line in report.lines:
        value = line.value if line.HasField("value") else line.note
        print(line.figure_id, line.label, value, line.unit, sep="\t")
