"""Sagas on the Docker engine: what the commands tell of a confirmed and of a compensated invoice."""

from __future__ import annotations

import pytest

from tests.docker.harness import DockerSandbox
from tests.docker.test_saga import settled
from tests.e2e.nfe_client import issue, product
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def test_sagas_are_listed_shown_and_checked(nfe: DockerSandbox) -> None:
    produto = product(nfe.http, 5)
    confirmed, compensated = issue(nfe.http, produto, 2), issue(nfe.http, produto, 9)
    assert settled(nfe, confirmed)["status"] == "CONFIRMADA"
    assert settled(nfe, compensated)["status"] == "ERRO_ESTOQUE"

    def listed() -> tuple[str, ...]:
        outcomes = {one["id"]: one["outcome"] for one in nfe.cli("saga", "ls", "--json").json}
        return tuple(outcomes.get(identifier, "") for identifier in (confirmed, compensated))

    eventually(listed, lambda found: found == ("completed", "compensated"), what="both sagas in the list")
    shows(nfe, confirmed, "CONFIRMADA", "● emissao", "● reserva", "● confirmacao", "in queue estoque-reserva")
    shows(
        nfe,
        compensated,
        "ERRO_ESTOQUE",
        "↺ emissao",
        "● compensacao",
        "– confirmacao",
        "Estoque insuficiente",
    )
    assert "holds" in nfe.cli("saga", "check").out


def shows(nfe: DockerSandbox, identifier: str, *words: str) -> None:
    """Waits until a saga is shown with all these words: what LocalStack does is heard of a moment later."""
    eventually(
        lambda: nfe.cli("saga", "show", identifier).out,
        lambda shown: all(word in shown for word in words),
        what=f"the saga with {', '.join(words)}",
    )
