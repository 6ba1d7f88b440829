"""Asks about many persons at once, by stubs made of the contract.

    pip install grpcio grpcio-tools googleapis-common-protos
    mkdir stubs && python -m grpc_tools.protoc -Iproto -Iproto/vendor --python_out=stubs --grpc_python_out=stubs \\
        $(cd proto && find xiuhua -name '*.proto')
    GATEWAY=127.0.0.1:7400 TOKEN=… PYTHONPATH=stubs python proto/examples/batch.py < id_numbers.txt
"""

import os
import sys

import grpc
from google.rpc import error_details_pb2, status_pb2
from xiuhua.gateway.v1 import eligibility_pb2 as eligibility, eligibility_pb2_grpc as rpcs
from xiuhua.registry.v1 import standing_pb2 as standing

headers = [("authorization", f"Bearer {os.environ['TOKEN']}"), ("accept-language", "zh")]
numbers = [line.strip() for line in sys.stdin if line.strip()]
with grpc.insecure_channel(os.environ["GATEWAY"]) as channel:
    service = rpcs.EligibilityServiceStub(channel)
    for begin in range(0, len(numbers), 1000):
        part = numbers[begin : begin + 1000]
        request = eligibility.BatchCheckEligibilityRequest(
            questions=[standing.EligibilityQuestion(id_number=number) for number in part],
            purpose="助学",
            legal_basis="助学办法",
        )
        try:
            answers = service.BatchCheckEligibility(request, metadata=headers, timeout=30).answers
        except grpc.RpcError as refusal:
            # A number that is none refuses the whole batch: a google.rpc.Status beside the refusal says which.
            told = dict(refusal.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            wrong = error_details_pb2.BadRequest()
            any(detail.Unpack(wrong) for detail in status_pb2.Status.FromString(told).details)
            fields = [f"  {field.field}: {field.description}" for field in wrong.field_violations]
            sys.exit("\n".join([f"{refusal.code().name}: {refusal.details()}", *fields]))
        for index, answer in enumerate(answers, begin + 1):
            print(index, standing.EligibilityOutcome.Name(answer.outcome), sep="\t")
