"""Sagas on the Docker engine: what the commands tell of a confirmed and of a compensated invoice."""

from __future__ import annotations

import pytest

from tests.docker.harness import DockerSandbox
from tests.docker.test_saga import settled
from tests.e2e.nfe_client import issue, product

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def test_sagas_are_listed_shown_and_checked(nfe: DockerSandbox) -> None:
    produto = product(nfe.http, 5)
    confirmed, compensated = issue(nfe.http, produto, 2), issue(nfe.http, produto, 9)
    assert settled(nfe, confirmed)["status"] == "CONFIRMADA"
    assert settled(nfe, compensated)["status"] == "ERRO_ESTOQUE"
    listed = {one["id"]: one for one in nfe.cli("saga", "ls", "--json").json}
    assert (listed[confirmed]["outcome"], listed[compensated]["outcome"]) == ("completed", "compensated")

    shown = nfe.cli("saga", "show", confirmed).out
    for word in ("CONFIRMADA", "● emissao", "● reserva", "● confirmacao", "in queue estoque-reserva"):
        assert word in shown
    shown = nfe.cli("saga", "show", compensated).out
    for word in ("ERRO_ESTOQUE", "↺ emissao", "● compensacao", "– confirmacao", "Estoque insuficiente"):
        assert word in shown
    assert "holds" in nfe.cli("saga", "check").out
