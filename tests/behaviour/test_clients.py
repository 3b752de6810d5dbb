"""Clients that know nothing of the sandbox but its address."""

from __future__ import annotations

import json

from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox


def test_awslocal_is_pointed_at_it_by_its_address(nfe: Sandbox, names: Namer) -> None:
    """https://github.com/localstack/awscli-local: LOCALSTACK_HOST names host and port."""
    name = names("fila")
    extra = {"LOCALSTACK_HOST": nfe.endpoint.removeprefix("http://"), "AWS_DEFAULT_REGION": "us-east-1"}
    nfe.run("awslocal", "sqs", "create-queue", "--queue-name", name, extra=extra)
    listed = json.loads(nfe.run("awslocal", "sqs", "list-queues", extra=extra).out)
    assert any(url.endswith(f"/{name}") for url in listed["QueueUrls"])
