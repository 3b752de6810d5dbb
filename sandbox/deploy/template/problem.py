"""A mistake in a template, at a place in it; whoever knows the file turns it into a `TemplateError`."""

from __future__ import annotations

from collections.abc import Sequence

#: Keys and indexes from the root of a template to a value.
Path = tuple[str | int, ...]


class Problem(Exception):  # noqa: N818 - becomes a TemplateError once the file is known
    """One mistake.

    Args:
        path: where it is.
        why: what is wrong there.
        remedy: what to do about it.
    """

    def __init__(self, path: Path, why: str, remedy: str) -> None:
        super().__init__(path, why, remedy)
        self.path = path
        self.why = why
        self.remedy = remedy


class Problems(Exception):  # noqa: N818 - as above
    """Several mistakes, told together."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)


def describe(path: Path) -> str:
    """The place in words: `resource Fila, property RedrivePolicy.maxReceiveCount`."""
    if len(path) >= 2 and path[0] == "Resources":
        tail = path[2:]
        if tail[:1] == ("Properties",) and len(tail) > 1:
            return f"resource {path[1]}, property {dotted(tail[1:])}"
        return f"resource {path[1]}" + (f", {dotted(tail)}" if tail else "")
    if len(path) >= 2:
        return f"{str(path[0]).removesuffix('s').lower()} {path[1]}" + (
            f", {dotted(path[2:])}" if len(path) > 2 else ""
        )
    return dotted(path) or "the template"


def dotted(path: Path) -> str:
    """The path as people write it: `Targets[0].Arn`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
