"""Faults that can be injected: their kinds, what each is chosen by, and when one is due.

The kinds are what happens to event-driven systems in production: at-least-once delivery
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html),
PutEvents that fails in part, throttling, functions that die around their commit, databases that go away.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from sandbox.errors import UsageError


class FaultKind(StrEnum):
    """What goes wrong."""

    DUPLICATE = "duplicate"
    DELAY = "delay"
    REORDER = "reorder"
    SPLIT = "split"
    POISON = "poison"
    FAIL_ENTRIES = "fail-entries"
    FAIL_DELIVERY = "fail-delivery"
    THROTTLE = "throttle"
    ERROR = "error"
    LATENCY = "latency"
    KILL = "kill"
    TIMEOUT = "timeout"
    COLD_START = "cold-start"
    CLOCK_SKEW = "clock-skew"
    REFUSE_CONNECTION = "refuse-connection"
    LOSE_CONNECTION = "lose-connection"


@dataclass(frozen=True, slots=True)
class Setting:
    """How a fault is adjusted.

    Attributes:
        kind: its type.
        default: what it is when nothing is said.
        about: what it means, with its unit.
        choices: the values it may have; empty when any.
        least: the smallest number it may be.
    """

    kind: type
    default: Any
    about: str
    choices: tuple[str, ...] = ()
    least: float | None = None


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What is known of a kind.

    Attributes:
        about: what happens, one sentence.
        match: names of the facts that a fault of the kind can be chosen by.
        settings: how it is adjusted.
    """

    about: str
    match: tuple[str, ...]
    settings: Mapping[str, Setting] = field(default_factory=dict)


#: Facts by which faults are chosen; `account` chooses any of them.
MATCHES: Mapping[str, str] = {
    "service": "botocore's name of a service (sqs, events, …); execute-api for requests to deployed APIs",
    "operation": "an API operation (PutEvents), or method and path of a request (POST /api/v1/notas)",
    "resource": "name or ARN of what is called: a queue, a bus, a table, …",
    "queue": "name or ARN of a queue",
    "function": "name or ARN of a function",
    "event": "detail type of an event",
    "rule": "name or ARN of a rule",
    "target": "name or ARN of a rule's target",
    "account": "id of an account",
}

#: What only standard queues do.
_UNORDERED = (FaultKind.DUPLICATE, FaultKind.DELAY, FaultKind.REORDER)
_CALL = ("service", "operation", "resource", "function")
_AT_COMMIT = ("before-commit", "after-commit")
_COMMITS = "; before the server sees a commit, or when it has committed and the function does not know"
_AT = Setting(
    str,
    "start",
    "when: as the handler starts, or at its end, when all it did is done and its answer is lost",
    ("start", "end"),
)

