"""Filter patterns over plain text."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
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


EVENT = json.dumps(
    {
        "level": "ERROR",
        "total": 250,
        "text": "404",
        "ok": True,
        "bad": False,
        "nothing": None,
        "user": {"id": 1, "email": "a@b.c"},
        "tags": ["vip", {"id": 2}],
        "a.b": "dotted",
        "ip": "123.123.0.9",
    }
)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ('{ $.level = "ERROR" }', True),
        ("{ $.level = ERROR }", True),
        ("{$.level=ERR*}", True),
        ("{ $.level != ERROR }", False),
        ("{ $.level != WARN }", True),
        ("{ $.missing != WARN }", False),
        ("{ $.total = 250 }", True),
        ("{ $.total = 2.5e2 }", True),
        ("{ $.total > 249 && $.total <= 250 }", True),
        ("{ $.total < 250 || $.total >= 251 }", False),
        ("{ $.level > 1 }", False),
        ("{ $.text = 404 }", True),
        ("{ $.text = 4* }", True),
        ("{ $.ok IS TRUE }", True),
        ("{ $.bad IS FALSE }", True),
        ("{ $.bad IS TRUE }", False),
        ("{ $.nothing IS NULL }", True),
        ("{ $.missing IS NULL }", False),
        ("{ $.missing NOT EXISTS }", True),
        ("{ $.nothing NOT EXISTS }", False),
        ("{ $.user.id = 1 }", True),
        ('{ $.tags[0] = "vip" && $.tags[1].id = 2 }', True),
        ("{ $.tags[7] = vip }", False),
        ("{ $.['a.b'] = dotted }", True),
        ("{ $.ip = 123.123.* }", True),
        ("{ $.ip != 123.123.* }", False),
        ("{ $.level = %^ERR.R$% }", True),
        ("{ $.user = 1 }", False),
        ("{ ($.total = 1 || $.total = 250) && ($.level = ERROR) }", True),
        ("{ $.total = 1 && $.total = 2 || $.level = ERROR }", True),
    ],
)
def test_matches_of_json(pattern: str, wanted: bool) -> None:
    assert compile_filter(pattern)(EVENT) is wanted


def test_what_is_no_json_matches_no_pattern_of_json() -> None:
    matches = compile_filter("{ $.level = ERROR }")
    assert not matches("level = ERROR")
    assert not matches("12")
    assert not matches("{")


LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("[ip, server, username, timestamp, request, status_code, bytes]", True),
        ("[ip, server, username, timestamp, request, status_code, bytes > 1000]", True),
        ("[ip, server, username, timestamp, request, status_code, bytes < 1000]", False),
        ("[ip, server, username, timestamp, request = *index.html*, status_code = 4*, bytes]", True),
        ("[ip, ..., status_code = 4* || status_code = 5*, bytes]", True),
        ("[..., status_code != 404, bytes]", False),
        ("[ip = %127\\..*%, ...]", True),
        ("[ip, server]", False),
        ("[a, b, c, d, e, f, g, h]", False),
        ("[..., size = 1534 && size > 1]", True),
        ('[ip, server = "Prod", ...]', True),
    ],
)
def test_matches_of_columns(pattern: str, wanted: bool) -> None:
    assert compile_filter(pattern)(LINE) is wanted


@pytest.mark.parametrize(
    ("pattern", "message", "wanted"),
    [("%ERR.R%", "an ERROR", True), ("%^ERR%", "an ERROR", False)],
)
def test_matches_of_a_regular_expression(pattern: str, message: str, wanted: bool) -> None:
    assert compile_filter(pattern)(message) is wanted


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a = }",
        "{ $.a > x }",
        "{ ($.a = 1 }",
        "{ $.a = 1",
        "{ $.a = 1 && }",
        "{ $.a = %(% }",
        "[a, b",
        "[a, ..., ...]",
        "[a = 1 || b = 2]",
        "[1]",
        "%(%",
        "x" * 1025,
        "{ " + "(" * 60 + "$.a = 1" + ")" * 60 + " }",
    ],
)
def test_what_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(AwsError, match="Invalid filter pattern"):
        compile_filter(pattern)


STRUCTURED = st.text(alphabet='{}[]()$.=!<>&|*%," a1', max_size=40)


@given(STRUCTURED.map("{{ $.a{} }}".format) | STRUCTURED.map("[a{}]".format) | STRUCTURED)
def test_any_structured_pattern_is_read_or_refused(pattern: str) -> None:
    with contextlib.suppress(AwsError):
        matches = compile_filter(pattern)
        matches(EVENT)
        matches(LINE)


@given(st.text(alphabet='a "\\?-', max_size=60), st.text(max_size=20))
def test_never_fails_otherwise(pattern: str, message: str) -> None:
    with contextlib.suppress(AwsError):
        compile_filter(pattern)(message)
