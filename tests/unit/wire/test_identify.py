"""Which service, operation, account and region a request means."""

from __future__ import annotations

import pytest

from sandbox.model.scope import Scope
from sandbox.wire.incoming import Incoming
from sandbox.wire.wire import Wire

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


def signed(service: str, key: str = "AKIA", region: str = "sa-east-1") -> str:
    scope = f"{key}/20260102/{region}/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def incoming(
    method: str = "POST", path: str = "/", query: str = "", body: bytes = b"", **headers: str
) -> Incoming:
    return Incoming(method, path, query, {k.replace("_", "-"): v for k, v in headers.items()}, body)


def test_target_prefix_names_service_and_operation(wire: Wire) -> None:
    target = wire.identify(incoming(x_amz_target="AmazonSQS.SendMessage", authorization=signed("sqs")))
    assert (target.service, target.operation, target.protocol, target.error) == (
        "sqs",
        "SendMessage",
        "json",
        None,
    )
    assert target.scope == Scope("000000000000", "sa-east-1")


def test_access_key_that_is_an_account_id_is_the_account(wire: Wire) -> None:
    target = wire.identify(
        incoming(x_amz_target="AmazonSQS.SendMessage", authorization=signed("sqs", key="123456789012"))
    )
    assert target.scope.account == "123456789012"


@pytest.mark.parametrize(
    ("request_", "service", "operation", "protocol"),
    [
        (incoming(x_amz_target="AWSEvents.PutEvents"), "events", "PutEvents", "json"),
        (incoming(x_amz_target="AWSStepFunctions.StartExecution"), "stepfunctions", "StartExecution", "json"),
        (incoming(x_amz_target="DynamoDBStreams_20120810.GetRecords", authorization=signed("dynamodb")),
         "dynamodbstreams", "GetRecords", "json"),
        (incoming(body=b"Action=GetCallerIdentity&Version=2011-06-15", content_type=FORM),
         "sts", "GetCallerIdentity", "query"),
        (incoming("GET", query="Action=ListQueues&Version=2012-11-05"), "sqs", "ListQueues", "query"),
        (incoming("GET", "/000000000000/q", "Action=ReceiveMessage"), "sqs", "ReceiveMessage", "query"),
        (incoming("GET", "/queue/eu-west-1/000000000000/q.fifo", "Action=GetQueueUrl"),
         "sqs", "GetQueueUrl", "query"),
        (incoming(body=b"Action=DescribeInstances", content_type=FORM, authorization=signed("ec2")),
         "ec2", "DescribeInstances", "ec2"),
        (incoming(path="/2015-03-31/functions/arn%3Aaws/invocations"), "lambda", "Invoke", "rest-json"),
        (incoming("GET", "/2015-03-31/functions/"), "lambda", "ListFunctions", "rest-json"),
        (incoming("GET", "/restapis"), "apigateway", "GetRestApis", "rest-json"),
        (incoming("GET", "/v2/apis", authorization=signed("apigateway")),
         "apigatewayv2", "GetApis", "rest-json"),
        (incoming("GET", "/bucket/a/b%20c", authorization=signed("s3")), "s3", "GetObject", "rest-xml"),
        (incoming("PUT", "/bucket/k", "partNumber=1&uploadId=u", authorization=signed("s3")),
         "s3", "UploadPart", "rest-xml"),
        (incoming("GET", "/b/k", "X-Amz-Credential=AK%2F20260101%2Fus-west-2%2Fs3%2Faws4_request"),
         "s3", "GetObject", "rest-xml"),
        (incoming(path="/service/GraniteServiceVersion20100801/operation/PutMetricData"),
         "cloudwatch", "PutMetricData", "smithy-rpc-v2-cbor"),
        (incoming(body=b"Action=PutMetricData", content_type=FORM, authorization=signed("monitoring")),
         "cloudwatch", "PutMetricData", "query"),
    ],
)  # fmt: skip
def test_ways_to_name_an_operation(
    wire: Wire, request_: Incoming, service: str, operation: str, protocol: str
) -> None:
    target = wire.identify(request_)
    assert target.error is None
    assert (target.service, target.operation, target.protocol) == (service, operation, protocol)


def test_labels_are_decoded_after_the_path_is_split(wire: Wire) -> None:
    target = wire.identify(incoming(path="/2015-03-31/functions/a%2Fb/invocations"))
    assert target.labels == {"FunctionName": "a/b"}


def test_presigned_scope_gives_the_region(wire: Wire) -> None:
    query = "X-Amz-Credential=111122223333%2F20260101%2Fus-west-2%2Fs3%2Faws4_request"
    assert wire.identify(incoming("GET", "/b/k", query)).scope == Scope("111122223333", "us-west-2")


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (
            incoming(x_amz_target="AmazonSQS.SendMesage"),
            "UnknownOperationException",
            "Did you mean SendMessage?",
        ),
        (incoming(x_amz_target="Nothing.Here"), "UnknownService", "Nothing.Here"),
        (incoming(x_amz_target=""), "UnknownService", "''"),
        (incoming(body=b"Action=Nope&Version=2011-06-15", content_type=FORM), "InvalidAction", "Nope"),
        (
            incoming(body=b"\xff=1", content_type=FORM, authorization=signed("sts")),
            "MalformedQueryString",
            "form",
        ),
        (incoming(content_type=FORM, authorization=signed("sts")), "MissingAction", "Action"),
        (incoming("GET", "/"), "UnknownService", "GET /"),
        (incoming("GET", authorization=signed("sqs")), "UnknownOperationException", "X-Amz-Target"),
        (incoming("PATCH", "/2015-03-31/functions"), "UnknownOperationException", "PATCH"),
        (incoming("GET", authorization=signed("../../etc")), "UnknownService", "GET /"),
        (incoming("GET", authorization="AWS4-HMAC-SHA256 nonsense"), "UnknownService", "GET /"),
        (incoming(path="/service/x/operation/y"), "UnknownService", "/service/x"),
    ],
)
def test_what_cannot_be_told_says_why(wire: Wire, request_: Incoming, code: str, words: str) -> None:
    error = wire.identify(request_).error
    assert error is not None
    assert error.code == code
    assert words in error.message


def test_region_of_the_scope_must_look_like_one(wire: Wire) -> None:
    target = wire.identify(
        incoming(x_amz_target="AmazonSQS.ListQueues", authorization=signed("sqs", region="not<a>region"))
    )
    assert target.region == "us-east-1"


def test_what_is_remembered_of_a_credential_is_short() -> None:
    for request in (
        incoming(authorization=signed("sqs", key="K" * 5000)),
        incoming(query=f"X-Amz-Credential={'L' * 5000}%2F20260102%2Fus-east-1%2Fsqs%2Faws4_request"),
        incoming(body=b"X-Amz-Credential=" + b"M" * 5000, content_type=FORM),
    ):
        assert request.credential.service == ""
