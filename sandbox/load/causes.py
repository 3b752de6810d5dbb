"""Why requests were lost: from their answers, and from what the sandbox counted meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.load.sender import BROKEN, CROWDED, REFUSED, TIMED_OUT, Results
from sandbox.load.watching import Watch

#: How busy the processors (of 100) are while they count as full.
FULL = 92.0
#: What comes of a machine that is full: it is slow, so more runs and waits at once than elsewhere.
_OF_THE_MACHINE = frozenset({"timeout", "connection", "crowded", "function-concurrency", "queue-backlog"})
#: Errors of DynamoDB that say that there is no more capacity.
_CAPACITY = ("ProvisionedThroughputExceeded", "ThrottlingException", "RequestLimitExceeded")


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of losses.

    Attributes:
        name: what `causes` calls it. count: requests lost to it.
        first: seconds from the beginning to the first of them; None: not known.
        what: in words, where. setting: which setting of the template to raise; empty: none would help.
        machine: this machine was full then, and has most likely caused it.
    """

    name: str
    count: int
    first: float | None
    what: str
    setting: str = ""
    machine: bool = False


def causes_of(results: Results, watch: Watch) -> list[Cause]:
    """The causes of all losses, the one that came first at the top."""
    found: dict[str, Cause] = {}
    for (status, body), count in results.bodies.items():
        cause = _of_answer(status, body, watch)
        first = results.first[(status, body)]
        known = found.get(cause.name)
        if known is not None:
            count += known.count
            first = min(first, known.first if known.first is not None else first)
        found[cause.name] = Cause(cause.name, count, first, cause.what, cause.setting)
    for cause in _afterwards(watch):
        found[cause.name] = cause
    causes = [_of_machine(cause, watch) for cause in found.values()]
    return sorted(causes, key=lambda cause: (cause.first is None, cause.first or 0.0))


def _of_machine(cause: Cause, watch: Watch) -> Cause:
    """The cause, as one of this machine where its processors were full when it came."""
    server = cause.name.startswith("http-5")
    if cause.name not in _OF_THE_MACHINE and not server:
        return cause
    at = cause.first if cause.first is not None else watch.looks[-1].at if watch.looks else 0.0
    if not watch.full_at(at, FULL):
        return cause
    return Cause(
        cause.name, cause.count, cause.first, f"{cause.what}, while this machine's processors were full",
        machine=True,
    )  # fmt: skip


def _of_answer(status: int, body: bytes, watch: Watch) -> Cause:
    if status == TIMED_OUT:
        return Cause("timeout", 0, None, "no answer within 30 s")
    if status == BROKEN:
        return Cause("connection", 0, None, "the connection ended before the answer")
    if status == REFUSED:
        return Cause("connection", 0, None, "the sandbox took no further connection")
    if status == CROWDED:
        return Cause(
            "crowded", 0, None,
            "not sent: every connection that this command may hold waited for an answer already",
        )  # fmt: skip
    if status == 429:
        return Cause(
            "api-rate-limit", 0, None, "the API's bucket was empty (429)",
            "ThrottlingRateLimit and ThrottlingBurstLimit of the API's stage",
        )  # fmt: skip
    message = _message(body)
    if status >= 500 and watch.throttles and message in ("Service Unavailable", "Internal Server Error"):
        names = ", ".join(watch.throttles)
        return Cause(
            "function-concurrency", 0, None, f"{names} had no environment left",
            f"ReservedConcurrentExecutions of {names}, or the account's concurrency",
        )  # fmt: skip
    tables = _out_of_capacity(watch)
    if status >= 500 and tables:
        return Cause(
            "table-capacity", 0, None, f"{', '.join(tables)} had no capacity left",
            f"ReadCapacityUnits and WriteCapacityUnits of {', '.join(tables)} and of its indexes",
        )  # fmt: skip
    return Cause(f"http-{status}", 0, None, f"answered {status} {message}".rstrip())


def _afterwards(watch: Watch) -> Iterator[Cause]:
    """What happened to requests that were answered well."""
    if watch.dead:
        names = ", ".join(watch.dead)
        yield Cause(
            "dead-letters", sum(watch.dead.values()), None, f"messages were given up into {names}",
            "what the messages failed for: `sandbox dlq ls`",
        )  # fmt: skip
    if watch.drained is None and watch.looks and watch.looks[-1].waiting:
        last = watch.looks[-1]
        yield Cause(
            "queue-backlog", last.waiting, None,
            f"{last.waiting} messages still wait, the oldest for {last.oldest:.0f} s",
            "MaximumConcurrency or BatchSize of the queue's event source mapping",
        )  # fmt: skip


def _out_of_capacity(watch: Watch) -> list[str]:
    return sorted(
        {
            resource
            for (service, _, resource, error), _ in watch.failures.items()
            if service == "dynamodb" and any(word in error for word in _CAPACITY)
        }
    )


def _message(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    return str(told.get("message", "")) if isinstance(told, dict) else ""
