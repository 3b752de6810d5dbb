"""Every screen and every action, driven by keys."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from textual.widgets import Input, TextArea

from sandbox.model.views.messages import MoveResult
from tests.tui import canned
from tests.tui.driving import Driver, drive
from tests.tui.fakes import FakeFeed, picture
from tui.actions import ACTIONS, actions_for
from tui.picture import Connection, Link, Picture, Trouble
from tui.present.bars import SCREENS
from tui.screens.base import Board
from tui.screens.dialogs import Choose, Confirm, Editor, OneLine
from tui.screens.help import Help
from tui.widgets.grid import Grid
from tui.widgets.pane import Pane


def grid(driver: Driver, name: str) -> Grid[Any]:
    return driver.app.screen.query_one(name, Grid)


def selected(driver: Driver, name: str) -> Any:
    return grid(driver, name).thing


class TestOverview:
    def test_the_first_screen_has_queues_and_saga_states_at_80x24(self) -> None:
        async def look(driver: Driver) -> None:
            assert "estoque-reserva" in driver.text
            assert "PENDING" in driver.text
            assert "■1 stuck" in driver.text
            assert "12:00:00" in driver.text

        drive(look, size=(80, 24))

    def test_a_problem_leads_to_what_it_is_about(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("enter")
            assert driver.app.current_mode == "queues"
            assert selected(driver, "#queues").name == "estoque-reserva-dlq"
            await driver.press("backspace")
            assert driver.app.current_mode == "overview"

        drive(look)

    def test_queues_and_sagas_open_their_screens(self) -> None:
        async def look(driver: Driver) -> None:
            grid(driver, "#sagas").focus()
            await driver.press("enter")
            assert driver.app.current_mode == "sagas"
            assert selected(driver, "#sagas").id == canned.nota(3)

        drive(look)

    def test_nothing_deployed_is_a_state_with_a_hint(self) -> None:
        empty = picture(
            map=msgspec.structs.replace(canned.MAP, nodes=[], edges=[], problems=[]),
            queues=(),
            sagas=(),
            functions=(),
        )

        async def look(driver: Driver) -> None:
            assert "nothing is deployed" in driver.text
            assert "sandbox deploy" in driver.text
            assert "no problems" in driver.text

        drive(look, feed=FakeFeed(empty))


class TestDesk:
    def test_a_dead_letter_is_found_edited_and_resent(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down")
            assert driver.feed.questions("dlq_show")[-1] == {
                "queue": "estoque-reserva-dlq",
                "limit": 200,
                "offset": 0,
            }
            await driver.press("tab", "e")
            editor = driver.app.screen.query_one(TextArea)
            assert '"itens": "nenhum"' in editor.text
            editor.text = editor.text.replace('"nenhum"', "[]")
            await driver.press("ctrl+s")
            sent = driver.feed.questions("dlq_resend")[-1]
            assert json.loads(sent["body"])["detail"]["itens"] == []
            assert sent["message_id"] == "dead0001-0000-4000-8000-000000000000"
            assert "1 message resent" in driver.text
            assert driver.feed.refreshed

        drive(look)

    def test_a_body_that_is_no_json_any_more_is_warned_about(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down", "tab", "e")
            driver.app.screen.query_one(TextArea).text = '{"a":'
            await driver.settle()
            assert "not JSON" in driver.text

        drive(look)

    def test_attributes_that_cannot_be_read_are_refused(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down", "tab", "e")
            driver.app.screen.query_one("#field-attributes", Input).value = "[1]"
            await driver.press("ctrl+s")
            assert isinstance(driver.app.screen, Editor)
            assert "attributes look like" in driver.text
            await driver.press("escape")
            assert not driver.feed.questions("dlq_resend")

        drive(look)

    def test_dropping_asks_first(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down", "tab", "d")
            assert isinstance(driver.app.screen, Confirm)
            await driver.press("enter")  # the focus is on Cancel
            assert not driver.feed.questions("dlq_drop")
            await driver.press("d", "y")
            assert driver.feed.questions("dlq_drop") == [
                {"queue": "estoque-reserva-dlq", "message_ids": ["dead0001-0000-4000-8000-000000000000"]}
            ]

        drive(look)

    def test_marked_messages_go_together(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down", "tab", "space", "space")
            assert "2 marked" in driver.text
            await driver.press("r", "y")
            assert len(driver.feed.questions("dlq_redrive")[-1]["message_ids"]) == 2
            assert not grid(driver, "#messages").marked

        drive(look)

    def test_all_are_redriven_at_a_rate(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down", "R")
            assert isinstance(driver.app.screen, OneLine)
            await driver.write("fast")
            await driver.press("enter")
            assert "a rate is a number" in driver.text
            driver.app.screen.query_one(Input).value = "10"
            await driver.press("enter")
            assert driver.feed.questions("dlq_redrive")[-1] == {
                "queue": "estoque-reserva-dlq",
                "message_ids": None,
                "rate": 10.0,
            }

        drive(look)

    def test_what_was_kept_is_told(self) -> None:
        async def look(driver: Driver) -> None:
            driver.feed.answers["dlq_redrive"] = lambda ask: MoveResult(
                moved=0, kept={"dead0001": "it is in flight"}
            )
            await driver.press("2", "down", "tab", "r", "y")
            assert "it is in flight" in driver.text

        drive(look)

    def test_a_message_is_sent(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "n")
            driver.app.screen.query_one(TextArea).text = '{"olá": 1}'
            driver.app.screen.query_one("#field-delay", Input).value = "90s"
            await driver.press("ctrl+s")
            sent = driver.feed.questions("queue_send")[-1]
            assert sent == {"queue": "estoque-reserva", "body": '{"olá": 1}', "attributes": {}, "delay": 90}

        drive(look)

    def test_purging_asks_first_and_says_how_many(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "P")
            assert "All its 20,013 messages" in driver.text
            await driver.press("n", "P", "y")
            assert driver.feed.questions("queue_purge") == [{"queue": "estoque-reserva"}]

        drive(look)

    def test_the_state_is_filtered(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "v", "v")
            assert driver.feed.questions("queue_peek")[-1]["state"] == "in-flight"
            assert "only in-flight" in driver.text

        drive(look)

    def test_a_long_queue_is_loaded_as_one_scrolls(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "tab", "end")
            assert [ask["offset"] for ask in driver.feed.questions("queue_peek")] == [0, 200]
            await driver.press("end", "end", "end")
            assert len(grid(driver, "#messages").things) >= 800

        drive(look)

    def test_dead_letter_keys_are_only_there_for_dead_letters(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2")
            assert "Redrive" not in driver.lines[-1]
            await driver.press("r", "e", "d")
            assert isinstance(driver.app.screen, Board)
            await driver.press("down")
            assert "Redrive" in driver.lines[-1]

        drive(look)

    def test_a_letter_leads_to_its_flow(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down", "tab", "g")
            assert isinstance(driver.app.screen, Choose)
            await driver.press("enter")
            assert driver.app.current_mode == "flows"
            assert driver.feed.questions("flow_show")[-1] == {"reference": "103"}
            assert "flow #103" in driver.text

        drive(look)

    def test_a_refusal_is_shown_with_its_remedy(self) -> None:
        async def look(driver: Driver) -> None:
            driver.feed.answers["queue_purge"] = lambda ask: Trouble(
                "not purged", "purged 5 s ago", "wait a minute"
            )
            await driver.press("2", "P", "y")
            assert "not purged" in driver.text
            assert "wait a minute" in driver.text

        drive(look)


class TestSagas:
    def test_filter_detail_and_jump(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3")
            assert driver.feed.questions("saga_show")[-1] == {"saga_id": canned.nota(3)}
            assert "waiting for" in driver.text
            await driver.press("f", "f")
            assert "only running" in driver.text
            assert len(grid(driver, "#sagas").things) == 3
            await driver.press("g")
            assert driver.app.current_mode == "flows"

        drive(look)

    def test_five_thousand_are_scrolled_through(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "end")
            assert grid(driver, "#sagas").cursor == 4_999
            await driver.press("pageup", "home")
            assert grid(driver, "#sagas").cursor == 0

        drive(look)

    def test_a_stretch_leads_to_its_hop(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "enter", "enter")
            assert driver.app.current_mode == "flows"
            assert driver.feed.questions("flow_show")[-1] == {"reference": "101"}

        drive(look)

    def test_invariants_are_checked(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "i")
            assert "✗ estoque-constante" in driver.text
            await driver.press("escape")
            assert "✗ estoque-constante" not in driver.text

        drive(look)

    def test_the_cursor_stays_on_its_saga_when_others_come(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "down", "down")
            before = grid(driver, "#sagas").thing
            newer = msgspec.structs.replace(canned.saga(1), id="new", began_at=canned.NOW)
            driver.feed.show(picture(sagas=(newer, *canned.SAGAS)))
            await driver.settle()
            assert grid(driver, "#sagas").thing == before
            assert len(grid(driver, "#sagas").things) == 5_001

        drive(look)


class TestFlows:
    def test_stepping_through(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("4", "down", "down", "down")
            assert driver.feed.questions("flow_show")[-1] == {"reference": "103"}
            await driver.press("n", "n")
            assert selected(driver, "#tree").branch.hop.id == 103
            await driver.press("p")
            assert selected(driver, "#tree").branch.hop.id == 101

        drive(look)

    def test_why_rules_matched_or_did_not(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("4", "n", "n", "m")
            assert driver.feed.questions("flow_near_misses") == [{"hop": 103}]
            assert "no match nfe-reserva-confirmada-dev" in driver.text

        drive(look)

    def test_filters(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("4", "f", "f", "f")
            assert [flow.id for flow in grid(driver, "#flows").things] == [103]
            await driver.press("s")
            assert "all_flows" in driver.feed.wanted

        drive(look)

    def test_a_flow_that_grows_is_shown_anew(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("4")
            asked = len(driver.feed.questions("flow_show"))
            driver.feed.show(picture())
            await driver.settle()
            assert len(driver.feed.questions("flow_show")) == asked
            grown = msgspec.structs.replace(canned.FLOWS[0], hops=99)
            driver.feed.show(picture(flows=(grown, *canned.FLOWS[1:])))
            await driver.settle()
            assert len(driver.feed.questions("flow_show")) == asked + 1

        drive(look)

    def test_an_unknown_flow_is_told_with_near_ones(self) -> None:
        async def look(driver: Driver) -> None:
            driver.feed.answers["flow_show"] = lambda ask: Trouble(
                "no flow is known by it", "why", "did you mean 103?"
            )
            await driver.press("3", "g")
            assert "did you mean 103?" in driver.text

        drive(look)


class TestFunctions:
    def test_invoking(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5", "i")
            driver.app.screen.query_one(TextArea).text = '{"x":'
            await driver.press("ctrl+s")
            assert "a payload is JSON" in driver.text
            driver.app.screen.query_one(TextArea).text = '{"x":1}'
            await driver.press("ctrl+s")
            assert driver.feed.questions("invoke") == [
                {"function": "nfe-estoque-dev", "payload": '{"x":1}', "asynchronous": False}
            ]
            assert '{"ok": true}' in driver.text

        drive(look)

    def test_its_logs(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5", "l")
            assert driver.app.current_mode == "logs"
            assert "only nfe-estoque-dev" in driver.text

        drive(look)

    def test_deploying_asks_first(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5", "D")
            assert "handlers/nfe/template.yaml" in driver.text
            await driver.press("y")
            assert driver.feed.questions("deploy")[0]["systems"] == ["handlers/nfe/template.yaml"]

        drive(look)

    def test_settings_and_environments(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("5")
            assert "pid 4301" in driver.text
            assert "5 now, 5 reserved" in driver.text

        drive(look)


class TestBus:
    def test_events_and_why(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "down")
            assert driver.feed.questions("bus_events")[-1] == {"bus": "nfe-events-dev", "limit": 200}
            await driver.press("e")
            assert driver.feed.questions("flow_near_misses")[-1] == {"hop": 900}
            assert "not one of" in driver.text

        drive(look)

    def test_a_rule_leads_to_its_queue(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("6", "down", "g")
            assert driver.app.current_mode == "queues"
            assert selected(driver, "#queues").name == "estoque-reserva"

        drive(look)


class TestLogs:
    def test_scrolling_up_stops_the_tail_and_counts(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7")
            assert "▼ following" in driver.text
            await driver.press("up")
            driver.feed.log(canned.log_lines(12))
            await driver.settle()
            assert "stopped · 12 new lines" in driver.text
            assert grid(driver, "#lines").cursor == 28
            await driver.press("end")
            assert "▼ following" in driver.text
            assert grid(driver, "#lines").cursor == 41

        drive(look)

    def test_what_was_dropped_is_told(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7")
            driver.feed.log(canned.log_lines(10), dropped=1_234)
            await driver.settle()
            assert "1,234 dropped" in driver.text

        drive(look)

    def test_only_one_function_and_search(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7", "up", "up", "o")
            assert {line.group for line in grid(driver, "#lines").things} == {"/aws/lambda/nfe-estoque-dev"}
            await driver.press("slash")
            await driver.write("typeerror")
            await driver.press("enter")
            assert len(grid(driver, "#lines").things) == 5
            await driver.press("escape", "o")
            assert len(grid(driver, "#lines").things) == 30

        drive(look)

    def test_to_the_flow_and_back(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7", "g", "enter")
            assert driver.app.current_mode == "flows"
            assert selected(driver, "#tree").branch.hop.id == 101
            await driver.press("g", "enter")
            assert driver.app.current_mode == "logs"

        drive(look)


class TestData:
    def test_rows_and_more_rows(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("8", "down")
            assert driver.feed.questions("table_rows")[-1] == {
                "database": "nfe",
                "table": "faturamento.notas_fiscais",
                "limit": 200,
                "offset": 0,
            }
            await driver.press("m")
            assert len(grid(driver, "#rows").things) == 400
            await driver.press("tab", "enter")
            assert "nota_fiscal_i" in driver.text

        drive(look)


class TestLints:
    def test_suppressed_ones_are_shown_on_demand(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("9")
            assert "queue-without-dlq" not in driver.text
            await driver.press("s")
            assert "queue-without-dlq" in driver.text

        drive(look)


class TestClock:
    def test_it_is_advanced_from_every_screen(self) -> None:
        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number), "t", "enter")
            assert driver.feed.questions("clock_advance") == [{"seconds": 61.0}] * len(SCREENS)
            assert "2 timers fired" in driver.text

        drive(look)

    def test_a_duration_that_cannot_be_read(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("t")
            driver.app.screen.query_one(Input).value = "soon"
            await driver.press("enter")
            assert "is not a duration" in driver.text

        drive(look)

    def test_pause_and_speed(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("T", "ctrl+t")
            assert [ask["speed"] for ask in driver.feed.questions("clock_speed")] == [0.0, 10.0]

        drive(look)

    def test_it_runs_on_the_screen(self) -> None:
        async def look(driver: Driver) -> None:
            driver.clock.now += 5
            driver.app.redraw()
            await driver.settle()
            assert "12:00:05" in driver.lines[0]

        drive(look)

    def test_a_click_on_it_asks_by_how_much(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.pilot.click("#top", offset=(100, 0))
            await driver.settle()
            assert isinstance(driver.app.screen, OneLine)

        drive(look)


class TestEverywhere:
    @pytest.mark.parametrize("size", [(80, 24), (120, 40)])
    def test_help_names_every_key_and_its_command(self, size: tuple[int, int]) -> None:
        async def look(driver: Driver) -> None:
            for number, (name, _) in enumerate(SCREENS, 1):
                await driver.press(str(number), "question_mark")
                assert isinstance(driver.app.screen, Help)
                shown = "\n".join(
                    "".join(piece for piece, _ in line) for line in driver.app.screen.query_one(Pane).lines
                )
                for action in actions_for(name):
                    assert action.label in shown
                    assert not action.twin or f"$ {action.twin}"[:40] in shown
                await driver.press("escape")

        drive(look, size=size)

    def test_every_action_is_there(self) -> None:
        async def look(driver: Driver) -> None:
            for number, (name, _) in enumerate(SCREENS, 1):
                await driver.press(str(number))
                for action in actions_for(name):
                    owner = (
                        driver.app.screen if hasattr(driver.app.screen, f"action_{action.id}") else driver.app
                    )
                    assert hasattr(owner, f"action_{action.id}"), action.id

        drive(look)

    def test_keys_are_unique_on_each_screen_and_every_action_explains_itself(self) -> None:
        for name, _ in SCREENS:
            keys = [key for action in actions_for(name) for key in action.keys.split(",")]
            assert len(keys) == len(set(keys)), name
        for action in ACTIONS:
            assert action.tooltip.endswith(".")
            assert action.binding().id == action.id
            assert action.binding().tooltip

    def test_the_palette_offers_what_applies_now(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2")
            titles = [command.title for command in driver.app.get_system_commands(driver.app.screen)]
            assert "Send" in titles
            assert "Redrive" not in titles
            await driver.press("down")
            titles = [command.title for command in driver.app.get_system_commands(driver.app.screen)]
            assert "Redrive" in titles
            assert "Theme: sandbox-light" in titles
            await driver.press("ctrl+p")
            await driver.write("purge")
            await driver.press("enter")

        drive(look)

    def test_searching(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "slash")
            await driver.write("compens")
            assert [queue.name for queue in grid(driver, "#queues").things] == [
                "faturamento-compensacao",
                "faturamento-compensacao-dlq",
            ]
            await driver.press("enter")
            assert "/compens" in driver.lines[-1]
            await driver.press("escape")
            assert len(grid(driver, "#queues").things) == 6

        drive(look)

    def test_nothing_found_is_a_state(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("3", "slash")
            await driver.write("zzz")
            assert "nothing here has 'zzz'" in driver.text

        drive(look)

    def test_copying(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "c")
            assert json.loads(driver.app.clipboard)["name"] == "estoque-reserva"
            assert "copied as JSON" in driver.text
            await driver.press("C")
            assert driver.app.clipboard.startswith("awslocal")

        drive(look)

    def test_the_mouse(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.pilot.click("#tabs", offset=(17, 0))
            await driver.settle()
            assert driver.app.current_mode == "queues"
            await driver.pilot.click("#queues", offset=(10, 2))
            await driver.settle()
            assert grid(driver, "#queues").cursor == 1
            await driver.pilot.click("#keys", offset=(2, 0))
            await driver.settle()
            assert isinstance(driver.app.screen, Confirm)

        drive(look)

    def test_hostile_text_is_shown_and_does_nothing(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("7")
            assert "\\e[2J\\e]52;c" in driver.text
            assert "[red]not red[/red]" in driver.text
            assert "\x1b" not in driver.text
            await driver.press("8")
            assert "\\e[2J" in driver.text

        drive(look, size=(200, 60))

    def test_a_notice_with_hostile_text(self) -> None:
        async def look(driver: Driver) -> None:
            driver.app.say(canned.HOSTILE)
            await driver.settle()
            assert "[red]not red" in driver.text

        drive(look)

    def test_leaving(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("q")

        feed = FakeFeed()
        drive(look, feed=feed)
        assert feed.stopped


class TestConnection:
    def test_connecting(self) -> None:
        async def look(driver: Driver) -> None:
            assert "◌ connecting" in driver.text
            assert "connecting …" in driver.text

        drive(look, feed=FakeFeed(Picture()))

    def test_lost_keeps_the_last_picture_and_comes_back(self) -> None:
        lost = Connection(Link.LOST, canned.NOW - 60, "the sandbox went away", "start it with `sandbox up`")

        async def look(driver: Driver) -> None:
            driver.feed.show(picture(connection=lost))
            await driver.settle()
            assert "✗ disconnected since 11:59:00 (1m)" in driver.text
            assert "estoque-reserva" in driver.text
            assert driver.app.screen.query_one("#body").has_class("-lost")
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
            driver.feed.show(picture())
            await driver.settle()
            assert "● live" in driver.text
            assert "the sandbox is back" in driver.text
            assert not driver.app.screen.query_one("#body").has_class("-lost")

        drive(look)

    def test_never_there(self) -> None:
        nothing = Picture(
            connection=Connection(Link.LOST, canned.NOW, "no sandbox is running in .sandbox", "`sandbox up`")
        )

        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
                if SCREENS[number - 1][0] != "logs":
                    assert "no sandbox is running" in driver.text

        drive(look, feed=FakeFeed(nothing, lines=0))

    def test_an_older_sandbox_cannot_tell(self) -> None:
        topics = frozenset({"snapshot", "queues", "sagas", "recent_sagas", "flows", "tables", "lints"})
        old = Picture(
            connection=Connection(Link.LIVE, canned.NOW),
            taken_at=canned.NOW,
            status=canned.STATUS,
            missing=topics,
        )

        async def look(driver: Driver) -> None:
            for number, (name, _) in enumerate(SCREENS, 1):
                await driver.press(str(number))
                if name != "logs":
                    assert "this sandbox cannot tell" in driver.text, name

        drive(look, feed=FakeFeed(old, lines=0))

    @pytest.mark.parametrize("method", ["queue_peek", "saga_show", "flow_show", "bus_events", "table_rows"])
    def test_a_method_that_is_missing_is_a_state(self, method: str) -> None:
        feed = FakeFeed()
        del feed.answers[method]

        async def look(driver: Driver) -> None:
            key = {
                "queue_peek": "2",
                "saga_show": "3",
                "flow_show": "4",
                "bus_events": "6",
                "table_rows": "8",
            }[method]
            await driver.press(key, "down")
            await driver.press("up")
            assert "this sandbox cannot tell" in driver.text

        drive(look, feed=feed)


class TestTerminals:
    @pytest.mark.parametrize("size", [(20, 6), (40, 10), (60, 16)])
    def test_too_small_still_works(self, size: tuple[int, int]) -> None:
        async def look(driver: Driver) -> None:
            assert "small" in driver.text or size[0] < 30
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number), "down", "tab")
            assert driver.app.current_mode == "lints"

        drive(look, size=size)

    def test_without_unicode_everything_is_ascii(self) -> None:
        async def look(driver: Driver) -> None:
            for number, _ in enumerate(SCREENS, 1):
                await driver.press(str(number))
                assert driver.text.isascii()
            assert "sandbox" in driver.text

        drive(look, plain=True)
