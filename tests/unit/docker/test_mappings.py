"""Event source mappings on the Docker engine: those of streams are ours, all others LocalStack's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.engines.docker.lambda_api import LambdaApi
from sandbox.engines.docker.mappings import Feeding, MappingService
from sandbox.engines.docker.streams import Pace
from sandbox.model.arn import Arn
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import Delivery
from tests.support.fakes import FakeInvoker
from tests.support.world import World
from tests.unit.docker.streaming import ARN, FakeStreams

_QUEUE = "arn:aws:sqs:us-east-1:000000000000:fila"
_LETTERS = "arn:aws:sqs:us-east-1:000000000000:cartas"


class FakeDeliverer:
    """Keeps what is delivered."""

    def __init__(self) -> None:
        self.delivered: list[Delivery] = []

    def supports(self, target: Arn) -> bool:
        return target.service == "sqs"

    async def deliver(self, delivery: Delivery) -> int:
        self.delivered.append(delivery)
        return 0


class Around:
    """The neighbours of the service.

    Attributes:
        asked: the requests that LocalStack got: method, path, body.
        answer: to the next of them about a mapping.
        ending: how often LocalStack still lists the mapping `deles` after it was deleted.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answer = HttpResponse(200, [], b'{"UUID": "deles"}')
        self.ending = 0
        self.deleted = False
        self.streams = FakeStreams()
        self.invoker = FakeInvoker(answer=lambda event: {})
        self.deliverer = FakeDeliverer()
        self.world = World(lambda kit: MappingService(kit, self._feeding()))

    def _feeding(self) -> Feeding:
        return Feeding(
            LambdaApi(self._send),
            self.invoker,
            self.deliverer,
            self.streams.ask,
            lambda arn, record: 7,
            Pace(rest=0.0),
        )

    async def _send(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        body = json.loads(request.body) if request.body else None
        self.asked.append((request.method, request.path, body))
        if "/functions/" in request.path:
            known = "nenhuma" not in request.path
            return HttpResponse(200 if known else 404, [], b'{"Timeout": 9}' if known else b"{}")
        if request.method == "DELETE":
            self.deleted = True
        if request.method == "GET" and self.deleted:
            return self._deleted(request)
        return self.answer

    def _deleted(self, request: HttpRequest) -> HttpResponse:
        """As LocalStack answers: the mapping is found no more, and listed until its poller has ended."""
        if not request.path.endswith("/event-source-mappings/"):
            headers = [("x-amzn-errortype", "ResourceNotFoundException")]
            return HttpResponse(404, headers, b'{"message": "The resource does not exist."}')
        if "Marker" not in request.query:
            return HttpResponse(200, [], b'{"EventSourceMappings": [{"UUID": "a"}], "NextMarker": "deles"}')
        self.ending -= 1
        listed = b'{"UUID": "deles", "State": "Enabled"}' if self.ending >= 0 else b""
        return HttpResponse(200, [], b'{"EventSourceMappings": [' + listed + b"]}")

    def feed(self, **more: Any) -> str:
        """Maps the stream to the function `f`."""
        members = {"StartingPosition": "TRIM_HORIZON", **more}
        made = self.world.call("CreateEventSourceMapping", FunctionName="f", EventSourceArn=ARN, **members)
        return str(made["UUID"])

    def settle(self) -> None:
        """Lets what was put into the stream come."""

        async def nothing() -> None:
            return None

        for _ in range(5):
            self.world.run(nothing)

    def numbers(self) -> list[list[int]]:
        """The sequence numbers of each batch that a function got."""
        return [
            [int(one["dynamodb"]["SequenceNumber"]) for one in event["Records"]]
            for event in self.invoker.events
        ]


@pytest.fixture
def around() -> Iterator[Around]:
    found = Around()
    with found.world:
        yield found


def test_a_mapping_of_a_queue_is_localstacks(around: Around) -> None:
    made = around.world.call("CreateEventSourceMapping", FunctionName="f", EventSourceArn=_QUEUE, BatchSize=3)
    assert made == {"UUID": "deles"}
    body = {"FunctionName": "f", "EventSourceArn": _QUEUE, "BatchSize": 3}
    assert around.asked == [("POST", "/2015-03-31/event-source-mappings/", body)]
    around.world.call("UpdateEventSourceMapping", UUID="deles", Enabled=False)
    path = "/2015-03-31/event-source-mappings/deles"
    assert around.asked[1:] == [("PUT", path, {"Enabled": False})]


def test_a_mapping_that_localstack_has_not_ended_yet_is_shown_as_being_deleted(around: Around) -> None:
    """Until then the same one cannot be made again."""
    around.ending = 2
    around.world.call("DeleteEventSourceMapping", UUID="deles")
    assert [method for method, _, _ in around.asked] == ["DELETE"]
    for _ in range(2):
        shown = around.world.call("GetEventSourceMapping", UUID="deles")
        assert shown == {"UUID": "deles", "State": "Deleting"}
    refused = around.world.refused("GetEventSourceMapping", UUID="deles")
    assert (refused.code, refused.status) == ("ResourceNotFoundException", 404)


def test_what_localstack_refuses_is_refused_in_its_words(around: Around) -> None:
    headers = [("x-amzn-errortype", "ResourceConflictException")]
    around.answer = HttpResponse(409, headers, b'{"message": "already exists"}')
    refused = around.world.refused("CreateEventSourceMapping", FunctionName="f", EventSourceArn=_QUEUE)
    assert (refused.code, refused.message, refused.status) == (
        "ResourceConflictException",
        "already exists",
        409,
    )


def test_a_stream_feeds_a_function_in_batches(around: Around) -> None:
    around.streams.put(1, 2, 3)
    uuid = around.feed(BatchSize=2)
    around.settle()
    assert around.numbers() == [[1, 2], [3]]
    assert around.world.call("GetEventSourceMapping", UUID=uuid)["LastProcessingResult"] == "OK"


def test_parallel_batches_keep_the_order_of_the_changes_of_an_item(around: Around) -> None:
    numbers = list(range(1, 60))
    around.streams.put(*numbers)
    around.feed(BatchSize=3, ParallelizationFactor=4)
    around.settle()
    batches = around.numbers()
    assert sorted(number for batch in batches for number in batch) == numbers
    assert batches[0] != [1, 2, 3]
    for item in range(10):
        seen = [number for batch in batches for number in batch if number % 10 == item]
        assert seen == sorted(seen)


def test_parallel_batches_of_what_localstack_reads_are_refused_by_name(around: Around) -> None:
    stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    asked: dict[str, Any] = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    changed: dict[str, Any] = {"UUID": "deles"}
    for operation, members in (
        ("CreateEventSourceMapping", {**asked, "ParallelizationFactor": 2}),
        ("UpdateEventSourceMapping", {**changed, "ParallelizationFactor": 2}),
    ):
        with pytest.raises(AwsError) as caught:
            around.world.call(operation, **members)
        assert caught.value.code == "NotImplemented"
        assert "LocalStack runs one batch of a stream at a time" in caught.value.message
    assert around.asked == []
    around.world.call("CreateEventSourceMapping", **asked, ParallelizationFactor=1)
    assert around.asked


def test_a_changed_mapping_goes_on_where_it_was(around: Around) -> None:
    around.streams.put(1)
    uuid = around.feed()
    around.settle()
    around.world.call("UpdateEventSourceMapping", UUID=uuid, BatchSize=1)
    around.streams.put(2, 3)
    around.settle()
    assert around.numbers() == [[1], [2], [3]]


def test_a_deleted_mapping_feeds_nobody(around: Around) -> None:
    uuid = around.feed()
    around.world.call("DeleteEventSourceMapping", UUID=uuid)
    around.streams.put(1)
    around.settle()
    assert around.numbers() == []


def test_a_batch_that_is_throttled_is_tried_until_it_is_taken(around: Around) -> None:
    around.invoker.refusal = AwsError("TooManyRequestsException", "Rate exceeded", status=429)
    around.streams.put(1)
    around.feed(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": _LETTERS}})
    around.settle()
    around.invoker.refusal = None
    around.world.advance(1)
    around.settle()
    assert around.numbers() == [[1]]
    assert around.deliverer.delivered == []


def test_what_is_given_up_is_told(around: Around) -> None:
    around.invoker.function_error = "Unhandled"
    around.streams.put(1)
    around.feed(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": _LETTERS}})
    around.settle()
    (delivery,) = around.deliverer.delivered
    assert str(delivery.target) == _LETTERS
    assert json.loads(delivery.body)["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_both_kinds_are_one_list_with_the_last_page(around: Around) -> None:
    uuid = around.feed()
    around.answer = HttpResponse(200, [], b'{"EventSourceMappings": [{"UUID": "a"}], "NextMarker": "b"}')
    page = around.world.call("ListEventSourceMappings")
    assert [one["UUID"] for one in page["EventSourceMappings"]] == ["a"]
    around.answer = HttpResponse(200, [], b'{"EventSourceMappings": [{"UUID": "b"}]}')
    page = around.world.call("ListEventSourceMappings", Marker="b")
    assert [one["UUID"] for one in page["EventSourceMappings"]] == ["b", uuid]
    other = around.world.call("ListEventSourceMappings", FunctionName="g")
    assert [one["UUID"] for one in other["EventSourceMappings"]] == ["b"]


def test_a_stream_or_function_that_is_not_there(around: Around) -> None:
    asked: dict[str, Any] = {"EventSourceArn": ARN, "StartingPosition": "LATEST"}
    refused = around.world.refused("CreateEventSourceMapping", FunctionName="nenhuma", **asked)
    assert (refused.code, refused.message) == (
        "InvalidParameterValueException",
        "Function does not exist",
    )
    around.streams.gone = True
    refused = around.world.refused("CreateEventSourceMapping", FunctionName="f", **asked)
    assert "Stream not found" in refused.message


def test_the_same_stream_and_function_twice_is_refused(around: Around) -> None:
    around.feed()
    asked: dict[str, Any] = {"EventSourceArn": ARN, "StartingPosition": "LATEST"}
    assert (
        "already exists"
        in around.world.refused("CreateEventSourceMapping", FunctionName="f", **asked).message
    )
