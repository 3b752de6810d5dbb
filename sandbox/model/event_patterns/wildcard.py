"""`{"wildcard": "dir/*.png"}`: parsing, the limit on complexity, and matching without backtracking.

`*` stands for any run of characters; `\\*` and `\\\\` are the characters themselves.
Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.model.event_patterns.reasons import InvalidEventPatternError

#: More positions than this at once, and the pattern is refused. AWS does not publish its limit; this one
#: lies between what it is known to accept and what it is known to refuse.
MAX_POSITIONS = 10
_EXPLORED = 4_000
_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
    "after a wildcard character"
)


def parse_wildcard(text: str) -> list[str]:
    """The literal segments between the stars; one segment when there is no star.

    Raises:
        InvalidEventPatternError: two stars in a row, a bad escape, or too complex.
    """
    segments = [""]
    current: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        # Positions count in UTF-8 and from the quote before the value, as EventBridge reports them.
        if char == "*":
            if following == "*":
                raise InvalidEventPatternError(
                    f"Consecutive wildcard characters at pos {_position(text, at)}"
                )
            segments[-1] = "".join(current)
            segments.append("")
            current = []
        elif char == "\\":
            if following not in ("*", "\\") or not following:
                raise InvalidEventPatternError(f"Invalid escape character at pos {_position(text, at)}")
            current.append(following)
            at += 1
        else:
            current.append(char)
        at += 1
    segments[-1] = "".join(current)
    if _positions(segments) > MAX_POSITIONS:
        raise InvalidEventPatternError(_TOO_COMPLEX)
    return segments


def _position(text: str, at: int) -> int:
    return len(text[:at].encode(errors="surrogatepass")) + 1


def compile_wildcard(segments: list[str]) -> Callable[[str], bool]:
    """A predicate over strings."""
    if len(segments) == 1:
        whole = segments[0]
        return lambda value: value == whole
    first, *middle, last = segments
    shortest = sum(map(len, segments))

    def matches(value: str) -> bool:
        if len(value) < shortest or not value.startswith(first) or not value.endswith(last):
            return False
        # Taking the first place where each segment fits leaves the most room for those after it.
        at, end = len(first), len(value) - len(last)
        for segment in middle:
            found = value.find(segment, at, end)
            if found < 0:
                return False
            at = found + len(segment)
        return True

    return matches


def _positions(segments: list[str]) -> int:
    """In how many places of the pattern a value can be at once, at worst: what makes matching slow."""
    if len(segments) == 1:
        return 1
    tokens: list[str | None] = []
    for number, segment in enumerate(segments):
        if number:
            tokens.append(None)
        tokens.extend(segment)
    alphabet = {token for token in tokens if token is not None} | {""}
    start = _with_stars(frozenset({0}), tokens)
    seen, waiting, worst = {start}, [start], len(start)
    while waiting and worst <= MAX_POSITIONS and len(seen) < _EXPLORED:
        state = waiting.pop()
        for char in alphabet:
            following = _step(state, char, tokens)
            if following and following not in seen:
                seen.add(following)
                waiting.append(following)
                worst = max(worst, len(following))
    return worst


def _step(state: frozenset[int], char: str, tokens: list[str | None]) -> frozenset[int]:
    moved = set()
    for at in state:
        if at < len(tokens):
            token = tokens[at]
            if token is None:
                moved.add(at)
            elif token == char:
                moved.add(at + 1)
    return _with_stars(frozenset(moved), tokens)


def _with_stars(state: frozenset[int], tokens: list[str | None]) -> frozenset[int]:
    """A star may stand for nothing: whoever is before it is also behind it."""
    return state | {at + 1 for at in state if at < len(tokens) and tokens[at] is None}
