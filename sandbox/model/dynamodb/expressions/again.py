"""Expressions that came before with other values are made of what was read then."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sandbox.model.dynamodb.expressions.binding import Bind, Binding, UnboundError
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.recent import Recent

T = TypeVar("T")
#: Expressions that are remembered, and characters of one, and of its names and placeholders, at most.
_REMEMBERED, _LONGEST = 1_000, 4_096
#: What makes an expression, and the placeholders that it uses.
_known: Recent[Hashable, tuple[Bind[Any], frozenset[str]]] = Recent(_REMEMBERED)


def read_again(
    kind: str,
    text: str,
    placeholders: Placeholders,
    read: Callable[[], T],
    bind: Callable[[Binding, T], Bind[T]],
) -> T:
    """What `read` makes of an expression, or made of the same one before with values of the same kinds.

    Args:
        kind: the parameter's name.
        bind: what was read as a function of the values.

    Raises:
        AwsError: ValidationException, from `read`.
    """
    if len(text) > _LONGEST:
        return read()
    key = (kind, text, placeholders.shape())
    known = _known.get(key)
    values = placeholders.values()
    if known is not None:
        make, used = known
        placeholders.use(used)
        made: T = make(values)
        return made
    found, used = placeholders.used_by(read)
    if placeholders.length() > _LONGEST:
        return found
    try:
        make = bind(Binding(values), found)
    except UnboundError:
        return found
    _known.put(key, (make, used))
    return found
