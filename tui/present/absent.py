"""What stands in place of a list that is not there: loading, disconnected, cannot tell, empty, nothing
found.
"""

from __future__ import annotations

from tui.picture import Link, Picture, Trouble
from tui.present.cells import Line, Tone, text


def absent(
    picture: Picture, topics: tuple[str, ...], empty: str, hint: str = "", needle: str = ""
) -> tuple[Line, ...]:
    """The lines for an empty list.

    Args:
        topics: the topics that it comes from; the first that there is trouble with is told.
        empty: what it means that it is empty.
        hint: what to do about that.
        needle: what was searched for.
    """
    if picture.connection.link is Link.LOST:
        reason = picture.connection.reason or "the sandbox does not answer"
        return _lines((reason, Tone.BAD), (picture.connection.remedy, Tone.DIM), ("trying again …", Tone.DIM))
    for topic in topics:
        if topic in picture.missing:
            return _lines(
                ("this sandbox cannot tell", Tone.WARN),
                ("it is of another version than this dashboard: restart it with `sandbox up`", Tone.DIM),
            )
        if trouble := picture.troubles.get(topic):
            return _lines((trouble, Tone.BAD))
    if picture.connection.link is Link.CONNECTING:
        return _lines(("connecting …", Tone.DIM))
    if needle:
        return _lines((f"nothing here has {needle!r}", Tone.WARN), ("Esc ends the search", Tone.DIM))
    return _lines((empty, Tone.DIM), (hint, Tone.DIM))


def refused(trouble: Trouble) -> tuple[Line, ...]:
    """The lines for a question that was not answered."""
    if trouble.missing:
        return _lines(("this sandbox cannot tell", Tone.WARN), (trouble.remedy, Tone.DIM))
    return _lines((trouble.what, Tone.BAD), (trouble.why, Tone.DIM), (trouble.remedy, Tone.DIM))


def _lines(*words: tuple[str, Tone]) -> tuple[Line, ...]:
    return tuple(text(f"  {piece}", tone) for piece, tone in words if piece)
