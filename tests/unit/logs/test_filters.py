"""Filter patterns over plain text."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.services.logs.filters import compile_filter


@pytest.mark.parametrize(
    ("pattern", "message", "wanted"),
    [
        ("", "anything", True),
        ("  ", "anything", True),
        ("ERROR", "[ERROR 400] bad", True),
        ("ERROR", "[error 400] bad", False),
        ("ERROR bad", "bad: ERROR", True),
        ("ERROR bad", "ERROR", False),
        ('"bad request"', "a bad request", True),
        ('"bad request"', "request bad", False),
        ("ERROR -timeout", "ERROR timeout", False),
        ("ERROR -timeout", "ERROR", True),
        ("?ERROR ?WARN", "WARN", True),
        ("?ERROR ?WARN", "INFO", False),
        ('-"not this"', "but this", True),
        (r'"said \"no\""', 'he said "no"', True),
        (r'"a\\b"', r"a\b", True),
        ("RequestId:", "START RequestId: 1", True),
    ],
)
def test_matches(pattern: str, message: str, wanted: bool) -> None:
    assert compile_filter(pattern)(message) is wanted


@pytest.mark.parametrize("pattern", ['"open', 'a "b" "c', '"ends with\\"'])
def test_refuses_a_quote_that_is_not_closed(pattern: str) -> None:
    with pytest.raises(AwsError, match="Invalid filter pattern"):
        compile_filter(pattern)


@pytest.mark.parametrize("pattern", ["{ $.level = ERROR }", "[a, b]", "%ERR.R%"])
def test_refuses_other_languages_by_name(pattern: str) -> None:
    with pytest.raises(NotImplementedByName, match="filter patterns"):
        compile_filter(pattern)


@given(st.text(alphabet='a "\\?-', max_size=60), st.text(max_size=20))
def test_never_fails_otherwise(pattern: str, message: str) -> None:
    with contextlib.suppress(AwsError):
        compile_filter(pattern)(message)
