"""Services, ports and a server to put a gateway between, for its contract tests."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import ServerStartError
from sandbox.faults.plan import FaultPlan
from sandbox.gateway.gateway import Gateway
from sandbox.gateway.server import HttpServer
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call, Caller
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.services.base import OperationSpec, operation
from sandbox.store.database import Database


class FakeService:
    """A service over marked methods, without a store."""

    operations: Mapping[str, OperationSpec]
    NOT_CHECKED: tuple[str, ...] = ()

    def __init__(self) -> None:
        members = (getattr(type(self), name) for name in dir(type(self)))
        specs = [getattr(member, "__aws_operation__", None) for member in members]
        self.operations = {spec.name: spec for spec in specs if isinstance(spec, OperationSpec)}
        self.calls: list[tuple[str, Call, dict[str, Any]]] = []

    async def call(self, operation_name: str, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((operation_name, call, params))
        for member in params:
            if member not in self.operations[operation_name].accepts:
                raise NotImplementedByName("fake", f"parameter {member} of {operation_name}")
        answer = self.operations[operation_name].handler(self, call, params)
        return answer if isinstance(answer, dict) else await answer


class FakeSqs(FakeService):
    NOT_CHECKED = ("Queue policies are stored, not checked.",)

    def __init__(self) -> None:
        super().__init__()
        self.polling = threading.Event()
        self.cancelled = threading.Event()

    @operation("SendMessage", "QueueUrl MessageBody MessageAttributes DelaySeconds", records=True)
    def send(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        if "missing" in params["QueueUrl"]:
            raise AwsError("QueueDoesNotExist", "The specified queue does not exist.")
        return {"MessageId": "m-1", "MD5OfMessageBody": "0" * 32}

    @operation("ReceiveMessage", "QueueUrl WaitTimeSeconds")
    async def receive(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        if params.get("WaitTimeSeconds"):
            self.polling.set()
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        attributes = {"kind": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
        message = {"MessageId": "m-1", "Body": "a<b>&\r\nç", "MessageAttributes": attributes}
        return {"Messages": [message]}

    @operation("CreateQueue", "QueueName Attributes tags")
    def create(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"QueueUrl": f"{call.endpoint}/{call.scope.account}/{params['QueueName']}"}

    @operation("GetQueueAttributes", "QueueUrl AttributeNames")
    def attributes(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"Attributes": {name: "1" for name in params.get("AttributeNames", ())}}

    @operation("DeleteQueue", "QueueUrl")
    def delete(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("a defect with a secret inside")

    @operation("GetQueueUrl", "QueueName")
    def url(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        raise ServerStartError("the store is away", "its disk is gone", "plug it in")

    @operation("PurgeQueue", "QueueUrl")
    def purge(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"Nonsense": "not in the model"}


class FakeLambda(FakeService):
    @operation("Invoke", "FunctionName InvocationType LogType Payload Qualifier ClientContext")
    def invoke(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"StatusCode": 200, "Payload": params["Payload"][::-1], "FunctionError": "Unhandled"}

    @operation("GetFunction", "FunctionName Qualifier")
    def get(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        raise AwsError(
            "ResourceNotFoundException", f"Function not found: {params['FunctionName']}", status=400
        )

    @operation("CreateFunction", "FunctionName Code Role Handler Runtime")
    def create(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"FunctionName": params["FunctionName"], "CodeSize": len(params["Code"]["ZipFile"])}


class FakeSts(FakeService):
    @operation("GetCallerIdentity")
    def identity(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"Account": call.scope.account, "Arn": call.caller.arn, "UserId": call.scope.region}


class FakeEvents(FakeService):
    @operation("PutEvents", "Entries")
    def put(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {
            "FailedEntryCount": 0,
            "Entries": [{"EventId": str(entry.get("Time"))} for entry in params["Entries"]],
        }

    @operation("PutRule", "Name ScheduleExpression EventPattern State")
    def rule(self, call: Call, params: dict[str, Any]) -> dict[str, Any]:
        return {"RuleArn": f"arn:aws:events:{call.scope.region}:{call.scope.account}:rule/{params['Name']}"}


class FakeUpstream:
    """Answers S3 and DynamoDB in small, and refuses one operation."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, HttpRequest]] = []

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        self.requests.append((service, operation, request))
        if service == "dynamodb":
            headers = [("content-type", "application/x-amz-json-1.0"), ("Connection", "close")]
            return HttpResponse(200, headers, b'{"TableNames":["t"]}')
        if operation == "HeadObject":
            return HttpResponse(200, [("Content-Length", "42"), ("ETag", '"e"')])
        if operation == "GetObject":
            return HttpResponse(200, [("content-type", "text/plain")], b"stored")
        return HttpResponse(
            404, [("content-type", "application/xml")], b"<Error><Code>NoSuchBucket</Code></Error>"
        )

    def refusal(self, service: str, operation: str) -> str | None:
        if operation == "PutBucketNotificationConfiguration":
            return "its notifications would not reach native services"
        return None


