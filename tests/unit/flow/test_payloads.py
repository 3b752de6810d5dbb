"""Secrets do not get into the journal."""

from __future__ import annotations

import json
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
        ('{"nome": "a senha é x"}', '{"nome": "a senha é x"}'),
        (
            '{"nome": "İ", "token": "x", "my-Secret": "y"}',
            '{"nome": "İ", "token": "***", "my-Secret": "***"}',
        ),
        ('{"a token": 1, "token": "token", "b": "token"}', '{"a token": 1, "token": "***", "b": "token"}'),
        ("", ""),
    ],
)
def test_masks(text: str, kept: str) -> None:
    assert keep(text) == kept
    assert keep(text.encode()) == kept


def test_what_says_itself_that_it_is_secret() -> None:
    secret = '{"Key": "x-b", "Value": "esc{o}\\"ndido", "IsValueSecret": true}'
    open_ = '{"Key": "x-a", "Value": "visível", "IsValueSecret": false}'
    assert masked(f"[{secret}, {open_}]") == f"[{secret}, {open_}]".replace('esc{o}\\"ndido', "***")


def test_bounds_and_says_so() -> None:
    assert keep("abcdef", 4) == "abcd… (2 more characters)"
    assert keep("abcd", 4) == "abcd"


def test_what_is_no_text_is_described() -> None:
    assert keep(b"\xff\x00") == "<2 bytes, not text>"


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
