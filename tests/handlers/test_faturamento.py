"""The billing consumer: an invoice is settled once, by the first outcome that arrives."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.handlers.conftest import Nfe
from tests.handlers.support import Json, envelope

OK: Json = {"batchItemFailures": []}


def confirmada(nota: str, **more: object) -> Json:
    detail = {"eventoId": str(uuid4()), "notaFiscalId": nota, "reservaId": str(uuid4()), **more}
    return envelope("ReservaConfirmada", detail, "nfe.estoque")


def falhou(nota: str, **more: object) -> Json:
    detail = {"eventoId": str(uuid4()), "notaFiscalId": nota, "erro": "ESTOQUE_INSUFICIENTE", **more}
    return envelope("ReservaFalhou", detail, "nfe.estoque")


def read(nfe: Nfe, nota: str) -> Json:
    return nfe.call("GET", f"/api/v1/notas/{nota}").json


@pytest.fixture
def nota(nfe: Nfe) -> str:
    return nfe.nota((str(uuid4()), 1))


def test_a_reservation_confirms(nfe: Nfe, nota: str) -> None:
    event = confirmada(nota)
    assert nfe.deliver("faturamento", event) == OK

    stored = read(nfe, nota)
    assert stored["status"] == "CONFIRMADA"
    assert stored["reservaId"] == event["detail"]["reservaId"]
    assert stored["confirmadaEm"] >= stored["criadaEm"]
    assert stored["erroMensagem"] is None


@pytest.mark.parametrize(
    ("codigo", "mensagem"),
    [
        ("ESTOQUE_INSUFICIENTE", "Estoque insuficiente"),
        ("PRODUTO_INEXISTENTE", "Produto inexistente"),
        ("DEPOSITO_FECHADO", "DEPOSITO_FECHADO"),
    ],
)
def test_a_refusal_compensates(nfe: Nfe, nota: str, codigo: str, mensagem: str) -> None:
    assert nfe.deliver("faturamento", falhou(nota, erro=codigo)) == OK

    stored = read(nfe, nota)
    assert stored["status"] == "ERRO_ESTOQUE"
    assert (stored["erroCodigo"], stored["erroMensagem"]) == (codigo, mensagem)
    assert stored["erroTimestamp"] >= stored["criadaEm"]
    assert stored["confirmadaEm"] is None


def test_duplicates_change_nothing(nfe: Nfe, nota: str) -> None:
    event = confirmada(nota)
    assert nfe.deliver("faturamento", event) == OK
    first = read(nfe, nota)

    republished = envelope("ReservaConfirmada", event["detail"], "nfe.estoque")
    assert nfe.deliver("faturamento", event, republished) == OK

    assert read(nfe, nota) == first
    assert nfe.count("faturamento.mensagens_processadas") == 1


@pytest.mark.parametrize("winner", ["CONFIRMADA", "ERRO_ESTOQUE"])
def test_the_first_outcome_stays(nfe: Nfe, nota: str, winner: str) -> None:
    events = [confirmada(nota), falhou(nota)]
    if winner == "ERRO_ESTOQUE":
        events.reverse()
    assert nfe.deliver("faturamento", events[0]) == OK
    first = read(nfe, nota)

    assert nfe.deliver("faturamento", events[1]) == OK

    assert first["status"] == winner
    assert read(nfe, nota) == first
    applied = nfe.query("SELECT aplicada FROM faturamento.mensagens_processadas ORDER BY processada_em")
    assert applied == [(True,), (False,)]


def test_an_outcome_may_arrive_before_its_outbox_row_is_marked(nfe: Nfe, nota: str) -> None:
    # The outbox publishes, and marks only then: all the rest of the saga may happen in between.
    nfe.events.during = lambda: _deliver_once(nfe, nota)
    assert nfe.run_outbox()["publicados"] == 1
    assert read(nfe, nota)["status"] == "CONFIRMADA"


def _deliver_once(nfe: Nfe, nota: str) -> None:
    nfe.events.during = lambda: None
    assert nfe.deliver("faturamento", confirmada(nota)) == OK


BAD: list[Json | str] = [
    "",
    "not json",
    "[]",
    "[" * 100_000,
    envelope("ReservaConfirmada", {}),
    envelope("NotaFiscalCriada", {"notaFiscalId": str(uuid4()), "eventoId": str(uuid4())}),
    confirmada("x"),
    confirmada(str(uuid4()), reservaId="x"),
    confirmada(str(uuid4()), eventoId=5),
    falhou(str(uuid4()), erro=None),
    falhou(str(uuid4()), erro=""),
    confirmada(str(uuid4())),
    falhou(str(uuid4())),
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_poison_message_fails_alone(nfe: Nfe, nota: str, bad: Json | str) -> None:
    answer = nfe.deliver("faturamento", bad, confirmada(nota))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert read(nfe, nota)["status"] == "CONFIRMADA"
    assert nfe.count("faturamento.mensagens_processadas") == 1
