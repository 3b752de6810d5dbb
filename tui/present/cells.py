"""Text with tones: what `present` makes and widgets draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from sandbox.model.safe_text import one_line


class Tone(StrEnum):
    """What a piece of text means; a theme gives it a colour."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    TITLE = "title"
    ACCENT = "accent"
    OK = "ok"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"
    IDLE = "idle"


Span = tuple[str, Tone]
Line = tuple[Span, ...]
#: A cell whose text depends on how wide it is drawn, such as a bar.
Drawn = Callable[[int], Line]
Cell = Line | Drawn
Builder = Callable[[int], list[Line]]
#: Cells of a name that suffice to know it by.
_LEGIBLE = 24
#: Cells that are left of a piece at least: both its ends.
_LEAST = 5


def text(value: object, tone: Tone = Tone.PLAIN) -> Line:
    """One line in one tone, with everything a terminal could act on made visible."""
    return ((one_line(str(value)), tone),)


def join(*lines: Line | str, gap: str = " ") -> Line:
    """Lines one after another, with a gap between those that are not empty."""
    spans: list[Span] = []
    for line in lines:
        part = ((line, Tone.PLAIN),) if isinstance(line, str) else line
        if not part or not any(piece for piece, _ in part):
            continue
        if spans and gap:
            spans.append((gap, Tone.PLAIN))
        spans.extend(part)
    return tuple(spans)


def width_of(line: Iterable[Span]) -> int:
    """How many cells of a terminal a line takes."""
    return sum(cell_len(piece) for piece, _ in line)


def plain(line: Iterable[Span]) -> str:
    """The line without its tones."""
    return "".join(piece for piece, _ in line)


def fit(line: Line, width: int, *, right: bool = False) -> Line:
    """The line in exactly so many cells: cut with an ellipsis, or filled with blanks."""
    taken = width_of(line)
    if taken == width:
        return line
    if taken < width:
        blank: Span = (" " * (width - taken), Tone.PLAIN)
        return (blank, *line) if right else (*line, blank)
    if width <= 0:
        return ()
    return _cut(line, width)


def _cut(line: Line, width: int) -> Line:
    spans: list[Span] = []
    left = width - 1
    for piece, tone in line:
        size = cell_len(piece)
        if size >= left:
            spans.append((set_cell_size(piece, left), tone))
            spans.append(("…", tone))
            return tuple(spans)
        spans.append((piece, tone))
        left -= size
    return tuple(spans)


def squeeze(name: str, width: int) -> str:
    """A name in so many cells; what tells names apart is often at both ends, so the middle goes."""
    if cell_len(name) <= width:
        return name
    if width < 5:
        return set_cell_size(name, max(0, width))
    tail = (width - 1) // 2
    return f"{set_cell_size(name, width - 1 - tail)}…{name[-tail:]}"


def squeezed(before: Line, name: Line, *tails: Line) -> Drawn:
    """A cell of which the middle of the name goes where there is no room, and what comes after it stays.

    Args:
        before: stands before the name, whole.
        name: of several tones or one.
        tails: the fullest first; the first one that leaves most of the name is taken, else the last.
    """

    needed = min(width_of(name), max(_LEGIBLE, width_of(name[:-1]) + _LEAST))

    def draw(width: int) -> Line:
        room = 0
        for tail in tails:
            room = width - width_of(before) - width_of(tail)
            if room >= needed:
                break
        return (*before, *_squeezed(name, max(_LEAST, room)), *tail)

    return draw


def _squeezed(line: Line, width: int) -> Line:
    over = width_of(line) - width
    if over <= 0:
        return line
    *whole, (last, tone) = line
    return (*whole, (squeeze(last, max(_LEAST, cell_len(last) - over)), tone))


def wrap(line: Line, width: int, *, indent: int = 0, most: int = 200) -> list[Line]:
    """The line over as many lines as it needs, broken at blanks where there are some.

    Args:
        indent: blanks before every line but the first.
        most: how many lines; what does not fit is left out with a word about it.
    """
    if width_of(line) <= width:
        return [line]
    room = max(8, width - indent)
    words: list[Span] = [(word, tone) for piece, tone in line for word in _words(piece, room)]
    lines: list[list[Span]] = [[]]
    used = 0
    for word, tone in words:
        size = cell_len(word)
        limit = width if len(lines) == 1 else room
        if used + cell_len(word.rstrip()) > limit and used:
            lines.append([])
            used = 0
            if not word.strip():
                continue
        if used + size > (width if len(lines) == 1 else room):
            word = word.rstrip()
        lines[-1].append((word, tone))
        used += cell_len(word)
    blank: Line = ((" " * indent, Tone.PLAIN),) if indent else ()
    wrapped = [tuple(spans) if not index else (*blank, *spans) for index, spans in enumerate(lines)]
    if len(wrapped) > most:
        return [*wrapped[:most], text(f"… {len(wrapped) - most} more lines", Tone.DIM)]
    return wrapped


def _words(piece: str, room: int) -> Iterable[str]:
    word = ""
    for character in piece:
        word += character
        if character == " " or cell_len(word) >= room:
            yield word
            word = ""
    if word:
        yield word
