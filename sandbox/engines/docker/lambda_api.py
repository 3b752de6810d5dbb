"""LocalStack's Lambda, as the engine itself calls it: without a hop of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from sandbox.engines.docker.calling import refusal_of, signed
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope

#: Sends a request to LocalStack: service, operation, request.
Send = Callable[[str, str, HttpRequest], Awaitable[HttpResponse]]


class LambdaApi:
    """Operations of Lambda.

    Args:
        send: reaches LocalStack.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    async def ask(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: str = "",
        scope: Scope = Scope(),  # noqa: B008 - frozen
        hop: int | None = None,
    ) -> dict[str, Any]:
        """The answer to one request.

        Args:
            path: behind the version of the API (`functions/eco/code`).
            hop: the call at the front door that it is made for.

        Raises:
            AwsError: what LocalStack answers instead, or it does not answer.
        """
        headers = [
            ("host", "127.0.0.1"),
            ("content-type", "application/json"),
            signed("lambda", scope),
        ]
        content = b"" if body is None else msgspec.json.encode(body)
        request = HttpRequest(method, f"/2015-03-31/{path}", query, headers, content, hop=hop)
        answer = await self._send("lambda", operation, request)
        if answer.status >= 400:
            raise refusal_of(answer)
        return msgspec.json.decode(answer.body, type=dict[str, Any]) if answer.body else {}

    async def configuration(self, function: str, scope: Scope = Scope()) -> dict[str, Any]:  # noqa: B008
        """`GetFunctionConfiguration`; nothing where there is no such function.

        Args:
            function: its name or ARN.

        Raises:
            AwsError: LocalStack refuses otherwise, or does not answer.
        """
        path = f"functions/{quote(function, safe='')}/configuration"
        try:
            return await self.ask("GetFunctionConfiguration", "GET", path, scope=scope)
        except AwsError as error:
            if error.status != 404:
                raise
            return {}

    async def upload(self, function: str, code: Mapping[str, str]) -> None:
        """`UpdateFunctionCode`.

        Raises:
            AwsError: it was refused.
        """
        try:
            await self.ask("UpdateFunctionCode", "PUT", f"functions/{quote(function, safe='')}/code", code)
        except AwsError as error:
            raise AwsError(
                "FunctionFailed", f"the code of {function} was not changed: {error.message}"
            ) from error
