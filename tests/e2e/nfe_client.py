"""The NF-e system as its users call it."""

from __future__ import annotations

from typing import Any

import httpx
import yaml

from tests.e2e.harness import NFE, Sandbox
from tests.e2e.waiting import eventually

FINAL = ("CONFIRMADA", "ERRO_ESTOQUE")
UNKNOWN = "00000000-0000-4000-8000-000000000000"

#: What leads from the request to the confirmation, hop by hop.
CHAIN = [
    ("http-request", "POST /api/v1/notas", False),
    ("invoke-start", "nfe-faturamento-dev", False),
    ("invoke-end", "nfe-faturamento-dev", False),
    ("event-put", "NotaFiscalCriada", True),
    ("rule-matched", "nfe-nota-fiscal-criada-dev", False),
    ("delivered", "estoque-reserva", False),
    ("message-sent", "estoque-reserva", False),
    ("message-received", "estoque-reserva", False),
    ("invoke-start", "nfe-estoque-dev", False),
    ("api-call", "PutEvents", False),
    ("event-put", "ReservaConfirmada", False),
    ("rule-matched", "nfe-reserva-confirmada-dev", False),
    ("delivered", "faturamento-confirmacao", False),
    ("message-sent", "faturamento-confirmacao", False),
    ("message-received", "faturamento-confirmacao", False),
    ("invoke-start", "nfe-faturamento-dev", False),
    ("invoke-end", "nfe-faturamento-dev", False),
]


def product(http: httpx.Client, quantity: int) -> str:
    """Creates a product with so much stock, and returns its id."""
    answer = http.post("/api/v1/produtos", json={"nome": "Caneta", "quantidade": quantity})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["produtoId"])


def stock(http: httpx.Client, produto: str) -> int:
    """What the API says is left of a product."""
    return int(http.get(f"/api/v1/produtos/{produto}").json()["quantidade"])


def order(produto: str, quantity: int) -> dict[str, Any]:
    """The body of an invoice of one line."""
    return {"items": [{"produtoId": produto, "quantidade": quantity}]}


def issue(http: httpx.Client, produto: str, quantity: int) -> str:
    """Posts an invoice, and returns its id."""
    answer = http.post("/api/v1/notas", json=order(produto, quantity))
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "PENDING"
    return str(answer.json()["notaFiscalId"])


def nota(http: httpx.Client, identifier: str) -> dict[str, Any]:
    """An invoice as the API gives it."""
    answer = http.get(f"/api/v1/notas/{identifier}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def settled(http: httpx.Client, identifier: str) -> dict[str, Any]:
    """An invoice once it has reached a final state."""
    return eventually(
        lambda: nota(http, identifier),
        lambda found: found["status"] in FINAL,
        what=f"a final state of invoice {identifier}",
    )


def violations(sandbox: Sandbox, when: tuple[str, ...] = ("always", "settled")) -> dict[str, Any]:
    """The invariants of the saga declaration that do not hold, with the rows that break them."""
    declaration = yaml.safe_load((NFE / "saga.yaml").read_text())
    broken = {}
    for invariant in declaration["invariants"]:
        if invariant["when"] in when and (rows := sandbox.rows(invariant["query"])):
            broken[invariant["name"]] = rows
    return broken


def step(branch: dict[str, Any]) -> tuple[str, str, bool]:
    """A hop as `CHAIN` has it."""
    hop = branch["hop"]
    if hop["kind"] == "event-put":
        where = hop["detail"]["detailType"]
    elif hop["kind"] in ("http-request", "api-call"):
        where = hop["operation"]
    else:
        where = hop["resource"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return hop["kind"], where, branch["inferred"]
