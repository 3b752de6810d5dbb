"""The flows."""

from __future__ import annotations

import msgspec

from tests.tui import canned
from tests.tui.driving import Driver, drive, grid, selected
from tests.tui.fakes import picture
from tui.picture import Trouble


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

    def test_the_sandbox_finds_flows_of_a_status_that_are_not_loaded(self) -> None:
        async def look(driver: Driver) -> None:
            old = msgspec.structs.replace(canned.OLD_FLOWS[0], status="dead-lettered")
            driver.feed.answers["flow_ls"] = lambda ask: [old] if ask["status"] == "dead-lettered" else []
            await driver.press("4", "f", "f", "f")
            assert driver.feed.questions("flow_ls")[-1]["match"] == ""
            assert [flow.id for flow in grid(driver, "#flows").things] == [103, old.id]

        drive(look)

    def test_a_status_that_no_flow_has_is_told_and_leaves_no_tree(self) -> None:
        async def look(driver: Driver) -> None:
            driver.feed.answers["flow_ls"] = lambda ask: []
            driver.feed.show(picture(flows=tuple(flow for flow in canned.FLOWS if flow.status == "ok")))
            await driver.press("4", "f", "f")
            assert "no flow that is error" in driver.text
            assert not grid(driver, "#tree").things

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
