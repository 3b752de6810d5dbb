"""Lambda's calls on their way to LocalStack."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.engines.bindings import LiveBindings
from sandbox.engines.docker.functions import FunctionCalls
from sandbox.engines.docker.packages import Packages
from sandbox.model.http import HttpRequest


async def _known(name: str) -> dict[str, Any]:
    return {"Runtime": "python3.13", "Architectures": ["x86_64"]} if name == "f" else {}


@pytest.fixture
def calls(tmp_path: Path) -> FunctionCalls:
    bindings = LiveBindings(lambda: "http://172.18.0.1:4566", lambda _: ("postgres", 5432))
    packages = Packages({"XDG_CACHE_HOME": str(tmp_path / "c"), "PATH": ""})
    return FunctionCalls(packages, bindings, lambda: "http://172.18.0.1:4566", _known)


def _sent(calls: FunctionCalls, operation: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = HttpRequest("POST", path, body=json.dumps(body).encode())
    sent: dict[str, Any] = json.loads(asyncio.run(calls.rewritten(operation, request)).body)
    return sent


def _create(calls: FunctionCalls, code: Path) -> dict[str, Any]:
    body = {
        "FunctionName": "f",
        "Runtime": "python3.13",
        "Code": {"S3Bucket": "hot-reload", "S3Key": str(code)},
        "Environment": {"Variables": {"DB_HOST": "{{sandbox:rds:nfe:address}}", "A": "b"}},
    }
    return _sent(calls, "CreateFunction", "/2015-03-31/functions", body)


def test_a_folder_becomes_an_archive_and_tokens_addresses(calls: FunctionCalls, code: Path) -> None:
    sent = _create(calls, code)
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(sent["Code"]["ZipFile"])))
    assert archive.namelist() == ["app.py"]
    assert sent["Environment"]["Variables"] == {
        "DB_HOST": "postgres",
        "A": "b",
        "AWS_ENDPOINT_URL": "http://172.18.0.1:4566",
    }


def test_a_functions_own_endpoint_and_archive_are_left_alone(calls: FunctionCalls) -> None:
    body = {
        "FunctionName": "g",
        "Code": {"ZipFile": "UEs="},
        "Environment": {"Variables": {"AWS_ENDPOINT_URL": "u"}},
    }
    sent = _sent(calls, "CreateFunction", "/2015-03-31/functions", body)
    assert sent["Code"] == {"ZipFile": "UEs="}
    assert sent["Environment"]["Variables"] == {"AWS_ENDPOINT_URL": "u"}


def test_new_code_is_packed_for_the_runtime_that_the_function_has(calls: FunctionCalls, code: Path) -> None:
    body = {"S3Bucket": "hot-reload", "S3Key": str(code)}
    sent = _sent(calls, "UpdateFunctionCode", "/2015-03-31/functions/f/code", body)
    assert set(sent) == {"ZipFile"}


def test_a_configuration_without_variables_keeps_those_it_had(calls: FunctionCalls) -> None:
    path = "/2015-03-31/functions/f/configuration"
    assert _sent(calls, "UpdateFunctionConfiguration", path, {"Timeout": 3}) == {"Timeout": 3}
    sent = _sent(calls, "UpdateFunctionConfiguration", path, {"Environment": {"Variables": {}}})
    assert sent["Environment"]["Variables"] == {"AWS_ENDPOINT_URL": "http://172.18.0.1:4566"}


def test_only_functions_whose_folders_changed_are_uploaded_again(calls: FunctionCalls, code: Path) -> None:
    uploaded: list[str] = []

    async def upload(name: str, code: Mapping[str, str]) -> None:
        uploaded.append(name)

    _create(calls, code)
    assert asyncio.run(calls.refresh(upload)) == []
    (code / "app.py").write_text("x = 2\n")
    assert asyncio.run(calls.refresh(upload)) == ["f"]
    assert asyncio.run(calls.refresh(upload)) == []
    asyncio.run(calls.rewritten("DeleteFunction", HttpRequest("DELETE", "/2015-03-31/functions/f")))
    (code / "app.py").write_text("x = 3\n")
    assert asyncio.run(calls.refresh(upload)) == []
    assert uploaded == ["f"]


def test_a_layer_of_a_folder_is_put_beside_the_code(calls: FunctionCalls, code: Path, tmp_path: Path) -> None:
    layer = tmp_path / "layer" / "python"
    layer.mkdir(parents=True)
    (layer / "shared.py").write_text("shared")
    (layer / "app.py").write_text("of the layer")
    content = {"S3Bucket": "hot-reload", "S3Key": str(layer.parent)}
    published = _sent(calls, "PublishLayerVersion", "/2018-10-31/layers/comum/versions", {"Content": content})
    assert set(published["Content"]) == {"ZipFile"}
    body = {
        "FunctionName": "f",
        "Runtime": "python3.13",
        "Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:comum:1"],
        "Code": {"S3Bucket": "hot-reload", "S3Key": str(code)},
    }
    created = _sent(calls, "CreateFunction", "/2015-03-31/functions", body)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(created["Code"]["ZipFile"]))) as archive:
        assert archive.read("shared.py") == b"shared"
        assert archive.read("app.py") == (code / "app.py").read_bytes()
