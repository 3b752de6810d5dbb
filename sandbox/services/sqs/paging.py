"""Pages of queue names: a token names the last queue of the page before, whatever comes and goes."""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence

from sandbox.model.sqs_errors import invalid_parameter, invalid_value

MAX_PAGE = 1000


def page_of(names: Sequence[str], limit: int | None, token: str | None) -> tuple[list[str], str | None]:
    """One page of sorted names, and the token of the next one when there is more and a limit was given.

    Raises:
        AwsError: InvalidParameterValue: limit out of range, or a token that was never given.
    """
    if limit is not None and not 1 <= limit <= MAX_PAGE:
        raise invalid_value(limit, "MaxResults", f"MaxResults must be an integer between 1 and {MAX_PAGE}")
    after = _read(token) if token else ""
    rest = [name for name in names if name > after]
    page = rest[: limit or MAX_PAGE]
    more = limit is not None and len(rest) > len(page)
    return page, urlsafe_b64encode(page[-1].encode()).decode() if more else None


def _read(token: str) -> str:
    try:
        return b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_parameter("Invalid or expired next token.") from None
