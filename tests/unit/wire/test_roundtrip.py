"""botocore writes a request and we read it, we write an answer and botocore reads it: nothing changes."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.loaders import Loader
from botocore.model import OperationModel
from botocore.model import ServiceModel as BotocoreModel
from botocore.parsers import ResponseParserFactory
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.wire.incoming import Incoming
from sandbox.wire.model import Shape
from sandbox.wire.values import seconds
from sandbox.wire.wire import CODECS, Wire
from tests.unit.wire.shapes import Values

OPERATIONS = {
    "sqs": ("SendMessage", "SendMessageBatch", "ReceiveMessage", "CreateQueue"),
    "events": ("PutEvents", "PutRule", "PutTargets", "DescribeRule"),
    "lambda": ("Invoke", "CreateFunction", "CreateEventSourceMapping", "ListFunctions", "TagResource"),
    "apigateway": (
        "ImportRestApi",
        "PutRestApi",
        "CreateDeployment",
        "GetStages",
        "UpdateStage",
        "GetExport",
    ),
    "logs": ("FilterLogEvents", "PutLogEvents"),
    "sts": ("AssumeRole", "GetCallerIdentity"),
    "iam": ("CreateRole", "ListRoles"),
    "rds": ("CreateDBInstance", "DescribeDBInstances"),
    "sns": ("Publish", "CreateTopic"),
    "dynamodb": ("PutItem", "Query"),
    "scheduler": ("CreateSchedule", "ListSchedules"),
    "stepfunctions": ("StartExecution", "DescribeExecution"),
    "cloudformation": ("DescribeStacks", "CreateStack"),
    "xray": ("PutTraceSegments", "BatchGetTraces"),
    "cloudwatch": ("PutMetricData", "GetMetricData"),
    "s3": ("PutObject", "ListObjectsV2", "PutBucketTagging", "GetObject"),
    "route53": ("ChangeResourceRecordSets",),
    "ec2": ("RunInstances", "DescribeInstances"),
}
CASES = [(service, operation) for service, names in OPERATIONS.items() for operation in names]
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TERSE = ("query", "ec2", "rest-xml")


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="module")
def botocore_models() -> dict[str, BotocoreModel]:
    loader = Loader()
    return {name: BotocoreModel(loader.load_service_model(name, "service-2"), name) for name in OPERATIONS}


def made(values: Values, service: str, shape: Shape | None) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a shape; botocore gives S3's `Expires` another type than its model does."""
    if shape is None:
        return st.just({})
    if service != "s3":
        return values.structure(shape)
    return values.structure(shape).map(
        lambda value: {name: item for name, item in value.items() if name != "Expires"}
    )


def written(operation: OperationModel, params: dict[str, Any]) -> Incoming:
    """What botocore sends."""
    serializer = create_serializer(operation.service_model.metadata["protocol"], include_validation=False)
    request = serializer.serialize_to_request(params, operation)
    prepare_request_dict(request, endpoint_url="http://127.0.0.1")
    prepared = create_request_object(request).prepare()
    split = urlsplit(prepared.url)
    text = {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in prepared.headers.items()
    }
    signing = operation.service_model.signing_name
    text["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=k/20200101/eu-west-1/{signing}/aws4_request, Signature=0"
    )
    body = prepared.body or b""
    return Incoming(
        prepared.method, split.path, split.query, text, body.encode() if isinstance(body, str) else body
    )


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_botocores_requests_are_read_back(
    service: str, operation: str, wire: Wire, botocore_models: dict[str, BotocoreModel]
) -> None:
    model = wire.models[service]
    protocol = model.metadata.protocol
    codec = CODECS[protocol](service, model)
    shape = model.input_shape(operation)
    values = Values(model, sparse=protocol not in TERSE)

    @FEW
    @given(made(values, service, shape))
    def check(params: dict[str, Any]) -> None:
        incoming = written(botocore_models[service].operation_model(operation), params)
        target = wire.identify(incoming)
        assert target.error is None
        assert (target.service, target.operation, target.region) == (service, operation, "eu-west-1")
        assert target.protocol == protocol
        parsed = codec.parse(operation, incoming, target.labels)
        if shape and shape.payload and not params.get(shape.payload):
            # An absent blob and an empty one are the same body.
            assert not parsed.pop(shape.payload, None)
            params = {name: value for name, value in params.items() if name != shape.payload}
        if service == "s3" and "ContentLength" not in params:
            parsed.pop("ContentLength", None)  # HTTP has it anyway
        assert parsed == params

    check()


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_botocore_reads_our_answers(
    service: str, operation: str, wire: Wire, botocore_models: dict[str, BotocoreModel]
) -> None:
    model = wire.models[service]
    protocol = model.metadata.protocol
    codec = CODECS[protocol](service, model)
    shape = model.output_shape(operation)
    values = Values(model, sparse=protocol not in TERSE)
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=seconds)
    parser = factory.create_parser(protocol)
    operation_model = botocore_models[service].operation_model(operation)
    streams = operation_model.has_streaming_output

    @FEW
    @given(made(values, service, shape))
    def check(output: dict[str, Any]) -> None:
        response = codec.answer(operation, output, "id-1")
        parsed = parser.parse(
            {
                "status_code": response.status,
                "headers": HeadersDict(dict(response.headers)),
                "body": io.BytesIO(response.body) if streams else response.body,
            },
            operation_model.output_shape,
        )
        assert parsed.pop("ResponseMetadata")["HTTPStatusCode"] == response.status
        found = {
            name: value.read() if isinstance(value, io.BytesIO) else value for name, value in parsed.items()
        }
        for name in set(found) - set(output):
            # botocore gives status code, content type, empty bodies and lists although nothing was said.
            assert not found[name] or name.lower() in ("statuscode", "contenttype")
            del found[name]
        assert found == output

    check()
