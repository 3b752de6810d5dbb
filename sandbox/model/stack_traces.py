"""Exceptions as functions tell of them: in the error document of an invocation, and in log lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

#: Frames that are kept.
_FRAMES = 100
_TRACEBACK = "Traceback (most recent call last):"
_LEVELS = ("ERROR", "CRITICAL", "FATAL")


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception.

    Attributes:
        error: its type and message, in one line.
        frames: its stack trace, oldest call first.
    """

    error: str
    frames: tuple[str, ...] = ()


def raised_in_document(payload: str) -> Raised | None:
    """The exception of an error document (`errorType`, `errorMessage`, `stackTrace`), or None."""
    document = _document(payload)
    if document is None or "errorMessage" not in document:
        return None
    kind, message = str(document.get("errorType") or ""), str(document["errorMessage"])
    frames = document.get("stackTrace") or document.get("trace")
    kept = [str(frame).rstrip("\n") for frame in frames] if isinstance(frames, list) else []
    return Raised(_line(f"{kind}: {message}" if kind else message), tuple(kept[-_FRAMES:]))


def raised_in_log(lines: Sequence[str], about: str) -> Raised | None:
    """The newest exception that was logged, or None.

    Structured logs (one JSON object a line, with `exception`) and plain tracebacks are understood.

    Args:
        about: an id; exceptions whose line names it come before those that do not.
    """
    found = [raised for line in reversed(lines) if (raised := _of_line(line)) is not None]
    if not found:
        return None
    return next((raised for raised, line in found if about in line), found[0][0])


def _of_line(line: str) -> tuple[Raised, str] | None:
    document = _document(line)
    if document is None:
        return (_of_text(line), line) if _TRACEBACK in line else None
    text = document.get("exception") or document.get("exc_info") or document.get("stack_trace")
    if isinstance(text, str) and text:
        return _of_text(text), line
    level = str(document.get("level") or document.get("levelname") or "").upper()
    message = document.get("message") or document.get("msg")
    if level in _LEVELS and message:
        return Raised(_line(str(message))), line
    return None


def _of_text(text: str) -> Raised:
    """Reads a traceback: its last line that is not indented is the exception."""
    frames = [line.rstrip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    error = next((line for line in reversed(frames) if not line.startswith((" ", "\t"))), frames[-1])
    kept = [line for line in frames if line != error and not line.startswith(_TRACEBACK)]
    return Raised(_line(error), tuple(kept[-_FRAMES:]))


def _document(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return document if isinstance(document, dict) else None


def _line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
