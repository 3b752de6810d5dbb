"""How many messages SQS takes and gives, each stored and in the journal before it is acknowledged."""

from __future__ import annotations

import json
from statistics import median

from tests.perf.bench import Bench, Round, Target
from tests.perf.errors import BenchError
from tests.perf.http import Line, sqs_request
from tests.perf.load import Load, ask_all, load_measures, loading
from tests.perf.report import OURS, Measure

_BODY = json.dumps({"notaFiscalId": "6f1a3e3c-3c1f-4f0e-9c57-0d1f0f6f8f10", "items": [{"quantidade": 3}] * 3})
_QUEUED = 20_000
_BATCH = 10
_EMPTY_RECEIVES = 100
#: Pairs of rounds for one figure of what recording costs.
_PAIRS = 4


def sqs_send(bench: Bench) -> list[Measure]:
    """SendMessage on 32 connections."""
    with bench.targets() as targets:
        loads = bench.by_turns(targets, _sending)
    name = "sqs-send"
    times = [
        Measure(
            f"{name} times {engine}'s",
            "x",
            [ours.rate / theirs.rate for ours, theirs in zip(loads[OURS], others, strict=False)],
            more_is_better=True,
        )
        for engine, others in loads.items()
        if engine != OURS and others
    ]
    return [*load_measures(name, "messages/s", loads), *times]


def sqs_recording(bench: Bench) -> list[Measure]:
    """SendMessage with the journal and without it, side by side: what recording costs of a send."""
    with bench.target() as recorded, bench.target("--keep-hops", "0", name="unrecorded") as bare:
        loads = bench.by_turns([recorded, bare], _sending, bench.runs * _PAIRS)
    pairs = list(zip(loads[OURS], loads["unrecorded"], strict=True))
    loop = [(one.loop_cost - other.loop_cost) / one.loop_cost * 100 for one, other in pairs]
    whole = [(one.cost - other.cost) / one.cost * 100 for one, other in pairs]
    return [
        Measure("sqs-recording", "%", _medians(loop), detail={"pairs": loop}),
        Measure("sqs-recording with its threads", "%", _medians(whole), detail={"pairs": whole}),
    ]


def _medians(pairs: list[float]) -> list[float]:
    """One figure for a few pairs: it is a small difference of two large numbers."""
    return [median(pairs[start : start + _PAIRS]) for start in range(0, len(pairs), _PAIRS)]


def sqs_send_receive_delete(bench: Bench) -> list[Measure]:
    """SendMessage, ReceiveMessage and DeleteMessage of one message, on 32 connections.

    With 20,000 messages in the queue all the time, and, to compare, with none but those under way.
    """
    name = "sqs-send-receive-delete"
    with bench.targets() as targets:
        full = bench.by_turns(targets, lambda target: _cycling(target, _QUEUED))
        empty = bench.by_turns(targets[:1], lambda target: _cycling(target, 0))
    rows = load_measures(name, "messages/s", full)
    return [*rows, *load_measures(f"{name} empty", "messages/s", empty)[:1]]


async def _sending(target: Target) -> Round[Load]:
    send = sqs_request(target.endpoint, "SendMessage", QueueUrl=target.furniture.queue(), MessageBody=_BODY)
    return loading(target, lambda line: line.ask(send))


async def _cycling(target: Target, queued: int) -> Round[Load]:
    url = target.furniture.queue()
    await fill(target, url, [_BODY] * queued)
    send = sqs_request(target.endpoint, "SendMessage", QueueUrl=url, MessageBody=_BODY)
    receive = sqs_request(target.endpoint, "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=1)

    async def cycle(line: Line) -> None:
        await line.ask(send)
        for _ in range(_EMPTY_RECEIVES):
            if messages := json.loads(await line.ask(receive)).get("Messages"):
                break
        else:
            raise BenchError("the queue gives nothing, though a message was just sent to it")
        handle = messages[0]["ReceiptHandle"]
        await line.ask(sqs_request(target.endpoint, "DeleteMessage", QueueUrl=url, ReceiptHandle=handle))

    return loading(target, cycle)


async def fill(target: Target, queue_url: str, bodies: list[str]) -> None:
    """Sends messages to a queue, ten at a time.

    Raises:
        BenchError: one was not accepted.
    """
    batches = (bodies[start : start + _BATCH] for start in range(0, len(bodies), _BATCH))
    sends = (
        sqs_request(
            target.endpoint,
            "SendMessageBatch",
            QueueUrl=queue_url,
            Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(batch)],
        )
        for batch in batches
    )
    for answer in await ask_all(target, sends):
        if refused := json.loads(answer).get("Failed"):
            raise BenchError(f"messages were not accepted: {refused}")
