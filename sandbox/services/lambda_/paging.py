"""Pages of the listings: `Marker` is the key of the last item shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sandbox.model.lambda_limits import Violations

T = TypeVar("T")
_MOST = 50  # items of a page at most, as AWS gives


def page(
    items: Sequence[T], params: Mapping[str, Any], key: Callable[[T], str]
) -> tuple[Sequence[T], dict[str, str]]:
    """One page of `items`, which are sorted by `key`, and the `NextMarker` member when more follow.

    Raises:
        AwsError: `ValidationException`, `MaxItems` is out of range.
    """
    wanted = params.get("MaxItems")
    found = Violations()
    found.between(wanted, "maxItems", 1, 10_000)
    found.check()
    marker = params.get("Marker") or ""
    rest = [item for item in items if not marker or key(item) > marker]
    size = min(wanted or _MOST, _MOST)
    shown = rest[:size]
    return shown, ({"NextMarker": key(shown[-1])} if len(rest) > size else {})
