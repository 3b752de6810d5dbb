"""Log groups of LocalStack as native services write to them: by the API of CloudWatch Logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import AwsHttp
from sandbox.model.scope import Scope

log = logging.getLogger(__name__)


class ContainerLogs:
    """Implements the port `LogSink` by the API of CloudWatch Logs; what cannot be written is said in our log.

    Args:
        aws: reaches it.
    """

    def __init__(self, aws: AwsHttp) -> None:
        self._aws = aws
        self._known: set[tuple[Scope, str, str]] = set()
        self._order = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    def write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: Sequence[tuple[float, str]],
        *,
        cause: int | None = None,
    ) -> None:
        """Appends lines, in order; see `LogSink.write`."""
        task = asyncio.ensure_future(self._write(scope, group, stream, list(lines), cause))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def stop(self) -> None:
        """Waits until what was given is written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(
        self,
        scope: Scope,
        group: str,
        stream: str,
        lines: list[tuple[float, str]],
        cause: int | None,
    ) -> None:
        async with self._order:
            if (scope, group, stream) not in self._known:
                names = {"logGroupName": group, "logStreamName": stream}
                made = await self._call(scope, cause, "CreateLogStream", names)
                if made.status >= 400:  # no such group: most often a template has made it
                    await self._call(scope, cause, "CreateLogGroup", {"logGroupName": group})
                    await self._call(scope, cause, "CreateLogStream", names)
                self._known.add((scope, group, stream))
            events = [{"timestamp": int(when * 1000), "message": text} for when, text in lines]
            body = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
            answer = await self._call(scope, cause, "PutLogEvents", body)
            if answer.status >= 400:
                log.warning("nothing was written to %s: %s", group, answer.body[:500])

    async def _call(self, scope: Scope, cause: int | None, operation: str, body: object) -> HttpResponse:
        headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", f"Logs_20140328.{operation}"),
        ]
        request = HttpRequest("POST", "/", headers=headers, body=msgspec.json.encode(body))
        return await self._aws.send("logs", request, Call(scope=scope, hop=cause))
