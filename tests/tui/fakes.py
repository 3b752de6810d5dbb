"""A feed without threads: every question is answered at once, from what it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from sandbox.control.protocol import ClockView
from sandbox.model.views.messages import MoveProgress, MoveResult
from sandbox.model.views.system import LogView
from tests.tui import canned
from tui.feed.base import Post
from tui.feed.messages import Answered, Ask, Heard, LinesReady, Pictured
from tui.picture import Connection, Link, Picture, Trouble

Answer = Callable[[dict[str, Any]], Any]


class FakeClock:
    """A wall clock that moves when it is told to."""

    def __init__(self, now: float = canned.NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def picture(**changes: Any) -> Picture:
    """The canned system, whole."""
    return replace(
        Picture(
            connection=Connection(Link.LIVE, canned.NOW - 300),
            taken_at=canned.NOW,
            status_at=canned.NOW,
            status=canned.STATUS,
            map=canned.MAP,
            functions=tuple(canned.FUNCTIONS),
            buses=tuple(canned.BUSES),
            queues=tuple(canned.QUEUES),
            sagas=tuple(canned.SAGAS),
            flows=tuple(canned.FLOWS),
            tables=tuple(canned.TABLES),
            lints=tuple(canned.LINTS),
            archives=(canned.ARCHIVE,),
            replays=tuple(canned.REPLAYS),
            faults=tuple(canned.FAULTS),
        ),
        **changes,
    )


def answers() -> dict[str, Answer]:
    """What each control method answers."""
    return {
        "queue_peek": lambda ask: canned.messages(
            ask["queue"], ask["state"], ask["limit"], ask["offset"], ask["match"]
        ),
        "dlq_show": lambda ask: (
            [letter for letter in canned.LETTERS if ask["match"] in letter.message.body][
                ask["offset"] : ask["offset"] + ask["limit"]
            ]
            if ask["queue"] == "estoque-reserva-dlq"
            else []
        ),
        "dlq_redrive": lambda ask: redriven(len(ask["message_ids"] or canned.LETTERS)),
        "dlq_drop": lambda ask: MoveResult(moved=len(ask["message_ids"])),
        "dlq_resend": lambda ask: MoveResult(moved=1),
        "queue_send": lambda ask: {"message_id": "new"},
        "queue_purge": lambda ask: None,
        "saga_show": lambda ask: canned.saga_detail(ask["saga_id"]),
        "saga_check": lambda ask: canned.CHECK,
        "flow_show": lambda ask: canned.flow(ask["reference"]),
        "flow_ls": lambda ask: [
            flow
            for flow in canned.OLD_FLOWS
            if ask["match"] in flow.keys["notaFiscalId"] and ask["status"] in (None, flow.status)
        ],
        "saga_ls": lambda ask: [saga for saga in canned.OLD_SAGAS if ask["match"] in saga.id],
        "flow_near_misses": lambda ask: canned.MISSES,
        "bus_events": lambda ask: canned.EVENTS if ask["bus"] == "nfe-events-dev" else [],
        "bus_replay": lambda ask: canned.REPLAYS[0],
        "bus_cancel": lambda ask: canned.REPLAYS[0],
        "fault_kinds": lambda ask: canned.FAULT_KINDS,
        "fault_add": lambda ask: canned.FAULTS[0],
        "fault_rm": lambda ask: None,
        "fault_clear": lambda ask: len(canned.FAULTS),
        "table_rows": lambda ask: canned.rows(ask["table"], ask["limit"], ask["offset"], ask["match"]),
        "clock_advance": lambda ask: {"fired": 2, "clock": {}},
        "clock_speed": lambda ask: ClockView(now=canned.NOW, iso="", speed=ask["speed"], offset_seconds=0),
        "invoke": lambda ask: {"function": ask["function"], "error": None, "payload": '{"ok": true}'},
        "deploy": lambda ask: [{"step": "deploy nfe", "state": "done"}],
    }


def redriven(count: int) -> list[MoveProgress]:
    """What a redrive of so many tells."""
    return [
        MoveProgress(done=0, of=count),
        MoveProgress(done=count, of=count, result=MoveResult(moved=count)),
    ]


class FakeFeed:
    """A feed that a test drives.

    Attributes:
        asked: every question, in order.
        wanted: topics of the visible screen.
        held: methods that have not answered yet.
        answers: what methods answer; a method that is missing is one that the sandbox does not have.
    """

    def __init__(self, first: Picture | None = None, lines: int = 30) -> None:
        self.asked: list[Ask] = []
        self.wanted: frozenset[str] = frozenset()
        self.answers = answers()
        self.held: set[str] = set()
        self.refreshed = 0
        self.stopped = False
        self._first = picture() if first is None else first
        self._lines: list[LogView] = canned.log_lines(lines)
        self._dropped = 0
        self._post: Post | None = None

    def start(self, post: Post) -> None:
        """Posts the first picture at once."""
        self._post = post
        self.show(self._first)

    def stop(self) -> None:
        """Notes it."""
        self.stopped = True

    def want(self, topics: frozenset[str]) -> None:
        """Notes it."""
        self.wanted = topics

    def refresh(self) -> None:
        """Notes it."""
        self.refreshed += 1

    def ask(self, ask: Ask, post: Post) -> None:
        """Answers at once."""
        self.asked.append(ask)
        if ask.method in self.held:
            return
        answer = self.answers.get(ask.method)
        if answer is None:
            post(Answered(ask, trouble=Trouble("no method", "an older version", "restart", missing=True)))
            return
        value = answer(ask.params)
        self._tell(ask, value, post)
        post(Answered(ask, trouble=value) if isinstance(value, Trouble) else Answered(ask, value))

    def _tell(self, ask: Ask, value: Any, post: Post) -> None:
        if ask.each is not None and isinstance(value, list):
            for item in value:
                post(Heard(ask, msgspec.to_builtins(item)))

    def follow_logs(self, *, on: bool) -> None:
        """Tells that there are lines."""
        if on and self._post is not None and self._lines:
            self._post(LinesReady())

    def take_lines(self) -> tuple[list[LogView], int]:
        """The lines."""
        lines, dropped = self._lines, self._dropped
        self._lines, self._dropped = [], 0
        return lines, dropped

    # -- for tests

    def show(self, newer: Picture) -> None:
        """Posts another picture."""
        assert self._post is not None
        self._post(Pictured(newer))

    def log(self, lines: list[LogView], dropped: int = 0) -> None:
        """Has lines to take."""
        assert self._post is not None
        self._lines += lines
        self._dropped += dropped
        self._post(LinesReady())

    def questions(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every question to a method."""
        return [ask.params for ask in self.asked if ask.method == method]
