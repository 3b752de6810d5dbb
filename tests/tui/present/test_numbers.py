"""Numbers, rates and sparklines as people read them."""

from __future__ import annotations

import msgspec
import pytest

from tests.tui import canned
from tests.tui.fakes import picture
from tui.present.cells import plain
from tui.present.counters import count_everything
from tui.present.numbers import count, milliseconds, span_of, sparkline
from tui.present.rates import Rates


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
