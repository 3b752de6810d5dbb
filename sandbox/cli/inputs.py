"""What commands take in: texts from an argument, a file or standard input, message attributes, times."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from sandbox.errors import UsageError
from sandbox.model.durations import parse_moment


def read_text(word: str) -> str:
    """A text: the word itself, the file behind `@FILE`, or standard input for `-`.

    Raises:
        UsageError: the file cannot be read.
    """
    if word == "-":
        return sys.stdin.read()
    if not word.startswith("@"):
        return word
    try:
        return Path(word[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{word[1:]} cannot be read", unreadable(error), "name a text file, or give the text itself"
        ) from error


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read, in words."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def read_attributes(words: tuple[str, ...], document: str | None) -> dict[str, dict[str, Any]] | None:
    """Message attributes in the form of the SQS API.

    Args:
        words: `NAME=VALUE`, each a String.
        document: all of them as JSON (`--attributes-json`), for other types.

    Returns:
        None when none were given.

    Raises:
        UsageError: one cannot be read.
    """
    if not words and document is None:
        return None
    found: dict[str, dict[str, Any]] = {}
    if document is not None:
        try:
            found = msgspec.json.decode(read_text(document), type=dict[str, dict[str, Any]])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise UsageError(
                "the message attributes cannot be read",
                str(error),
                '--attributes-json takes {"cor": {"DataType": "String", "StringValue": "azul"}}',
            ) from error
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(
                f"{word!r} is no message attribute",
                "an attribute is NAME=VALUE",
                "write --attribute cor=azul",
            )
        found[name] = {"DataType": "String", "StringValue": value}
    return found


def read_moment(word: str | None, now: float, option: str) -> float | None:
    """Seconds since the epoch of a time, or of a duration ago.

    Raises:
        UsageError: it is neither.
    """
    if word is None:
        return None
    try:
        return parse_moment(word, now)
    except ValueError:
        raise UsageError(
            f"{word!r} is no time",
            f"{option} takes a time of the sandbox's clock, or how long ago",
            f"write {option} 2026-11-27T12:00:00Z or {option} 2h",
        ) from None
