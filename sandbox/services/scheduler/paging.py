"""Pages of the listings of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.services import paging
from sandbox.services.scheduler.errors import invalid

T = TypeVar("T")
_DEFAULT = 100


def page(
    items: Sequence[T], params: Mapping[str, Any], key: Callable[[T], paging.Key]
) -> tuple[list[T], dict[str, str]]:
    """The items of the page that `NextToken` and `MaxResults` ask for, and the members that name the next.

    Args:
        key: what the items are sorted by.

    Raises:
        AwsError: ValidationException, the token is not one that was given out.
    """
    size = params.get("MaxResults") or _DEFAULT
    try:
        found, token = paging.page(items, params.get("NextToken"), size, key)
    except paging.InvalidTokenError:
        raise invalid("Invalid NextToken.") from None
    return found, {} if token is None else {"NextToken": token}
