"""Scalars as text: timestamps in AWS's three formats, numbers, booleans, blobs.

Standard: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
"""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from sandbox.wire.problems import ShapeError

ISO8601 = "iso8601"
RFC822 = "rfc822"
UNIX = "unixtimestamp"

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def parse_time_text(text: str) -> float:
    """Seconds since the epoch from any of AWS's textual formats.

    Raises:
        ShapeError: it is in none of them.
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return (
            datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
            .astimezone(UTC)
            .timestamp()
        )
    except (ValueError, OverflowError):
        pass
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise ShapeError(f"Invalid timestamp: {text[:80]!r}") from error


def seconds(value: Any) -> float:
    """Seconds since the epoch of a service's timestamp: a number, an aware datetime, or ISO text."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.timestamp()
    return parse_time_text(str(value))


def iso8601(value: Any) -> str:
    """ISO 8601 in UTC, with milliseconds where there are any."""
    at = seconds(value)
    moment = datetime.fromtimestamp(round(at, 3), UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if moment.microsecond else f"{text}Z"


def rfc822(value: Any) -> str:
    """The form of HTTP dates."""
    return formatdate(seconds(value), usegmt=True)


def unix(value: Any) -> float | int:
    """A number of seconds, whole where it can be, else to the millisecond."""
    at = round(seconds(value), 3)
    return int(at) if at == int(at) else at


def time_writer(timestamp_format: str) -> Callable[[Any], Any]:
    """The function that writes a timestamp in `timestamp_format` (as botocore's models name it)."""
    return {ISO8601: iso8601, RFC822: rfc822, UNIX: unix}[timestamp_format.lower()]


def parse_blob(text: str) -> bytes:
    """Bytes from base64.

    Raises:
        ShapeError: it is not base64.
    """
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ShapeError("Unable to decode the value as base64") from error


def as_bytes(value: Any) -> bytes:
    """What a service answers as a blob."""
    return value.encode() if isinstance(value, str) else bytes(value)


def parse_integer(text: str) -> int:
    """A whole number.

    Raises:
        ShapeError: it is not one.
    """
    try:
        return int(text)
    except ValueError as error:
        raise ShapeError(f"{text[:80]!r} can not be converted to an Integer") from error


def parse_float(text: str) -> float:
    """A number.

    Raises:
        ShapeError: it is not one.
    """
    if text in _SPECIAL:
        return _SPECIAL[text]
    try:
        return float(text)
    except ValueError as error:
        raise ShapeError(f"{text[:80]!r} can not be converted to a Double") from error


def parse_boolean(text: str) -> bool:
    """`true` or `false`, in any case.

    Raises:
        ShapeError: it is neither.
    """
    lower = text.lower()
    if lower not in ("true", "false"):
        raise ShapeError(f"{text[:80]!r} can not be converted to a Boolean")
    return lower == "true"


def float_text(value: Any) -> str:
    """A number as AWS writes it in XML and headers."""
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)


#: How the text of a scalar is read, by the type of its shape.
TEXT_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "character": str,
    "integer": parse_integer,
    "long": parse_integer,
    "short": parse_integer,
    "bigInteger": parse_integer,
    "float": parse_float,
    "double": parse_float,
    "bigDecimal": parse_float,
    "boolean": parse_boolean,
    "timestamp": parse_time_text,
    "blob": parse_blob,
}
