"""The NF-e functions on a real PostgreSQL and an EventBridge that the test controls."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sandbox.pytest_plugin import stack_fixture
from sandbox.testing import Stack
from tests.handlers.support import (
    Answer,
    FakeContext,
    FakeEventBridge,
    Json,
    api_event,
    load_function,
    sqs_event,
)

#: The deployed system without its data, for its database: what the handlers get from AWS is made by hand.
deployed = stack_fixture("nfe", seed=False)


@pytest.fixture(scope="session")
def faturamento_code() -> SimpleNamespace:
    return load_function("faturamento")


@pytest.fixture(scope="session")
def estoque_code() -> SimpleNamespace:
    return load_function("estoque")


@pytest.fixture(scope="session")
def outbox_code() -> SimpleNamespace:
    return load_function("outbox")


@pytest.fixture
def settings(deployed: Stack) -> dict[str, str]:
    """The environment variables that point a function at the database of this test."""
    known = conninfo_to_dict(deployed.dsn)
    names = {"HOST": "host", "PORT": "port", "NAME": "dbname", "USER": "user", "PASSWORD": "password"}
    return {f"DB_{name}": str(known[member]) for name, member in names.items()}


@pytest.fixture
def connection(deployed: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(deployed.dsn, autocommit=True) as opened:
        yield opened


@dataclass
class Nfe:
    """The system without its queues: handlers are called with what the queues would hand them."""

    settings: dict[str, str]
    connection: psycopg.Connection[Any]
    code: dict[str, SimpleNamespace]
    events: FakeEventBridge = field(default_factory=FakeEventBridge)
    opened: list[Any] = field(default_factory=list)
    idle: dict[str, list[Callable[..., Json]]] = field(default_factory=lambda: defaultdict(list))

    def invoke(self, function: str, event: Json, context: FakeContext | None = None) -> Json:
        """Invoke a function in an idle environment, or in a new one when all are busy, as Lambda does."""
        idle = self.idle[function]
        handler = idle.pop() if idle else self.handler(function)
        try:
            return handler(event, context or FakeContext())
        finally:
            idle.append(handler)

    def handler(self, function: str) -> Callable[..., Json]:
        """Return a new environment of a function: a handler with a connection of its own."""
        code = self.code[function]
        database = code.database.Database(self.settings)
        self.opened.append(database)
        if function == "faturamento":
            built: Callable[..., Json] = code.app.build_handler(database)
        else:
            built = code.app.build_handler(database, lambda: self.events, lambda: "nfe-events-test")
        return built

    def call(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        """Send a request through the function that its route belongs to; `raw=` sends a body as it is."""
        function = "estoque" if path.startswith("/api/v1/produtos") else "faturamento"
        text = more.pop("raw", None if body is None else json.dumps(body))
        return Answer(self.invoke(function, api_event(method, path, text, **more)))

    def deliver(self, function: str, *bodies: Json | str) -> Json:
        """Hand one batch to a function and return its answer."""
        return self.invoke(function, sqs_event(*bodies))

    def run_outbox(self, remaining: tuple[int, ...] = (60_000,)) -> Json:
        """Run the outbox function once."""
        return self.invoke("outbox", {"source": "aws.events"}, FakeContext(remaining))

    def settle(self) -> None:
        """Run the outbox and hand every event on, until none is left."""
        self.run_outbox()
        while self.events.published:
            for kind, function in (
                ("NotaFiscalCriada", "estoque"),
                ("ReservaConfirmada", "faturamento"),
                ("ReservaFalhou", "faturamento"),
            ):
                for event in self.events.take(kind):
                    assert self.deliver(function, event) == {"batchItemFailures": []}

    def produto(self, quantidade: int) -> str:
        """Put a product into stock and return its id."""
        produto_id = str(uuid4())
        self.connection.execute(
            "INSERT INTO estoque.produtos (produto_id, nome, quantidade) VALUES (%s, 'Produto', %s)",
            (produto_id, quantidade),
        )
        return produto_id

    def nota(self, *items: tuple[str, int]) -> str:
        """Issue an invoice and return its id."""
        body = {"items": [{"produtoId": produto_id, "quantidade": number} for produto_id, number in items]}
        answer = self.call("POST", "/api/v1/notas", body)
        assert answer.status == 201
        return str(answer.json["notaFiscalId"])

    def status(self, nota_fiscal_id: str) -> str:
        """Return the status of an invoice."""
        return str(self.call("GET", f"/api/v1/notas/{nota_fiscal_id}").json["status"])

    def estoque(self, produto_id: str) -> int:
        """Return what is in stock of a product."""
        return int(self.call("GET", f"/api/v1/produtos/{produto_id}").json["quantidade"])

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self.connection.execute(statement, values or None).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        """Run a statement that gives no rows."""
        self.connection.execute(statement, values or None)

    def cut_connections(self) -> None:
        """End every connection of the functions, from the server's side, and wait until they are gone."""
        self.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'nfe' AND datname = current_database()"
        )

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])


@pytest.fixture
def nfe(
    settings: dict[str, str],
    connection: psycopg.Connection[Any],
    faturamento_code: SimpleNamespace,
    estoque_code: SimpleNamespace,
    outbox_code: SimpleNamespace,
) -> Iterator[Nfe]:
    code = {"faturamento": faturamento_code, "estoque": estoque_code, "outbox": outbox_code}
    system = Nfe(settings, connection, code)
    yield system
    for opened in system.opened:
        opened.close()