KINDS: Mapping[FaultKind, KindFacts] = {
    FaultKind.DUPLICATE: KindFacts(
        "a message that was received is delivered once more, as a second copy with the same id",
        ("queue",),
        {"after": Setting(float, 1.0, "virtual seconds until the copy is visible; 0 for at once", least=0)},
    ),
    FaultKind.DELAY: KindFacts(
        "a message that is sent becomes visible later",
        ("queue",),
        {"seconds": Setting(float, 60.0, "virtual seconds", least=0)},
    ),
    FaultKind.REORDER: KindFacts(
        "messages that are visible together are received in another order", ("queue",)
    ),
    FaultKind.SPLIT: KindFacts(
        "a batch of a queue reaches its function in several invocations",
        ("queue", "function"),
        {"size": Setting(int, 1, "messages of each invocation", least=1)},
    ),
    FaultKind.POISON: KindFacts(
        "the body of a message that is sent is damaged on its way",
        ("queue",),
        {"body": Setting(str, "", "what arrives instead; by default the first half of the body")},
    ),
    FaultKind.FAIL_ENTRIES: KindFacts(
        "entries of PutEvents fail, the others of the call do not",
        ("event", "resource", "function"),
        {
            "code": Setting(str, "InternalFailure", "error code of the entry"),
            "message": Setting(str, "Injected fault", "its message"),
        },
    ),
    FaultKind.FAIL_DELIVERY: KindFacts(
        "a target does not take an event; EventBridge tries again after 5xx and throttling",
        ("event", "rule", "target"),
        {
            "code": Setting(str, "InternalFailure", "error code that the target answers"),
            "status": Setting(int, 500, "HTTP status that it answers", least=400),
        },
    ),
    FaultKind.THROTTLE: KindFacts(
        "an operation is refused as throttled, with the code of its service", _CALL
    ),
    FaultKind.ERROR: KindFacts(
        "an operation fails",
        _CALL,
        {
            "status": Setting(int, 500, "HTTP status", least=400),
            "code": Setting(str, "", "error code; by default the service's own for the status"),
            "done": Setting(bool, False, "the service does its work first: only its answer is lost"),
        },
    ),
    FaultKind.LATENCY: KindFacts(
        "an operation takes longer",
        _CALL,
        {"seconds": Setting(float, 1.0, "real seconds: callers live in real time", least=0)},
    ),
    FaultKind.KILL: KindFacts(
        "the process of an invocation is killed",
        ("function",),
        {"at": replace(_AT, about=_AT.about + _COMMITS, choices=(*_AT.choices, *_AT_COMMIT))},
    ),
    FaultKind.TIMEOUT: KindFacts(
        "an invocation runs into its timeout, without anybody waiting for it", ("function",), {"at": _AT}
    ),
    FaultKind.COLD_START: KindFacts(
        "an invocation gets a new execution environment; those that are warm are ended", ("function",)
    ),
    FaultKind.CLOCK_SKEW: KindFacts(
        "an invocation runs in an execution environment of its own, whose clock is wrong (Python functions)",
        ("function",),
        {"seconds": Setting(float, -300.0, "seconds that its clock is ahead; behind where negative")},
    ),
    FaultKind.REFUSE_CONNECTION: KindFacts(
        "PostgreSQL does not let a function connect",
        ("function",),
        {
            "code": Setting(
                str,
                "53300",
                "SQLSTATE: 53300, too many clients, or 57P03, the server is starting",
                ("53300", "57P03"),
            )
        },
    ),
    FaultKind.LOSE_CONNECTION: KindFacts(
        "a function loses its connection to PostgreSQL",
        ("function",),
        {
            "at": Setting(
                str, "statement", "when: instead of a statement" + _COMMITS, ("statement", *_AT_COMMIT)
            )
        },
    ),
}


