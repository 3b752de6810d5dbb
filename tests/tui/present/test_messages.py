"""Queues, messages and their bodies as text."""

from __future__ import annotations

import json

import msgspec
import pytest

from sandbox.model.views.messages import QueueView
from tests.tui import canned
from tests.tui.presenting import scene, words
from tui.present import (
    bodies,
    queues,
)
from tui.present.cells import plain, width_of
from tui.present.messages import detail


class TestQueues:
    def test_a_dead_letter_queue_stands_below_its_source(self) -> None:
        names = [queue.name for queue in queues.ordered(reversed(canned.QUEUES))]
        assert names.index("estoque-reserva-dlq") == names.index("estoque-reserva") + 1
        assert len(names) == len(canned.QUEUES)

    @pytest.mark.parametrize(
        ("changes", "health"),
        [
            ({}, "idle"),
            ({"visible": 3, "oldest_seconds": 1.0}, "busy"),
            ({"visible": 3, "oldest_seconds": 500.0}, "warning"),
            ({"delayed": 3}, "delayed"),
            ({"visible": 1, "sources": ["a"]}, "problem"),
            ({"sources": ["a"]}, "idle"),
            ({"visible": 1, "senders": ["rule a"]}, "problem"),
        ],
    )
    def test_health(self, changes: dict[str, object], health: str) -> None:
        queue = QueueView(name="q", arn="", url="", visible=0, in_flight=0, delayed=0)
        assert queues.health(msgspec.structs.replace(queue, **changes)) == health

    def test_a_queue_without_a_dead_letter_queue_is_told(self) -> None:
        queue = QueueView(name="q", arn="", url="", visible=0, in_flight=0, delayed=0)
        assert "no dead-letter queue" in plain(queues.about(queue))

    def test_who_sends_dead_letters_is_told(self) -> None:
        queue = QueueView(
            name="q", arn="", url="", visible=0, in_flight=0, delayed=0, sources=["a"], senders=["rule b"]
        )
        assert "dead letters of a, rule b" in plain(queues.about(queue))

    def test_ages_go_on_between_two_pictures(self) -> None:
        cells = queues.QUEUES.cells(canned.QUEUES[0], scene(now=canned.NOW + 60))
        assert plain(cells[4]) == "4m"  # type: ignore[arg-type]


class TestMessages:
    def test_a_dead_letter_says_why(self) -> None:
        shown = words(detail(canned.LETTERS[0], canned.NOW)(80))
        assert "TypeError: string indices" in shown
        assert "3× by nfe-estoque-dev" in shown
        assert 'File "/var/task/reserva.py", line 18' in shown
        assert shown.index("Stack trace") < shown.index("Body")

    def test_a_letter_of_a_rule_says_what_the_rule_said(self) -> None:
        changes = {"source": None, "sender": "rule criada", "facts": {"target": "arn:x"}, "attempts": 2}
        letter = msgspec.structs.replace(canned.LETTERS[0], **changes)
        shown = words(detail(letter, canned.NOW)(80))
        assert "rule criada" in shown
        assert "target" in shown
        assert "arn:x" in shown
        assert "2×" in shown
        assert "by nfe-estoque-dev" not in shown

    def test_lineage_is_told(self) -> None:
        assert "edit of dead0000" in words(detail(canned.LETTERS[1], canned.NOW)(80))

    @pytest.mark.parametrize("width", [10, 20, 40, 200])
    def test_every_line_fits(self, width: int) -> None:
        for shown in canned.LETTERS:
            assert all(width_of(line) <= max(width, 22) for line in detail(shown, canned.NOW)(width))


class TestBodies:
    def test_json_is_laid_out(self) -> None:
        assert words(bodies.body_lines('{"a":[1,true]}')).splitlines() == [
            "{",
            '  "a": [',
            "    1,",
            "    true",
            "  ]",
            "}",
        ]

    def test_other_text_stays(self) -> None:
        assert words(bodies.body_lines("não é JSON\n{")) == "não é JSON\n{"

    def test_json_in_json_is_opened(self) -> None:
        assert '"x": 1' in words(bodies.body_lines(json.dumps({"body": '{"x":1}'})))

    def test_a_huge_body_is_cut_with_a_word_about_it(self) -> None:
        lines = bodies.body_lines("[" + "1," * 600_000 + "1]")
        assert "65,536 of 1,200,003 characters shown" in plain(lines[-1])

    def test_a_body_nested_without_end_is_shown_as_it_is(self) -> None:
        assert bodies.body_lines("[" * 30_000)

    def test_an_edit_that_changes_nothing_sends_the_same_bytes(self) -> None:
        body = '{"b": 1,"a":2}'
        assert bodies.compact(bodies.pretty(body), body) == body

    def test_an_edit_of_compact_json_is_compact(self) -> None:
        assert bodies.compact('{\n  "a": 3\n}', '{"a":2}') == '{"a":3}'

    def test_the_reason_why_something_is_no_json(self) -> None:
        assert bodies.why_not_json("{") != ""
        assert bodies.why_not_json("{}") == ""
