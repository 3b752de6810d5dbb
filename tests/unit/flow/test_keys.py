"""Business keys in payloads."""

from __future__ import annotations

import json

import pytest

from sandbox.flow.keys import KeyPathError, business_key, find_keys

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


@pytest.mark.parametrize("path", ["notaFiscalId", "$", "$.", "$.a..b", "", "$a"])
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(KeyPathError, match="cannot be read") as caught:
        business_key("notaFiscalId", [path])
    assert caught.value.remedy
