"""One call to a service: who made it, where, and because of what."""

from __future__ import annotations

import msgspec

from sandbox.model.scope import Scope


class Caller(msgspec.Struct, frozen=True):
    """Who signed a request.

    Attributes:
        access_key: the access key id of the signature; empty when there was none.
        arn: the principal's ARN (a user, or the assumed role of an execution environment).
        function: ARN of the function whose execution environment this is, if it is one.
        environment: id of that execution environment.
        hop: the hop of the invocation it is serving: the cause of whatever it calls.
    """

    access_key: str = ""
    arn: str = ""
    function: str | None = None
    environment: str | None = None
    hop: int | None = None


class Call(msgspec.Struct, frozen=True):
    """The context of one operation, handed to a service beside its parsed parameters.

    Attributes:
        scope: account and region the call is for.
        endpoint: base URL the caller used (`http://127.0.0.1:4566`); never stored, only rendered.
        request_id: the id answered in `x-amzn-RequestId`.
        hop: the cause of everything the operation does: the hop that records this call, or, for operations
            that record their own hops (`records=True`), the hop that led to it; None where nothing known did.
        caller: who signed it.
        trace: the X-Ray trace header that came with it.
    """

    scope: Scope = Scope()
    endpoint: str = ""
    request_id: str = ""
    hop: int | None = None
    caller: Caller = Caller()
    trace: str | None = None
