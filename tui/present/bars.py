"""The lines that are always there: connection and clock above, screens below it, keys at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from tui.picture import Link, Picture
from tui.present import marks
from tui.present.cells import Line, Tone, join, text, width_of
from tui.present.numbers import clock_time, date_time, span_of

SCREENS = (
    ("overview", "Overview"),
    ("queues", "Queues"),
    ("sagas", "Sagas"),
    ("flows", "Flows"),
    ("functions", "Functions"),
    ("bus", "Bus"),
    ("logs", "Logs"),
    ("data", "Data"),
    ("lints", "Lints"),
)
#: What the registry calls the list of faults, which lies over any screen.
FAULTS = "faults"


def connection(picture: Picture, wall: float) -> Line:
    """Whether the sandbox answers, and since when not."""
    link = picture.connection.link
    if link is Link.LOST:
        since = picture.connection.since
        return marks.mark(link.value, f"disconnected since {clock_time(since)} ({span_of(wall - since)})")
    return marks.mark(link.value)


def speed(factor: float) -> Line:
    """How time runs."""
    if factor == 0:
        return text("⏸ paused", Tone.WARN)
    return text(f"▶ {factor:g}×", Tone.OK if factor == 1 else Tone.ACCENT)


def clock(picture: Picture, wall: float, *, long: bool) -> Line:
    """Virtual time, its speed, and what is due next."""
    if picture.status is None:
        return text("--:--:--", Tone.IDLE)
    view = picture.status.clock
    now = picture.now(wall)
    parts = [text(date_time(now) if long else clock_time(now), Tone.STRONG), speed(view.speed)]
    if abs(view.offset_seconds) > 1 and long:
        ahead = "ahead" if view.offset_seconds > 0 else "behind"
        parts.append(text(f"{span_of(abs(view.offset_seconds))} {ahead}", Tone.DIM))
    if view.next:
        due = view.next[0]
        left = float(due["in_seconds"]) - (now - view.now)
        label = str(due["label"])
        parts.append(text(f"next {label if long else label[-22:]} in {span_of(max(0.0, left))}", Tone.DIM))
    return join(*parts, gap="  ")


def top(picture: Picture, wall: float, width: int, height: int = 24) -> tuple[Line, Line]:
    """The left and the right half of the top line.

    Args:
        height: of the terminal; one that is too small is told so.
    """
    link = connection(picture, wall)
    if small := too_small(width, height):
        moment = "--:--:--" if picture.status is None else clock_time(picture.now(wall))
        return join(link, text(small, Tone.WARN)), text(moment, Tone.STRONG)
    left = [text(" sandbox", Tone.TITLE), link]
    if picture.connection.link is Link.FILE:
        return join(*left, text(picture.file, Tone.STRONG), gap="  "), text("read only", Tone.DIM)
    if picture.status is not None and picture.live:
        stacks = ",".join(stack.name for stack in picture.status.stacks)
        place = picture.status.endpoint.removeprefix("http://")
        left.append(text(f"{stacks} {place}".strip() if width >= 110 else stacks, Tone.DIM))
    right = clock(picture, wall, long=width >= 110)
    whole = join(*left, gap="  ")
    if width_of(whole) + width_of(right) + 2 > width:
        whole = join(*left[:2], gap="  ")
    return whole, right


def tabs(active: str, width: int, badges: dict[str, int]) -> list[tuple[str, str, bool, bool]]:
    """The screens as (name, label, active, has problems); labels shrink with the width."""
    labels = []
    for number, (name, label) in enumerate(SCREENS, 1):
        badge = badges.get(name, 0)
        shown = label if width >= 80 or name == active else label[:3] if width >= 64 else ""
        words = f"{number} {shown}".rstrip()
        labels.append(
            (name, f"{words} {badge}!" if badge and width >= 100 else words, name == active, bool(badge))
        )
    return labels


def keys(actions: Sequence[tuple[str, str, str]], width: int) -> list[tuple[str, str, str]]:
    """As many of (action, key, label) as there is room for, in their order; the help is always among them."""

    def room(item: tuple[str, str, str]) -> int:
        return len(item[1]) + len(item[2]) + 3

    shown: list[tuple[str, str, str]] = []
    left = width - 1 - sum(room(item) for item in actions if item[0] == "help")
    full = False
    for item in actions:
        if item[0] == "help":
            shown.append(item)
        elif not full and room(item) <= left:
            left -= room(item)
            shown.append(item)
        else:
            full = True
    return shown


def too_small(width: int, height: int) -> str:
    """A word about a terminal that is too small; empty for one that is large enough."""
    if width >= 80 and height >= 24:
        return ""
    return f"{width}x{height} is small"
