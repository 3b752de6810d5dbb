"""Numbers, times and ages as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.model.durations import format_duration
from tui.present.cells import Line, Tone, text

_BLOCKS = "▁▂▃▄▅▆▇█"


def count(number: float) -> str:
    """A count in at most six characters: 999, 20,000, 1.2M."""
    if number < 100_000:
        return f"{number:,.0f}"
    if number < 1_000_000:
        return f"{number / 1000:.0f}k"
    return f"{number / 1_000_000:.1f}M"


def quantity(number: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 message`, `20,000 messages`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def span_of(seconds: float | None) -> str:
    """A duration; nothing for None. From a second on it has no fraction, so it changes once a second."""
    if seconds is None:
        return ""
    if 1 <= seconds < 60:
        return f"{seconds:.0f}s"
    return format_duration(max(0.0, seconds))


def age_of(seconds: float) -> str:
    """An age, coarser the older it is: a list of ages must not flicker every second."""
    if seconds < 60:
        return span_of(seconds)
    if seconds < 3600:
        return f"{seconds // 60:.0f}m"
    return format_duration(seconds // 60 * 60)


def exact(seconds: float) -> str:
    """A duration with its fraction: for durations that do not change any more."""
    return format_duration(max(0.0, seconds))


def milliseconds(value: float | None) -> str:
    """Milliseconds with as many digits as matter."""
    if value is None:
        return "–"
    return (
        f"{value:.1f} ms"
        if value < 100
        else f"{value:,.0f} ms"
        if value < 10_000
        else f"{value / 1000:.1f} s"
    )


def per_second(rate: float) -> str:
    """A rate; nothing when it is none."""
    if rate <= 0:
        return ""
    return f"{rate:.1f}/s" if rate < 10 else f"{count(rate)}/s"


def clock_time(moment: float | None, *, millis: bool = False) -> str:
    """The time of day of a virtual moment, in UTC."""
    if moment is None:
        return ""
    when = datetime.fromtimestamp(moment, UTC)
    return when.strftime("%H:%M:%S") + (f".{when.microsecond // 1000:03d}" if millis else "")


def date_time(moment: float) -> str:
    """Date and time of a virtual moment, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def sparkline(series: tuple[float, ...], width: int, tone: Tone = Tone.ACCENT) -> Line:
    """A series as blocks, newest on the right; quiet stretches are a dim line."""
    shown = series[-width:]
    top = max(shown, default=0.0)
    if top <= 0:
        return text("·" * width, Tone.IDLE)
    blocks = "".join("·" if value <= 0 else _BLOCKS[min(7, int(value / top * 7.999))] for value in shown)
    return ((("·" * (width - len(shown))) + blocks, tone),)


def bar(fraction: float, width: int, tone: Tone) -> Line:
    """A fraction of one as a filled bar."""
    filled = max(0, min(width, round(fraction * width)))
    if fraction > 0 and not filled:
        filled = 1
    return (("━" * filled, tone), ("─" * (width - filled), Tone.IDLE))
