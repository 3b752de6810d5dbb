"""Durations as people write them: `90s`, `1m30s`, `2h`, `500ms`, `1d`; moments: a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
#: Longer ones are slips of the pen: ten thousand years, in seconds.
_LONGEST = 3.2e11


def parse_duration(text: str) -> float:
    """Seconds in a duration; a bare number counts seconds.

    Raises:
        ValueError: it is not a duration, or longer than ten thousand years.
    """
    compact = text.strip().lower().replace(" ", "")
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", compact):
        seconds = float(compact)
    elif not compact or _PART.sub("", compact):
        raise ValueError(f"{text!r} is not a duration: write 90s, 1m30s, 2h or 500ms")
    else:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(compact))
    if seconds > _LONGEST:
        raise ValueError(f"{text[:30]!r} is longer than ten thousand years")
    return seconds


def parse_moment(text: str, now: float) -> float:
    """A moment: a time (`2026-11-27T12:00:00Z`; without a zone it is UTC), or how long ago (`2h`).

    Args:
        now: seconds since the epoch.

    Returns:
        Seconds since the epoch.

    Raises:
        ValueError: it is neither.
    """
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text.strip().upper().replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 2026-11-27T12:00:00Z, or how long ago: 2h") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def format_after(seconds: float) -> str:
    """How long after a beginning, in at most nine characters that tell milliseconds apart (`+61.404s`)."""
    seconds = max(0.0, seconds)
    if seconds < 999.9995:
        return f"+{seconds:.3f}s"
    return f"+{seconds:.1f}s" if seconds < 9999.95 else f"+{format_duration(seconds)}"


def format_duration(seconds: float) -> str:
    """A duration in at most two units (`1m 30s`); below a second in milliseconds."""
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if round(seconds * 1000) < 1000:
        return f"{seconds * 1000:.0f}ms"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}s"
    seconds = max(seconds, 60.0)
    for size, unit, smaller, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if seconds >= size:
            rest = int(seconds % size // smaller)
            return f"{int(seconds // size)}{unit}" + (f" {rest}{name}" if rest else "")
    return f"{seconds:.0f}s"
