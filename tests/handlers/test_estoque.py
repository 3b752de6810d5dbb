"""The stock consumer: one answer per invoice, whatever is delivered how often."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handlers.conftest import Nfe
from tests.handlers.support import Json, client_error, envelope, load_function

OK: Json = {"batchItemFailures": []}


def criada(*items: tuple[str, int], nota: str | None = None, evento: str | None = None) -> Json:
    detail = {
        "eventoId": evento or str(uuid4()),
        "notaFiscalId": nota or str(uuid4()),
        "items": [{"produtoId": produto, "quantidade": number} for produto, number in items],
    }
    return envelope("NotaFiscalCriada", detail)


def details(nfe: Nfe, kind: str) -> list[Json]:
    return [event["detail"] for event in nfe.events.published if event["detail-type"] == kind]


def test_a_reservation_takes_stock_and_publishes_its_event_at_once(nfe: Nfe) -> None:
    first, second = nfe.produto(5), nfe.produto(9)
    event = criada((first, 2), (second, 9))

    assert nfe.deliver("estoque", event) == OK

    assert (nfe.estoque(first), nfe.estoque(second)) == (3, 0)
    [detail] = details(nfe, "ReservaConfirmada")
    assert detail["notaFiscalId"] == event["detail"]["notaFiscalId"]
    reservas = nfe.query("SELECT reserva_id, produto_id, quantidade_reservada FROM estoque.reservas")
    assert {(str(row[0]), str(row[1]), row[2]) for row in reservas} == {
        (detail["reservaId"], first, 2),
        (detail["reservaId"], second, 9),
    }
    [row] = nfe.query("SELECT publicado, eventbridge_id, tentativas FROM estoque.eventos_outbox")
    assert row == (True, nfe.events.published[0]["id"], 1)
    assert nfe.events.published[0]["source"] == "nfe.estoque"


def test_lines_of_one_product_are_summed(nfe: Nfe) -> None:
    produto = nfe.produto(5)
    nfe.deliver("estoque", criada((produto, 3), (produto, 2)))
    assert nfe.estoque(produto) == 0
    assert nfe.query("SELECT quantidade_reservada FROM estoque.reservas") == [(5,)]

    other = nfe.produto(5)
    nfe.deliver("estoque", criada((other, 3), (other, 3)))
    assert nfe.estoque(other) == 5
    assert len(details(nfe, "ReservaFalhou")) == 1


def test_a_sum_beyond_the_column_is_only_too_much(nfe: Nfe) -> None:
    produto = nfe.produto(5)
    largest = 2_147_483_647
    assert nfe.deliver("estoque", criada((produto, largest), (produto, largest))) == OK
    assert details(nfe, "ReservaFalhou")[0]["itens"][0]["solicitado"] == 2 * largest


def test_scarce_stock_refuses_the_whole_invoice_and_changes_nothing(nfe: Nfe) -> None:
    plenty, scarce = nfe.produto(100), nfe.produto(2)
    event = criada((plenty, 10), (scarce, 3))

    assert nfe.deliver("estoque", event) == OK

    assert (nfe.estoque(plenty), nfe.estoque(scarce)) == (100, 2)
    assert nfe.count("estoque.reservas") == 0
    [detail] = details(nfe, "ReservaFalhou")
    assert detail["notaFiscalId"] == event["detail"]["notaFiscalId"]
    assert detail["erro"] == "ESTOQUE_INSUFICIENTE"
    assert detail["itens"] == [
        {"produtoId": scarce, "motivo": "ESTOQUE_INSUFICIENTE", "solicitado": 3, "disponivel": 2}
    ]


def test_an_unknown_product_outweighs_a_scarce_one(nfe: Nfe) -> None:
    unknown, scarce = str(uuid4()), nfe.produto(0)
    nfe.deliver("estoque", criada((unknown, 1), (scarce, 1)))

    [detail] = details(nfe, "ReservaFalhou")
    assert detail["erro"] == "PRODUTO_INEXISTENTE"
    assert {item["produtoId"]: item["disponivel"] for item in detail["itens"]} == {unknown: None, scarce: 0}


def test_the_same_message_again_does_nothing(nfe: Nfe) -> None:
    produto = nfe.produto(5)
    event = criada((produto, 2))

    assert nfe.deliver("estoque", event, event) == OK
    assert nfe.deliver("estoque", event) == OK

    assert nfe.estoque(produto) == 3
    assert len(nfe.events.published) == 1


def test_an_event_published_twice_is_known_by_its_evento_id(nfe: Nfe) -> None:
    produto = nfe.produto(5)
    event = criada((produto, 2))
    again = envelope("NotaFiscalCriada", event["detail"])
    assert again["id"] != event["id"]

    nfe.deliver("estoque", event)
    nfe.deliver("estoque", again)

    assert nfe.estoque(produto) == 3


def test_an_event_without_an_evento_id_is_known_by_its_envelope(nfe: Nfe) -> None:
    produto = nfe.produto(5)
    event = criada((produto, 2))
    del event["detail"]["eventoId"]

    nfe.deliver("estoque", event, event)

    assert nfe.estoque(produto) == 3
    assert [str(row[0]) for row in nfe.query("SELECT evento_id FROM estoque.mensagens_processadas")] == [
        event["id"]
    ]


def test_an_invoice_is_answered_once_even_under_another_event_id(nfe: Nfe) -> None:
    produto, nota = nfe.produto(1), str(uuid4())
    nfe.deliver("estoque", criada((produto, 2), nota=nota))
    nfe.execute("UPDATE estoque.produtos SET quantidade = 9")

    # Were it answered again, the refused and compensated invoice would now take stock.
    assert nfe.deliver("estoque", criada((produto, 2), nota=nota)) == OK

    assert nfe.estoque(produto) == 9
    assert len(nfe.events.published) == 1


@pytest.mark.parametrize("how", ["entry", "call"])
def test_a_failure_to_publish_is_left_to_the_outbox(nfe: Nfe, how: str) -> None:
    produto = nfe.produto(5)
    if how == "entry":
        nfe.events.fails = lambda _entry: "InternalFailure"
    else:
        nfe.events.refuses = lambda _entries: client_error("ServiceUnavailable")

    assert nfe.deliver("estoque", criada((produto, 2))) == OK

    assert nfe.estoque(produto) == 3
    [(publicado, tentativas, erro)] = nfe.query(
        "SELECT publicado, tentativas, ultimo_erro FROM estoque.eventos_outbox"
    )
    assert (publicado, tentativas) == (False, 1)
    assert "as the test wants it" in erro

    nfe.events.fails = lambda _entry: None
    nfe.events.refuses = lambda _entries: None
    assert nfe.run_outbox()["publicados"] == 1
    assert len(details(nfe, "ReservaConfirmada")) == 1


def test_a_duplicate_publishes_what_the_first_delivery_left(nfe: Nfe) -> None:
    event = criada((nfe.produto(5), 2))
    nfe.events.fails = lambda _entry: "InternalFailure"
    nfe.deliver("estoque", event)
    nfe.events.fails = lambda _entry: None

    nfe.deliver("estoque", event)

    assert len(details(nfe, "ReservaConfirmada")) == 1
    assert nfe.run_outbox()["publicados"] == 0


def test_an_event_being_published_is_passed_over_by_the_outbox(nfe: Nfe) -> None:
    seen: list[Json] = []

    def run_outbox() -> None:
        nfe.events.during = lambda: None
        seen.append(nfe.run_outbox())

    nfe.events.during = run_outbox
    nfe.deliver("estoque", criada((nfe.produto(5), 2)))

    assert [outcome["publicados"] for outcome in seen] == [0]
    assert len(nfe.events.published) == 1


def test_a_connection_lost_after_the_commit_loses_no_event(nfe: Nfe) -> None:
    produto = nfe.produto(5)

    def lose() -> None:
        nfe.events.during = lambda: None
        nfe.cut_connections()

    nfe.events.during = lose
    assert nfe.deliver("estoque", criada((produto, 2))) == OK
    assert nfe.estoque(produto) == 3

    assert nfe.run_outbox()["publicados"] == 1
    assert details(nfe, "ReservaConfirmada")[0] == details(nfe, "ReservaConfirmada")[1]


BAD: list[Json | str] = [
    "",
    "not json",
    "[]",
    "null",
    "7",
    "[" * 100_000,
    "{}",
    envelope("NotaFiscalCriada", {}),
    envelope("NotaFiscalCancelada", {"notaFiscalId": str(uuid4()), "items": []}),
    criada(),
    criada(("x", 1)),
    criada((str(uuid4()), 0)),
    criada((str(uuid4()), -5)),
    criada((str(uuid4()), "1")),  # type: ignore[arg-type]
    criada((str(uuid4()), True)),
    criada((str(uuid4()), 1), nota="x"),
    criada((str(uuid4()), 1), evento="x"),
    envelope("NotaFiscalCriada", {"notaFiscalId": str(uuid4()), "items": "abc"}),
    envelope("NotaFiscalCriada", {"notaFiscalId": str(uuid4()), "items": {"a": 1}}),
]


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_poison_message_fails_alone(nfe: Nfe, bad: Json | str) -> None:
    produto = nfe.produto(5)

    answer = nfe.deliver("estoque", criada((produto, 1)), bad, criada((produto, 1)))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert nfe.estoque(produto) == 3
    assert nfe.count("estoque.mensagens_processadas") == 2


def test_a_batch_of_nothing_but_poison_fails_the_invocation(nfe: Nfe) -> None:
    with pytest.raises(BatchProcessingError, match="not the event of a new invoice"):
        nfe.deliver("estoque", "poison")


def test_the_database_itself_keeps_stock_from_going_negative(nfe: Nfe) -> None:
    nfe.produto(1)
    with pytest.raises(psycopg.errors.CheckViolation):
        nfe.query("UPDATE estoque.produtos SET quantidade = -1")


RULES = load_function("estoque").rules
PRODUTO_IDS = st.sampled_from([uuid4() for _ in range(4)])


@settings(max_examples=100, deadline=None)
@given(
    linhas=st.lists(st.tuples(PRODUTO_IDS, st.integers(1, 50)), min_size=1, max_size=8),
    disponiveis=st.dictionaries(PRODUTO_IDS, st.integers(0, 60)),
)
def test_the_rule_refuses_exactly_what_stock_cannot_give(
    linhas: list[tuple[object, int]], disponiveis: dict[object, int]
) -> None:
    quantidades = RULES.somar(linhas)
    assert sum(quantidades.values()) == sum(number for _, number in linhas)
    assert list(quantidades) == sorted(quantidades)

    missing = {falta.produto_id for falta in RULES.faltas(quantidades, disponiveis)}
    assert missing == {
        produto
        for produto, number in quantidades.items()
        if produto not in disponiveis or disponiveis[produto] < number
    }
