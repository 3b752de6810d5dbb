"""The API of invoices: what it accepts, what it refuses, and what it says."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.handlers.conftest import Nfe
from tests.handlers.support import FakeContext, api_event

NOTAS = "/api/v1/notas"


def um_item(**more: Any) -> dict[str, Any]:
    return {"produtoId": str(uuid4()), "quantidade": 1, **more}


def test_a_new_invoice_is_pending_and_leaves_one_event_in_the_outbox(nfe: Nfe) -> None:
    item = um_item(quantidade=2)
    answer = nfe.call("POST", NOTAS, {"items": [item]})

    assert answer.status == 201
    nota = answer.json["notaFiscalId"]
    assert answer.json == {"notaFiscalId": nota, "status": "PENDING"}
    assert answer.headers["Location"] == f"{NOTAS}/{nota}"
    [(tipo, payload, publicado)] = nfe.query(
        "SELECT tipo, payload, publicado FROM faturamento.eventos_outbox"
    )
    assert (tipo, publicado) == ("NotaFiscalCriada", False)
    assert payload == {"eventoId": payload["eventoId"], "notaFiscalId": nota, "items": [item]}
    assert UUID(payload["eventoId"])


def test_an_invoice_is_read_as_it_was_issued(nfe: Nfe) -> None:
    produto = str(uuid4())
    lines = [
        {"produtoId": produto, "quantidade": 3},
        um_item(),
        {"produtoId": produto, "quantidade": 4},
    ]
    nota = nfe.call("POST", NOTAS, {"items": lines}).json["notaFiscalId"]

    answer = nfe.call("GET", f"{NOTAS}/{nota}")

    assert answer.status == 200
    assert answer.json["items"] == lines
    assert answer.json["notaFiscalId"] == nota
    assert answer.json["status"] == "PENDING"
    assert answer.json["criadaEm"].endswith("Z")
    assert answer.json["confirmadaEm"] is None
    assert answer.json["erroMensagem"] is None


def test_unknown_fields_and_quantities_above_any_stock_are_accepted(nfe: Nfe) -> None:
    body = {"items": [um_item(quantidade=2_147_483_647, cor="azul")], "observacao": "urgente"}
    assert nfe.call("POST", NOTAS, body).status == 201


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ([], {"body"}),
        ("texto", {"body"}),
        ({}, {"items"}),
        ({"items": None}, {"items"}),
        ({"items": {}}, {"items"}),
        ({"items": []}, {"items"}),
        ({"items": [um_item()] * 991}, {"items"}),
        ({"items": [None]}, {"items[0]"}),
        ({"items": [{}]}, {"items[0].produtoId", "items[0].quantidade"}),
        ({"items": [um_item(), um_item(quantidade=0)]}, {"items[1].quantidade"}),
        ({"items": [um_item(quantidade=-1)]}, {"items[0].quantidade"}),
        ({"items": [um_item(quantidade="1")]}, {"items[0].quantidade"}),
        ({"items": [um_item(quantidade=1.0)]}, {"items[0].quantidade"}),
        ({"items": [um_item(quantidade=True)]}, {"items[0].quantidade"}),
        ({"items": [um_item(quantidade=None)]}, {"items[0].quantidade"}),
        ({"items": [um_item(quantidade=2_147_483_648)]}, {"items[0].quantidade"}),
        ({"items": [um_item(produtoId="x")]}, {"items[0].produtoId"}),
        ({"items": [um_item(produtoId=7)]}, {"items[0].produtoId"}),
        (
            {"items": [um_item(produtoId=None), um_item(), {"quantidade": "dois"}]},
            {"items[0].produtoId", "items[2].produtoId", "items[2].quantidade"},
        ),
    ],
)
def test_every_faulty_field_is_named(nfe: Nfe, body: object, fields: set[str]) -> None:
    answer = nfe.call("POST", NOTAS, body)

    assert answer.status == 400
    assert answer.fields == fields
    assert nfe.count("faturamento.notas_fiscais") == 0
    assert nfe.count("faturamento.eventos_outbox") == 0


@pytest.mark.parametrize(
    "raw",
    [None, "", "{", '{"items": [}', "NaN", '{"items": Infinity}', "[" * 100_000, "9" * 5_000, "\x00"],
    ids=["none", "empty", "cut", "malformed", "nan", "infinity", "deep", "huge-number", "nul"],
)
def test_a_body_that_is_not_json_is_refused(nfe: Nfe, raw: str | None) -> None:
    answer = nfe.call("POST", NOTAS, raw=raw)
    assert answer.status == 400
    assert answer.fields == {"body"}


def test_a_binary_body_is_decoded(nfe: Nfe) -> None:
    encoded = base64.b64encode(json.dumps({"items": [um_item()]}).encode()).decode()
    assert nfe.call("POST", NOTAS, raw=encoded, base64=True).status == 201


@pytest.mark.parametrize("raw", [base64.b64encode(b"\xff\xfe{").decode(), "***", "YQ"])
def test_a_binary_body_that_is_not_text_is_refused(nfe: Nfe, raw: str) -> None:
    answer = nfe.call("POST", NOTAS, raw=raw, base64=True)
    assert answer.status == 400
    assert answer.fields == {"body"}


@pytest.mark.parametrize(
    "unknown",
    ["7f1c2a90-4f0e-4c8e-9a55-0d6c1f2b3a44", "nope", "123", "x" * 300, "00000000000000000000000000000000"],
)
def test_an_unknown_invoice_is_not_found(nfe: Nfe, unknown: str) -> None:
    answer = nfe.call("GET", f"{NOTAS}/{unknown}")
    assert answer.status == 404
    assert unknown in answer.json["message"]


def test_a_route_that_does_not_exist_is_not_found(nfe: Nfe) -> None:
    assert nfe.call("GET", "/api/v2/notas").status == 404


class TestIdempotencyKey:
    def test_the_same_request_again_gives_the_same_invoice(self, nfe: Nfe) -> None:
        body = {"items": [um_item()]}
        first = nfe.call("POST", NOTAS, body, headers={"Idempotency-Key": "pedido-1"})
        # Neither the spacing nor the name's letter case of the header makes it another request.
        text = json.dumps(body, indent=4)
        second = nfe.call("POST", NOTAS, raw=text, headers={"idempotency-key": "pedido-1"})

        assert (first.status, second.status) == (201, 201)
        assert first.json == second.json
        assert first.headers["Location"] == second.headers["Location"]
        assert nfe.count("faturamento.notas_fiscais") == 1
        assert nfe.count("faturamento.eventos_outbox") == 1

    def test_the_answer_stays_that_of_the_first_time(self, nfe: Nfe) -> None:
        body = {"items": [{"produtoId": nfe.produto(5), "quantidade": 1}]}
        first = nfe.call("POST", NOTAS, body, headers={"Idempotency-Key": "k"})
        nfe.settle()
        assert nfe.status(first.json["notaFiscalId"]) == "CONFIRMADA"

        assert nfe.call("POST", NOTAS, body, headers={"Idempotency-Key": "k"}).json == first.json

    def test_another_request_under_the_key_is_refused(self, nfe: Nfe) -> None:
        nfe.call("POST", NOTAS, {"items": [um_item()]}, headers={"Idempotency-Key": "k"})
        answer = nfe.call("POST", NOTAS, {"items": [um_item()]}, headers={"Idempotency-Key": "k"})

        assert answer.status == 422
        assert nfe.count("faturamento.notas_fiscais") == 1

    def test_other_keys_and_no_key_make_invoices_of_their_own(self, nfe: Nfe) -> None:
        body = {"items": [um_item()]}
        for headers in ({"Idempotency-Key": "a"}, {"Idempotency-Key": "b"}, None, None):
            assert nfe.call("POST", NOTAS, body, headers=headers).status == 201
        assert nfe.count("faturamento.notas_fiscais") == 4

    @pytest.mark.parametrize("key", ["", " ", "a b", "ç", "x" * 256, "a\x00"])
    def test_a_bad_key_is_named_together_with_the_faults_of_the_body(self, nfe: Nfe, key: str) -> None:
        answer = nfe.call("POST", NOTAS, {}, headers={"Idempotency-Key": key})
        assert answer.status == 400
        assert answer.fields == {"Idempotency-Key", "items"}

    def test_a_refused_request_does_not_use_the_key_up(self, nfe: Nfe) -> None:
        assert nfe.call("POST", NOTAS, {}, headers={"Idempotency-Key": "k"}).status == 400
        answer = nfe.call("POST", NOTAS, {"items": [um_item()]}, headers={"Idempotency-Key": "k"})
        assert answer.status == 201


class TestLista:
    def test_pages_lead_through_all_invoices_newest_first(self, nfe: Nfe) -> None:
        issued = [nfe.nota((str(uuid4()), 1)) for _ in range(5)]
        seen: list[str] = []
        token: str | None = None
        pages = 0
        while pages == 0 or token:
            query = {"limit": "2"} | ({"nextToken": token} if token else {})
            answer = nfe.call("GET", NOTAS, query=query)
            seen += [nota["notaFiscalId"] for nota in answer.json["notas"]]
            token = answer.json["nextToken"]
            pages += 1

        assert seen == issued[::-1]
        assert pages == 3

    def test_pages_of_invoices_of_one_instant_miss_none(self, nfe: Nfe) -> None:
        issued = {nfe.nota((str(uuid4()), 1)) for _ in range(3)}
        nfe.execute("UPDATE faturamento.notas_fiscais SET criada_em = '2026-01-12T10:30:00Z'")
        first = nfe.call("GET", NOTAS, query={"limit": "2"}).json
        second = nfe.call("GET", NOTAS, query={"limit": "2", "nextToken": first["nextToken"]}).json

        assert {nota["notaFiscalId"] for nota in first["notas"] + second["notas"]} == issued
        assert second["nextToken"] is None

    def test_filters_by_status(self, nfe: Nfe) -> None:
        confirmed = nfe.nota((nfe.produto(1), 1))
        failed = nfe.nota((nfe.produto(0), 1))
        nfe.settle()
        pending = nfe.nota((nfe.produto(1), 1))

        for status, nota in (("CONFIRMADA", confirmed), ("ERRO_ESTOQUE", failed), ("PENDING", pending)):
            answer = nfe.call("GET", NOTAS, query={"status": status})
            assert [found["notaFiscalId"] for found in answer.json["notas"]] == [nota]

    def test_filters_by_period_with_its_end_excluded(self, nfe: Nfe) -> None:
        for day in ("10", "11", "12"):
            nota = nfe.nota((str(uuid4()), 1))
            nfe.execute(
                "UPDATE faturamento.notas_fiscais SET criada_em = %s::timestamptz WHERE nota_fiscal_id = %s",
                f"2026-01-{day}T00:00:00Z",
                nota,
            )

        def days(**query: str) -> list[str]:
            return [nota["criadaEm"][8:10] for nota in nfe.call("GET", NOTAS, query=query).json["notas"]]

        assert days(de="2026-01-11") == ["12", "11"]
        assert days(ate="2026-01-11T00:00:00Z") == ["10"]
        assert days(de="2026-01-11", ate="2026-01-12") == ["11"]
        # Three hours behind UTC, once with the sign escaped and once as a query string leaves it.
        assert days(de="2026-01-11T00:00:00-03:00") == ["12"]
        assert days(de="2026-01-11T03:00:01 03:00") == ["12"]

    @pytest.mark.parametrize(
        ("query", "fields"),
        [
            ({"status": "pendente"}, {"status"}),
            ({"limit": "0"}, {"limit"}),
            ({"limit": "101"}, {"limit"}),
            ({"limit": "x"}, {"limit"}),
            ({"nextToken": "x"}, {"nextToken"}),
            ({"nextToken": "ç"}, {"nextToken"}),
            ({"nextToken": base64.b64encode(b"2026-01-12|x").decode()}, {"nextToken"}),
            ({"de": "ontem"}, {"de"}),
            ({"de": "2026-01-12", "ate": "2026-01-12"}, {"ate"}),
            ({"cor": "azul", "limit": "-1", "ate": ""}, {"cor", "limit", "ate"}),
        ],
    )
    def test_faulty_parameters_are_all_named(self, nfe: Nfe, query: dict[str, str], fields: set[str]) -> None:
        answer = nfe.call("GET", NOTAS, query=query)
        assert answer.status == 400
        assert answer.fields == fields


class TestHealth:
    def test_is_ok_when_the_database_answers(self, nfe: Nfe) -> None:
        answer = nfe.call("GET", "/health")
        assert answer.status == 200
        assert answer.json["status"] == "ok"

    def test_without_a_database_every_route_says_unavailable(self, nfe: Nfe) -> None:
        for function, path in (("faturamento", "/health"), ("estoque", "/api/v1/produtos")):
            code = nfe.code[function]
            nowhere = code.database.Database(nfe.settings | {"DB_HOST": "/nowhere"})
            build = code.app.build_handler
            handler = build(nowhere) if function == "faturamento" else build(nowhere, dict, str)
            assert handler(api_event("GET", path), FakeContext())["statusCode"] == 503