class PlannedFault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A fault that waits for its time.

    Attributes:
        id: what it is removed by.
        match: facts that must hold: a name, an ARN, or a pattern with `*`; empty holds always.
        settings: how it is adjusted, complete.
        nth: it strikes from the nth match on.
        times: strikes at most; None without an end.
        probability: of each strike, from 0 to 1.
        seed: of the dice.
        matched: matches so far.
        struck: strikes so far.
    """

    id: str
    kind: FaultKind
    match: dict[str, str] = {}
    settings: dict[str, Any] = {}
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    matched: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        """Whether it will not strike any more."""
        return self.times is not None and self.struck >= self.times

    def concerns(self, facts: Mapping[str, str]) -> bool:
        """Whether its match holds."""
        if self.settings.get("at", facts.get("at", "")) != facts.get("at", ""):
            return False
        return all(is_named(facts.get(name, ""), wanted) for name, wanted in self.match.items())

    def met(self) -> PlannedFault:
        """The same after one more match: struck, where it is due."""
        matched = self.matched + 1
        due = matched >= self.nth and not self.spent and self._dice(matched) < self.probability
        return msgspec.structs.replace(self, matched=matched, struck=self.struck + due)

    def random(self) -> random.Random:
        """Dice of its own for the latest strike: the same for the same seed, whatever else happens."""
        return random.Random(f"{self.seed}/{self.struck}")

    def _dice(self, throw: int) -> float:
        return 0.0 if self.probability >= 1 else random.Random(f"{self.seed}:{throw}").random()


def strikes_database(fault: PlannedFault) -> bool:
    """Whether a fault strikes between functions and PostgreSQL."""
    if fault.kind in (FaultKind.REFUSE_CONNECTION, FaultKind.LOSE_CONNECTION):
        return True
    return fault.settings.get("at") in _AT_COMMIT


def planned_fault(
    identity: str,
    kind: str,
    *,
    match: Mapping[str, str],
    settings: Mapping[str, Any],
    nth: int = 1,
    times: int | None = 1,
    probability: float = 1.0,
    seed: int = 0,
) -> PlannedFault:
    """Checks what somebody asks for and completes it.

    Raises:
        UsageError: there is no such kind, match or setting, or a value cannot be.
    """
    known = _kind(kind)
    facts = KINDS[known]
    for name in match:
        if name not in facts.match and name != "account":
            allowed = ", ".join(facts.match)
            raise _wrong(f"{kind} cannot be chosen by {name}", f"it is chosen by {allowed}")
    for name in settings:
        if name not in facts.settings:
            allowed = ", ".join(facts.settings) or "nothing"
            raise _wrong(f"{kind} has no setting {name}", f"it has {allowed}")
    if known in _UNORDERED and match.get("queue", "").endswith(".fifo"):
        raise _wrong(f"{kind} cannot strike a FIFO queue", "it delivers once, and in order")
    if nth < 1:
        raise _wrong(f"nth cannot be {nth}", "the first match is 1")
    if times is not None and times < 1:
        raise _wrong(f"times cannot be {times}", "a fault strikes at least once")
    if not (math.isfinite(probability) and 0 < probability <= 1):
        raise _wrong(f"the probability cannot be {probability:g}", "it is above 0 and at most 1")
    return PlannedFault(
        id=identity,
        kind=known,
        match={name: str(value) for name, value in match.items()},
        settings={
            name: _value(f"{name} of {kind}", settings[name], setting)
            if name in settings
            else setting.default
            for name, setting in facts.settings.items()
        },
        nth=nth,
        times=times,
        probability=probability,
        seed=seed,
    )


def _kind(word: str) -> FaultKind:
    try:
        return FaultKind(word)
    except ValueError:
        near = get_close_matches(word, list(FaultKind), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise _wrong(f"there is no fault {word}", f"there are {', '.join(FaultKind)}{hint}") from None


def _value(what: str, value: Any, setting: Setting) -> Any:
    """A setting as its type, from a value of that type or its text."""
    try:
        if setting.kind is bool and isinstance(value, str):
            found: Any = {"true": True, "false": False}[value.lower()]
        else:
            found = setting.kind(value)
    except (ValueError, TypeError, KeyError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(setting.kind, "text")
        raise _wrong(f"{what} cannot be {value!r}", f"it is {kind}: {setting.about}") from None
    if setting.choices and found not in setting.choices:
        raise _wrong(f"{what} cannot be {value!r}", f"it is one of {', '.join(setting.choices)}")
    if setting.least is not None and not (math.isfinite(found) and found >= setting.least):
        raise _wrong(f"{what} cannot be {value!r}", f"it is at least {setting.least:g}: {setting.about}")
    return found


def _wrong(what: str, why: str) -> UsageError:
    return UsageError(
        what, why, "`sandbox faults kinds` lists the faults, what chooses and what adjusts them"
    )


def is_named(fact: str, wanted: str) -> bool:
    """Whether a fact is what is wanted: as a whole, or by the last part of an ARN or URL."""
    if not fact:
        return False
    short = fact.rsplit("/", 1)[-1].rsplit(":", 1)[-1] if fact.startswith(("arn:", "http")) else fact
    return fnmatchcase(fact, wanted) or fnmatchcase(short, wanted)
