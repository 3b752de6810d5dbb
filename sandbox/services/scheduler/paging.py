"""Pages of a listing, by a token that names the last item of the page before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.services.scheduler.errors import invalid

T = TypeVar("T")
_DEFAULT = 100


def page(
    items: Sequence[T], params: Mapping[str, Any], key: Callable[[T], str]
) -> tuple[list[T], dict[str, str]]:
    """The items of the page that `NextToken` and `MaxResults` ask for, and the members that name the next.

    Args:
        key: what the items are sorted by.

    Raises:
        AwsError: ValidationException, the token is not one that was given out.
    """
    after = _last(params.get("NextToken"))
    rest = [item for item in items if after is None or key(item) > after]
    found = rest[: params.get("MaxResults") or _DEFAULT]
    if len(found) == len(rest):
        return found, {}
    return found, {"NextToken": base64.urlsafe_b64encode(key(found[-1]).encode()).decode()}


def _last(token: str | None) -> str | None:
    if not token:
        return None
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("Invalid NextToken.") from None
