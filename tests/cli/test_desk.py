"""`sandbox queue`, `dlq`, `bus` and `rule`: what they ask of the daemon, and what they print."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from sandbox.control.protocol import ClockView
from sandbox.control.server import Method
from sandbox.errors import UsageError
from sandbox.model.hops import Hop, HopKind
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.model.views.flows import NearMiss
from sandbox.model.views.messages import DeadLetter, MessageView, MoveProgress, MoveResult, QueueView
from sandbox.model.views.system import BusView, RuleView
from tests.cli.harness import Cli, golden

NOW = 1_700_000_100.0
HOSTILE = '{"nome": "\x1b[31mvermelho\u202e"}\nlinha'
QUEUES = [
    QueueView(
        name="estoque-reserva",
        arn="arn:aws:sqs:us-east-1:000000000000:estoque-reserva",
        url="http://127.0.0.1:4566/000000000000/estoque-reserva",
        visible=2,
        in_flight=1,
        delayed=0,
        oldest_seconds=12.5,
        dead_letter_queue="estoque-reserva-dlq",
        consumers=["nfe-estoque-dev"],
        visibility_timeout=90,
        max_receives=3,
        sent=40,
        received=38,
        deleted=37,
    ),
    QueueView(
        name="estoque-reserva-dlq",
        arn="arn:aws:sqs:us-east-1:000000000000:estoque-reserva-dlq",
        url="http://127.0.0.1:4566/000000000000/estoque-reserva-dlq",
        visible=1,
        in_flight=0,
        delayed=0,
        oldest_seconds=300.0,
        sources=["estoque-reserva"],
    ),
]
MESSAGE = MessageView(
    queue="estoque-reserva-dlq",
    message_id="7f6c2a0e-3c1f-4f0e-9c57-0d1f0f6f8f10",
    body=HOSTILE,
    state="visible",
    sent_at=NOW - 300,
    visible_at=NOW - 30,
    receive_count=3,
    attributes={"cor": {"DataType": "String", "StringValue": "azul\x07"}},
    flow=12,
)
LETTER = DeadLetter(
    message=MESSAGE,
    source="estoque-reserva",
    attempts=3,
    error="ValueError: não \x1b[1mé",
    stack_trace=['  File "a.py", line 1, in f', "    g()"],
    function="nfe-estoque-dev",
    dead_lettered_at=NOW - 30,
    original_id="11111111-0000-4000-8000-000000000000",
    changed=["body"],
)
PUT = Hop(
    id=90,
    kind=HopKind.EVENT_PUT,
    at=NOW,
    real_at=NOW,
    account="000000000000",
    region="us-east-1",
    service="events",
    flow=12,
    event_id="e-1",
    detail={"source": "nfe.estoque", "detailType": "ReservaConfirmada", "matched": ["confirmada"]},
)
MISSES = [
    NearMiss(bus="nfe", rule="confirmada", matched=True),
    NearMiss(bus="nfe", rule="criada", matched=False, path="source", reason="source is \x1bx"),
]

ARCHIVE = ArchiveView(
    name="nfe-arquivo",
    arn="arn:aws:events:us-east-1:000000000000:archive/nfe-arquivo",
    bus="nfe",
    retention_days=90,
    events=12,
    bytes=3_456,
    first_at=NOW - 3_600,
    last_at=NOW - 60,
)
REPLAY = ReplayView(
    name="de-novo",
    archive="nfe-arquivo",
    bus="nfe",
    state="RUNNING",
    since=NOW - 3_600,
    until=NOW,
    started_at=NOW,
    rules=["confirmada"],
    replayed=100,
    last_at=NOW - 90,
)


class Told:
    """What is answered as a stream."""

    def __init__(self, *items: Any) -> None:
        self.items = items


class Daemon:
    """Canned answers, and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def methods(self) -> Mapping[str, Method]:
        answers: dict[str, Any] = {
            "clock_show": ClockView(now=NOW, iso="", speed=1.0, offset_seconds=0.0),
            "queue_ls": QUEUES,
            "queue_find": QUEUES[0],
            "queue_peek": [MESSAGE],
            "queue_send": {"queue": "estoque-reserva", "message_id": "m-1"},
            "queue_purge": {"queue": "estoque-reserva", "purged": 3},
            "dlq_ls": QUEUES[1:],
            "dlq_show": [LETTER],
            "dlq_redrive": Told(
                MoveProgress(done=1, of=2),
                MoveProgress(done=2, of=2, result=MoveResult(moved=2, message_ids=["a", "b"])),
            ),
            "dlq_resend": MoveResult(moved=1, message_ids=["c"]),
            "dlq_drop": MoveResult(moved=0, kept={"d": "somebody has received it"}),
            "bus_ls": [
                BusView(
                    name="nfe",
                    arn="arn:aws:events:us-east-1:000000000000:event-bus/nfe",
                    rules=[
                        RuleView(
                            name="criada", bus="nfe", arn="a", pattern='{"source": ["x"]}', targets=["q"]
                        ),
                        RuleView(
                            name="outbox", bus="nfe", arn="b", schedule="rate(1 minute)", next_at=NOW + 12
                        ),
                        RuleView(name="parada", bus="nfe", arn="c", enabled=False, matches=4),
                    ],
                    events=7,
                    unmatched=2,
                )
            ],
            "bus_events": [PUT],
            "bus_archives": [ARCHIVE],
            "bus_replays": [REPLAY],
            "bus_replay": REPLAY,
            "bus_cancel": REPLAY,
            "flow_near_misses": MISSES,
            "rule_test": MISSES,
        }
        return {name: self._method(name, answer) for name, answer in answers.items()}

    def _method(self, name: str, answer: Any) -> Method:
        if isinstance(answer, Told):

            async def stream(**params: Any) -> AsyncIterator[Any]:
                self.asked.append((name, params))
                for item in answer.items:
                    yield item

            return stream

        async def method(**params: Any) -> Any:
            self.asked.append((name, params))
            if params.get("queue") == "nobody":
                raise UsageError("there is no queue nobody", "the sandbox has: estoque-reserva", "say it")
            return answer

        return method


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
def methods(daemon: Daemon) -> Mapping[str, Method]:
    return daemon.methods()


