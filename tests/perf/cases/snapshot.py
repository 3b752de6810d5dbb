"""How long it takes to save a stack with many messages, and to go back to it, here and in another sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import boto3

from sandbox.control.client import ControlClient
from tests.perf.bench import NFE, Bench
from tests.perf.report import Measure
from tests.perf.sandbox import Sandbox

_MESSAGES, _BATCH = 10_000, 10
_BODY = "x" * 400


def snapshot(bench: Bench) -> list[Measure]:
    """NF-e with its database, and 10,000 messages in a queue; one turn of each is not measured."""
    saved, loaded, moved = [], [], []
    with bench.sandbox(NFE) as sandbox, bench.sandbox(NFE) as other:
        sandbox.up(fresh=True)
        other.up(fresh=True)
        _fill(sandbox)
        file = sandbox.folder / "shared.snapshot"
        with sandbox.control() as here, other.control() as there:
            for turn in range(bench.runs * 5 + 1):
                saving = _timed(lambda: here.call("snapshot_save", name="bench", to=str(file)))
                loading = _timed(lambda: _load(here, file))
                moving = _timed(lambda: _load(there, file))
                if turn:
                    saved.append(saving)
                    loaded.append(loading)
                    moved.append(moving)
    return [
        Measure("snapshot save", "ms", saved),
        Measure("snapshot load", "ms", loaded),
        Measure("snapshot load elsewhere", "ms", moved),
    ]


def _load(control: ControlClient, file: Path) -> None:
    control.call("snapshot_load", reference=str(file), cwd=str(file.parent))


def _timed(work: Callable[[], object]) -> float:
    """Real milliseconds that it takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _fill(sandbox: Sandbox) -> None:
    sqs = boto3.client(
        "sqs",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    url = sqs.create_queue(QueueName="bench")["QueueUrl"]
    entries = [{"Id": str(place), "MessageBody": _BODY} for place in range(_BATCH)]
    for _ in range(_MESSAGES // _BATCH):
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    sqs.close()
