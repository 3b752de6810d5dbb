"""Messages: what bodies and attributes may hold, digests and sizes, and which attributes a receive asks for.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.sqs_errors import invalid_parameter, invalid_value

#: `{name: {"DataType": ..., "StringValue": str} or {"DataType": ..., "BinaryValue": bytes}}`, as in the API.
Attributes = Mapping[str, Mapping[str, Any]]

TRACE_HEADER = "AWSTraceHeader"
MAX_ATTRIBUTES = 10
#: What AttributeNames and MessageSystemAttributeNames of ReceiveMessage may ask for.
SYSTEM_NAMES = frozenset(
    (
        "All",
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        TRACE_HEADER,
        "DeadLetterQueueSourceArn",
    )
)

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ALLOWED = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
#: Letters with accents are taken too, though AWS's page does not say so.
_NAME = re.compile("[A-Za-z0-9_\u00c0-\u017f-]+(\\.[A-Za-z0-9_\u00c0-\u017f-]+)*")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_GROUP = re.compile(r"[!-~]{1,128}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_SIGNIFICANT_DIGITS = 38
_EXPONENT = (-128, 126)


def check_text(text: str) -> None:
    """Refuses characters that XML 1.0 cannot carry.

    Raises:
        AwsError: InvalidMessageContents.
    """
    if not text.isascii() or not text.isprintable():
        bad = _FORBIDDEN.search(text)
        if bad:
            raise AwsError(
                "InvalidMessageContents", f"Invalid characters found. Valid unicode characters are {_ALLOWED}"
            )


def check_attributes(attributes: Attributes) -> None:
    """Checks names, types and values of message attributes.

    Raises:
        AwsError: InvalidParameterValue or InvalidMessageContents, naming the attribute.
    """
    if len(attributes) > MAX_ATTRIBUTES:
        raise invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{MAX_ATTRIBUTES}]."
        )
    for name, attribute in attributes.items():
        _check_name(name)
        _check_attribute(name, attribute)


def check_system_attributes(attributes: Attributes) -> str | None:
    """Checks the system attributes of a send.

    Returns:
        The X-Ray trace header, if it is there.

    Raises:
        AwsError: another attribute than `AWSTraceHeader`, or not a non-empty String.
    """
    for name, attribute in attributes.items():
        if name != TRACE_HEADER:
            raise invalid_parameter(
                f"Message system attribute name '{name}' is invalid. Only {TRACE_HEADER} can be sent."
            )
        value = attribute.get("StringValue")
        if attribute.get("DataType") != "String" or not value:
            raise invalid_parameter(
                f"Message (system) attribute '{name}' must contain a non-empty value of type 'String'."
            )
        check_text(value)
        return str(value)
    return None


def is_group(value: str) -> bool:
    """Whether that can be the id of a message group, a deduplication or an attempt."""
    return _GROUP.fullmatch(value) is not None


def check_group(value: str, parameter: str = "MessageGroupId") -> None:
    """Checks a message group id (standard queues take one too, for fair queues).

    Raises:
        AwsError: InvalidParameterValue.
    """
    if not is_group(value):
        reason = f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_value(value, parameter, reason)


def body_digest(body: str) -> str:
    """MD5 of a message body, in hexadecimal."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def attributes_digest(attributes: Attributes) -> str:
    """MD5 of message attributes: in order of names, each with type, transport and value, length-prefixed."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        kind = attribute["DataType"]
        binary = kind.startswith("Binary")
        value = attribute["BinaryValue"] if binary else attribute["StringValue"].encode()
        for part in (name.encode(), kind.encode()):
            digest.update(len(part).to_bytes(4, "big") + part)
        digest.update(b"\x02" if binary else b"\x01")
        digest.update(len(value).to_bytes(4, "big") + value)
    return digest.hexdigest()


def message_bytes(body: str, attributes: Attributes) -> int:
    """Size of a message as its limit counts it: body, and names, types and values of its attributes."""
    size = len(body) if body.isascii() else len(body.encode())
    for name, attribute in attributes.items():
        value = attribute.get("BinaryValue")
        if value is None:
            value = str(attribute.get("StringValue", "")).encode()
        size += len(name.encode()) + len(str(attribute.get("DataType", "")).encode()) + len(value)
    return size


def selected(attributes: Attributes, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The message attributes that are asked for by names, prefixes (`foo.*`, `foo*`), `All` or `.*`."""
    if not names or not attributes:
        return {}
    if any(name in ("All", ".*", "*") for name in names):
        return dict(attributes)
    exact = set(names)
    prefixes = tuple(name[:-2] if name.endswith(".*") else name[:-1] for name in names if name.endswith("*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in exact or (prefixes and name.startswith(prefixes))
    }


def selected_system(attributes: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The system attributes that AttributeNames and MessageSystemAttributeNames ask for."""
    if not names:
        return {}
    if "All" in names:
        return dict(attributes)
    return {name: value for name, value in attributes.items() if name in names}


def _check_name(name: str) -> None:
    if len(name) > 256:
        raise invalid_parameter("Length of message attribute name must be less than 256 bytes.")
    if name.lower().startswith(("aws.", "amazon.")) or not _NAME.fullmatch(name):
        raise invalid_parameter(
            f"The message attribute name '{name}' is invalid: it can contain A-Z, a-z, 0-9, underscore (_), "
            "hyphen (-) and period (.), cannot start or end with a period nor have two in a row, and "
            "cannot begin with 'AWS.' or 'Amazon.'."
        )


def _check_attribute(name: str, attribute: Mapping[str, Any]) -> None:
    kind = attribute.get("DataType")
    if not kind:
        raise invalid_parameter(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    match = _TYPE.fullmatch(kind)
    if match is None or len(kind) > 256:
        raise invalid_parameter(
            f"The message attribute '{name}' has an invalid message attribute type, "
            "the set of supported type prefixes is Binary, Number, and String."
        )
    check_text(kind)
    for member in ("StringListValues", "BinaryListValues"):
        if attribute.get(member):
            raise AwsError(
                "UnsupportedOperation",
                f"{member} of message attribute '{name}' is reserved by AWS and not supported.",
            )
    base = match.group(1)
    member, other = ("BinaryValue", "StringValue") if base == "Binary" else ("StringValue", "BinaryValue")
    value = attribute.get(member)
    if not value:
        raise invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
        )
    if attribute.get(other):
        raise invalid_parameter(
            f"The message attribute '{name}' with type '{kind}' must use field '{member}' only."
        )
    if base != "Binary" and _FORBIDDEN.search(value):
        raise invalid_parameter(
            f"Message (user) attribute '{name}' contains characters that are not allowed: {_ALLOWED}"
        )
    if base == "Number":
        _check_number(name, value)


def _check_number(name: str, value: str) -> None:
    match = _NUMBER.fullmatch(value)
    number = Decimal(value) if match else None
    in_range = number is not None and (not number or _EXPONENT[0] <= number.adjusted() <= _EXPONENT[1])
    digits = (
        "".join(str(digit) for digit in number.as_tuple().digits).strip("0") if number is not None else ""
    )
    if not in_range or len(digits) > _SIGNIFICANT_DIGITS:
        raise invalid_parameter(f"Can't cast the value of message (user) attribute '{name}' to a number.")
