"""What a saga declaration keeps beyond its shape: names are declared, queries use their parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from sandbox.model.durations import parse_duration
from sandbox.model.saga.declaration import Declaration, DeclarationError, Place, Step, near

_KEY_PATH = re.compile(r"\$(\.[^.\[\]*]+)+")
_REQUEST = re.compile(r"[A-Z]+ /\S*")


def check(declaration: Declaration) -> None:
    """Checks what types cannot say.

    Raises:
        DeclarationError: the first thing that is wrong.
    """
    _check_key(declaration)
    _check_unique(declaration)
    _check_participants(declaration)
    for index, step in enumerate(declaration.steps):
        _check_step(declaration, step, ("steps", index))
    _check_events(declaration)
    _check_deadline(declaration)
    _check_queries(declaration)


def _check_key(declaration: Declaration) -> None:
    if not declaration.key:
        raise DeclarationError(("key",), "the business key has no name", "write `key: orderId`")
    if not declaration.key_paths:
        raise DeclarationError(("keyPaths",), "no path is given", "add paths like $.detail.orderId")
    for index, path in enumerate(declaration.key_paths):
        if not _KEY_PATH.fullmatch(path):
            raise DeclarationError(
                ("keyPaths", index),
                f"{path!r} is not a path of the form $.name.name",
                "name members only, without brackets or wildcards",
            )


def _check_unique(declaration: Declaration) -> None:
    for member, names in (
        ("participants", [one.name for one in declaration.participants]),
        ("steps", [one.name for one in declaration.steps]),
        ("invariants", [one.name for one in declaration.invariants]),
    ):
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise DeclarationError((member,), f"two {member} are named {twice}", "give each its own name")
    for member in ("participants", "steps"):
        if not getattr(declaration, member):
            raise DeclarationError((member,), f"no {member} are declared", "declare at least one")


def _check_participants(declaration: Declaration) -> None:
    outboxes = {one.outbox for one in declaration.participants if one.outbox}
    for index, participant in enumerate(declaration.participants):
        for number, relayed in enumerate(participant.relays):
            place = ("participants", index, "relays", number)
            _known(relayed, outboxes, place, "the outbox of a participant")


def _check_step(declaration: Declaration, step: Step, place: Place) -> None:
    names = [one.name for one in declaration.participants]
    _known(step.participant, names, (*place, "participant"), "a participant")
    others = [one.name for one in declaration.steps if one.name != step.name]
    if step.compensates:
        _known(step.compensates, others, (*place, "compensates"), "another step")
    if declaration.state is not None and step.state:
        _known(step.state, declaration.state.values, (*place, "state"), "a state of state.values")
    trigger = step.trigger
    if bool(trigger.request) == bool(trigger.event):
        raise DeclarationError(
            (*place, "trigger"), "a step begins with either a request or an event", "give one of the two"
        )
    if trigger.request and trigger.queue:
        raise DeclarationError(
            (*place, "trigger", "queue"), "a request does not come through a queue", "remove the queue"
        )
    if trigger.request and not _REQUEST.fullmatch(trigger.request):
        raise DeclarationError(
            (*place, "trigger", "request"), f"{trigger.request!r} is not a request", "write POST /path"
        )
    if trigger.event:
        emitted = [event for one in declaration.steps for event in one.emits]
        _known(trigger.event, emitted, (*place, "trigger", "event"), "an event that a step emits")


def _check_events(declaration: Declaration) -> None:
    emitted = [event for one in declaration.steps for event in one.emits]
    for member in ("start", "success", "failure", "compensation"):
        for index, event in enumerate(getattr(declaration.events, member)):
            _known(event, emitted, ("events", member, index), "an event that a step emits")


def _check_deadline(declaration: Declaration) -> None:
    if not declaration.deadline:
        return
    try:
        seconds = parse_duration(declaration.deadline)
    except ValueError as error:
        raise DeclarationError(("deadline",), str(error), "write a duration like 10m") from error
    if seconds <= 0:
        raise DeclarationError(("deadline",), "the deadline is not above zero", "write a duration like 10m")


def _check_queries(declaration: Declaration) -> None:
    state = declaration.state
    if declaration.invariants and state is None:
        raise DeclarationError(
            ("invariants",), "no database is named for their queries", "add state.database and state.query"
        )
    if state is None:
        return
    wanted: Iterable[tuple[str, str, str]] = (
        ("query", state.query, "%(key)s"),
        *((("list", state.newest, "%(limit)s"),) if state.newest else ()),
    )
    for member, sql, parameter in wanted:
        if parameter not in sql:
            raise DeclarationError(
                ("state", member), f"the query does not use {parameter}", f"put {parameter} where it belongs"
            )
    if not state.values:
        raise DeclarationError(("state", "values"), "no state is named", "say what each status means")


def _known(name: str, known: Collection[str], place: Place, what: str) -> None:
    if name not in known:
        names = ", ".join(dict.fromkeys(known)) or "none"
        raise DeclarationError(place, f"{name} is not {what}.{near(name, known)}", f"use one of: {names}")
