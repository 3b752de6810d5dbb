"""How long an invoice takes from its POST to CONFIRMADA, once the outbox is due.

The clock stands still but for one advance per invoice, which makes the outbox's schedule due; the journal
then says when it fired and when the invocation ended that confirmed the invoice.

Where time is real the outbox is invoked, and the API is asked until it says so.
"""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from typing import Any

from sandbox.errors import SandboxError
from tests.perf.bench import NFE, Bench
from tests.perf.errors import BenchError
from tests.perf.http import Connection, connect, invoke_request, request
from tests.perf.report import Measure
from tests.perf.sandbox import Sandbox

_INVOICES = 4
_PATIENCE = 20.0
_JSON = {"Content-Type": "application/json"}
_OUTBOX = "nfe-outbox-dev"
_CONFIRMATIONS = "faturamento-confirmacao"


class _Tail:
    """Hops of the journal as they come, read beside what is measured."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._client = sandbox.control()
        self._hops: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self, seconds: float = _PATIENCE) -> dict[str, Any]:
        """The next hop.

        Raises:
            queue.Empty: none came.
        """
        return self._hops.get(timeout=seconds)

    def forget(self) -> None:
        """Drops what has come so far."""
        while not self._hops.empty():
            self._hops.get_nowait()

    def _read(self) -> None:
        try:
            for item in self._client.stream("flow_tail"):
                self._hops.put(item["hop"])
        except (SandboxError, OSError, ValueError):
            return  # the sandbox was stopped, or took too long: whoever waits finds the queue empty


def saga(bench: Bench) -> list[Measure]:
    """Invoices one after another; the first ones find every function cold."""
    with bench.sandbox(NFE) as sandbox:
        sandbox.up(fresh=True)
        measure = _saga if sandbox.view["engine"] == "embedded" else _saga_in_real_time
        posted, settled = asyncio.run(measure(sandbox, bench.runs * _INVOICES))
    both = [post + rest for post, rest in zip(posted, settled, strict=True)]
    return [
        Measure("saga", "ms", both),
        Measure("saga post", "ms", posted),
        Measure("saga once due", "ms", settled),
    ]


async def _saga(sandbox: Sandbox, invoices: int) -> tuple[list[float], list[float]]:
    api = sandbox.outputs["ApiUrl"]
    connection = await connect(api)
    posted, settled = [], []
    tail = await _tail(sandbox, connection)
    with sandbox.control() as client:
        client.call("clock_speed", speed=0)
        produto = await _product(connection, api)
        for _ in range(invoices):
            body = json.dumps({"items": [{"produtoId": produto, "quantidade": 1}]}).encode()
            before = time.perf_counter()
            answer = await connection.ask(request("POST", f"{api}/api/v1/notas", body, _JSON))
            posted.append((time.perf_counter() - before) * 1000)
            identifier = json.loads(answer)["notaFiscalId"]
            tail.forget()
            client.call("clock_advance", seconds=61)
            settled.append(_confirmation(tail))
            nota = json.loads(await connection.ask(request("GET", f"{api}/api/v1/notas/{identifier}")))
            if nota["status"] != "CONFIRMADA":
                raise BenchError(f"invoice {identifier} came to {nota['status']}")
    connection.close()
    return posted, settled


async def _saga_in_real_time(sandbox: Sandbox, invoices: int) -> tuple[list[float], list[float]]:
    api = sandbox.outputs["ApiUrl"]
    connection, beside = await connect(api), await connect(sandbox.endpoint)
    produto = await _product(connection, api)
    posted, settled = [], []
    for _ in range(invoices):
        body = json.dumps({"items": [{"produtoId": produto, "quantidade": 1}]}).encode()
        began = time.perf_counter()
        answer = await connection.ask(request("POST", f"{api}/api/v1/notas", body, _JSON))
        due = time.perf_counter()
        await beside.ask(invoke_request(sandbox.endpoint, _OUTBOX))
        await _confirmed(connection, f"{api}/api/v1/notas/{json.loads(answer)['notaFiscalId']}")
        posted.append((due - began) * 1000)
        settled.append((time.perf_counter() - due) * 1000)
    connection.close()
    beside.close()
    return posted, settled


async def _confirmed(connection: Connection, url: str) -> None:
    deadline = time.perf_counter() + _PATIENCE
    while (status := json.loads(await connection.ask(request("GET", url)))["status"]) != "CONFIRMADA":
        if time.perf_counter() > deadline:
            raise BenchError(f"{_PATIENCE:.0f} s passed, and the invoice is {status}")
        await asyncio.sleep(0.02)


async def _tail(sandbox: Sandbox, connection: Connection) -> _Tail:
    """Follows the journal: from the first hop that it is told of, it is told of all."""
    tail = _Tail(sandbox)
    health = request("GET", f"{sandbox.outputs['ApiUrl']}/health")
    for _ in range(50):
        await connection.ask(health)
        try:
            tail.next(0.1)
        except queue.Empty:
            continue
        return tail
    raise BenchError("the journal tells nothing of requests")


async def _product(connection: Connection, api: str) -> str:
    body = json.dumps({"nome": "Caneta", "quantidade": 1_000_000}).encode()
    answer = await connection.ask(request("POST", f"{api}/api/v1/produtos", body, _JSON))
    return str(json.loads(answer)["produtoId"])


def _confirmation(tail: _Tail) -> float:
    """Milliseconds from the schedule's firing to the end of the invocation that confirmed the invoice.

    The message that asked for the confirmation is deleted right after that end, so all hops are there then.
    """
    fired = ended = 0.0
    started: int | None = None
    while True:
        try:
            hop = tail.next()
        except queue.Empty as error:
            raise BenchError(f"{_PATIENCE:.0f} s passed without a confirmation") from error
        kind, resource = hop["kind"], hop.get("resource", "")
        if kind == "schedule-fired" and not fired:
            fired = hop["real_at"]
        elif kind == "message-received" and resource.endswith(_CONFIRMATIONS):
            started = hop["id"]
        elif kind == "invoke-end" and started is not None and hop["id"] > started:
            ended = hop["real_at"]
        elif kind == "message-deleted" and resource.endswith(_CONFIRMATIONS):
            if not fired or not ended:
                raise BenchError("the journal does not tell when the outbox ran and the confirmation ended")
            return (ended - fired) * 1000
