"""What the screens say: views in, text out."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.views.messages import QueueView
from sandbox.model.views.sagas import SagaView
from sandbox.model.views.system import LogView, MapView
from tests.tui import canned
from tests.tui.fakes import picture
from tui.picture import Connection, Link, Picture
from tui.present import (
    absent,
    bars,
    bodies,
    copying,
    flows,
    functions,
    lints,
    logs,
    marks,
    overview,
    paging,
    queues,
    sagas,
)
from tui.present.cells import Line, Tone, fit, plain, squeeze, text, width_of, wrap
from tui.present.counters import count_everything
from tui.present.messages import detail
from tui.present.numbers import count, milliseconds, span_of, sparkline
from tui.present.rates import Rates
from tui.present.refs import Ref, refs_of
from tui.present.ring import Ring
from tui.present.safe import one_line
from tui.present.table import Column, Scene, layout, row


def scene(shown: Picture | None = None, now: float = canned.NOW) -> Scene:
    return Scene(shown or picture(), Rates(), now, now)


def words(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


class TestSafe:
    def test_escapes_are_shown_not_sent(self) -> None:
        shown = one_line(canned.HOSTILE)
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "\u202e" not in shown
        assert "\\e[2J" in shown
        assert "[red]not red[/red]" in shown
        assert "\\u202e" in shown

    def test_ordinary_text_stays_as_it_is(self) -> None:
        assert one_line("ação: 3 € — 東京") == "ação: 3 € — 東京"

    def test_line_breaks_and_tabs_take_one_line(self) -> None:
        assert one_line("a\nb\tc") == "a⏎b    c"

    def test_marks_do_not_pile_up(self) -> None:
        assert len(one_line("e" + "\u0301" * 50)) == 3

    @given(st.text(max_size=200))
    @settings(max_examples=100)
    def test_nothing_acts_on_the_terminal(self, foreign: str) -> None:
        shown = one_line(foreign)
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in shown)
        shown.encode()

    @given(st.text(max_size=200), st.integers(1, 60))
    @settings(max_examples=100)
    def test_a_cell_is_as_wide_as_it_should_be(self, foreign: str, width: int) -> None:
        assert width_of(fit(text(foreign), width)) == width


class TestCells:
    def test_numbers_stand_on_the_right(self) -> None:
        assert plain(fit(text("7"), 3, right=True)) == "  7"

    def test_what_is_too_long_ends_with_an_ellipsis(self) -> None:
        assert plain(fit(text("abcdef"), 4)) == "abc…"

    def test_names_keep_both_ends(self) -> None:
        assert squeeze("faturamento-confirmacao-dlq", 15) == "faturam…cao-dlq"
        assert squeeze("short", 15) == "short"

    def test_wrapping_breaks_at_blanks(self) -> None:
        assert [plain(line) for line in wrap(text("one two three"), 8)] == ["one two ", "three"]

    def test_a_word_without_blanks_is_broken(self) -> None:
        lines = wrap(text("x" * 25), 10)
        assert all(width_of(line) <= 10 for line in lines)
        assert "".join(plain(line) for line in lines) == "x" * 25

    def test_a_text_without_end_is_cut(self) -> None:
        lines = wrap(text("word " * 5_000), 20, most=10)
        assert len(lines) == 11
        assert "more lines" in plain(lines[-1])


class TestTable:
    _COLUMNS = (Column("A", 10, flex=1), Column("B", 6, rank=1), Column("C", 6, rank=2))

    def test_the_least_important_columns_go_first(self) -> None:
        assert layout(self._COLUMNS, 20) == [12, 6, 0]
        assert layout(self._COLUMNS, 12) == [12, 0, 0]

    def test_what_is_left_over_is_shared(self) -> None:
        widths = layout(self._COLUMNS, 80)
        assert sum(widths) + 4 == 80
        assert widths[0] == 64

    def test_a_column_is_cut_where_nothing_fits(self) -> None:
        assert layout(self._COLUMNS, 6) == [6, 0, 0]

    def test_arrows_run_through_the_gap(self) -> None:
        line = row((text("──"), text("▶x")), (Column("", 2), Column("", 2)), [2, 2])
        assert plain(line) == "────▶x"


class TestNumbers:
    @pytest.mark.parametrize(
        ("number", "shown"), [(0, "0"), (20_000, "20,000"), (123_456, "123k"), (2_500_000, "2.5M")]
    )
    def test_counts(self, number: int, shown: str) -> None:
        assert count(number) == shown

    @pytest.mark.parametrize(
        ("value", "shown"), [(None, "–"), (7.14, "7.1 ms"), (812.0, "812 ms"), (30_000.0, "30.0 s")]
    )
    def test_milliseconds(self, value: float | None, shown: str) -> None:
        assert milliseconds(value) == shown

    def test_ages_change_once_a_second(self) -> None:
        assert span_of(12.2) == span_of(12.4) == "12s"
        assert span_of(None) == ""

    def test_a_sparkline_is_dots_where_nothing_was(self) -> None:
        assert plain(sparkline((0, 1, 4), 5)) == "···▂█"
        assert plain(sparkline((0.0,) * 5, 5)) == "·····"


class TestRates:
    def test_counters_become_seconds(self) -> None:
        rates = Rates()
        for at, value in ((100.0, 10), (101.2, 15), (101.9, 17), (104.0, 18)):
            rates.observe("x", value, at)
        assert rates.series("x", 104.5, 5) == (0.0, 7, 0.0, 0.0, 1)
        assert rates.rate("x", 104.5, 5) == 8 / 5

    def test_a_counter_that_falls_began_anew(self) -> None:
        rates = Rates()
        rates.observe("x", 500, 100)
        rates.observe("x", 3, 101)
        assert rates.series("x", 101, 1) == (3,)

    def test_only_the_last_minute_is_kept(self) -> None:
        rates = Rates()
        for second in range(200):
            rates.observe("x", second, second)
        assert sum(rates.series("x", 199, 200)) == 60

    def test_every_counter_of_a_picture_is_noted(self) -> None:
        rates = Rates()
        count_everything(rates, picture())
        more = [msgspec.structs.replace(queue, sent=queue.sent + 5) for queue in canned.QUEUES]
        count_everything(rates, picture(queues=tuple(more), taken_at=canned.NOW + 1))
        assert rates.series("sent:estoque-reserva", canned.NOW + 1, 1) == (5,)


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
        ],
    )
    def test_health(self, changes: dict[str, object], health: str) -> None:
        queue = QueueView(name="q", arn="", url="", visible=0, in_flight=0, delayed=0)
        assert queues.health(msgspec.structs.replace(queue, **changes)) == health

    def test_a_queue_without_a_dead_letter_queue_is_told(self) -> None:
        queue = QueueView(name="q", arn="", url="", visible=0, in_flight=0, delayed=0)
        assert "no dead-letter queue" in plain(queues.about(queue))

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


class TestSagas:
    def test_those_that_need_someone_come_first(self) -> None:
        shown = sagas.urgent_first(canned.SAGAS[:60])
        assert [saga.outcome for saga in shown[:4]] == ["stuck", "running", "running", "running"]

    def test_outcomes_are_counted(self) -> None:
        assert (
            plain(sagas.summary(canned.SAGAS))
            == "■ 1 stuck   ◐ 3 running   ↺ 100 compensated   ● 4,896 completed"
        )
        assert plain(sagas.summary(canned.SAGAS, 40)) == "■1 stuck ◐3 run ↺100 comp ●4,896 ok"

    def test_the_head_says_what_it_waits_for(self) -> None:
        shown = words(sagas.head(canned.saga_detail(canned.nota(3)), canned.NOW)(100))
        assert "waiting for   a redrive of estoque-reserva-dlq; next outbox run in 23 s" in shown
        assert "✗ reserva" in shown
        assert "12.5s waiting + 220ms working" in shown

    def test_the_waterfall_is_drawn_to_scale(self) -> None:
        found = canned.saga_detail(canned.nota(4))
        table = sagas.waterfall(found)
        bars_ = [table.cells(entry, scene())[-1] for entry in found.timeline]
        drawn = [plain(bar(34)) for bar in bars_ if callable(bar)]
        assert all(len(bar) == 34 for bar in drawn)
        assert drawn[1].count("░") == 21  # 2.08 of 3.4 seconds
        assert drawn[-1].rstrip().endswith("█")

    def test_violations_are_told_with_their_rows(self) -> None:
        shown = words(sagas.check_lines(canned.CHECK)(80))
        assert "1 violation" in shown
        assert "produto_id=p-1" in shown
        assert "outbox-vazia only once no saga runs" in shown

    def test_work_in_no_virtual_time_shows_the_real_one(self) -> None:
        found = canned.saga_detail(canned.nota(4))
        entry = msgspec.structs.replace(found.timeline[0], to_at=found.timeline[0].from_at)
        assert plain(sagas.waterfall(found).cells(entry, scene())[3]) == "21.0 ms"  # type: ignore[arg-type]


class TestFlows:
    def test_the_tree_is_drawn_with_causes_above_effects(self) -> None:
        tree = flows.steps(canned.flow("103"))
        shown = [plain(flows.TREE.cells(step, scene())[1]) for step in tree]  # type: ignore[arg-type]
        assert shown[0].startswith("⇄ request POST /api/v1/notas")
        assert shown[1].startswith("└─ƒ invoke nfe-notas-api-dev")
        assert shown[2].startswith("  └╌◇ event NotaFiscalCriada")
        assert "inferred, published by hop 90" in shown[2]
        assert "☠ dead letter estoque-reserva-dlq" in shown[-1]

    def test_stepping_goes_by_time(self) -> None:
        order = [step.branch.hop.at for step in flows.in_time(flows.steps(canned.flow("103")))]
        assert order == sorted(order)

    def test_a_hop_shows_its_log_and_payload(self) -> None:
        tree = flows.steps(canned.flow("104"))
        shown = words(flows.hop_detail(tree[1])(80))
        assert "emitida" in shown
        assert "notaFiscalId" in words(flows.hop_detail(tree[0])(80))

    def test_why_a_rule_did_not_match(self) -> None:
        shown = [plain(flows.near_miss(miss)) for miss in canned.MISSES]
        assert shown[0] == "● matched nfe-nota-criada-dev"
        assert "no match" in shown[1]
        assert '$.source: "nfe.faturamento" is not one of' in shown[1]


class TestOverview:
    def test_the_map_becomes_paths(self) -> None:
        ways = overview.paths(canned.MAP)
        names = [tuple(node.name for node in way.nodes) for way in ways]
        assert ("nfe-api", "nfe-notas-api-dev") in names
        assert ("nfe-outbox-dev", "nfe-outbox-dev") in names
        assert ("nfe-nota-criada-dev", "estoque-reserva", "nfe-estoque-dev", "estoque-reserva-dlq") in names
        assert len(ways) == 6

    def test_a_queue_that_nothing_feeds_is_there_too(self) -> None:
        alone = [node for node in canned.MAP.nodes if node.name == "estoque-reserva"]
        ways = overview.paths(MapView(nodes=alone, edges=[]))
        assert [way.queue.name for way in ways if way.queue] == ["estoque-reserva"]

    def test_an_empty_system_has_no_paths(self) -> None:
        assert overview.paths(MapView(nodes=[], edges=[])) == []


class TestLogs:
    @pytest.mark.parametrize(
        ("message", "tone"),
        [
            ("[ERROR] boom", Tone.BAD),
            ("ValueError: x", Tone.BAD),
            ("[WARNING] x", Tone.WARN),
            ("START RequestId: 1", Tone.IDLE),
            ("no errors here", Tone.PLAIN),
        ],
    )
    def test_loudness(self, message: str, tone: Tone) -> None:
        assert logs.level(message) is tone

    def test_the_ring_is_bounded_and_counts_what_it_drops(self) -> None:
        ring = Ring(100)
        ring.add(canned.log_lines(250), dropped=7)
        assert len(ring.lines) == 100
        assert ring.dropped == 157
        assert ring.total == 257
        assert ring.lines[-1] == canned.log_lines(250)[-1]


class TestAbsent:
    def test_disconnected_says_why_and_what_to_do(self) -> None:
        lost = Picture(connection=Connection(Link.LOST, 0, "no sandbox is running", "start one"))
        shown = words(list(absent.absent(lost, ("queues",), "no queues")))
        assert "no sandbox is running" in shown
        assert "start one" in shown

    def test_a_method_that_is_missing(self) -> None:
        shown = words(list(absent.absent(picture(missing=frozenset({"queues"})), ("queues",), "no queues")))
        assert "this sandbox cannot tell" in shown

    def test_trouble(self) -> None:
        shown = words(list(absent.absent(picture(troubles={"queues": "database gone"}), ("queues",), "x")))
        assert "database gone" in shown

    def test_nothing_found(self) -> None:
        assert "nothing here has 'abc'" in words(
            list(absent.absent(picture(), ("queues",), "x", needle="abc"))
        )


class TestBars:
    def test_the_clock_runs_on_between_two_pictures(self) -> None:
        assert "12:00:05" in plain(bars.clock(picture(), canned.NOW + 5, long=False))
        assert "in 18s" in plain(bars.clock(picture(), canned.NOW + 5, long=False))

    def test_a_stopped_clock_stands(self) -> None:
        stopped = msgspec.structs.replace(
            canned.STATUS, clock=msgspec.structs.replace(canned.STATUS.clock, speed=0.0)
        )
        shown = plain(bars.clock(picture(status=stopped), canned.NOW + 50, long=False))
        assert "12:00:00" in shown
        assert "⏸ paused" in shown

    def test_disconnected_says_since_when(self) -> None:
        lost = picture(connection=Connection(Link.LOST, canned.NOW - 90))
        assert "disconnected since 11:58:30 (1m 30s)" in plain(bars.connection(lost, canned.NOW))

    @pytest.mark.parametrize("width", [40, 80, 120, 200])
    def test_the_top_line_fits(self, width: int) -> None:
        left, right = bars.top(picture(), canned.NOW, width)
        assert width < 60 or width_of(left) + width_of(right) < width

    @pytest.mark.parametrize("width", [40, 64, 80, 100, 200])
    def test_the_tabs_fit(self, width: int) -> None:
        labels = bars.tabs("overview", width, {"queues": 1, "sagas": 2})
        assert sum(len(label) + 1 for _, label, _, _ in labels) + 2 <= width

    def test_the_help_is_always_among_the_keys(self) -> None:
        actions = [("a", "a", "Long label here"), ("b", "b", "Another long one"), ("help", "?", "Help")]
        assert [item[0] for item in bars.keys(actions, 30)] == ["a", "help"]

    def test_a_small_terminal_is_told(self) -> None:
        assert bars.too_small(80, 24) == ""
        assert "70x20 is small" in plain(bars.top(picture(), canned.NOW, 70, 20)[0])


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
