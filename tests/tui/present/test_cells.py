"""Cells, tables and safe text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model.safe_text import one_line
from tests.tui import canned
from tui.present.cells import fit, plain, squeeze, text, width_of, wrap
from tui.present.table import Column, layout, row


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
