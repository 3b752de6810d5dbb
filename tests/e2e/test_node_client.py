"""The AWS SDK for JavaScript from npm, unmodified, against a whole sandbox."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import ROOT, Sandbox
from tests.e2e.npm import installed

pytestmark = pytest.mark.e2e

CLIENT = ROOT / "tests" / "clients" / "node"
_KEYS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def answers_of(sandbox: Sandbox, folder: Path) -> Any:
    """What the client was answered. It runs where its packages are: Node looks for them beside the file."""
    program = sandbox.folder / "node" / "client.mjs"
    program.parent.mkdir()
    shutil.copy(CLIENT / "client.mjs", program)
    (program.parent / "node_modules").symlink_to(folder / "node_modules")
    extra = {**_KEYS, "AWS_ENDPOINT_URL": sandbox.endpoint}
    return sandbox.run("node", str(program), json.dumps(sandbox.outputs), extra=extra).json


def test_the_sdk_for_javascript_works_unmodified(sandboxes: Maker) -> None:
    folder = installed(CLIENT, "the AWS SDK for JavaScript")
    sandbox = sandboxes()
    sandbox.up(str(CLIENT / "system"))
    answers = answers_of(sandbox, folder)
    assert answers["queues"] == {
        "body": "olá, fila",
        "bytes": [0, 255],
        "sent": ["boa"],
        "failed": [["ruim", "InvalidMessageContents"]],
        "missing": {"name": "QueueDoesNotExist", "status": 400},
    }
    assert answers["events"] == {
        "failed": [None, None, "MalformedDetail"],
        "routed": True,
        "detail": {"total": 10},
        "pattern": {"name": "ValidationException", "status": 400},
    }
    assert answers["topics"] == {"same": True, "message": "aviso", "subject": "assunto"}
    check_functions(answers["functions"])
    check_items(answers["items"])


def check_functions(answers: dict[str, Any]) -> None:
    """Answers, failures and records of invocations, each as the SDK shows them."""
    good, bad = answers["good"], answers["bad"]
    assert good == {"status": 200, "payload": {"dobro": 42, "funcao": "node-funcao"}, "report": True}
    assert (bad["status"], bad["error"]) == (200, "Unhandled")
    assert (bad["payload"]["errorType"], bad["payload"]["errorMessage"]) == (
        "ValueError",
        "pediu para falhar",
    )
    assert answers["later"] == {"status": 202, "payload": None}
    assert answers["missing"] == {"name": "ResourceNotFoundException", "status": 404}


def check_items(answers: dict[str, Any]) -> None:
    """Documents go there and back, refusals have their names and reasons, pages follow one another."""
    assert answers["updated"] == {
        "cliente": "ana",
        "pedido": 1,
        "itens": [{"sku": "y", "precos": [1.5, 2]}],
        "tags": ["a", "b"],
        "foto": [7],
        "vezes": 1,
    }
    assert answers["conflict"] == {"name": "ConditionalCheckFailedException", "status": 400}
    assert answers["cancelled"]["name"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in answers["cancelled"]["reasons"]] == [
        "None",
        "ConditionalCheckFailed",
    ]
    assert answers["missing"] is None
    assert answers["pages"] == [[1, 2, 3], [4]]
