"""DynamoDB's numbers: 38 significant digits, magnitudes from 1E-130 to 9.99…E+125.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html#limits-data-types-number
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact

from sandbox.model.dynamodb.errors import validation

_FORM = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,6})?\Z", re.ASCII)
#: Amounts of money and the like, which need no arithmetic to be told apart.
_SHORT = re.compile(r"(0|[1-9]\d{0,17})\.\d{1,18}\Z", re.ASCII)
_DIGITS = 38
_LARGEST = 125
_SMALLEST = -130
#: Wide enough for the difference of the largest and the smallest number.
_ARITHMETIC = Context(prec=300, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999, traps=[Inexact])


def parse_number(text: str) -> Decimal:
    """The value of a number as clients write it.

    Raises:
        AwsError: ValidationException: it is no number, or one that DynamoDB cannot hold.
    """
    if not _FORM.match(text):
        raise validation(
            f"The parameter cannot be converted to a numeric value: {text}"
            if text
            else "The parameter cannot be converted to a numeric value"
        )
    return _held(Decimal(text))


def _held(value: Decimal) -> Decimal:
    """The value, if DynamoDB can hold it."""
    if not value:
        return Decimal(0)
    size = value.adjusted()
    if size > _LARGEST:
        raise validation(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if size < _SMALLEST:
        raise validation(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    digits = value.as_tuple().digits
    if len(digits) > _DIGITS and len("".join(map(str, digits)).strip("0")) > _DIGITS:
        raise validation("Attempting to store more than 38 significant digits in a Number")
    return value


def number_text(value: Decimal) -> str:
    """A number as DynamoDB returns it: no exponent, no superfluous zeros."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def canonical(text: str) -> str:
    """A number as it is stored.

    Raises:
        AwsError: ValidationException, as `parse_number`.
    """
    # Most numbers are short whole ones, written as DynamoDB itself writes them.
    if len(text) <= _DIGITS and text.isdecimal() and text.isascii() and (text[0] != "0" or text == "0"):
        return text
    if _SHORT.match(text):
        return text.rstrip("0").rstrip(".")
    return number_text(parse_number(text))


def add(left: str, right: str, sign: int = 1) -> str:
    """The sum (or, with `sign` -1, the difference) of two stored numbers.

    Raises:
        AwsError: ValidationException: DynamoDB cannot hold the result.
    """
    second = Decimal(right)
    return number_text(_held(_ARITHMETIC.add(Decimal(left), second if sign > 0 else -second)))


def sortable(text: str) -> bytes:
    """Bytes that sort as the stored numbers do."""
    if text.isdecimal() and text != "0":  # most are short whole ones; what follows would say the same
        return b"\xc0" + (len(text) + 0x4000).to_bytes(2, "big") + text.rstrip("0").encode()
    value = Decimal(text)
    if not value:
        return b"\x80"
    sign, digits, exponent = value.normalize(_ARITHMETIC).as_tuple()
    assert isinstance(exponent, int)
    magnitude = len(digits) + exponent + 0x4000
    if sign:
        return (
            b"\x40" + (0x8000 - magnitude).to_bytes(2, "big") + bytes(0x3A - digit for digit in digits) + b"~"
        )
    return b"\xc0" + magnitude.to_bytes(2, "big") + bytes(0x30 + digit for digit in digits)
