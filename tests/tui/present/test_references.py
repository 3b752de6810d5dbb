"""What things refer to, how they are copied, and the smaller presenters."""

from __future__ import annotations

import json

import pytest

from sandbox.model.views.sagas import SagaView
from sandbox.model.views.system import LogView
from tests.tui import canned
from tests.tui.presenting import scene
from tui.present import (
    copying,
    functions,
    lints,
    marks,
    paging,
)
from tui.present.cells import Tone, plain
from tui.present.refs import Ref, refs_of


class TestRefs:
    def test_a_dead_letter_leads_to_flow_function_logs_and_source(self) -> None:
        kinds = [ref.kind for ref in refs_of(canned.LETTERS[0])]
        assert kinds == ["flow", "function", "logs", "queue"]

    def test_a_log_line_leads_to_its_hop(self) -> None:
        assert refs_of(canned.log_lines(1)[0])[0] == Ref("hop", "101", "of hop 101")

    def test_a_line_without_hop_does_not(self) -> None:
        line = LogView(at=0, time="", group="/aws/lambda/f", stream="", message="x")
        assert [ref.kind for ref in refs_of(line)] == ["function"]

    def test_a_saga_without_flow_is_found_by_its_key(self) -> None:
        saga = SagaView(saga="s", style="choreography", id="k", state="", outcome="running", began_at=0)
        assert refs_of(saga) == [Ref("flow", "k")]

    def test_problems_lead_to_what_they_are_about(self) -> None:
        assert [refs_of(problem)[0].kind for problem in canned.MAP.problems] == ["dlq", "saga", "function"]

    def test_other_things_lead_nowhere(self) -> None:
        assert refs_of({"a": 1}) == []


class TestCopying:
    def test_json(self) -> None:
        assert json.loads(copying.as_json(canned.QUEUES[0]))["name"] == "estoque-reserva"

    def test_a_message_becomes_a_send(self) -> None:
        command = copying.as_command(canned.LETTERS[1], canned.ENDPOINT)
        assert command.startswith(
            "awslocal --endpoint-url http://127.0.0.1:4566 sqs send-message --queue-url"
        )
        assert "estoque-reserva-dlq" in command

    def test_a_request_becomes_a_curl(self) -> None:
        command = copying.as_command(canned.flow("104").tree[0].hop, canned.ENDPOINT)
        assert command.startswith(
            "curl -X POST http://127.0.0.1:4566/_aws/execute-api/abc/dev/api/v1/notas -H"
        )

    def test_an_event_becomes_a_put(self) -> None:
        command = copying.as_command(canned.EVENTS[0], canned.ENDPOINT)
        assert "events put-events" in command
        assert "NotaFiscalCriada" in command

    @pytest.mark.parametrize(
        "thing",
        [
            canned.SAGAS[0],
            canned.FLOWS[0],
            canned.FUNCTIONS[0],
            canned.RULES[0],
            canned.TABLES[0],
            canned.BUSES[0],
        ],
    )
    def test_everything_has_a_command(self, thing: object) -> None:
        assert copying.as_command(thing, canned.ENDPOINT)

    def test_what_has_none_is_empty(self) -> None:
        assert copying.as_command({"a": 1}, canned.ENDPOINT) == ""


class TestOthers:
    def test_every_state_has_a_glyph_of_its_own_beside_its_colour(self) -> None:
        for good, bad in (("ok", "problem"), ("completed", "failed"), ("done", "failed"), ("ok", "warning")):
            assert marks.glyph(good) != marks.glyph(bad)
        assert plain(marks.mark("stuck")) == "■ stuck"

    def test_suppressed_lints_are_left_out_or_last(self) -> None:
        assert [lint.code for lint in lints.ordered(canned.LINTS, suppressed=False)] == [
            "visibility-under-six-timeouts",
            "rule-never-matched",
        ]
        assert lints.ordered(canned.LINTS, suppressed=True)[-1].code == "queue-without-dlq"

    def test_a_function_at_its_limit_stands_out(self) -> None:
        cells = functions.FUNCTIONS.cells(canned.FUNCTIONS[0], scene())
        assert cells[7] == (("5/5", Tone.WARN),)

    def test_pages_are_put_together(self) -> None:
        pages: paging.Pages[int] = paging.Pages()
        pages.put(0, range(200))
        pages.put(1, range(200, 250))
        assert pages.items == list(range(250))
        pages.put(0, range(3))
        assert pages.items == [0, 1, 2]
        pages.put(5, [1])
        assert pages.items == [0, 1, 2]
