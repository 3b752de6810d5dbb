"""Invocation: the API's `Invoke`, and the port `Invoker` for the services that call functions."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.call import Call
from sandbox.model.hops import Link
from sandbox.model.lambda_errors import (
    bad_content,
    request_too_large,
    service_failure,
)
from sandbox.model.lambda_limits import LOG_TAIL, SYNC_PAYLOAD, Violations
from sandbox.model.lambda_names import function_of
from sandbox.model.ports import InvokeResult
from sandbox.services.base import Answer, Params, operation
from sandbox.services.lambda_.invocation_hops import Origin
from sandbox.services.lambda_.parts import LambdaParts
from sandbox.services.lambda_.qualified import Qualified

_TYPES = ("Event", "RequestResponse", "DryRun")


class InvokeOperations(LambdaParts):
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html; implements the port `Invoker`."""

    @operation("Invoke", "FunctionName InvocationType LogType ClientContext Payload Qualifier")
    async def invoke_operation(self, call: Call, params: Params) -> Answer:
        """Runs a function now, queues an event for it, or only checks that it could be done."""
        kind = params.get("InvocationType") or "RequestResponse"
        found = Violations()
        found.one_of(kind, "invocationType", _TYPES)
        found.one_of(params.get("LogType"), "logType", ("None", "Tail"))
        found.check()
        function = self._qualified(params, call.scope)
        payload = _payload(params.get("Payload"))
        if kind == "DryRun":
            return {"StatusCode": 204}
        request_id = call.request_id or self.kit.ids.uuid()
        if kind == "Event":
            self.events.accept(function, payload, cause=call.hop, trace=call.trace, request_id=request_id)
            return {"StatusCode": 202, "Payload": b""}
        context = _client_context(params.get("ClientContext"))
        origin = Origin(request_id, call.hop, trace=call.trace, client_context=context)
        result = await self._run(function, payload, origin)
        answer: Answer = {"StatusCode": 200, "ExecutedVersion": result.version, "Payload": result.payload}
        if result.function_error is not None:
            answer["FunctionError"] = result.function_error
        if params.get("LogType") == "Tail":
            answer["LogResult"] = b64encode(_log_tail(result.log)).decode()
        return answer

    # --- the port ----------------------------------------------------------------------------------------
    async def invoke(
        self,
        function: Arn,
        payload: bytes,
        *,
        cause: int | None,
        links: Sequence[Link] = (),
        trace: str | None = None,
    ) -> InvokeResult:
        """Runs a function for another service and waits for the answer; see `Invoker.invoke`."""
        found = self.functions.qualified(function_of(function))
        origin = Origin(self.kit.ids.uuid(), cause, links, trace)
        return await self._run(found, payload, origin)

    def accept(self, function: Arn, payload: bytes, *, cause: int | None, trace: str | None = None) -> int:
        """Queues an event for a function; see `Invoker.accept`."""
        found = self.functions.qualified(function_of(function))
        return self.events.accept(found, payload, cause=cause, trace=trace, request_id=self.kit.ids.uuid())

    async def _run(self, function: Qualified, payload: bytes, origin: Origin) -> InvokeResult:
        if len(payload) > SYNC_PAYLOAD:
            raise request_too_large(SYNC_PAYLOAD)
        slot = self.invocations.take(function, origin)
        # Not `asyncio.shield`: through the end of the task the answer would come a turn of the loop later.
        answer: asyncio.Future[InvokeResult] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                result = await self.invocations.run(function, payload, origin, slot)
            except Exception as error:
                # Where the caller went away nobody is left to hear of it, and the journal has it.
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(result)

        def over() -> None:
            slot.release()  # a task that was cancelled before its first step has not done so
            if not answer.done():
                answer.set_exception(service_failure("The sandbox is stopping; the invocation was ended."))

        # A task of its own: a caller that hangs up does not end the function, as on AWS.
        self.tasks.start(work(), f"lambda-{origin.request_id}", over)
        try:
            return await answer
        except asyncio.CancelledError:
            if not answer.cancelled():
                answer.exception()  # it came in the moment of the hanging up
            raise


def _payload(given: Any) -> bytes:
    """The event: no payload is the empty object.

    Raises:
        AwsError: `InvalidRequestContentException`, it is not JSON; `RequestTooLargeException`.
    """
    data = given.encode() if isinstance(given, str) else bytes(given or b"")
    if len(data) > SYNC_PAYLOAD:
        raise request_too_large(SYNC_PAYLOAD)
    if not data.strip():
        return b"{}"
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_content(
            f"Could not parse request body into json: Could not parse payload into json: {error}"
        ) from error
    return data


def _client_context(given: str | None) -> str | None:
    """The JSON text inside the base64 of `ClientContext`.

    Raises:
        AwsError: `InvalidRequestContentException`.
    """
    if not given:
        return None
    try:
        text = b64decode(given, validate=True).decode()
        msgspec.json.decode(text)
    except (binascii.Error, ValueError) as error:
        raise bad_content("Client context must be a valid Base64-encoded JSON object.") from error
    return text


def _log_tail(lines: Sequence[str]) -> bytes:
    """The last 4 KB of a log, for `LogResult`."""
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines).encode()
    return text[-LOG_TAIL:].decode("utf-8", "ignore").encode()
