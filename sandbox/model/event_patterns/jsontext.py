"""JSON that keeps the text of its numbers: EventBridge hands `1.0` and `1e3` on as they were written.

Strings, booleans, null and integers are plain values; numbers with a fraction or an exponent are `Number`s.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

#: Numbers beyond this are compared by their text only, as EventBridge documents for numeric matching.
LIMIT = 5_000_000_000
_SIX_DECIMALS = Decimal("0.000001")


class MalformedJsonError(ValueError):
    """The text is not JSON."""


class Number:
    """A JSON number with its text.

    Attributes:
        text: as written.
        key: what it compares by, or None when it is beyond the range or precision of numeric matching.
    """

    __slots__ = ("key", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.key = number_key(text)

    def __repr__(self) -> str:
        return f"Number({self.text})"


def number_key(text: str) -> Decimal | None:
    """The value that a number compares by: within ±5e9 and up to six decimals, else None."""
    try:
        value = Decimal(text)
        if not -LIMIT <= value <= LIMIT:
            return None
        rounded = value.quantize(_SIX_DECIMALS)
    except InvalidOperation:
        return None
    return rounded if rounded == value else None


def _raw(value: Any) -> msgspec.Raw:
    if isinstance(value, Number):
        return msgspec.Raw(value.text.encode())
    raise TypeError(f"not a JSON value: {type(value).__name__}")


_DECODER = msgspec.json.Decoder(float_hook=Number)
_ENCODER = msgspec.json.Encoder(enc_hook=_raw)


def decode(text: str) -> Any:
    """Parses JSON; of repeated keys the last one counts.

    Raises:
        MalformedJsonError: `text` is not JSON, is nested too deeply, or is not Unicode.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise MalformedJsonError(str(error)) from None


def encode(value: Any) -> str:
    """Compact JSON of what `decode` gave; numbers keep their text."""
    return _ENCODER.encode(value).decode()


def compact(text: str) -> str:
    """Valid JSON without the white space between its tokens; every token stays as it was written."""
    return msgspec.json.format(text, indent=-1)
