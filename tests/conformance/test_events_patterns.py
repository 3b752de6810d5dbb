"""Event patterns, as AWS was recorded to take and to refuse them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.bus_world import BusWorld
from tests.conformance.event_patterns import CASES
from tests.conformance.recorded import names, recorded

ENVELOPE = {
    "id": "1",
    "source": "loja",
    "detail-type": "Pedido",
    "account": "000000000000",
    "region": "us-east-1",
    "time": "2026-11-27T12:00:00Z",
}
_EXPECTING = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
#: Texts that are no pattern -> the reason, and the column it is found in.
TEXTS = {
    "this is valid json but not a dict": (f"Unrecognized token 'this': {_EXPECTING}", 5),
    "{'bad': 'quotation'}": (
        "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
        2,
    ),
    '{"not": closed mark"': (f"Unrecognized token 'closed': {_EXPECTING}", 15),
    '["not", "a", "dict", "but valid json"]': ("Filter is not an object", 2),
}
_STEM = "TestEventPattern::test_event_pattern["
NAMES = [name.removeprefix(_STEM)[:-1] for name in names("events_patterns") if name.startswith(_STEM)]


def result(buses: BusWorld, pattern: Any, event: Any) -> bool:
    answer = buses.events("TestEventPattern", EventPattern=json.dumps(pattern), Event=json.dumps(event))
    found: bool = answer["Result"]
    return found


@recorded("events_patterns", "TestEventPattern::test_event_pattern")
@pytest.mark.parametrize("name", NAMES)
def test_a_pattern(buses: BusWorld, name: str) -> None:
    pattern, members, verdict = CASES[name]
    event = {**ENVELOPE, **members}
    if isinstance(verdict, bool):
        assert verdict is not name.endswith("_NEG")
        assert result(buses, pattern, event) is verdict
        return
    assert name.endswith("_EXC")
    texts = {"EventPattern": json.dumps(pattern), "Event": json.dumps(event)}
    refusal = ("InvalidEventPatternException", f"Event pattern is not valid. Reason: {verdict}")
    assert buses.events.refused("TestEventPattern", **texts) == refusal
    # What cannot be tested cannot become a rule either.
    assert buses.events.refused("PutRule", Name="regra", EventPattern=json.dumps(pattern)) == refusal


@recorded("events_patterns", "TestEventPattern::test_event_pattern_source")
def test_a_source(buses: BusWorld) -> None:
    assert result(buses, {"source": ["loja"]}, ENVELOPE)
    assert not result(buses, {"source": ["fiscal"]}, ENVELOPE)


@recorded("events_patterns", "TestEventPattern::test_invalid_json_event_pattern")
@pytest.mark.parametrize("text", TEXTS, ids=TEXTS)
def test_a_pattern_that_is_no_json_object(buses: BusWorld, text: str) -> None:
    reason, column = TEXTS[text]
    refused = buses.events.refused("TestEventPattern", EventPattern=text, Event=json.dumps(ENVELOPE))
    assert refused == (
        "InvalidEventPatternException",
        f"Event pattern is not valid. Reason: {reason}\n"
        f' at [Source: (String)"{text}"; line: 1, column: {column}]',
    )


@recorded(
    "events_patterns",
    "TestEventPattern::test_plain_string_payload",
    "TestEventPattern::test_invalid_event_payload",
    "TestEventPattern::test_array_event_payload",
)
def test_an_event_that_is_none(buses: BusWorld) -> None:
    incomplete = {name: value for name, value in ENVELOPE.items() if name != "account"}
    for event in ('"texto"', "solto", "[1, 2]", json.dumps(incomplete)):
        pattern = json.dumps({"source": ["loja"]})
        assert buses.events.refused("TestEventPattern", EventPattern=pattern, Event=event) == (
            "ValidationException",
            "Parameter Event is not valid.",
        )


@recorded("events_patterns", "TestEventPattern::test_event_with_large_and_complex_payload")
def test_a_large_event(buses: BusWorld) -> None:
    items = [{"id": f"i{number}", "passos": [{"n": step} for step in range(20)]} for number in range(200)]
    event = {**ENVELOPE, "detail": {"loja": {"uf": "SP"}, "itens": items}}
    assert result(buses, {"source": ["loja"]}, event)
    deep = {"detail": {"loja": {"uf": ["SP"]}, "itens": {"id": ["i199"], "passos": {"n": [19]}}}}
    assert result(buses, deep, event)


# --- rules -----------------------------------------------------------------------------------------------
def passing(buses: BusWorld, pattern: Any, *details: Any) -> list[Any]:
    """The details of the events that a rule lets through."""
    buses.rule(pattern={"source": ["loja"], "detail": pattern}, InputPath="$.detail")
    for detail in details:
        buses.put(detail)
    return buses.bodies()


@recorded("events_patterns", "TestRuleWithPattern::test_put_events_with_rule_pattern_anything_but")
def test_anything_but_some_values(buses: BusWorld) -> None:
    open_, new, paid = ({"estado": state} for state in ("aberto", "novo", "pago"))
    pattern = {"estado": [{"anything-but": "pago"}]}
    assert passing(buses, pattern, open_, new, paid) == [open_, new]


@recorded("events_patterns", "TestRuleWithPattern::test_put_events_with_rule_pattern_exists_true")
def test_a_field_that_is_there(buses: BusWorld) -> None:
    there, not_there = {"cupom": "x", "n": 1}, {"sem-cupom": "x", "n": 1}
    assert passing(buses, {"cupom": [{"exists": True}]}, there, not_there) == [there]


@recorded("events_patterns", "TestRuleWithPattern::test_put_events_with_rule_pattern_exists_false")
def test_a_field_that_is_not_there(buses: BusWorld) -> None:
    there, not_there = {"cupom": "x", "n": 1}, {"sem-cupom": "x", "n": 1}
    assert passing(buses, {"cupom": [{"exists": False}]}, there, not_there) == [not_there]


@recorded("events_patterns", "TestRuleWithPattern::test_put_event_with_content_base_rule_in_pattern")
def test_every_operator_at_once(buses: BusWorld) -> None:
    pattern = {
        "texto": [{"prefix": "uma-"}],
        "total": [{"numeric": [">", 100]}],
        "uf": [{"anything-but": ["SP", "RJ"]}],
        "cliente": [{"anything-but": {"prefix": "teste"}}],
        "papeis": ["dono"],
        "quantia": [{"numeric": ["=", 200]}],
        "a": [{"anything-but": 100}],
        "b": [{"anything-but": [100, 200, 300]}],
        "c": [{"exists": True}],
        "d": [{"exists": False}],
        "ip": [{"cidr": "10.102.1.0/24"}],
        "n1": [{"numeric": ["<", 200]}],
        "n2": [{"numeric": ["<=", 200]}],
        "n3": [{"numeric": [">", 200, "<=", 300]}],
        "n4": [{"numeric": [">=", 200]}],
    }
    fits = {
        "texto": "uma-nota",
        "total": 200,
        "uf": "MG",
        "cliente": "maria",
        "papeis": "dono",
        "quantia": 200,
        "a": 300,
        "b": 400,
        "c": "sim",
        "ip": "10.102.1.100",
        "n1": 100,
        "n2": 200,
        "n3": 300,
        "n4": 200,
    }
    changes = {"n3": 200, "d": 1, "ip": "10.102.2.1", "b": 100, "cliente": "teste-7"}
    misses = [{**fits, name: value} for name, value in changes.items()]
    assert passing(buses, pattern, fits, *misses) == [fits]
