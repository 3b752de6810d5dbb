"""Foreign text never reaches a terminal as it came."""

from __future__ import annotations

import pytest

from sandbox.model.safe_text import lines_of, log_text, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ção", "plain ção"),
        ("\x1b[31mred\x07", "\\e[31mred\\x07"),
        ("a\nb\r\tc", "a⏎b\\r    c"),
        ("\u202eevil\u200b", "\\u202eevil\\u200b"),
        ("\x9b1m", "\\x9b1m"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]markup[/]", "[bold]markup[/]"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 2),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_what_is_cut_is_said() -> None:
    assert one_line("abcdef", 4) == "abcd… (2 more characters)"
    assert one_line("abcd", 4) == "abcd"


def test_logs_keep_their_colours_alone() -> None:
    assert log_text("a\tb\nç ⚠️") == "a\tb\nç ⚠️"
    assert log_text("\x1b[1;31mred") == "\x1b[1;31mred\x1b[0m"
    assert log_text("\x1b]0;title\x07\x00\x9b2J\r") == "\\e]0;title\\x07\\x00\\x9b2J\\r"


def test_lines_keep_their_breaks() -> None:
    assert lines_of("a\r\nb\x1b") == ["a", "b\\e"]
    assert lines_of("abc\ndef", 5) == ["abc", "d", "… (2 more characters)"]
