"""What the dashboard costs: first paint, at rest, with 1,000 events flowing each second, and a key."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import boto3
import psutil

from tests.perf.bench import NFE, Bench
from tests.perf.errors import BenchError
from tests.perf.http import connect, request
from tests.perf.report import Measure
from tests.perf.sandbox import Sandbox

_SIZE = (40, 120)
_PATIENCE = 30.0
#: Real seconds: after a start, of a measurement, and without output until an answer to a key is over.
_SETTLING = 4.0
_WINDOW = 20.0
_QUIET = 0.15
#: Entries of one PutEvents.
_ENTRIES = 10
_EVENTS_PER_SECOND = 1_000
_NAME = "bench-events"
#: What is on the first screen once it is painted.
_FIRST = b"estoque-reserva"
#: What lies in the sandbox meanwhile.
_QUEUED, _SAGAS = 20_000, 5_000
#: A screen's key, and keys that are pressed there.
_PRESSED = {
    "overview": ("1", "tab", "j", "j", "k"),
    "queues": ("2", "j", "j", "k", "tab"),
    "sagas": ("3", "j", "j", "G", "k"),
    "flows": ("4", "j", "j", "n", "n"),
    "bus": ("6", "j", "j", "k", "tab"),
    "logs": ("7", "k", "k", "f", "j"),
}
_NAMED = {"tab": b"\t", "G": b"\x1b[F"}


class Terminal:
    """The dashboard in a pseudo-terminal that is read all the time, as a terminal does."""

    def __init__(self, state: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
        self.began = time.monotonic()
        self.last = self.began
        self.shown = b""
        self._process = subprocess.Popen(
            [str(Path(sys.executable).with_name("sandbox")), "tui", "--state", str(state)],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"},
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def processor(self) -> float:
        """Seconds of processor time that it has used."""
        return sum(psutil.Process(self._process.pid).cpu_times()[:2])

    def until(self, words: bytes) -> float:
        """Waits until it has shown something; returns the seconds since it was started.

        Raises:
            BenchError: it never did.
        """
        while words not in self.shown:
            if time.monotonic() - self.began > _PATIENCE:
                raise BenchError(f"the dashboard never showed {words!r}; it showed {self.shown[-500:]!r}")
            _pass(0.005)
        return self.last - self.began

    def press(self, key: str) -> float:
        """Presses a key; returns the milliseconds of processor time until its answer was drawn."""
        before, pressed = self.processor, time.monotonic()
        os.write(self._master, _NAMED.get(key, key.encode()))
        while self.last < pressed or time.monotonic() - self.last < _QUIET:
            if time.monotonic() - pressed > 2 * _QUIET:
                break
            _pass(0.01)
        return (self.processor - before) * 1000

    def close(self) -> None:
        """Leaves it."""
        self._process.terminate()
        self._process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        os.close(self._master)

    def _read(self) -> None:
        while self._process.poll() is None:
            if select.select([self._master], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    self.shown = self.shown[-100_000:] + os.read(self._master, 65_536)
                    self.last = time.monotonic()


def dashboard(bench: Bench) -> list[Measure]:
    """First paint, processor time at rest and under load, and the processor time of a key on each screen."""
    with bench.sandbox(NFE) as sandbox:
        sandbox.up(fresh=True)
        paints = []
        for _ in range(bench.runs):
            with _terminal(sandbox) as terminal:
                paints.append(terminal.until(_FIRST))
        with _terminal(sandbox) as terminal:
            terminal.until(_FIRST)
            rest = _share(terminal)
        source = Source(sandbox.endpoint)
        source.put(_QUEUED)
        with source.flowing(), _terminal(sandbox) as terminal:
            terminal.until(_FIRST)
            busy = _share(terminal)
            keys = {screen: [terminal.press(key) for key in pressed] for screen, pressed in _PRESSED.items()}
    return [
        Measure("dashboard first paint", "s", paints),
        Measure("dashboard at rest", "%", [rest]),
        Measure("dashboard at 1,000 events/s", "%", [busy], detail={"events per second": source.rate}),
        Measure("dashboard key", "ms", [cost for costs in keys.values() for cost in costs], detail=keys),
    ]


class Source:
    """Puts events, about 5,000 invoices in turn, that a rule sends to a queue that nobody reads.

    Attributes:
        rate: events per second that it put while they were flowing.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._number = 0
        self.rate = 0.0
        client = partial(boto3.client, endpoint_url=endpoint, region_name="us-east-1",
                         aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip
        url = client("sqs").create_queue(QueueName=_NAME)["QueueUrl"]
        arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        events = client("events")
        events.put_rule(Name=_NAME, EventPattern=json.dumps({"source": [_NAME]}))
        events.put_targets(Rule=_NAME, Targets=[{"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}])

    def put(self, events: int) -> None:
        """Puts so many, as fast as it goes."""
        asyncio.run(self._put(events // _ENTRIES, 0.0, threading.Event()))

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Puts 1,000 each second until it is left."""
        ended, began, before = threading.Event(), time.monotonic(), self._number
        thread = threading.Thread(
            target=lambda: asyncio.run(self._put(sys.maxsize, _ENTRIES / _EVENTS_PER_SECOND, ended))
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.rate = (self._number - before) / (time.monotonic() - began)

    async def _put(self, calls: int, every: float, ended: threading.Event) -> None:
        connection = await connect(self._endpoint)
        headers = {"X-Amz-Target": "AWSEvents.PutEvents", "Content-Type": "application/x-amz-json-1.1"}
        due = time.monotonic()
        for _ in range(calls):
            if ended.is_set():
                break
            body = json.dumps({"Entries": [self._entry() for _ in range(_ENTRIES)]}).encode()
            await connection.ask(request("POST", f"{self._endpoint}/", body, headers, service="events"))
            due += every
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        connection.close()

    def _entry(self) -> dict[str, str]:
        self._number += 1
        detail = {"notaFiscalId": f"7f6c2a0e-3c1f-4f0e-9c57-{self._number % _SAGAS:012d}", "itens": []}
        return {"Source": _NAME, "DetailType": "NotaFiscalCriada", "Detail": json.dumps(detail)}


@contextmanager
def _terminal(sandbox: Sandbox) -> Iterator[Terminal]:
    terminal = Terminal(sandbox.state)
    try:
        yield terminal
    finally:
        terminal.close()


def _share(terminal: Terminal) -> float:
    """Percent of a processor over the window."""
    _pass(_SETTLING)
    before = terminal.processor
    _pass(_WINDOW)
    return (terminal.processor - before) / _WINDOW * 100


def _pass(seconds: float) -> None:
    """Lets real time pass: that is what is measured here."""
    threading.Event().wait(seconds)
