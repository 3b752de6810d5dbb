"""Generated names, and URLs of AWS in local form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import Clock
from sandbox.deploy.answers import AnswerDoor
from sandbox.deploy.names import canonical_queue_url, database_token, localise
from sandbox.deploy.resources.base import Context, NestedOrder
from sandbox.deploy.template.secret import HIDDEN, SecretText, hide, mask, plain
from sandbox.model.arn import parse_queue_url
from sandbox.model.scope import Scope

HERE = "http://127.0.0.1:4566"


async def nothing(service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {}


class NoStacks:
    """Has no stacks within stacks."""

    async def deploy(self, order: NestedOrder, action: str) -> Mapping[str, str]:
        raise NotImplementedError

    async def delete(self, name: str, stack_id: str) -> None:
        raise NotImplementedError


def context(stack: str, logical_id: str, generation: int = 0, stack_id: str = "id") -> Context:
    return Context(
        nothing,
        Scope(),
        stack,
        stack_id,
        logical_id,
        Path(),
        AnswerDoor(Clock(), lambda: ""),
        NoStacks(),
        print,
        generation=generation,
    )


@given(
    st.text("abcXYZ09-", min_size=1, max_size=128),
    st.text("abcXYZ09", min_size=1, max_size=255),
    st.integers(40, 80),
)
def test_generated_names_keep_their_limit_and_repeat(stack: str, logical_id: str, limit: int) -> None:
    name = context(stack, logical_id).name(None, limit)
    assert len(name) <= limit
    assert name == context(stack, logical_id).name(None, limit)
    assert name != context(stack, logical_id, generation=1).name(None, limit)
    assert name != context(stack, logical_id, stack_id="other").name(None, limit)
    assert context(stack, logical_id).name("own", limit) == "own"


def test_queue_urls_are_those_of_aws_and_parse() -> None:
    scope = Scope("123456789012", "eu-west-1")
    url = canonical_queue_url(scope, "fila.fifo")
    assert url == "https://sqs.eu-west-1.amazonaws.com/123456789012/fila.fifo"
    assert parse_queue_url(url, "us-east-1") == (scope, "fila.fifo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a1.execute-api.us-east-1.amazonaws.com/dev", f"{HERE}/_aws/execute-api/a1/dev"),
        ("https://a1.execute-api.us-east-1.amazonaws.com", f"{HERE}/_aws/execute-api/a1"),
        ("https://sqs.us-east-1.amazonaws.com/000000000000/q", f"{HERE}/000000000000/q"),
        ("https://sqs.eu-west-1.amazonaws.com/000000000000/q", f"{HERE}/queue/eu-west-1/000000000000/q"),
        ("arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:sqs:us-east-1:000000000000:q"),
        ("https://example.com/x", "https://example.com/x"),
    ],
)
def test_urls_are_made_local(text: str, expected: str) -> None:
    assert localise(text, HERE) == expected


def test_tokens_name_a_database() -> None:
    assert database_token("nfe-dev", "port") == "{{sandbox:rds:nfe-dev:port}}"


def test_secrets_are_masked_hidden_and_given_plainly() -> None:
    value = {"a": [SecretText("s"), "s"], "b": SecretText("s")}
    masked = mask(value, "key")
    assert masked["a"][0] == masked["b"] != mask(value, "other")["b"]
    assert masked["a"][1] == "s"
    assert hide(SecretText("s")) == HIDDEN
    assert [type(item) for item in (plain(value)["b"], *plain(value)["a"])] == [str, str, str]
