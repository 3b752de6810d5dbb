"""Pages of the listings of EventBridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.services import paging
from sandbox.services.events.errors import invalid

T = TypeVar("T")
_DEFAULT = 100


def page(
    items: Sequence[T], params: Mapping[str, Any], key: Callable[[T], str | int]
) -> tuple[list[T], dict[str, str]]:
    """The items of the page that `NextToken` and `Limit` ask for, and the members that name the next one.

    Args:
        key: what the items are sorted by.

    Raises:
        AwsError: ValidationException, the token is not one that was given out.
    """
    size = params.get("Limit") or _DEFAULT
    try:
        found, token = paging.page(items, params.get("NextToken"), size, lambda item: (key(item),))
    except paging.InvalidTokenError:
        raise invalid("Parameter NextToken is not valid.") from None
    return found, {} if token is None else {"NextToken": token}
