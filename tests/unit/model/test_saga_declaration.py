"""Reading saga declarations."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.saga.declaration import DeclarationError, Meaning, Style, When, place_words
from sandbox.model.saga.names import resolve
from sandbox.model.saga.parsing import parse_declaration
from tests.unit.model.saga_story import NAMES, declaration, document


def refused(value: Any) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(value)
    error = caught.value
    assert error.remedy
    return error


def changed(*path: str | int, to: Any = None) -> dict[str, Any]:
    """The document with one thing replaced; `to` None removes it."""
    whole: Any = document()
    inner = whole
    for part in path[:-1]:
        inner = inner[part]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    found: dict[str, Any] = whole
    return found


def test_everything_is_read() -> None:
    read = parse_declaration(document())
    assert (read.saga, read.style, read.key) == ("order", Style.CHOREOGRAPHY, "orderId")
    assert read.key_paths == ("$.orderId", "$.detail.orderId")
    assert read.deadline_seconds == 600
    assert read.invariants[0].when is When.SETTLED
    assert read.meaning("UNDONE") is Meaning.COMPENSATED
    assert read.meaning("ELSE") is None
    assert [one.name for one in read.relays("billing.outbox")] == ["relay"]


def test_steps_are_found_by_what_begins_them() -> None:
    read = declaration()
    step = read.step_of_request("POST /orders")
    assert step is not None
    assert step.name == "issue"
    step = read.step_of_message("confirm", "")
    assert step is not None
    assert step.name == "confirm"
    step = read.emitter("Refused")
    assert step is not None
    assert read.participant_of(step).function == "stock-dev"
    assert read.step_of_message("elsewhere", "Issued") is None


def test_a_shared_queue_is_told_apart_by_the_event() -> None:
    whole = document()
    whole["steps"][3]["trigger"]["queue"] = "ConfirmQueue"
    read = resolve(parse_declaration(whole), NAMES)
    undo, confirm = read.step_of_message("confirm", "Refused"), read.step_of_message("confirm", "Reserved")
    assert undo is not None
    assert confirm is not None
    assert (undo.name, confirm.name) == ("undo", "confirm")


@pytest.mark.parametrize("style", ["step-functions", "durable-function"])
def test_the_other_styles_are_known(style: str) -> None:
    assert parse_declaration(document(style=style)).style.value == style


def test_an_unknown_style_is_refused_by_name() -> None:
    error = refused(document(style="orchestra"))
    assert error.place == ("style",)
    assert "'orchestra'" in error.why
    assert "choreography, step-functions, durable-function" in error.remedy
    assert "Did you mean choreography?" in refused(document(style="choreograph")).why


@pytest.mark.parametrize(
    ("value", "place", "why"),
    [
        ([], "the top", "not a mapping"),
        (document(version=2), "version", "version 2"),
        (document(kee="x"), "kee", "Did you mean key?"),
        (changed("saga"), "the top", "saga is missing"),
        (changed("steps", 1, "participant"), "steps[1]", "participant is missing"),
        (changed("steps", 1, "participant", to="stok"), "steps[1].participant", "Did you mean stock?"),
        (changed("steps", 2, "trigger", "event", to="Reservd"), "steps[2].trigger.event", "Reserved?"),
        (changed("steps", 2, "trigger", to={}), "steps[2].trigger", "either a request or an event"),
        (changed("steps", 2, "trigger", "quue", to="x"), "steps[2].trigger.quue", "Did you mean queue?"),
        (changed("steps", 0, "trigger", "queue", to="Q"), "steps[0].trigger.queue", "not come through"),
        (changed("steps", 0, "trigger", "request", to="orders"), "steps[0].trigger.request", "not a request"),
        (changed("steps", 3, "compensates", to="undo"), "steps[3].compensates", "not another step"),
        (changed("steps", 0, "state", to="PENDIN"), "steps[0].state", "Did you mean PENDING?"),
        (changed("steps", 1, "name", to="issue"), "steps", "two steps are named issue"),
        (changed("steps", to=[]), "steps", "no steps"),
        (
            changed("participants", 2, "relays", to=["x.outbox"]),
            "participants[2].relays[0]",
            "not the outbox",
        ),
        (changed("events", "start", to=["Isued"]), "events.start[0]", "Did you mean Issued?"),
        (changed("keyPaths", 0, to="orderId"), "keyPaths[0]", "not a path"),
        (changed("keyPaths", to=[]), "keyPaths", "no path"),
        (changed("deadline", to="soon"), "deadline", "not a duration"),
        (changed("deadline", to="0s"), "deadline", "not above zero"),
        (changed("state", "query", to="SELECT 1"), "state.query", "%(key)s"),
        (changed("state", "list", to="SELECT 1"), "state.list", "%(limit)s"),
        (changed("state", "values", "DONE", to="fine"), "state.values", "fine"),
        (changed("invariants", 0, "when", to="never"), "invariants[0].when", "never"),
    ],
)
def test_mistakes_are_told_with_their_place(value: Any, place: str, why: str) -> None:
    error = refused(value)
    assert place_words(error.place).startswith(place)
    assert why in error.why


def test_invariants_need_a_database() -> None:
    whole = changed("state")
    for step in whole["steps"]:
        step.pop("state", None)
    assert "no database" in refused(whole).why


def test_names_of_the_stack_replace_logical_ids() -> None:
    read = declaration()
    assert [one.function for one in read.participants] == ["billing-dev", "stock-dev", "relay-dev"]
    assert [step.trigger.queue for step in read.steps] == ["", "reserve", "confirm", "undo"]
    assert read.state is not None
    assert read.state.database == "data-dev"


def test_a_resource_that_the_template_lacks_is_told() -> None:
    names = {name: value for name, value in NAMES.items() if name != "ConfirmQueue"} | {"ConfirmQeue": "c"}
    with pytest.raises(DeclarationError) as caught:
        resolve(parse_declaration(document()), names)
    assert caught.value.place == ("steps", 2, "trigger", "queue")
    assert "Did you mean ConfirmQeue?" in caught.value.why
