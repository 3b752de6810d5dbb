"""What has been used at all: rules that matched, schedules that fired, buses with events, consumers."""

from __future__ import annotations

import msgspec

from sandbox.store.readonly import Rows

#: Hops looked at again: one that was reserved early may have been recorded late.
_AGAIN = 5_000
_KINDS = ("rule-matched", "schedule-fired", "event-put")


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """ARNs by what the journal has seen of them.

    Attributes:
        upto: the newest hop that was looked at.
        matched: rules. fired: scheduled rules. buses: buses with events.
        consumed: event source mappings whose function has ended well at least once.
        conditional: functions that wrote to DynamoDB under a condition.
    """

    upto: int = 0
    matched: frozenset[str] = frozenset()
    fired: frozenset[str] = frozenset()
    buses: frozenset[str] = frozenset()
    consumed: frozenset[str] = frozenset()
    conditional: frozenset[str] = frozenset()


def usage(journal: Rows, before: Usage) -> Usage:
    """What has been used, given what was known before: only newer hops are looked at.

    A journal begins to forget at its limits; what was seen once stays known as long as `before` is passed on.
    """
    newest = journal.rows("SELECT max(id) AS id FROM hops")[0]["id"] or 0
    since = max(0, min(before.upto, newest) - _AGAIN)
    seen: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for row in journal.rows(
        "SELECT DISTINCT kind, resource FROM hops WHERE id > ?"
        " AND kind IN ('rule-matched', 'schedule-fired', 'event-put')",
        (since,),
    ):
        seen[row["kind"]].add(row["resource"])
    consumed = journal.rows(
        "SELECT DISTINCT operation FROM hops WHERE id > ? AND kind = 'invoke-end' AND status = 'ok'"
        " AND operation LIKE '%:event-source-mapping:%'",
        (since,),
    )
    conditional = journal.rows(
        "SELECT DISTINCT invocation.function FROM hops AS call JOIN hops AS invocation"
        " ON invocation.id = call.cause WHERE call.id > ? AND call.kind = 'api-call'"
        " AND call.service = 'dynamodb' AND call.status = 'ok' AND (call.payload LIKE '%ConditionExpression%'"
        # Statements have their conditions in a text; who wants to be told of the old item has one.
        " OR call.payload LIKE '%OnConditionCheckFailure%' OR call.payload LIKE '%INSERT INTO %')"
        " AND invocation.function != ''",
        (since,),
    )
    return Usage(
        upto=newest,
        matched=before.matched | seen["rule-matched"],
        fired=before.fired | seen["schedule-fired"],
        buses=before.buses | seen["event-put"],
        consumed=before.consumed | {row["operation"] for row in consumed},
        conditional=before.conditional | {row["function"] for row in conditional},
    )
