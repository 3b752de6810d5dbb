"""The outbox function: what it claims, what it marks, and what it leaves for the next run."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.handlers.conftest import Nfe
from tests.handlers.support import Json, client_error

NADA = {"publicados": 0, "falhas": 0, "interrompido": False}


def issue(nfe: Nfe, number: int) -> list[str]:
    return [nfe.nota((str(uuid4()), 1)) for _ in range(number)]


def published(nfe: Nfe) -> list[str]:
    return [envelope["detail"]["notaFiscalId"] for envelope in nfe.events.published]


def unpublished_stock_event(nfe: Nfe) -> str:
    """Leave an event of the stock service behind, as a death right after its commit does."""
    nota = str(uuid4())
    nfe.execute(
        "INSERT INTO estoque.eventos_outbox (evento_id, nota_fiscal_id, tipo, payload) VALUES"
        " (gen_random_uuid(), %s, 'ReservaConfirmada', jsonb_build_object('notaFiscalId', %s::text))",
        nota,
        nota,
    )
    return nota


def test_an_empty_outbox_calls_nobody(nfe: Nfe) -> None:
    assert nfe.run_outbox() == NADA
    assert nfe.events.calls == []


def test_events_go_out_in_tens_and_in_order(nfe: Nfe) -> None:
    notas = issue(nfe, 23)

    assert nfe.run_outbox() == {"publicados": 23, "falhas": 0, "interrompido": False}

    assert [len(entries) for entries in nfe.events.calls] == [10, 10, 3]
    assert published(nfe) == notas
    assert nfe.run_outbox() == NADA


def test_what_a_run_sets_off_is_left_to_stock(nfe: Nfe) -> None:
    issue(nfe, 1)
    answers: list[str] = []

    def stock_answers_at_once(entry: Json) -> None:
        if entry["DetailType"] == "NotaFiscalCriada":
            answers.append(unpublished_stock_event(nfe))

    nfe.events.fails = stock_answers_at_once
    assert nfe.run_outbox() == {"publicados": 1, "falhas": 0, "interrompido": False}
    assert set(published(nfe)).isdisjoint(answers)
    assert nfe.run_outbox() == {"publicados": 1, "falhas": 0, "interrompido": False}
    assert published(nfe)[-1:] == answers


def test_a_published_row_keeps_the_event_id_and_the_moment(nfe: Nfe) -> None:
    issue(nfe, 1)
    nfe.run_outbox()

    [envelope] = nfe.events.published
    assert (envelope["source"], envelope["detail-type"]) == ("nfe.faturamento", "NotaFiscalCriada")
    assert nfe.events.calls[0][0]["EventBusName"] == "nfe-events-test"
    [row] = nfe.query(
        "SELECT publicado, eventbridge_id, tentativas, ultimo_erro, publicado_em >= criado_em"
        " FROM faturamento.eventos_outbox"
    )
    assert row == (True, envelope["id"], 1, None, True)


def test_only_entries_with_an_event_id_are_marked(nfe: Nfe) -> None:
    notas = issue(nfe, 5)
    refused = {notas[1], notas[3]}
    nfe.events.fails = lambda entry: (
        "InternalFailure" if any(nota in entry["Detail"] for nota in refused) else None
    )

    assert nfe.run_outbox() == {"publicados": 3, "falhas": 2, "interrompido": False}

    rows = nfe.query(
        "SELECT nota_fiscal_id, tentativas, ultimo_erro FROM faturamento.eventos_outbox WHERE NOT publicado"
    )
    assert {str(row[0]) for row in rows} == refused
    assert {row[1:] for row in rows} == {(1, "InternalFailure: as the test wants it")}

    nfe.events.fails = lambda _entry: None
    assert nfe.run_outbox() == {"publicados": 2, "falhas": 0, "interrompido": False}
    assert sorted(published(nfe)) == sorted(notas)
    again = nfe.query("SELECT tentativas, ultimo_erro FROM faturamento.eventos_outbox WHERE tentativas > 1")
    assert again == [(2, None), (2, None)]


def test_a_failing_row_is_tried_once_a_run_and_holds_up_none(nfe: Nfe) -> None:
    notas = issue(nfe, 25)
    nfe.events.fails = lambda entry: "ThrottlingException" if notas[0] in entry["Detail"] else None

    assert nfe.run_outbox() == {"publicados": 24, "falhas": 1, "interrompido": False}
    assert published(nfe) == notas[1:]


@pytest.mark.parametrize(
    "refusal",
    [client_error("ThrottlingException"), EndpointConnectionError(endpoint_url="http://127.0.0.1:1")],
    ids=["throttled", "unreachable"],
)
def test_a_refused_call_is_recorded_and_fails_the_invocation(nfe: Nfe, refusal: Exception) -> None:
    issue(nfe, 12)
    nfe.events.refuses = lambda _entries: refusal

    with pytest.raises(type(refusal)):
        nfe.run_outbox()

    assert len(nfe.events.calls) == 1
    attempts = nfe.query(
        "SELECT tentativas, count(*), count(ultimo_erro) FROM faturamento.eventos_outbox"
        " GROUP BY 1 ORDER BY 1"
    )
    assert attempts == [(0, 2, 0), (1, 10, 10)]

    nfe.events.refuses = lambda _entries: None
    assert nfe.run_outbox()["publicados"] == 12


def test_a_call_refused_for_what_it_holds_does_not_stop_the_rows_behind_it(nfe: Nfe) -> None:
    notas = issue(nfe, 12)
    invalid = client_error("ValidationException")
    nfe.events.refuses = lambda entries: invalid if notas[0] in entries[0]["Detail"] else None

    with pytest.raises(ClientError, match="ValidationException"):
        nfe.run_outbox()

    assert published(nfe) == notas[10:]


def big(nfe: Nfe, nota: str, size: int) -> None:
    nfe.execute(
        "UPDATE faturamento.eventos_outbox SET payload = payload || jsonb_build_object('x', repeat('x', %s))"
        " WHERE nota_fiscal_id = %s",
        size,
        nota,
    )


def test_calls_are_split_at_256_kb(nfe: Nfe) -> None:
    notas = issue(nfe, 5)
    for nota in notas:
        big(nfe, nota, 100_000)

    assert nfe.run_outbox()["publicados"] == 5
    assert [len(entries) for entries in nfe.events.calls] == [2, 2, 1]
    assert published(nfe) == notas


def test_an_entry_too_big_for_any_call_says_so_and_stays(nfe: Nfe) -> None:
    notas = issue(nfe, 3)
    big(nfe, notas[1], 300_000)

    assert nfe.run_outbox() == {"publicados": 2, "falhas": 1, "interrompido": False}
    [(error,)] = nfe.query("SELECT ultimo_erro FROM faturamento.eventos_outbox WHERE NOT publicado")
    assert "262144" in error


def test_events_that_stock_left_unpublished_are_recovered(nfe: Nfe) -> None:
    nota = unpublished_stock_event(nfe)

    assert nfe.run_outbox()["publicados"] == 1

    [envelope] = nfe.events.published
    assert (envelope["source"], envelope["detail-type"]) == ("nfe.estoque", "ReservaConfirmada")
    assert envelope["detail"]["notaFiscalId"] == nota


def test_a_run_stops_when_its_time_is_nearly_over(nfe: Nfe) -> None:
    issue(nfe, 30)
    unpublished_stock_event(nfe)

    # Asked before the stock event, before finding no more of stock, before ten invoices, and once more.
    left = (60_000, 50_000, 30_000, 19_999)
    assert nfe.run_outbox(left) == {"publicados": 11, "falhas": 0, "interrompido": True}
    assert nfe.run_outbox() == {"publicados": 20, "falhas": 0, "interrompido": False}


def test_a_concurrent_run_passes_over_claimed_rows(nfe: Nfe) -> None:
    notas = issue(nfe, 25)
    other: list[Json] = []

    def run_another() -> None:
        nfe.events.during = lambda: None
        other.append(nfe.run_outbox())

    nfe.events.during = run_another
    mine = nfe.run_outbox()

    # The other run, started while ten rows were claimed, took all the rest.
    assert other == [{"publicados": 15, "falhas": 0, "interrompido": False}]
    assert mine == {"publicados": 10, "falhas": 0, "interrompido": False}
    assert sorted(published(nfe)) == sorted(notas)


def test_a_run_that_dies_during_its_call_gives_its_rows_back(nfe: Nfe) -> None:
    notas = issue(nfe, 3)

    def die() -> None:
        nfe.cut_connections()
        nfe.events.during = lambda: None

    nfe.events.during = die
    with pytest.raises(Exception, match=r"terminat|closed|lost"):
        nfe.run_outbox()
    assert len(nfe.query("SELECT 1 FROM faturamento.eventos_outbox WHERE NOT publicado")) == 3

    # Published twice, under the same eventoId, which is what consumers know an event by.
    assert nfe.run_outbox()["publicados"] == 3
    assert published(nfe) == notas * 2
    eventos = [UUID(envelope["detail"]["eventoId"]) for envelope in nfe.events.published]
    assert eventos[:3] == eventos[3:]
    assert len({envelope["id"] for envelope in nfe.events.published}) == 6
