"""The dashboard in a terminal, driven against a live sandbox."""

from __future__ import annotations

import pytest

from tests.behaviour.test_saga import settled
from tests.e2e.harness import Sandbox
from tests.e2e.nfe_client import issue, product
from tests.e2e.tmux import TMUX, Terminal
from tests.e2e.waiting import eventually


@pytest.mark.skipif(TMUX is None, reason="needs tmux on this machine: apt-get install tmux")
def test_an_invoice_is_followed_in_the_dashboard(nfe: Sandbox) -> None:
    identifier = issue(nfe.http, product(nfe.http, 5), 2)
    assert settled(nfe, identifier)["status"] == "CONFIRMADA"
    with Terminal(nfe) as terminal:
        terminal.until("● live", "estoque-reserva", "nfe-api-dev")
        terminal.press("3")
        terminal.press("/")
        terminal.until("search;")
        terminal.write(identifier[:13])
        terminal.until("CONFIRMADA", "● emissao", "● reserva", "● confirmacao")
        terminal.press("Enter")
        terminal.until(f"/{identifier[:13]}", without="search;")
        terminal.press("g")
        terminal.until("POST /api/v1/notas", "ReservaConfirmada", f"notaFiscalId={identifier}")
        terminal.press("BSpace", "2")
        terminal.until("estoque-reserva-dlq", "after 3 receives")
        terminal.press("q")
        eventually(lambda: terminal.ended, what="the end of the dashboard")
