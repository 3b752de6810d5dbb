"""Whether handling an event twice is the same as handling it once."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sandbox.errors import UsageError
from sandbox.testing.control import Control
from sandbox.testing.errors import FlowAssertionError, report, section
from sandbox.testing.flows import flow_of, name_of

if TYPE_CHECKING:
    from sandbox.testing.stack import Stack

_BUS = "AWS::Events::EventBus"


def assert_idempotent(
    stack: Stack, control: Control, event: Mapping[str, Any] | str, bus: str | None
) -> None:
    """See `Stack.assert_idempotent`."""
    stack.flows.settle()
    if isinstance(event, str):
        known = control.call("test_event", reference=event)
        document, arn = known["document"], known["bus"]
    else:
        document, arn = (
            _document(event, stack),
            _bus_arn(stack, bus or event.get("EventBusName") or _bus(stack)),
        )
        control.call("test_publish", document=document, bus=arn)
        stack.flows.settle()
    before = _content(stack)
    again = control.call("test_publish", document=document, bus=arn)
    stack.flows.settle()
    after = _content(stack)
    flow = flow_of(control, str(again["hop"]))
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    failed = [f"{name_of(hop) or hop.kind}: {hop.error}" for hop in flow.hops if hop.status != "ok"]
    if changed or flow.events or failed:
        told = json.loads(document)["detail-type"]
        raise FlowAssertionError(
            report(
                f"{told} is not handled idempotently: its repetition had effects",
                section("changed", changed),
                section("published again", flow.events),
                section("failed", failed),
                flow.explain(),
            )
        )


def _content(stack: Stack) -> dict[str, str]:
    """A digest of each table of the stack's database, and the counts of each queue."""
    content = {}
    for queue in stack.flows.queues():
        if count := queue["visible"] + queue["in_flight"] + queue["delayed"]:
            content[f"queue {queue['name']}"] = str(count)
    if not stack.has_database:
        return content
    from psycopg import sql

    with stack.connect() as connection:
        tables = connection.execute(
            "SELECT schemaname AS schema, tablename AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for table in tables:
            name = sql.Identifier(table["schema"], table["name"])
            rows = connection.execute(sql.SQL("SELECT t::text AS row FROM {} AS t").format(name)).fetchall()
            digest = hashlib.sha256("\n".join(sorted(row["row"] for row in rows)).encode()).hexdigest()
            content[f"table {table['schema']}.{table['name']}"] = digest
    return content


def _document(event: Mapping[str, Any], stack: Stack) -> str:
    """The event as rules see it."""
    detail = event.get("detail", event.get("Detail", {}))
    source = event.get("source", event.get("Source"))
    kind = event.get("detail-type", event.get("DetailType"))
    if not source or not kind:
        raise UsageError(
            "this is not an event",
            f"it has {', '.join(event) or 'nothing'}, and needs a source, a detail type and a detail",
            'give {"source": …, "detail-type": …, "detail": {…}}, or an entry of PutEvents',
        )
    return json.dumps(
        {
            "version": "0",
            "id": event.get("id", str(uuid.uuid4())),
            "detail-type": kind,
            "source": source,
            "account": stack.aws.account,
            "time": event.get("time", stack.clock.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
            "region": stack.aws.region,
            "resources": event.get("resources", []),
            "detail": json.loads(detail) if isinstance(detail, str) else detail,
        }
    )


def _bus(stack: Stack) -> str:
    buses = [physical for kind, physical in stack.resources.values() if kind == _BUS]
    return buses[0] if len(buses) == 1 else "default"


def _bus_arn(stack: Stack, bus: str) -> str:
    """The ARN of a bus of the stack's account."""
    if bus.startswith("arn:"):
        return bus
    return f"arn:aws:events:{stack.aws.region}:{stack.aws.account}:event-bus/{bus}"
