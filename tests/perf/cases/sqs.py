"""How many messages SQS takes and gives, each stored and in the journal before it is acknowledged."""

from __future__ import annotations

import asyncio
import json

import uvloop

from tests.perf.bench import Bench, Target
from tests.perf.errors import BenchError
from tests.perf.http import Connection, connect, sqs_request
from tests.perf.load import CONNECTIONS, Load, run_load
from tests.perf.report import Measure

_BODY = json.dumps({"notaFiscalId": "6f1a3e3c-3c1f-4f0e-9c57-0d1f0f6f8f10", "items": [{"quantidade": 3}] * 3})
_QUEUED = 20_000
_BATCH = 10
_EMPTY_RECEIVES = 100


def sqs_send(bench: Bench) -> list[Measure]:
    """SendMessage on 32 connections."""
    with bench.target() as target:
        send = _send(target)
        load = uvloop.run(run_load(target, lambda connection: connection.ask(send), bench.runs))
    return load.measures("sqs-send", "messages/s")


def sqs_send_receive_delete(bench: Bench) -> list[Measure]:
    """SendMessage, ReceiveMessage and DeleteMessage of one message, on 32 connections.

    With 20,000 messages in the queue all the time, and, to compare, with none but those under way.
    """
    with bench.target() as target:
        empty = uvloop.run(_cycles(target, bench.runs))
        full = uvloop.run(_cycles(target, bench.runs, queued=_QUEUED))
    name = "sqs-send-receive-delete"
    return [*full.measures(name, "messages/s"), empty.measures(f"{name} empty", "messages/s")[0]]


def _send(target: Target) -> bytes:
    body = json.dumps({"QueueUrl": target.queue_url, "MessageBody": _BODY}).encode()
    return sqs_request(target.endpoint, "SendMessage", body)


async def _cycles(target: Target, rounds: int, *, queued: int = 0) -> Load:
    await _fill(target, queued)
    send = _send(target)
    wanted = {"QueueUrl": target.queue_url, "MaxNumberOfMessages": 1}
    receive = sqs_request(target.endpoint, "ReceiveMessage", json.dumps(wanted).encode())

    async def cycle(connection: Connection) -> None:
        await connection.ask(send)
        for _ in range(_EMPTY_RECEIVES):
            if messages := json.loads(await connection.ask(receive)).get("Messages"):
                break
        else:
            raise BenchError("the queue gives nothing, though a message was just sent to it")
        settled = {"QueueUrl": target.queue_url, "ReceiptHandle": messages[0]["ReceiptHandle"]}
        await connection.ask(sqs_request(target.endpoint, "DeleteMessage", json.dumps(settled).encode()))

    return await run_load(target, cycle, rounds)


async def _fill(target: Target, count: int) -> None:
    entries = [{"Id": str(number), "MessageBody": _BODY} for number in range(_BATCH)]
    body = json.dumps({"QueueUrl": target.queue_url, "Entries": entries}).encode()
    batch = sqs_request(target.endpoint, "SendMessageBatch", body)
    left = iter(range(count // _BATCH))

    async def work(connection: Connection) -> None:
        for _ in left:
            answer = json.loads(await connection.ask(batch))
            if answer.get("Failed"):
                raise BenchError(f"messages were not accepted: {answer['Failed']}")
        connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work(await connect(target.endpoint)))
