"""Access logs: a format with `$context` variables, and a request's values in it.

Follows "Variables for access logging" of the API Gateway Developer Guide. A variable that has no value is
written as `-`. Values are escaped so that a format that is JSON stays JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError

#: Bytes of a format, as AWS limits it.
LONGEST_FORMAT = 3072
#: Texts that JSON writes as they are.
_PLAIN = re.compile(r"[ !#-\[\]-~]*")
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.-]*[A-Za-z0-9_-])|\$context\b")


def check_format(text: str) -> None:
    """Refuses formats that API Gateway refuses.

    Raises:
        AwsError: `BadRequestException`: it names no request, is too long, or has a line break inside.
    """
    if len(text.encode()) > LONGEST_FORMAT:
        raise AwsError("BadRequestException", f"Access log format must be at most {LONGEST_FORMAT} bytes")
    if "$context.requestId" not in text and "$context.extendedRequestId" not in text:
        raise AwsError(
            "BadRequestException",
            "Invalid access log format. Format must contain at least one of $context.requestId or "
            "$context.extendedRequestId",
        )
    if "\n" in text.rstrip("\n"):
        raise AwsError(
            "BadRequestException",
            "Access log format must be single line, new line character is allowed only at end of the format",
        )


def render(text: str, context: Mapping[str, Any]) -> str:
    """The line of one request.

    Args:
        text: the format.
        context: values by their names after `$context.`; those of maps (`authorizer`, `identity`) by dots.
    """
    parts = list(_parts(text))
    parts[1::2] = [_shown(lookup(context, name)) for name in parts[1::2]]
    return "".join(parts).rstrip("\n")


@lru_cache(maxsize=256)
def _parts(text: str) -> tuple[str, ...]:
    """A format as texts and, between them, the names of variables."""
    return tuple(part or "" for part in _VARIABLE.split(text))


def lookup(context: Mapping[str, Any], name: str) -> Any:
    """What a name with dots finds: whole, else part by part; None where there is nothing."""
    if name in context:
        return context[name]
    value: Any = context
    for part in name.split("."):
        # Nearly all of them are dictionaries; to look for a mapping of any kind takes ten times as long.
        if not (type(value) is dict or isinstance(value, Mapping)) or part not in value:
            return None
        value = value[part]
    return value


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "-"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if _PLAIN.fullmatch(text):
        return text
    return msgspec.json.encode(text).decode()[1:-1]
