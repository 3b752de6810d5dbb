"""Services that a server of the user's answers."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.backing.elsewhere import Elsewhere, elsewhere
from sandbox.errors import UsageError
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest


def test_dynamodb_takes_its_streams_along() -> None:
    found = elsewhere(("dynamodb=http://127.0.0.1:8000", "s3=http://localhost:9000/"))
    assert {name: one.url for name, one in found.items()} == {
        "dynamodb": "http://127.0.0.1:8000",
        "dynamodbstreams": "http://127.0.0.1:8000",
        "s3": "http://localhost:9000/",
    }
    apart = elsewhere(("dynamodb=http://127.0.0.1:1", "dynamodbstreams=http://127.0.0.1:2"))
    assert apart["dynamodbstreams"].url == "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dynamodb", "cannot be understood"),
        ("=http://127.0.0.1:1", "cannot be understood"),
        ("dynamodb=https://127.0.0.1:1", "in the clear"),
        ("dynamodb=http://127.0.0.1:1/path", "names more than a server"),
        ("sqs=http://127.0.0.1:1", "sqs cannot be served elsewhere"),
    ],
)
def test_what_cannot_be_done_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        elsewhere((text,))


def test_a_server_that_is_not_there_is_named() -> None:
    async def call() -> None:
        server = Elsewhere("http://127.0.0.1:1")
        assert server.refusal("dynamodb", "PutItem") is None
        with pytest.raises(AwsError, match=r"nothing answers PutItem of dynamodb at http://127\.0\.0\.1:1"):
            await server.forward("dynamodb", "PutItem", HttpRequest("POST", "/"))
        server.close()

    asyncio.run(call())
