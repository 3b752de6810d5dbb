"""Pages of a listing, by a token that names the last item shown: what is deleted or added meanwhile neither
hides nor repeats another item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
#: What the items are in ascending order of; JSON keeps it, and Python compares it.
Key = tuple[str | int | float, ...]


class InvalidTokenError(Exception):
    """A token that was not given out for this listing."""


def page(
    items: Sequence[T], token: str | None, size: int, key: Callable[[T], Key]
) -> tuple[list[T], str | None]:
    """One page.

    Args:
        items: all of them, in ascending order of `key`.
        token: what the page before came with; None asks for the first one.
        size: items of the page at most.

    Returns:
        The items, and the token of the next page where there is one.

    Raises:
        InvalidTokenError: the token is none of this listing's.
    """
    rest = list(items)
    if token:
        after = _read(token)
        try:
            rest = [item for item in items if key(item) > after]
        except TypeError:  # a token of another listing, whose keys are of other types
            raise InvalidTokenError from None
    found = rest[:size]
    return found, _written(key(found[-1])) if len(rest) > len(found) else None


def _written(key: Key) -> str:
    return msgspec.json.encode(key).hex()


def _read(token: str) -> tuple[Any, ...]:
    try:
        return tuple(msgspec.json.decode(bytes.fromhex(token), type=list[str | int | float]))
    except (ValueError, msgspec.DecodeError):
        raise InvalidTokenError from None
