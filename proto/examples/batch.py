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


def wrong(refusal):
    """What is wrong, field by field: a google.rpc.Status that travels beside the refusal."""
    told = dict(refusal.trailing_metadata()).get("grpc-status-details-bin", b"")
    for detail in status_pb2.Status.FromString(told).details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            yield from (f"{field.field}: {field.description}" for field in request.field_violations)


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
            # Of a number that is none the whole batch is refused, so that nobody takes it for "not registered".
            lines = [f"{refusal.code().name} from line {begin + 1} on: {refusal.details()}", *wrong(refusal)]
            sys.exit("\n  ".join(lines))
        for index, answer in enumerate(answers, begin + 1):
            print(index, standing.EligibilityOutcome.Name(answer.outcome), sep="\t")
