"""Secrets do not get into the journal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.flow.payloads import keep, masked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"password": "x", "nome": "y"}', '{"password": "***", "nome": "y"}'),
        ('{"Senha":"a\\"b","n":1}', '{"Senha":"***","n":1}'),
        ('{"clientSecret": "x"}', '{"clientSecret": "***"}'),
        ('{"x-api-key": "x"}', '{"x-api-key": "***"}'),
        ('{"headers": {"Authorization": "Bearer x"}}', '{"headers": {"Authorization": "***"}}'),
        ('{"Authorization": ["Bearer x"], "a": ["b"]}', '{"Authorization": ["***"], "a": ["b"]}'),
        ('{"Cookie": "s=1"}', '{"Cookie": "***"}'),
        (
            '{"body": "{\\"senha\\": \\"x\\", \\"n\\": 1}"}',
            '{"body": "{\\"senha\\": \\"***\\", \\"n\\": 1}"}',
        ),
        ('{"password": "cut of', '{"password": "***"'),
        (
            "Action=CreateDBInstance&MasterUserPassword=x&Port=1",
            "Action=CreateDBInstance&MasterUserPassword=***&Port=1",
        ),
        (
            "Parameters.member.1.ParameterKey=Senha&Parameters.member.1.ParameterValue=x",
            "Parameters.member.1.ParameterKey=Senha&Parameters.member.1.ParameterValue=***",
        ),
        ('{"nextToken": null, "nome": "y"}', '{"nextToken": null, "nome": "y"}'),
        ('{"password": "a\\\\", "token": "x"}', '{"password": "***", "token": "***"}'),
        (
            '{"body": "{\\"senha\\": \\"a\\\\\\\\\\", \\"token\\": \\"x\\"}"}',
            '{"body": "{\\"senha\\": \\"***\\", \\"token\\": \\"***\\"}"}',
        ),
        ('{"cookies": ["a=1", "b=2"], "c": ["d"]}', '{"cookies": ["***", "***"], "c": ["d"]}'),
        ('{"password": {"S": "x"}, "n": {"S": "y"}}', '{"password": {"S": "***"}, "n": {"S": "y"}}'),
        ('{"tokens": {"SS": ["x", "y"]}}', '{"tokens": {"SS": ["***", "***"]}}'),
        ("İİİİİİİİİİ&token=x", "İİİİİİİİİİ&token=***"),
        ("a=1&token[]=x;password=y", "a=1&token[]=***"),
        ("a=1;password=y", "a=1;password=***"),
        ("user[password]=x&a=1", "user[password]=***&a=1"),
        ("user%5Bpassword%5D=x&a=%20", "user%5Bpassword%5D=***&a=%20"),
        ("100% token = x", "100% token = x"),
        (
            "Action=Publish&Message=%7B%22senha%22%3A+%22x%22%7D&a=%20+",
            "Action=Publish&Message=%7B%22senha%22%3A+%22***%22%7D&a=%20+",
        ),
        (
            '{"body":"client_secret=x\\\\y&a=1","path":"/a?token=z","b":1}',
            '{"body":"client_secret=***&a=1","path":"/a?token=***","b":1}',
        ),
        ('{"nome": "a senha é x"}', '{"nome": "a senha é x"}'),
        (
            '{"nome": "İ", "token": "x", "my-Secret": "y"}',
            '{"nome": "İ", "token": "***", "my-Secret": "***"}',
        ),
        ('{"a token": 1, "token": "token", "b": "token"}', '{"a token": 1, "token": "***", "b": "token"}'),
        ('{"senha do usu\\u00e1rio": "x"}', '{"senha do usu\\u00e1rio": "***"}'),
        ('{"n\\u00famero/senha\\/pin": "x"}', '{"n\\u00famero/senha\\/pin": "***"}'),
        ("", ""),
    ],
)
def test_masks(text: str, kept: str) -> None:
    assert keep(text) == kept
    assert keep(text.encode()) == kept


@pytest.mark.parametrize(
    "word",
    [
        *("password", "passwd", "senha", "secret", "token", "authorization", "apikey", "api-key", "api_key"),
        *("credential", "cookie", "parametervalue"),
    ],
)
def test_every_word_of_a_secret_counts_by_itself(word: str) -> None:
    for name in (word, word.upper(), f"X-{word.title()}-1"):
        assert keep(f'{{"{name}": "x"}}') == f'{{"{name}": "***"}}'
        assert keep(f"a=1&{name}=x") == f"a=1&{name}=***"


def test_what_says_itself_that_it_is_secret() -> None:
    secret = '{"Key": "x-b", "Value": "esc{o}\\"ndido", "IsValueSecret": true}'
    open_ = '{"Key": "x-a", "Value": "visível", "IsValueSecret": false}'
    assert masked(f"[{secret}, {open_}]") == f"[{secret}, {open_}]".replace('esc{o}\\"ndido', "***")


def test_bounds_and_says_so() -> None:
    assert keep("abcdef", 4) == "abcd… (2 more characters)"
    assert keep("abcd", 4) == "abcd"


@pytest.mark.parametrize("tags", ["", ', "Tags": [{"Key": "k", "Value": "v"}]'])
def test_a_secure_parameter_is_secret(tags: str) -> None:
    put = '{"Name": "/a/b", "Value": "S3GR\\"3D0", "Type": "SecureString"' + tags + "}"
    assert "3D0" not in keep(put)
    assert "/a/b" in keep(put)
    assert keep('{"Name": "/a/b", "Value": "x", "Type": "String"}').count("x") == 1


def test_what_says_itself_that_it_is_secret_is_masked_where_that_is_cut_off() -> None:
    secret = '{"Key": "x-b", "Value": "S3GR3D0", "IsValueSecret": true}'
    assert "S3GR3D0" not in keep(secret, 40)


def test_a_payload_cut_within_a_letter_is_text() -> None:
    assert keep("aé".encode()[:2]) == "a"


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text", ["token" * 50_000 + "=", "a=1&" + "token" * 50_000, '{"a":"x=1 ' + "token" * 50_000]
)
def test_words_without_end_do_not_hold_the_sandbox_up(text: str) -> None:
    """Each of them was looked at once for every word in it."""
    assert masked(text).startswith(text[:9])


def test_what_is_no_text_is_described() -> None:
    assert keep(b"\xff\x00") == "<2 bytes, not text>"


#: The rule in one expression, slow to search with: a member whose name speaks of a secret, and its value.
WORDS = r"password|passwd|senha|secret|token|authorization|api[-_]?key|credential|cookie|parametervalue"
CHARACTERS = r'(?:[^"\\]|\\+[^"\\])*'
NAME = re.compile(
    rf'(\\*)"{CHARACTERS}(?:{WORDS}){CHARACTERS}\1"\s*:\s*(?:\{{\s*\\*"[SB]S?\\*"\s*:\s*)?(\[\s*)?(?=\1")',
    re.IGNORECASE | re.DOTALL,
)
NEXT = re.compile(r"\s*,\s*")
PIECES = st.sampled_from(
    [
        *(
            '"',
            "\\",
            '\\"',
            '\\\\\\"',
            ":",
            ": ",
            " :[",
            "[ ",
            "]",
            "{",
            "}",
            ",",
            '","',
            '{"S": ',
            "a",
            "\n",
            "İ",
            "ſecret",
            "passw",
        ),
        *(
            "password",
            "Senha",
            "secret",
            "token",
            "API-Key",
            "cookies",
            '"token":"',
            '\\"token\\": \\"',
            '","b":"',
        ),
    ]
)


def value_end(text: str, at: int, escape: int) -> int:
    for quote in re.finditer(r'(\\*)"', text[at:]):
        if len(quote[1]) % (2 * escape + 2) == escape:
            return at + quote.end()
    return len(text)


def plainly_masked(text: str) -> str:
    """What comes of the rule itself, tried at each place one after the other."""
    done, at, kept = 0, 0, ""
    while at < len(text):
        member = NAME.match(text, at) if text[at] in '\\"' else None
        if member is None:
            at += 1
            continue
        mark = member[1] + '"'
        at = member.end()
        while True:
            kept += text[done:at] + f"{mark}***{mark}"
            done = at = value_end(text, at + len(mark), len(member[1]))
            next_ = NEXT.match(text, at) if member[2] else None
            if next_ is None or not text.startswith(mark, next_.end()):
                break
            at = next_.end()
        at = done
    return kept + text[done:]


@given(st.lists(PIECES, max_size=24).map("".join))
def test_what_is_found_by_its_words_is_what_the_rule_finds(text: str) -> None:
    assert masked(text) == plainly_masked(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.builds(
    "{}{}{}".format,
    st.text(alphabet="aX-_ é", max_size=4),
    st.sampled_from(
        ["senha", "Password", "SECRET", "accessToken", "apiKey", "api_key", "Set-Cookie", "credential"]
    ),
    st.text(alphabet="aX-_ é", max_size=4),
)


@given(VALUES, NAMES, st.text(max_size=10), VALUES, st.integers(0, 2), st.booleans(), st.booleans())
def test_a_secret_is_gone_whatever_is_around_it(
    before: Any, name: str, inner: str, after: Any, depth: int, in_list: bool, ascii_only: bool
) -> None:
    secret = f"S3GR3D0{inner}S3GR3D0"
    text = json.dumps(
        {"a": before, name: [secret] if in_list else secret, "z": after}, ensure_ascii=ascii_only
    )
    for _ in range(depth):
        text = json.dumps({"x": before, "body": text, "y": after}, ensure_ascii=ascii_only)
    assert "S3GR3D0" not in masked(text)


def nested(value: dict[str, Any], depth: int) -> str:
    text = json.dumps(value)
    for _ in range(depth):
        text = json.dumps({"body": text})
    return text


@given(st.text(alphabet='ab"\\{}:, ', min_size=1, max_size=12), st.integers(0, 2), st.integers(20, 200))
def test_a_secret_is_gone_however_deep_it_stands_and_wherever_it_is_cut(
    inner: str, depth: int, limit: int
) -> None:
    secret = f"S3GR3D0{inner}S3GR3D0"
    kept = keep(nested({"nome": "x", "senha": secret, "depois": 1}, depth), limit)
    assert "S3GR3D0" not in kept
