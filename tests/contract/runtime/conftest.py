"""A Lambda runtime over real processes, on functions written as text."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.model.arn import function_arn
from sandbox.model.ids import Ids
from sandbox.model.ports import FunctionSpec, InvocationRequest
from sandbox.model.scope import Scope
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.interpreters import Interpreters
from sandbox.runtime.runtime import LambdaRuntime

OWN = "python3.11"


class Lab:
    """Writes functions and runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notices: list[str] = []
        self._numbers = itertools.count(1)

    def function(self, source: str, handler: str = "app.handler", **changes: Any) -> FunctionSpec:
        """A function of its own with `source` as app.py."""
        name = f"function-{next(self._numbers)}"
        code = self.folder / name
        code.mkdir()
        (code / "app.py").write_text(textwrap.dedent(source))
        fields: dict[str, Any] = {
            "arn": str(function_arn(Scope(), name)),
            "name": name,
            "version": "$LATEST",
            "scope": Scope(),
            "runtime": OWN,
            "handler": handler,
            "code": str(code),
            "code_key": "1",
            "role": "arn:aws:iam::000000000000:role/service/the-role",
        }
        return FunctionSpec(**{**fields, **changes})

    def request(self, event: Any = None, **changes: Any) -> InvocationRequest:
        """A request; its number is also its hop."""
        number = next(self._numbers)
        fields: dict[str, Any] = {
            "request_id": f"00000000-0000-4000-8000-{number:012d}",
            "event": json.dumps(event).encode(),
            "hop": number,
            "trace": "Root=1-5759e988-bd862e3fe1be46a994272793",
        }
        return InvocationRequest(**{**fields, **changes})

    @asynccontextmanager
    async def runtime(self, **changes: Any) -> AsyncIterator[LambdaRuntime]:
        """A started runtime, stopped at the end."""
        fields: dict[str, Any] = {
            "workdir": self.folder / "work",
            "endpoint": lambda: "http://127.0.0.1:4566",
            "clock": Clock(),
            "interpreters": Interpreters(self.notices.append),
            "dependencies": Dependencies(),
            "ids": Ids(),
            "on_notice": self.notices.append,
        }
        runtime = LambdaRuntime(**{**fields, **changes})
        await runtime.start()
        try:
            yield runtime
        finally:
            await runtime.stop()


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A place to write functions and run them."""
    return Lab(tmp_path)
