"""Outbox, worker and projection of Pedidos, batch by batch, with a table and a queue that the test plays."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from aws_lambda_powertools import Logger

FUNCTIONS = Path(__file__).parents[3] / "handlers" / "pedidos" / "functions"


def load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"pedidos_{Path(path).stem}", FUNCTIONS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class CanceledError(Exception):
    """TransactionCanceledException, as the SDK raises it."""

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("canceled")
        self.response = {"CancellationReasons": reasons}


class Table:
    """A DynamoDB client with as much of a table as the functions need."""

    class exceptions:  # noqa: N801 - the SDK's name
        TransactionCanceledException = CanceledError

    def __init__(self, **orders: str) -> None:
        self.orders = orders
        self.summaries: dict[str, str] = {}
        self.totals: dict[str, int] = {}
        self.calls: list[int] = []
        self.broken = False

    def batch_execute_statement(self, *, Statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(len(Statements))
        if self.broken:
            raise ConnectionError("no table")
        return {"Responses": [self._statement(one["Parameters"]) for one in Statements]}

    def _statement(self, parameters: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        order = parameters[2]["S"].removeprefix("PEDIDO#")
        status = self.orders.get(order)
        if status == "RECEBIDO":
            self.orders[order] = parameters[0]["S"]
            return {}
        if status == "BUSY":
            return {"Error": {"Code": "ThrottlingError", "Message": "slow down"}}
        item = {"Item": {"status": {"S": status}}} if status else {}
        return {"Error": {"Code": "ConditionalCheckFailed", **item}}

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> None:  # noqa: N803
        self.calls.append(len(TransactItems))
        updates = [item["Update"] for item in TransactItems]
        reasons: list[dict[str, Any]] = []
        for update in updates:
            known = self.summaries.get(update["Key"]["pk"]["S"], "")
            late = known >= update["ExpressionAttributeValues"][":primeira"]["S"]
            reasons.append(
                {"Code": "ConditionalCheckFailed", "Item": {"ultimaMudanca": {"S": known}}}
                if late
                else {"Code": "None"}
            )
        if any(reason["Code"] != "None" for reason in reasons):
            raise CanceledError(reasons)
        for update in updates:
            key, values = update["Key"]["pk"]["S"], update["ExpressionAttributeValues"]
            self.summaries[key] = values[":ultima"]["S"]
            self.totals[key] = self.totals.get(key, 0) + int(values[":total"]["N"])


def messages(*bodies: Any) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{number}", "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: Mapping[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_every_message_of_a_batch_goes_its_own_way() -> None:
    table = Table(a="RECEBIDO", b="PROCESSADO", c="CANCELADO", d="BUSY", e="RECEBIDO")
    worker = load("worker/processing.py").Processor(table, "pedidos", Logger())
    orders = [{"pedidoId": order} for order in ("a", "b", "c", "d", "a", "x", "e")]
    answer = worker.handle(messages(*orders, "not json", {"pedidoId": 7}))
    # What throttles, what is not known and what cannot be read; what comes twice or was settled is done with.
    assert sorted(failed(answer)) == ["m3", "m5", "m7", "m8"]
    assert table.orders == {
        "a": "PROCESSADO", "b": "PROCESSADO", "c": "CANCELADO", "d": "BUSY", "e": "PROCESSADO"
    }  # fmt: skip
    assert table.calls == [6]


def test_a_large_batch_is_few_calls_and_one_that_fails_takes_only_its_own_along() -> None:
    table = Table(**{f"p{number}": "RECEBIDO" for number in range(60)})
    worker = load("worker/processing.py").Processor(table, "pedidos", Logger())
    event = messages(*({"pedidoId": order} for order in table.orders))
    assert failed(worker.handle(event)) == []
    assert table.calls == [25, 25, 10]
    table.broken = True
    assert len(failed(worker.handle(event))) == 60


def change(number: int, customer: str, cents: int = 100) -> dict[str, Any]:
    image = {
        "clienteId": {"S": customer}, "status": {"S": "RECEBIDO"}, "totalCentavos": {"N": str(cents)}
    }  # fmt: skip
    return {"dynamodb": {"SequenceNumber": str(10**20 + number), "NewImage": image}}


def test_a_summary_is_written_once_for_all_changes_of_a_batch() -> None:
    table = Table()
    projection = load("projecao/projection.py").Projection(table, "pedidos", Logger())
    event = {"Records": [change(number, f"c{number % 150}") for number in range(300)]}
    assert failed(projection.handle(event)) == []
    assert table.calls == [100, 50]
    assert set(table.totals.values()) == {200}


def test_what_comes_again_in_another_batch_is_not_added_twice() -> None:
    table = Table()
    projection = load("projecao/projection.py").Projection(table, "pedidos", Logger())
    projection.handle({"Records": [change(1, "ana"), change(2, "bia")]})
    # Delivered again, with what came since: only that is new.
    again = {"Records": [change(1, "ana"), change(2, "bia"), change(3, "ana", 5), change(4, "eva")]}
    assert failed(projection.handle(again)) == []
    assert table.totals == {"CLIENTE#ana": 105, "CLIENTE#bia": 100, "CLIENTE#eva": 100}


class Queue:
    """An SQS client that takes messages until one is refused."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.taken: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:  # noqa: N803
        answer: dict[str, Any] = {}
        for entry in Entries:
            order = json.loads(entry["MessageBody"])["pedidoId"]
            if order == self.refused:
                answer = {"Failed": [{"Id": entry["Id"], "Code": "InternalError"}]}
            else:
                self.taken.append(order)
        return answer


def test_new_orders_are_sent_and_begun_again_at_the_one_that_was_not_taken() -> None:
    fila = load("envio/sending.py").Fila
    records = []
    for number in range(35):
        record = change(number, "ana")
        record["dynamodb"]["NewImage"]["pedidoId"] = {"S": f"p{number}"}
        records.append(record)
    queue = Queue()
    assert failed(fila(queue, "url", Logger()).handle({"Records": records})) == []
    assert queue.taken == [f"p{number}" for number in range(35)]
    queue = Queue(refused="p13")
    again = failed(fila(queue, "url", Logger()).handle({"Records": records}))
    assert again == [records[13]["dynamodb"]["SequenceNumber"]]
    assert len(queue.taken) == 19
