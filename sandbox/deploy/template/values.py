"""What a value of a template can be besides plain data: absent, or not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that exists only once a resource does; whatever is made of it is unknown too.

    Attributes:
        logical_id: the resource that has to exist first.
    """

    logical_id: str


class _NoValue:
    def __repr__(self) -> str:
        return "AWS::NoValue"


#: `Ref: AWS::NoValue`: the property or item that holds it is left out.
NO_VALUE = _NoValue()


def first_unknown(value: Any) -> Unknown | None:
    """An `Unknown` anywhere in `value`, or None."""
    if isinstance(value, Unknown):
        return value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in items if (found := first_unknown(item)) is not None), None)


def as_text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a text: booleans in lower case; a secret stays one."""
    if isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
