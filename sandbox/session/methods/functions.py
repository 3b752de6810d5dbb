"""Functions: list, invoke, and their log lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sandbox.control.protocol import Dropped
from sandbox.control.server import Method
from sandbox.errors import SandboxError
from sandbox.model.scope import Scope
from sandbox.model.views.system import LogView
from sandbox.services.logs.service import LogLine
from sandbox.session.following import Follower
from sandbox.session.views import iso

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Functions:
    """Methods about functions and logs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "functions": self.functions,
            "invoke": self.invoke,
            "logs": self.logs,
        }

    async def functions(self) -> list[dict[str, Any]]:
        """Every function of the default account and region."""
        answer = await self._session.client.call("lambda", "ListFunctions", {})
        functions: list[dict[str, Any]] = answer["Functions"]
        return functions

    async def invoke(self, function: str, payload: str, asynchronous: bool) -> dict[str, Any]:
        """Invokes a function; its name may be shortened to a part that only one function has."""
        name = await self._function(function)
        answer = await self._session.client.call(
            "lambda",
            "Invoke",
            {
                "FunctionName": name,
                "Payload": payload.encode(),
                "InvocationType": "Event" if asynchronous else "RequestResponse",
                "LogType": "None" if asynchronous else "Tail",
            },
        )
        await self._session.database.committed()
        return {
            "function": name,
            "status": answer["StatusCode"],
            "error": answer.get("FunctionError"),
            "payload": _text(answer.get("Payload", b"")),
            "log": answer.get("LogResult", ""),
        }

    async def logs(self, names: list[str], limit: int, follow: bool) -> AsyncIterator[LogView | Dropped]:
        """Log lines, the newest `limit` first, then, when following, every line that is written."""
        logs = self._session.engine.logs
        groups = [await self._log_group(name) for name in names]
        with Follower[LogLine](logs.follow if follow else None) as follower:
            for line in logs.newest(Scope(), groups, limit):
                yield _log_view(line)
            async for told in follower.told():
                if isinstance(told, Dropped):
                    yield told
                elif not groups or told.group in groups:
                    yield _log_view(told)

    async def _function(self, name: str) -> str:
        known = [function["FunctionName"] for function in await self.functions()]
        if name in known or name.startswith("arn:"):
            return name
        matching = [other for other in known if name in other]
        if len(matching) > 1:
            # `Worker` is t-Worker-1X rather than t-BigWorker-1X.
            whole = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
            matching = [other for other in matching if whole.search(other)] or matching
        if len(matching) == 1:
            return str(matching[0])
        near = matching or get_close_matches(name, known, n=3)
        empty = "say one of these" if known else "deploy a system first: `sandbox deploy`"
        raise SandboxError(
            f"there is no function {name}" if not matching else f"{name} is part of several functions' names",
            f"the sandbox has: {', '.join(sorted(known)) or 'none'}",
            f"say {' or '.join(near)}" if near else empty,
        )

    async def _log_group(self, name: str) -> str:
        if name.startswith("/"):
            return name
        function = await self._function(name)
        answer = await self._session.client.call(
            "lambda", "GetFunctionConfiguration", {"FunctionName": function}
        )
        return str(answer.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}")


def _log_view(line: LogLine) -> LogView:
    return LogView(
        at=line.at,
        time=iso(line.at),
        group=line.group,
        stream=line.stream,
        message=line.message.rstrip("\n"),
        hop=line.cause,
    )


def _text(payload: Any) -> str:
    return payload.decode(errors="replace") if isinstance(payload, bytes) else str(payload)
