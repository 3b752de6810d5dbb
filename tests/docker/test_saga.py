"""The NF-e saga on LocalStack's real code, DynamoDB Local and PostgreSQL in containers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docker.harness import DockerSandbox
from tests.e2e.nfe_client import FINAL, issue, nota, product, stock
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def settled(nfe: DockerSandbox, identifier: str) -> dict[str, Any]:
    report = nfe.invoke("nfe-outbox-dev")
    assert report["error"] is None, report
    return eventually(
        lambda: nota(nfe.http, identifier),
        lambda found: found["status"] in FINAL,
        what="the end of the saga",
        seconds=60,
    )


def test_an_invoice_is_confirmed_and_takes_stock(nfe: DockerSandbox) -> None:
    produto = product(nfe.http, 10)
    identifier = issue(nfe.http, produto, 3)
    assert settled(nfe, identifier)["status"] == "CONFIRMADA"
    assert stock(nfe.http, produto) == 7


def test_an_invoice_without_stock_is_compensated(nfe: DockerSandbox) -> None:
    produto = product(nfe.http, 2)
    identifier = issue(nfe.http, produto, 3)
    assert settled(nfe, identifier)["status"] == "ERRO_ESTOQUE"
    assert stock(nfe.http, produto) == 2


def test_the_journal_joins_the_request_and_the_events_of_its_saga(nfe: DockerSandbox) -> None:
    produto = product(nfe.http, 1)
    identifier = issue(nfe.http, produto, 1)
    assert settled(nfe, identifier)["status"] == "CONFIRMADA"
    functions = {row["function"] for row in nfe.status()["functions"]}
    assert {name.rpartition(":")[2] for name in functions} >= {"nfe-faturamento-dev", "nfe-outbox-dev"}

    def joined() -> set[tuple[str, str, bool]]:
        return {
            (branch["hop"]["kind"], branch["hop"].get("detail", {}).get("detailType", ""), branch["inferred"])
            for branch in nfe.flow(identifier)
        }

    wanted = {("event-put", "NotaFiscalCriada", True), ("event-put", "ReservaConfirmada", False)}
    # What LocalStack does is heard of a moment after it is done.
    eventually(joined, lambda hops: wanted <= hops, what="both events in the flow of the request")


def test_a_poison_message_ends_in_its_dead_letter_queue_and_is_redriven(nfe: DockerSandbox) -> None:
    sqs = nfe.aws("sqs")
    queue, letters = nfe.outputs["EstoqueReservaQueueUrl"], nfe.outputs["EstoqueReservaDlqUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    sent = sqs.send_message(QueueUrl=queue, MessageBody='{"poison": "ação", "cut')
    found = eventually(
        lambda: sqs.receive_message(QueueUrl=letters, WaitTimeSeconds=5, VisibilityTimeout=0).get("Messages"),
        what="the dead letter",
        seconds=90,
    )
    assert found is not None
    assert (found[0]["MessageId"], found[0]["Body"]) == (sent["MessageId"], '{"poison": "ação", "cut')
    arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.start_message_move_task(SourceArn=arn)
    eventually(
        lambda: _depth(sqs, letters), lambda depth: depth == 0, what="the letter's way back", seconds=30
    )
    eventually(lambda: _depth(sqs, letters), lambda depth: depth == 1, what="its second return", seconds=90)
    sqs.purge_queue(QueueUrl=letters)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "90"})


def _depth(sqs: Any, queue: str) -> int:
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(counts["Attributes"]["ApproximateNumberOfMessages"])
