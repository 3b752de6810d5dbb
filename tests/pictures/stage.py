"""What the pictures show: a sandbox with the reference systems, and real work that goes through them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from shutil import copytree, ignore_patterns
from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import NAMESPACE_URL, uuid5

import httpx

from tests.e2e.harness import ROOT, Sandbox
from tests.e2e.nfe_client import issue, product, settled
from tests.e2e.waiting import eventually

QUEUE, LETTERS = "estoque-reserva", "estoque-reserva-dlq"
#: So that it is received anew each time, until it is a dead letter.
_RECEIVES = 3
_VISIBILITY = "91s"
_OUTBOX = "61s"
_CLIENTES = ("ana", "bia", "caio")
#: Real seconds.
_BETWEEN_ROUNDS = 0.5
_ENOUGH, _OUTBOX_EVERY = 60, 16


@dataclass(frozen=True)
class Cast:
    """What is there to be shown, by what it is.

    Attributes:
        poison, compensated, confirmed: ids of invoices.
        pedido: id of an order.
    """

    poison: str
    compensated: str
    confirmed: str
    pedido: str


class Stage:
    """Two systems at work; a context that ends with their traffic.

    They are copied first: stack traces name files, and a picture shall name none of who took it.

    Args:
        sandbox: not started yet.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        for name in ("handlers", "seed"):
            copytree(ROOT / name, sandbox.folder / name, ignore=ignore_patterns("__pycache__"))
        systems = [str(sandbox.folder / "handlers" / name) for name in ("nfe", "pedidos")]
        view = sandbox.up(*systems, "--fresh")
        apis = {stack["name"]: stack["outputs"]["ApiUrl"] for stack in view["stacks"]}
        self._sandbox = sandbox
        self._nfe = httpx.Client(base_url=apis["nfe"], timeout=30, trust_env=False)
        self._pedidos = httpx.Client(base_url=apis["pedidos"], timeout=30, trust_env=False)
        self._pedidos.headers["Authorization"] = f"Bearer {_token(sandbox)}"
        self._rounds = 0
        self._failed: Exception | None = None
        self._ended = Event()
        self._traffic = Thread(target=self._drive, name="traffic")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._traffic.is_alive():
            self._traffic.join()
        self._nfe.close()
        self._pedidos.close()

    def play(self) -> Cast:
        """Brings forth what is to be shown, then lets traffic flow."""
        poison = _poison(self._sandbox)
        self._produto = product(self._nfe, 1000)
        compensated = self._nota(5000, "ERRO_ESTOQUE")
        confirmed = self._nota(2, "CONFIRMADA")
        pedido = self._order(0)
        eventually(
            lambda: self._pedidos.get(f"/pedidos/{pedido}").json(),
            lambda found: found["status"] == "PROCESSADO",
            what=f"the end of order {pedido}",
        )
        self._traffic.start()
        return Cast(poison, compensated, confirmed, pedido)

    def enough(self) -> bool:
        """Whether the traffic has flowed for a while."""
        if self._failed is not None:
            raise self._failed
        return self._rounds >= _ENOUGH

    def _drive(self) -> None:
        """An order and some invoices each round, a few of more than there is; now and then the outbox."""
        try:
            while not self._ended.wait(_BETWEEN_ROUNDS):
                self._rounds += 1
                self._order(self._rounds)
                for quantity in range(1, 2 + self._rounds % 4):
                    issue(self._nfe, self._produto, 5000 if self._rounds % 7 == quantity else quantity)
                if self._rounds % _OUTBOX_EVERY == 0:
                    self._sandbox.advance(_OUTBOX)
        except Exception as error:  # told by `enough`
            self._failed = error

    def _nota(self, quantity: int, status: str) -> str:
        """Issues an invoice and waits for its end; one at a time, so that no batch joins two."""
        nota = issue(self._nfe, self._produto, quantity)
        self._sandbox.advance(_OUTBOX)
        assert settled(self._nfe, nota)["status"] == status
        return nota

    def _order(self, number: int) -> str:
        item = {"sku": f"SKU-{number % 9}", "quantidade": 1 + number % 3, "precoCentavos": 1990}
        order = {"clienteId": _CLIENTES[number % len(_CLIENTES)], "itens": [item]}
        answer = self._pedidos.post("/pedidos", json=order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["pedidoId"])


def _token(sandbox: Sandbox) -> str:
    scopes = ("--scope", "pedidos:read", "--scope", "pedidos:write")
    return str(sandbox.cli("token", "--sub", "ana", *scopes, "--json").json["token"])


def _poison(sandbox: Sandbox) -> str:
    """An event without the items of its invoice: no try of the function succeeds."""
    nota = str(uuid5(NAMESPACE_URL, "poison"))
    event = {"detail-type": "NotaFiscalCriada", "detail": {"notaFiscalId": nota}}
    sandbox.cli("queue", "send", QUEUE, json.dumps(event))
    for received in range(1, _RECEIVES + 1):
        _await_receive(sandbox, received)
        sandbox.advance(_VISIBILITY)
    eventually(
        lambda: sandbox.cli("dlq", "show", LETTERS, "--json").json,
        lambda letters: len(letters) == 1,
        what="the dead letter",
    )
    return nota


def _await_receive(sandbox: Sandbox, number: int) -> None:
    eventually(
        lambda: sandbox.cli("queue", "peek", QUEUE, "--json").json,
        lambda found: any(one["receive_count"] >= number for one in found),
        what=f"receive {number} of the poison message",
    )
