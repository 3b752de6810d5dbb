"""The saga from end to end over the handlers, and the invariants that its declaration names."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.handlers.conftest import Nfe
from tests.handlers.support import NFE, FakeContext, Json, sqs_event

SAGA: dict[str, Any] = yaml.safe_load((NFE / "saga.yaml").read_text())


def violations(nfe: Nfe, *when: str) -> dict[str, list[tuple[Any, ...]]]:
    found = {
        rule["name"]: nfe.query(rule["query"])
        for rule in SAGA["invariants"]
        if rule["when"] in (when or ("always", "settled"))
    }
    return {name: rows for name, rows in found.items() if rows}


def test_one_outbox_run_leads_to_confirmation(nfe: Nfe) -> None:
    produto = nfe.produto(5)
    nota = nfe.nota((produto, 2))
    assert nfe.status(nota) == "PENDING"
    assert violations(nfe, "always") == {}
    assert set(violations(nfe)) == {"outbox-vazia"}

    nfe.settle()

    assert nfe.status(nota) == "CONFIRMADA"
    assert nfe.estoque(produto) == 3
    assert violations(nfe) == {}


@pytest.mark.parametrize(("stock", "message"), [(1, "Estoque insuficiente"), (None, "Produto inexistente")])
def test_what_stock_cannot_give_is_compensated(nfe: Nfe, stock: int | None, message: str) -> None:
    produto = str(uuid4()) if stock is None else nfe.produto(stock)
    nota = nfe.nota((produto, 2))

    nfe.settle()

    stored = nfe.call("GET", f"/api/v1/notas/{nota}").json
    assert (stored["status"], stored["erroMensagem"]) == ("ERRO_ESTOQUE", message)
    assert violations(nfe) == {}


def test_the_declared_query_tells_the_state(nfe: Nfe) -> None:
    notas = {"PENDING": "running", "CONFIRMADA": "completed", "ERRO_ESTOQUE": "compensated"}
    confirmed, failed = nfe.nota((nfe.produto(1), 1)), nfe.nota((nfe.produto(0), 1))
    nfe.settle()
    pending = nfe.nota((nfe.produto(1), 1))

    assert SAGA["state"]["values"] == notas
    for nota, status in ((confirmed, "CONFIRMADA"), (failed, "ERRO_ESTOQUE"), (pending, "PENDING")):
        cursor = nfe.connection.execute(SAGA["state"]["query"], {"key": nota})
        assert [column.name for column in cursor.description or ()] == [
            "status",
            "started_at",
            "ended_at",
            "error",
        ]
        row = cursor.fetchone()
        assert row is not None
        assert row[0] == status
        assert (row[2] is None) == (status == "PENDING")
    listed = nfe.connection.execute(SAGA["state"]["list"], {"limit": 2}).fetchall()
    assert [str(row[0]) for row in listed] == [pending, failed]


@pytest.mark.parametrize(
    ("damage", "invariant"),
    [
        ("UPDATE estoque.produtos SET quantidade = quantidade - 1", "estoque-constante"),
        ("DELETE FROM estoque.reservas", "confirmada-tem-reserva"),
        (
            "UPDATE faturamento.notas_fiscais SET status = 'ERRO_ESTOQUE', confirmada_em = NULL,"
            " reserva_id = NULL, erro_mensagem = 'x', erro_timestamp = now()",
            "compensada-sem-reserva",
        ),
        (
            "UPDATE faturamento.notas_fiscais SET status = 'PENDING', confirmada_em = NULL, reserva_id = NULL"
            "",
            "reserva-tem-nota-confirmada",
        ),
    ],
)
def test_each_invariant_finds_its_violation(nfe: Nfe, damage: str, invariant: str) -> None:
    nfe.nota((nfe.produto(5), 2))
    nfe.settle()
    nfe.execute(damage)
    assert invariant in violations(nfe)


def test_duplicated_reordered_and_republished_events_change_nothing(nfe: Nfe) -> None:
    scarce, plenty = nfe.produto(3), nfe.produto(100)
    notas = [nfe.nota((plenty, 1), (scarce, 1)) for _ in range(6)]
    random = Random(7)
    nfe.run_outbox()

    delivered = 0
    while nfe.events.published:
        batch: list[Json] = [*nfe.events.published, *nfe.events.published]
        nfe.events.published.clear()
        random.shuffle(batch)
        for event in batch:
            function = "estoque" if event["detail-type"] == "NotaFiscalCriada" else "faturamento"
            assert nfe.deliver(function, event) == {"batchItemFailures": []}
            delivered += 1

    assert delivered == 24
    assert sorted(nfe.status(nota) for nota in notas) == ["CONFIRMADA"] * 3 + ["ERRO_ESTOQUE"] * 3
    assert (nfe.estoque(scarce), nfe.estoque(plenty)) == (0, 97)
    assert violations(nfe) == {}


class TestConcurrency:
    """Several environments of a function at once, each with a connection of its own, as Lambda runs them."""

    WORKERS = 6

    def test_scarce_stock_is_never_sold_twice(self, nfe: Nfe) -> None:
        products = [nfe.produto(10) for _ in range(3)]
        random = Random(11)
        # Every invoice names the products in an order of its own: a deadlock would show.
        notas = [nfe.nota(*[(produto, 1) for produto in random.sample(products, 3)]) for _ in range(24)]
        nfe.run_outbox()
        created = nfe.events.take("NotaFiscalCriada")
        handlers = [nfe.handler("estoque") for _ in range(self.WORKERS)]

        def work(worker: int) -> list[Json]:
            mine = created[worker :: self.WORKERS]
            return [handlers[worker](sqs_event(*mine), FakeContext())]

        with ThreadPoolExecutor(self.WORKERS) as pool:
            answers = [answer for answers in pool.map(work, range(self.WORKERS)) for answer in answers]

        assert answers == [{"batchItemFailures": []}] * self.WORKERS
        nfe.settle()
        assert [nfe.estoque(produto) for produto in products] == [0, 0, 0]
        statuses = [nfe.status(nota) for nota in notas]
        assert (statuses.count("CONFIRMADA"), statuses.count("ERRO_ESTOQUE")) == (10, 14)
        assert violations(nfe) == {}

    def test_one_event_delivered_to_all_at_once_reserves_once(self, nfe: Nfe) -> None:
        produto = nfe.produto(10)
        nfe.nota((produto, 1))
        nfe.run_outbox()
        [event] = nfe.events.take("NotaFiscalCriada")
        handlers = [nfe.handler("estoque") for _ in range(self.WORKERS)]

        with ThreadPoolExecutor(self.WORKERS) as pool:
            answers = list(pool.map(lambda handler: handler(sqs_event(event), FakeContext()), handlers))

        assert answers == [{"batchItemFailures": []}] * self.WORKERS
        assert nfe.estoque(produto) == 9
        assert len(nfe.events.published) == 1

    def test_one_idempotency_key_makes_one_invoice(self, nfe: Nfe) -> None:
        body = {"items": [{"produtoId": str(uuid4()), "quantidade": 1}]}

        def post(_worker: int) -> tuple[int, str]:
            answer = nfe.call("POST", "/api/v1/notas", body, headers={"Idempotency-Key": "k"})
            return answer.status, answer.json["notaFiscalId"]

        with ThreadPoolExecutor(self.WORKERS) as pool:
            answers = set(pool.map(post, range(self.WORKERS)))

        assert len(answers) == 1
        assert answers.pop()[0] == 201
        assert nfe.count("faturamento.notas_fiscais") == 1
        assert nfe.count("faturamento.eventos_outbox") == 1

    def test_concurrent_outbox_runs_publish_each_event_once(self, nfe: Nfe) -> None:
        notas = [nfe.nota((str(uuid4()), 1)) for _ in range(40)]

        with ThreadPoolExecutor(self.WORKERS) as pool:
            runs = list(pool.map(lambda _worker: nfe.run_outbox(), range(self.WORKERS)))

        assert sum(run["publicados"] for run in runs) == 40
        published = [event["detail"]["notaFiscalId"] for event in nfe.events.published]
        assert sorted(published) == sorted(notas)
