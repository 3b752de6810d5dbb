"""The API of products."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.handlers.conftest import Nfe

PRODUTOS = "/api/v1/produtos"


def test_a_created_product_is_read_and_listed(nfe: Nfe) -> None:
    created = nfe.call("POST", PRODUTOS, {"nome": "Cadeira ergonômica", "quantidade": 7})

    assert created.status == 201
    produto = created.json["produtoId"]
    assert created.json == {"produtoId": produto, "nome": "Cadeira ergonômica", "quantidade": 7}
    assert created.headers["Location"] == f"{PRODUTOS}/{produto}"
    assert nfe.call("GET", f"{PRODUTOS}/{produto}").json == created.json
    assert nfe.call("GET", PRODUTOS).json == {"produtos": [created.json], "nextToken": None}


def test_a_caller_may_choose_the_id_once(nfe: Nfe) -> None:
    produto = str(uuid4())
    assert nfe.call("POST", PRODUTOS, {"produtoId": produto, "quantidade": 1}).json["produtoId"] == produto

    again = nfe.call("POST", PRODUTOS, {"produtoId": produto, "quantidade": 9})
    assert again.status == 409
    assert nfe.estoque(produto) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], {"body"}),
        ({}, {"quantidade"}),
        ({"quantidade": -1}, {"quantidade"}),
        ({"quantidade": False}, {"quantidade"}),
        ({"quantidade": 2_147_483_648}, {"quantidade"}),
        ({"quantidade": 1, "nome": ""}, {"nome"}),
        ({"quantidade": 1, "nome": "   "}, {"nome"}),
        ({"quantidade": 1, "nome": "a\x00b"}, {"nome"}),
        ({"quantidade": 1, "nome": "\ud800"}, {"nome"}),
        ({"quantidade": 1, "nome": "x" * 201}, {"nome"}),
        ({"quantidade": "1", "nome": 5, "produtoId": "x"}, {"quantidade", "nome", "produtoId"}),
        ({"quantidade": 1, "produtoId": None}, {"produtoId"}),
    ],
)
def test_every_faulty_field_is_named(nfe: Nfe, body: object, fields: set[str]) -> None:
    answer = nfe.call("POST", PRODUTOS, body)
    assert answer.status == 400
    assert answer.fields == fields
    assert nfe.count("estoque.produtos") == 0


def test_a_body_that_is_not_json_is_refused(nfe: Nfe) -> None:
    assert nfe.call("POST", PRODUTOS, raw="{").fields == {"body"}


@pytest.mark.parametrize("unknown", ["7f1c2a90-4f0e-4c8e-9a55-0d6c1f2b3a44", "nope"])
def test_an_unknown_product_is_not_found(nfe: Nfe, unknown: str) -> None:
    assert nfe.call("GET", f"{PRODUTOS}/{unknown}").status == 404


def test_pages_lead_through_all_products(nfe: Nfe) -> None:
    stored = sorted(nfe.produto(number) for number in range(5))
    first = nfe.call("GET", PRODUTOS, query={"limit": "3"}).json
    second = nfe.call("GET", PRODUTOS, query={"limit": "3", "nextToken": first["nextToken"]}).json

    assert [produto["produtoId"] for produto in first["produtos"] + second["produtos"]] == stored
    assert second["nextToken"] is None


def test_faulty_parameters_are_all_named(nfe: Nfe) -> None:
    answer = nfe.call("GET", PRODUTOS, query={"limit": "501", "nextToken": "x", "nome": "y"})
    assert answer.status == 400
    assert answer.fields == {"limit", "nextToken", "nome"}
