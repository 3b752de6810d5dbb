"""What the handlers meet on AWS, made by hand: events, a context, an EventBridge."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

NFE = Path(__file__).parents[2] / "handlers" / "nfe"
#: The modules that the functions share.
LAYER = NFE / "layers" / "banco" / "python"

Json = dict[str, Any]


def load_function(name: str) -> SimpleNamespace:
    """Import the modules of one function by themselves, as in its own environment, and return them by name.

    Functions share module names (`app`, `publisher`), so nothing of one may stay importable for the next.
    """
    folders = [NFE / "functions" / name, LAYER]
    modules = sorted(path.stem for folder in folders for path in folder.glob("*.py"))
    before = sys.dont_write_bytecode
    sys.path[:0] = map(str, folders)
    sys.dont_write_bytecode = True
    try:
        importlib.invalidate_caches()
        loaded: dict[str, ModuleType] = {module: importlib.import_module(module) for module in modules}
    finally:
        sys.dont_write_bytecode = before
        for folder in folders:
            sys.path.remove(str(folder))
        for module in modules:
            sys.modules.pop(module, None)
    assert all(Path(str(module.__file__)).parent in folders for module in loaded.values())
    return SimpleNamespace(**loaded)


class FakeContext:
    """The Lambda context; `remaining` are the milliseconds left, one per question, the last one for good."""

    function_name = "nfe-test"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:nfe-test"

    def __init__(self, remaining: Iterable[int] = (60_000,)) -> None:
        self.aws_request_id = str(uuid4())
        self._remaining = list(remaining)

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining.pop(0) if len(self._remaining) > 1 else self._remaining[0]


class FakeEventBridge:
    """PutEvents without a network: keeps what was published as the envelopes that a rule would deliver.

    Attributes:
        published: envelopes, in order.
        calls: the entries of every call, the refused ones included.
        fails: names the error of an entry, or None to accept it.
        refuses: gives the exception of a whole call, or None.
        during: called while a PutEvents is under way.
    """

    def __init__(self) -> None:
        self.published: list[Json] = []
        self.calls: list[list[Json]] = []
        self.fails: Callable[[Json], str | None] = lambda _entry: None
        self.refuses: Callable[[list[Json]], Exception | None] = lambda _entries: None
        self.during: Callable[[], None] = lambda: None

    def put_events(self, *, Entries: list[Json]) -> Json:  # noqa: N803 - boto3's name
        self.calls.append(Entries)
        self.during()
        refusal = self.refuses(Entries) or self._limit(Entries)
        if refusal is not None:
            raise refusal
        results = [self._accept(entry) for entry in Entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def take(self, detail_type: str) -> list[Json]:
        """Return and forget the published envelopes of one kind, as a queue behind a rule gets them."""
        taken = [envelope for envelope in self.published if envelope["detail-type"] == detail_type]
        self.published = [envelope for envelope in self.published if envelope["detail-type"] != detail_type]
        return taken

    def _accept(self, entry: Json) -> Json:
        error = self.fails(entry)
        if error is not None:
            return {"ErrorCode": error, "ErrorMessage": "as the test wants it"}
        event_id = str(uuid4())
        self.published.append(
            envelope(entry["DetailType"], json.loads(entry["Detail"]), entry["Source"], event_id)
        )
        return {"EventId": event_id}

    @staticmethod
    def _limit(entries: list[Json]) -> ClientError | None:
        size = sum(
            len(entry[part].encode()) for entry in entries for part in ("Source", "DetailType", "Detail")
        )
        if len(entries) <= 10 and size <= 256 * 1024:
            return None
        return client_error("ValidationException", f"{len(entries)} entries, {size} bytes")


def client_error(code: str, message: str = "as the test wants it") -> ClientError:
    """Return the error that boto3 raises for an answer of this code."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "PutEvents")


def envelope(
    detail_type: str, detail: Json, source: str = "nfe.faturamento", event_id: str | None = None
) -> Json:
    """Return an EventBridge event."""
    return {
        "version": "0",
        "id": event_id or str(uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": "000000000000",
        "time": "2026-01-12T10:30:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }


def sqs_event(*bodies: Json | str, queue: str = "estoque-reserva") -> Json:
    """Return the batch that an event source mapping hands over; message ids are `m0`, `m1`, ..."""
    return {
        "Records": [
            {
                "messageId": f"m{position}",
                "receiptHandle": f"r{position}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
                "awsRegion": "us-east-1",
            }
            for position, body in enumerate(bodies)
        ]
    }


def api_event(
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    *,
    base64: bool = False,
) -> Json:
    """Return the proxy event of a REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers) if headers else None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} if headers else None,
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()}
        if query
        else None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "stage": "dev",
            "requestId": str(uuid4()),
            "httpMethod": method,
            "path": f"/dev{path}",
        },
        "body": body,
        "isBase64Encoded": base64,
    }


class Answer:
    """An answer of the API: its status, its JSON and its headers."""

    def __init__(self, proxy: Json) -> None:
        self.status: int = proxy["statusCode"]
        self.json: Json = json.loads(proxy["body"])
        self.headers: Json = {name: values[0] for name, values in proxy["multiValueHeaders"].items()}

    @property
    def fields(self) -> set[str]:
        """The faulty fields that a 400 names."""
        return {error["field"] for error in self.json["errors"]}
