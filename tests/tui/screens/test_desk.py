"""Queues and the message desk."""

from __future__ import annotations

import json

import msgspec
from textual.events import Key
from textual.widgets import Input, TextArea

from sandbox.model.views.messages import MoveProgress, MoveResult, QueueView
from tests.tui import canned
from tests.tui.driving import Driver, drive, grid
from tests.tui.fakes import FakeFeed, picture
from tui.feed.messages import Answered, Heard
from tui.picture import Trouble
from tui.screens.base import Board
from tui.screens.dialogs import Choose, Confirm, Editor, OneLine


def queue_of(driver: Driver) -> QueueView:
    """The queue under the cursor."""
    queue = grid(driver, "#queues").thing
    assert isinstance(queue, QueueView)
    return queue


class TestDesk:
    def test_a_dead_letter_is_found_edited_and_resent(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "down")
            assert driver.feed.questions("dlq_show")[-1] == {
                "queue": "estoque-reserva-dlq",
                "limit": 200,
                "offset": 0,
                "match": "",
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

    def test_a_redrive_tells_how_far_it_is_and_can_be_stopped(self) -> None:
        async def look(driver: Driver) -> None:
            driver.feed.held.add("dlq_redrive")
            await driver.press("2", "down")
            assert "Stop redrive" not in driver.lines[-1]
            await driver.press("R", "enter")
            (asked,) = [ask for ask in driver.feed.asked if ask.method == "dlq_redrive"]
            driver.app.screen.post_message(Heard(asked, {"done": 30, "of": 120}))
            await driver.settle()
            assert "redriving estoque-reserva-dlq: 30 of 120" in driver.text
            assert "Stop redrive" in driver.lines[-1]
            assert "Redrive all" not in driver.lines[-1]
            await driver.press("x")
            assert asked.stopped.is_set()
            driver.app.screen.post_message(Answered(asked, [MoveProgress(done=31, of=120)]))
            await driver.settle()
            assert "31 messages redriven" in driver.text
            assert "redriving" not in driver.text

        drive(look)

    def test_what_was_kept_is_told(self) -> None:
        async def look(driver: Driver) -> None:
            kept = MoveResult(moved=0, kept={"dead0001": "it is in flight"})
            driver.feed.answers["dlq_redrive"] = lambda ask: [MoveProgress(done=1, of=1, result=kept)]
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
            assert "for good: 20,013 messages, visible" in driver.text
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
            await driver.press("2", "tab", *["pagedown"] * 8)
            assert [ask["offset"] for ask in driver.feed.questions("queue_peek")] == [0, 200]

        drive(look)

    def test_end_goes_to_the_end_of_all_that_there_is(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "tab", "end")
            messages = grid(driver, "#messages")
            while len(messages.things) < 700:
                await driver.pilot.pause()
            await driver.settle()
            assert messages.cursor + 1 == len(messages.things)
            asked = [ask["offset"] for ask in driver.feed.questions("queue_peek")]
            assert asked == [0, 200, 400, 600]

        queues = (msgspec.structs.replace(queue, visible=600) for queue in canned.QUEUES)
        drive(look, feed=FakeFeed(picture(queues=tuple(queues))))

    def test_who_moves_on_does_not_want_the_end_any_more(self) -> None:
        async def look(driver: Driver) -> None:
            await driver.press("2", "tab")
            driver.app.post_message(Key("end", None))
            driver.app.post_message(Key("up", None))
            await driver.settle()
            await driver.settle()
            messages = grid(driver, "#messages")
            assert messages.cursor < len(messages.things) - 1
            assert len(messages.things) < queue_of(driver).visible

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
