"""Things as text for the clipboard: as JSON, and as a command that does or shows the same."""

from __future__ import annotations

import json
import shlex
from typing import Any

import msgspec

from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.model.views.flows import FlowSummary
from sandbox.model.views.messages import DeadLetter, MessageView, QueueView
from sandbox.model.views.sagas import SagaView
from sandbox.model.views.system import BusView, FunctionStats, LogView, RuleView, TableView


def as_json(thing: Any) -> str:
    """A thing as indented JSON."""
    plain = msgspec.to_builtins(thing)
    return json.dumps(plain, indent=2, ensure_ascii=False, default=str)


def as_command(thing: Any, endpoint: str) -> str:
    """A command that sends, repeats or shows the thing; empty where there is none.

    Args:
        endpoint: the sandbox's front door.
    """
    if isinstance(thing, DeadLetter):
        thing = thing.message
    for kind, make in _COMMANDS:
        if isinstance(thing, kind):
            return str(make(thing, endpoint))
    return ""


def _awslocal(endpoint: str, *words: str) -> str:
    return shlex.join(("awslocal", "--endpoint-url", endpoint, *words))


def _message(message: MessageView, endpoint: str) -> str:
    words = ["sqs", "send-message", "--queue-url", f"{endpoint}/000000000000/{message.queue}"]
    words += ["--message-body", message.body]
    if message.attributes:
        words += ["--message-attributes", json.dumps(message.attributes)]
    if message.group_id:
        words += ["--message-group-id", message.group_id]
    return _awslocal(endpoint, *words)


def _hop(hop: Hop, endpoint: str) -> str:
    if hop.kind is HopKind.HTTP_REQUEST:
        method, _, path = hop.operation.partition(" ")
        words = ["curl", "-X", method, _url(hop, path, endpoint)]
        if body := str(hop.detail.get("request") or ""):
            words += ["-H", "Content-Type: application/json", "-d", body]
        return shlex.join(words)
    if hop.kind is HopKind.EVENT_PUT and hop.payload:
        entry = _entry(hop)
        return _awslocal(
            endpoint, "events", "put-events", "--entries", json.dumps([entry], ensure_ascii=False)
        )
    if hop.kind is HopKind.INVOKE_START and hop.function:
        name = hop.function.rsplit(":", 1)[-1]
        return _awslocal(
            endpoint,
            "lambda",
            "invoke",
            "--function-name",
            name,
            "--cli-binary-format",
            "raw-in-base64-out",
            "--payload",
            hop.payload or "{}",
            "/dev/stdout",
        )
    return shlex.join(("sandbox", "flow", "show", str(hop.id)))


def _url(hop: Hop, path: str, endpoint: str) -> str:
    """The address of a recorded request: that of its API's stage, as far as the ARN tells it."""
    parts = hop.resource.rsplit(":", 1)[-1].split("/", 3)
    if ":execute-api:" not in hop.resource or len(parts) < 4:
        return f"{endpoint}{path}"
    api, stage, _, rest = parts
    return f"{endpoint}/_aws/execute-api/{api}/{stage}/{rest}"


def _entry(hop: Hop) -> dict[str, Any]:
    try:
        event = json.loads(hop.payload)
    except ValueError:
        event = {}
    event = event if isinstance(event, dict) else {}
    detail = event.get("detail", event.get("Detail", event))
    return {
        "EventBusName": hop.resource.rsplit("/", 1)[-1],
        "Source": hop.detail.get("source") or event.get("source", event.get("Source", "")),
        "DetailType": hop.detail.get("detailType") or event.get("detail-type", event.get("DetailType", "")),
        "Detail": detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False),
    }


def _queue(queue: QueueView, endpoint: str) -> str:
    return _awslocal(
        endpoint,
        "sqs",
        "get-queue-attributes",
        "--queue-url",
        f"{endpoint}/000000000000/{queue.name}",
        "--attribute-names",
        "All",
    )


def _log(line: LogView, endpoint: str) -> str:
    return _awslocal(endpoint, "logs", "tail", line.group, "--follow")


def _function(function: FunctionStats, endpoint: str) -> str:
    return _awslocal(
        endpoint,
        "lambda",
        "invoke",
        "--function-name",
        function.name,
        "--cli-binary-format",
        "raw-in-base64-out",
        "--payload",
        "{}",
        "/dev/stdout",
    )


def _rule(rule: RuleView, endpoint: str) -> str:
    return _awslocal(endpoint, "events", "describe-rule", "--name", rule.name, "--event-bus-name", rule.bus)


def _table(table: TableView, endpoint: str) -> str:
    if table.kind == "dynamodb":
        return _awslocal(endpoint, "dynamodb", "scan", "--table-name", table.name, "--max-items", "100")
    return shlex.join(("psql", "-c", f"SELECT * FROM {table.name} LIMIT 100"))


def _replay(replay: ReplayView, endpoint: str) -> str:
    return _awslocal(endpoint, "events", "describe-replay", "--replay-name", replay.name)


_COMMANDS: tuple[tuple[type, Any], ...] = (
    (MessageView, _message),
    (Hop, _hop),
    (QueueView, _queue),
    (FunctionStats, _function),
    (RuleView, _rule),
    (LogView, _log),
    (FlowSummary, lambda flow, endpoint: shlex.join(("sandbox", "flow", "show", str(flow.id)))),
    (SagaView, lambda saga, endpoint: shlex.join(("sandbox", "saga", "show", saga.id))),
    (BusView, lambda bus, endpoint: shlex.join(("sandbox", "bus", "events", bus.name))),
    (TableView, _table),
    (ArchiveView, lambda archive, endpoint: shlex.join(("sandbox", "bus", "replay", archive.name))),
    (ReplayView, _replay),
)