OUTPUTS = [
    ("queue", "ls"),
    ("queue", "peek", "reserva"),
    ("queue", "peek", "reserva", "--full"),
    ("queue", "send", "reserva", "corpo"),
    ("queue", "purge", "reserva", "--yes"),
    ("dlq", "ls"),
    ("dlq", "show", "reserva"),
    ("dlq", "redrive", "reserva", "--all"),
    ("dlq", "resend", "reserva", "7f6c", "--body", "{}"),
    ("bus", "ls"),
    ("bus", "events", "nfe"),
    ("bus", "events", "nfe", "--misses"),
    ("bus", "archives"),
    ("bus", "replay", "nfe-arquivo"),
    ("bus", "replays"),
    ("bus", "cancel", "novo"),
    ("rule", "test", "nfe", "{}"),
]


@pytest.mark.parametrize(
    "words",
    OUTPUTS,
    ids=lambda words: "-".join(w.strip("-") for w in words if w.isascii() and w.strip("-").isalnum()),
)
def test_output(running: Cli, words: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    said = running.here(*words)
    assert said.code == 0
    assert "\x1b" not in said.out
    golden(f"out-{request.node.callspec.id}.txt", said.out)
    as_json = running.here(*words, "--json")
    assert as_json.code == 0
    json.loads(as_json.out)
    golden(f"json-{request.node.callspec.id}.json", as_json.out)


def test_what_stays_is_told_and_fails(running: Cli) -> None:
    said = running.here("dlq", "drop", "reserva", "d", "--yes")
    assert (said.code, said.out) == (1, "0 dropped\n✗ d stays: somebody has received it\n")


@pytest.mark.parametrize("words", [("queue", "purge", "reserva"), ("dlq", "drop", "reserva", "d")])
def test_what_destroys_asks(running: Cli, daemon: Daemon, words: tuple[str, ...]) -> None:
    said = running.here(*words)
    assert said.code == 2
    assert "--yes" in said.err
    assert [name for name, _ in daemon.asked] == ["queue_find"]


@pytest.mark.parametrize("words", [("queue", "purge", "nobody"), ("dlq", "drop", "nobody", "d")])
def test_a_queue_that_is_not_there_is_told_before_anything_is_asked(
    running: Cli, words: tuple[str, ...]
) -> None:
    said = running.here(*words)
    assert said.code == 2
    assert "there is no queue nobody" in said.err


@pytest.mark.parametrize("words", [("reserva",), ("reserva", "a", "--all")])
def test_a_redrive_names_messages_or_all(running: Cli, daemon: Daemon, words: tuple[str, ...]) -> None:
    assert running.here("dlq", "redrive", *words).code == 2
    assert daemon.asked == []


def test_what_is_asked_for(running: Cli, daemon: Daemon) -> None:
    running.here("queue", "peek", "reserva", "--in", "delayed", "-n", "5", "--offset", "2", "--match", "x")
    running.here("dlq", "redrive", "reserva", "a", "b", "--rate", "10")
    running.here("dlq", "resend", "reserva", "a", "--attribute", "cor=azul=claro", "--delay", "5")
    asked = [params for name, params in daemon.asked if name != "clock_show"]
    assert asked == [
        {"queue": "reserva", "state": "delayed", "limit": 5, "offset": 2, "match": "x"},
        {"queue": "reserva", "message_ids": ["a", "b"], "rate": 10.0},
        {
            "queue": "reserva",
            "message_id": "a",
            "body": None,
            "attributes": {"cor": {"DataType": "String", "StringValue": "azul=claro"}},
            "delay": 5,
        },
    ]


def test_a_replay_takes_times_and_durations(running: Cli, daemon: Daemon) -> None:
    running.here("bus", "replay", "arquivo", "--from", "2h", "--to", "2023-11-14T22:14:00Z", "--rule", "a")
    assert daemon.asked[-1] == (
        "bus_replay",
        {
            "archive": "arquivo",
            "since": NOW - 7_200,
            "until": 1_700_000_040.0,
            "rules": ["a"],
            "name": None,
        },
    )
    said = running.here("bus", "replay", "arquivo", "--from", "ontem")
    assert said.code == 2
    assert "2026-11-27T12:00:00Z" in said.err


def test_bodies_come_from_files(running: Cli, daemon: Daemon) -> None:
    file = running.state / "evento.json"
    file.write_text('{"a": 1}')
    assert running.here("queue", "send", "reserva", f"@{file}").code == 0
    assert daemon.asked[-1][1]["body"] == '{"a": 1}'
    said = running.here("queue", "send", "reserva", "@/nowhere")
    assert said.code == 2
    assert "/nowhere cannot be read" in said.err


@pytest.mark.parametrize("word", ["cor", "=azul"])
def test_attributes_that_cannot_be_read(running: Cli, word: str) -> None:
    assert running.here("queue", "send", "reserva", "x", "--attribute", word).code == 2
    assert running.here("queue", "send", "reserva", "x", "--attributes-json", "[]").code == 2


def test_an_unknown_queue(running: Cli) -> None:
    said = running.here("queue", "peek", "nobody")
    assert (said.code, said.out) == (2, "")
    assert "there is no queue nobody" in said.err
