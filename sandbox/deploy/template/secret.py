"""Texts that must be neither shown nor recorded: values of `NoEcho` parameters, and what is made of them."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

#: What is shown instead of a secret.
HIDDEN = "****"
_DIGEST = re.compile(r"\{\{noecho:[0-9a-f]{32}\}\}")


class SecretText(str):
    """A text that holds a secret; what functions make of it is one too."""

    __slots__ = ()


class LostText(SecretText):
    """A secret that was kept, and cannot be read any more."""

    __slots__ = ()


def is_lost(value: Any) -> bool:
    """Whether something of `value` cannot be read any more."""
    if isinstance(value, dict):
        return any(is_lost(item) for item in value.values())
    if isinstance(value, list):
        return any(is_lost(item) for item in value)
    return isinstance(value, LostText)


def mask(value: Any, key: str) -> Any:
    """`value` with secrets replaced by digests that tell only whether they changed.

    Args:
        key: keys the digests, so that equal secrets of two stacks do not look equal.
    """
    if isinstance(value, SecretText):
        digest = hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()
        return f"{{{{noecho:{digest[:32]}}}}}"
    if isinstance(value, dict):
        return {name: mask(item, key) for name, item in value.items()}
    if isinstance(value, list):
        return [mask(item, key) for item in value]
    return value


def without_digests(value: Any) -> Any:
    """`value`, which was masked, as it may be shown."""
    if isinstance(value, str):
        return _DIGEST.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {name: without_digests(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_digests(item) for item in value]
    return value


def reveal(value: Any) -> Any:
    """`value` with secrets as plain texts, as they go to a service."""
    if isinstance(value, SecretText):
        return str.__str__(value)
    if isinstance(value, dict):
        return {name: reveal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [reveal(item) for item in value]
    return value


def hide(value: Any) -> Any:
    """`value` as it may be shown."""
    if isinstance(value, list):
        return [hide(item) for item in value]
    return HIDDEN if isinstance(value, SecretText) else value


def plain(value: Any) -> Any:
    """`value` with secrets as ordinary texts, for whoever has to know them."""
    if isinstance(value, SecretText):
        return str.__str__(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
