"""What all calls of the engine's own to its containers have in common."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpResponse
from sandbox.model.scope import Scope


def signed(service: str, scope: Scope = Scope()) -> tuple[str, str]:  # noqa: B008 - frozen
    """A header that says whose call it is: containers read it, and verify no signature."""
    credential = f"{scope.account}/20200101/{scope.region}/{service}/aws4_request"
    return (
        "authorization",
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=unsigned",
    )


def refusal_of(answer: HttpResponse) -> AwsError:
    """The error that an answer is; its code is in a header, or in the body as JSON protocols have it."""
    headers = {name.lower(): value for name, value in answer.headers}
    try:
        body = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError:
        body = {}
    code = headers.get("x-amzn-errortype", "").split(":")[0] or str(body.get("__type", ""))
    message = body.get("message") or body.get("Message") or answer.body[:500].decode(errors="replace")
    return AwsError(code.rpartition("#")[2] or "ServiceException", str(message), status=answer.status)
