"""Tests of the reference system, whole: request, functions, PostgreSQL, outbox, saga."""

import os
from typing import Any

import pytest

COUNT = int(os.environ["SUITE_TESTS"])
pytestmark = pytest.mark.sandbox("nfe")


@pytest.mark.parametrize("number", range(COUNT))
def test_an_invoice_is_confirmed(number: int, stack: Any, http: Any, flows: Any, database: Any) -> None:
    order = {"items": [{"produtoId": stack.seed["produtos"][0], "quantidade": 1}]}
    nota = http.post("/api/v1/notas", json=order).json()["notaFiscalId"]
    flows.settle()
    rows = database.execute("SELECT status FROM faturamento.notas_fiscais").fetchall()
    assert rows == [{"status": "CONFIRMADA"}]
    flows.of(nota).assert_went("NotaFiscalCriada", "ReservaConfirmada")
