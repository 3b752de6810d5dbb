"""Business keys in payloads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.flow.keys import BusinessKey, KeyFinder, KeyPathError, business_key


def find_keys(keys: list[BusinessKey], payload: str | bytes) -> dict[str, str]:
    return KeyFinder(keys).find(payload)


NOTA = business_key("notaFiscalId", ["$.notaFiscalId", "$.detail.notaFiscalId", "$.detail.nota.id"])


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        ('{"notaFiscalId": "7"}', "7"),
        (b'{"notaFiscalId": "7"}', "7"),
        ('{"notaFiscalId": 7}', "7"),
        ('{"detail": {"notaFiscalId": "7"}}', "7"),
        ('{"detail": {"nota": {"id": "7"}}}', "7"),
        (json.dumps({"statusCode": 201, "body": json.dumps({"notaFiscalId": "7"})}), "7"),
        (json.dumps({"Body": json.dumps({"detail": {"notaFiscalId": "7"}})}), "7"),
    ],
)
def test_finds(payload: str | bytes, value: str) -> None:
    assert find_keys([NOTA], payload) == {"notaFiscalId": value}


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "notaFiscalId",
        '{"notaFiscalId": ""}',
        '{"notaFiscalId": null}',
        '{"notaFiscalId": true}',
        '{"notaFiscalId": ["7"]}',
        '["notaFiscalId"]',
        '{"outra": {"notaFiscalId": "7"}}',
        '{"notaFiscalId": "7"',
        b"\xff notaFiscalId",
        json.dumps({"notaFiscalId": "7", "x": "y" * 300_000}),
    ],
)
def test_finds_nothing(payload: str | bytes) -> None:
    assert find_keys([NOTA], payload) == {}


def test_the_outermost_document_counts() -> None:
    payload = json.dumps({"notaFiscalId": "fora", "body": json.dumps({"notaFiscalId": "dentro"})})
    assert find_keys([NOTA], payload) == {"notaFiscalId": "fora"}


def test_several_keys() -> None:
    pedido = business_key("pedido", ["$.pedido"])
    assert find_keys([NOTA, pedido], '{"notaFiscalId": "7", "pedido": "p"}') == {
        "notaFiscalId": "7",
        "pedido": "p",
    }


NESTED = [
    business_key("a", ["$.a", "$.b.a", "$.b.body.é"]),
    business_key("b", ["$.b", "$.a.b.S"]),
    business_key("S", ["$.body.S", "$.x-y.S"]),
]
MEMBERS = st.sampled_from(["a", "b", "S", "é", "x-y", "body", "Body"])
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet="ab{", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(MEMBERS, inner, max_size=4)
        | st.builds(json.dumps, st.dictionaries(MEMBERS, inner, max_size=4))
    ),
    max_leaves=12,
)


def walked(keys: list[BusinessKey], document: Any, found: dict[str, str]) -> dict[str, str]:
    """What a walk through the whole document finds."""
    for key in keys:
        for path in key.paths:
            value = document
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                found.setdefault(key.name, str(value))
    for name in ("body", "Body"):
        if isinstance(inner := document.get(name), str) and inner[:1] == "{" and len(found) < len(keys):
            try:
                walked(keys, json.loads(inner), found)
            except json.JSONDecodeError:
                continue
    return found


@given(st.dictionaries(MEMBERS, DOCUMENTS, max_size=5), st.booleans())
def test_finds_what_a_walk_finds(document: dict[str, Any], as_bytes: bool) -> None:
    text = json.dumps(document, ensure_ascii=False)
    assert find_keys(NESTED, text.encode() if as_bytes else text) == walked(NESTED, document, {})


def test_what_cannot_be_read_holds_no_key() -> None:
    for payload in ('{"notaFiscalId": ' + "[" * 100_000, '{"notaFiscalId": "\ud800"}'):
        assert find_keys([NOTA], payload) == {}


@pytest.mark.parametrize("path", ["notaFiscalId", "$", "$.", "$.a..b", "", "$a"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(KeyPathError, match="cannot be read") as caught:
        business_key("notaFiscalId", [path])
    assert caught.value.remedy
