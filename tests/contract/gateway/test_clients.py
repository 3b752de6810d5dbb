"""boto3's clients at the front door: every protocol, errors, the record, the long tail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from tests.contract.gateway.fakes import House, served

Client = Callable[..., Any]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def port(house: House) -> Iterator[int]:
    with served(house) as port:
        yield port


@pytest.fixture
def client(port: int) -> Iterator[Client]:
    made: list[Any] = []

    def make(
        service: str, key: str = "test", region: str = "us-east-1", host: str = "127.0.0.1", **config: Any
    ) -> Any:
        found = boto3.client(
            service,
            endpoint_url=f"http://{host}:{port}",
            aws_access_key_id=key,
            aws_secret_access_key="test",
            region_name=region,
            config=Config(retries={"total_max_attempts": 1}, **config),
        )
        made.append(found)
        return found

    yield make
    for found in made:
        found.close()


def failure(call: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call()
    return {**caught.value.response["Error"], **caught.value.response["ResponseMetadata"]}


def test_json(house: House, client: Client) -> None:
    sqs = client("sqs", key="222222222222", region="eu-west-1")
    assert sqs.send_message(QueueUrl="http://x/1/q", MessageBody="hi")["MessageId"] == "m-1"
    message = sqs.receive_message(QueueUrl="http://x/1/q")["Messages"][0]
    assert message["Body"] == "a<b>&\r\nç"
    assert message["MessageAttributes"]["kind"]["BinaryValue"] == b"\x00\xff"
    assert [call.scope for _, call, _ in house.sqs.calls] == [Scope("222222222222", "eu-west-1")] * 2
    assert house.stored == 2


def test_errors_are_exceptions_of_the_client(client: Client) -> None:
    sqs = client("sqs")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as caught:
        sqs.send_message(QueueUrl="http://x/missing", MessageBody="hi")
    error = caught.value.response["Error"]
    assert (error["Code"], error["QueryErrorCode"]) == (
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    )
    functions = client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException) as caught:
        functions.get_function(FunctionName="f")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_rest_json(client: Client) -> None:
    functions = client("lambda")
    answer = functions.invoke(
        FunctionName="arn:aws:lambda:us-east-1:000000000000:function:f", Payload=b"\x00abc"
    )
    assert (answer["Payload"].read(), answer["FunctionError"], answer["StatusCode"]) == (
        b"cba\x00",
        "Unhandled",
        200,
    )
    code = {"ZipFile": b"PK" * 500}
    made = functions.create_function(FunctionName="f", Role="arn:aws:iam::000000000000:role/r", Code=code,
                                     Runtime="python3.13", Handler="a.b")  # fmt: skip
    assert (made["CodeSize"], made["ResponseMetadata"]["HTTPStatusCode"]) == (1000, 201)


def test_query(client: Client) -> None:
    identity = client("sts", key="333333333333", region="sa-east-1").get_caller_identity()
    assert (identity["Account"], identity["Arn"], identity["UserId"]) == (
        "333333333333",
        "arn:aws:iam::333333333333:root",
        "sa-east-1",
    )


def test_validation(client: Client) -> None:
    error = failure(lambda: client("events").put_rule(Name="a b", ScheduleExpression="rate(1 minute)"))
    assert error["Code"] == "ValidationException"
    assert "at 'name' failed to satisfy constraint" in error["Message"]


def test_what_is_not_implemented_is_refused_by_name(client: Client) -> None:
    error = failure(lambda: client("sqs").list_queues())
    assert (error["Code"], error["HTTPStatusCode"]) == ("NotImplemented", 501)
    assert "operation ListQueues of sqs" in error["Message"]


def test_defects_tell_nothing_but_the_request_id(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    error = failure(lambda: client("sqs").delete_queue(QueueUrl="http://x/q"))
    assert (error["Code"], error["HTTPStatusCode"]) == ("InternalFailure", 500)
    assert "secret" not in error["Message"]
    assert error["RequestId"] in error["Message"]
    assert "a defect with a secret inside" in caplog.text
    assert failure(lambda: client("sqs").purge_queue(QueueUrl="http://x/q"))["Code"] == "InternalFailure"


def test_calls_are_recorded_with_their_cause(house: House, client: Client) -> None:
    client("sqs", key="ASIAENVIRONMENT").create_queue(QueueName="q1")
    (hop,) = house.recorder.hops
    (_, call, _) = house.sqs.calls[0]
    assert (hop["kind"], hop["service"], hop["operation"], hop["resource"], hop["status"]) == (
        HopKind.API_CALL,
        "sqs",
        "CreateQueue",
        "q1",
        "ok",
    )
    assert (hop["cause"], hop["hop"]) == (7, call.hop)
    assert hop["function"] == "arn:aws:lambda:us-east-1:111111111111:function:f"
    assert call.scope.account == "111111111111"
    assert hop["request_id"] == call.request_id


def test_services_that_record_themselves_are_recorded_when_they_refuse(house: House, client: Client) -> None:
    sqs = client("sqs", key="ASIAENVIRONMENT")
    sqs.send_message(QueueUrl="http://x/q", MessageBody="b")
    assert house.recorder.hops == []
    assert house.sqs.calls[0][1].hop == 7
    failure(lambda: sqs.send_message(QueueUrl="http://x/missing", MessageBody="b"))
    (hop,) = house.recorder.hops
    assert (hop["status"], hop["resource"], hop["cause"]) == ("error", "missing", 7)
    assert hop["error"].startswith("QueueDoesNotExist: ")


def test_the_long_tail(house: House, client: Client) -> None:
    assert client("dynamodb").list_tables()["TableNames"] == ["t"]
    s3 = client("s3", s3={"addressing_style": "path"})
    assert s3.get_object(Bucket="b", Key="a/ç d")["Body"].read() == b"stored"
    assert s3.head_object(Bucket="b", Key="k")["ContentLength"] == 42
    assert failure(lambda: s3.list_objects_v2(Bucket="b"))["Code"] == "NoSuchBucket"
    assert [(service, operation) for service, operation, _ in house.upstream.requests] == [
        ("dynamodb", "ListTables"),
        ("s3", "GetObject"),
        ("s3", "HeadObject"),
        ("s3", "ListObjectsV2"),
    ]
    assert house.upstream.requests[1][2].path == "/b/a/%C3%A7%20d"
    assert [hop["status"] for hop in house.recorder.hops] == ["ok", "ok", "ok", "error"]
    assert house.recorder.hops[1]["resource"] == "b"


def test_refusals_of_the_long_tail(house: House, client: Client) -> None:
    s3 = client("s3", s3={"addressing_style": "path"})
    error = failure(
        lambda: s3.put_bucket_notification_configuration(Bucket="b", NotificationConfiguration={})
    )
    assert error["Code"] == "NotImplemented"
    assert "would not reach native services" in error["Message"]
    assert house.upstream.requests == []


def test_a_client_that_goes_away_ends_its_long_poll(house: House, client: Client) -> None:
    sqs = client("sqs", read_timeout=1)

    def poll() -> None:
        with pytest.raises(Exception, match=r"(?i)timeout|closed"):
            sqs.receive_message(QueueUrl="http://x/q", WaitTimeSeconds=20)

    thread = threading.Thread(target=poll)
    thread.start()
    assert house.sqs.polling.wait(10)
    thread.join(20)
    assert house.sqs.cancelled.wait(10)
