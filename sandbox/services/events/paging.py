"""Pages of a listing, by a token that says where the next one begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sandbox.services.events.errors import invalid

T = TypeVar("T")
_DEFAULT = 100


def page(items: Sequence[T], params: Mapping[str, Any]) -> tuple[list[T], dict[str, str]]:
    """The items of the page that `NextToken` and `Limit` ask for, and the members that name the next one.

    Raises:
        AwsError: ValidationException, the token is not one that was given out.
    """
    start = _position(params.get("NextToken"))
    end = start + (params.get("Limit") or _DEFAULT)
    more = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return list(items[start:end]), more


def _position(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError):
        raise invalid("Parameter NextToken is not valid.") from None
