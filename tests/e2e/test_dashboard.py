"""The dashboard in a terminal, against a live sandbox: one follows an invoice, and mends a poison message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from sandbox.model.durations import format_duration, parse_duration
from tests.e2e.conftest import Maker
from tests.e2e.harness import NFE, Sandbox
from tests.e2e.nfe_client import issue, product
from tests.e2e.tmux import TMUX, Terminal
from tests.e2e.waiting import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(TMUX is None, reason="needs tmux on this machine: apt-get install tmux"),
]
QUEUE, DEAD = "estoque-reserva", "estoque-reserva-dlq"


@pytest.fixture
def terminal(nfe: Sandbox) -> Iterator[Terminal]:
    with Terminal(nfe) as terminal:
        terminal.until("● live", QUEUE, DEAD)
        yield terminal


def advance(terminal: Terminal, duration: str) -> None:
    """Moves the clock from the dashboard: what is typed takes the place of the duration that is offered."""
    terminal.press("t")
    terminal.until("Advance the clock by", "61s")
    terminal.write(duration)
    terminal.until(f"  {duration} ")
    terminal.press("Enter")
    terminal.until(f"advanced {format_duration(parse_duration(duration))}", without="Advance the clock by")


def find(terminal: Terminal, text: str, *expected: str) -> None:
    """Searches the list that has the focus."""
    terminal.press("/")
    terminal.until("search;")
    terminal.write(text)
    terminal.until(*expected)
    terminal.press("Enter")
    terminal.until(f"/{text[:8]}", without="search;")  # of a long one the middle is left out


def test_an_invoice_is_followed_until_it_is_confirmed(nfe: Sandbox, terminal: Terminal) -> None:
    identifier = issue(nfe.http, product(nfe.http, 5), 2)
    terminal.press("3")
    find(terminal, identifier[:13], "PENDING", "outbox")
    advance(terminal, "61s")
    terminal.until("CONFIRMADA", "● emissao", "● reserva", "● confirmacao", f"/{identifier[:13]}")
    terminal.press("g")
    screen = terminal.until("POST /api/v1/notas", "ReservaConfirmada", f"notaFiscalId={identifier}")
    assert "╌" in screen  # a branch that was joined by the business key
    terminal.press("BSpace")
    terminal.until("CONFIRMADA", "WATERFALL")
    terminal.press("q")
    eventually(lambda: terminal.ended, what="the end of the dashboard")


def test_a_poison_message_is_found_edited_resent_and_succeeds(nfe: Sandbox, terminal: Terminal) -> None:
    poison = f"veneno-{uuid4()}"
    body = json.dumps({"detail-type": "NotaFiscalCriada", "detail": {"notaFiscalId": poison}})
    sent = nfe.cli("queue", "send", QUEUE, body, "--json").json["message_id"]
    for duration in ("91s", "92s", "93s"):
        advance(terminal, duration)
    terminal.until(f"{DEAD}: 1 dead letter")
    terminal.press("2", "Down")
    terminal.until("dead letters of estoque-reserva", "MensagemInvalidaError")
    terminal.press("Tab")
    find(terminal, poison, "1 found", sent[:8], "Stack trace", "parse_pedido")

    produto = product(nfe.http, 5)
    identifier = issue(nfe.http, produto, 2)
    detail = {
        "notaFiscalId": identifier,
        "eventoId": str(uuid4()),
        "items": [{"produtoId": produto, "quantidade": 2}],
    }
    terminal.press("e")
    terminal.until("Edit and resend", was := f'"notaFiscalId": "{poison}"')
    terminal.press("F7", "DC")  # select all of it, and delete that
    terminal.until("Edit and resend", without=was)
    terminal.write(json.dumps({"id": str(uuid4()), "detail-type": "NotaFiscalCriada", "detail": detail}))
    terminal.until(produto, '"quantidade": 2}]}}')
    terminal.press("C-s")
    terminal.until("1 message resent")
    terminal.press("3")
    find(terminal, identifier[:13], "CONFIRMADA", "● confirmacao")


def test_two_dashboards_at_once(nfe: Sandbox, terminal: Terminal) -> None:
    """What one does, the other shows; and a tiny terminal is usable."""
    nfe.cli("queue", "send", DEAD, "de duas pessoas")
    with Terminal(nfe, width=60, height=16, name="tmux2") as other:
        other.until("60x16 is small")
        other.press("2", "Down")
        other.until(DEAD)
        terminal.press("2", "Down", "Tab")
        find(terminal, "de duas", "1 found")
        other.press("Tab")
        find(other, "de duas", "1 found")
        other.press("d")
        other.until("Drop 1 dead letter")
        other.press("y")
        other.until("1 message dropped")
        terminal.until("nothing here has")


def test_it_says_since_when_the_sandbox_is_gone_and_comes_back(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up(str(NFE))
    with Terminal(sandbox) as terminal:
        terminal.until("● live", QUEUE)
        sandbox.kill_daemon()
        assert QUEUE in terminal.until("✗ disconnected since")
        sandbox.up(str(NFE))
        terminal.until("● live", QUEUE)