class FakeApi:
    """Tells what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, HttpRequest]] = []

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        self.requests.append((api_id, stage, request))
        return HttpResponse(
            201, [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-evil", "a\r\nb: c")], b"made"
        )


class FakeRecorder:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self._next = itertools.count(100)
        self.hops: list[dict[str, Any]] = []

    def reserve(self, cause: int | None = None) -> int:
        return next(self._next)

    def record(
        self, kind: HopKind, scope: Scope, service: str, *, hop: int | None = None, **facts: Any
    ) -> int:
        hop = self.reserve() if hop is None else hop
        self.hops.append({"kind": kind, "scope": scope, "service": service, "hop": hop, **facts})
        return hop


class FakeCallers:
    """One execution environment."""

    def lookup(self, access_key: str) -> Caller | None:
        if access_key != "ASIAENVIRONMENT":
            return None
        arn = "arn:aws:sts::111111111111:assumed-role/r/f"
        return Caller(access_key, arn, "arn:aws:lambda:us-east-1:111111111111:function:f", "env-1", 7)


class House:
    """A gateway with everything around it."""

    def __init__(self, mixed: tuple[str, ...] = ()) -> None:
        self.sqs, self.functions, self.events = FakeSqs(), FakeLambda(), FakeEvents()
        self.upstream, self.api, self.recorder = FakeUpstream(), FakeApi(), FakeRecorder()
        self.stored = 0
        self.faults = FaultPlan(Database(None), self.recorder, Ids(2))
        self.gateway = Gateway(
            services={"sqs": self.sqs, "lambda": self.functions, "sts": FakeSts(), "events": self.events},
            execute_api=self.api,
            long_tail=self.upstream,
            callers=FakeCallers(),
            recorder=self.recorder,
            clock=Clock(),
            ids=Ids(1),
            durable=self.durable,
            mixed=mixed,
            faults=self.faults,
            documents=lambda path: {"about": "the sandbox"} if path == "/_sandbox/about" else None,
        )

    async def durable(self) -> None:
        self.stored += 1


@contextlib.contextmanager
def served(house: House) -> Iterator[int]:
    """Serves a gateway in a thread; gives the port."""
    listener = a_listener()
    loop = asyncio.new_event_loop()
    server = HttpServer(house.gateway, house.gateway.limit, listener)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield listener.getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def a_listener() -> socket.socket:
    """A listening socket on a free port; connections queue until the server accepts."""
    for port in range(20_000, 32_000):
        found = socket.socket()
        try:
            found.bind(("127.0.0.1", port))
            found.listen(64)
        except OSError:
            found.close()
            continue
        return found
    raise OSError("no free port between 20000 and 32000")


def raw(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Sends bytes as they are and reads one answer until the server closes or the length is reached."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        # A server that refuses early may stop reading before all is sent.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                break
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", "0"))
        while len(body) < length:
            part = connection.recv(65536)
            if not part:
                break
            body += part
        return int(lines[0].split(" ")[1]), headers, body
