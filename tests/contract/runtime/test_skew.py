"""A function whose clock is wrong sees the wrong time wherever it asks for it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sandbox.model.ports import Outcome
from sandbox.services.lambda_.faulty import CLOCK_SKEW

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab

DAY = 86_400.0
SOURCE = """
    import datetime as module
    import os, time
    from datetime import date, datetime, timezone

    class Own(datetime):
        pass

    def handler(event, context):
        return {
            "times": [
                time.time(), time.time_ns() / 1e9,
                datetime.now().timestamp(), module.datetime.today().timestamp(),
                datetime.now(timezone.utc).timestamp(),
                datetime.utcnow().replace(tzinfo=timezone.utc).timestamp(),
                time.mktime(time.localtime()),
            ],
            "dates": [date.today().isoformat(), time.strftime("%Y-%m-%d")],
            "kinds": [
                isinstance(datetime.now(), datetime), isinstance(datetime(2020, 1, 1), datetime),
                isinstance(date(2020, 1, 1), date), issubclass(datetime, date), type(Own(2020, 1, 1)) is Own,
                not isinstance(datetime(2020, 1, 1), Own), datetime.fromisoformat("2020-01-01").year == 2020,
            ],
            "told": [name for name in os.environ if "SKEW" in name],
        }
"""


def test_it_is_off_everywhere_and_nowhere_else(lab: Lab) -> None:
    spec = lab.function(SOURCE)
    wrong = dataclasses.replace(spec, environment=((CLOCK_SKEW, str(10 * DAY)),))

    async def go() -> list[Outcome]:
        async with lab.runtime() as runtime:
            return [await runtime.run(which, lab.request()) for which in (spec, wrong, spec)]

    before = time.time()
    answers = [json.loads(outcome.payload) for outcome in asyncio.run(go())]
    for answer, off in zip(answers, (0, 10 * DAY, 0), strict=True):
        assert all(before - 1 <= at - off <= time.time() + 1 for at in answer["times"]), answer
        expected = {datetime.fromtimestamp(at + off, UTC).date() for at in (before, time.time())}
        assert {date.fromisoformat(day) for day in answer["dates"]} <= expected
        assert all(answer["kinds"]), answer
        assert answer["told"] == []
