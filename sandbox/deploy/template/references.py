"""Which resources a value needs: through `Ref`, `Fn::GetAtt` and `Fn::Sub`, in the branches that hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.deploy.template.problem import Path

_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


def references(value: Any, holds: Callable[[str, Path], bool], path: Path = ()) -> Iterator[str]:
    """The names that `value` refers to, parameters included.

    Args:
        holds: whether a condition holds; only that branch of an `Fn::If` counts.
    """
    if isinstance(value, list):
        for item in value:
            yield from references(item, holds, path)
    elif isinstance(value, dict):
        if len(value) == 1:
            (key,) = value
            found = _of_function(key, value[key], holds, path)
            if found is not None:
                yield from found
                return
        for item in value.values():
            yield from references(item, holds, path)


def _of_function(
    key: str, value: Any, holds: Callable[[str, Path], bool], path: Path
) -> Iterable[str] | None:
    if key == "Ref" and isinstance(value, str):
        return [value]
    if key == "Fn::GetAtt" and value:
        name = value.split(".", 1)[0] if isinstance(value, str) else value[0]
        return [name] if isinstance(name, str) else None
    if key == "Fn::Sub":
        return _of_sub(value, holds, path)
    if key == "Fn::If" and isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return references(value[1] if holds(value[0], path) else value[2], holds, path)
    return None


def _of_sub(value: Any, holds: Callable[[str, Path], bool], path: Path) -> Iterator[str]:
    text, given = value if isinstance(value, list) and len(value) == 2 else (value, {})
    if isinstance(text, str):
        for match in _VARIABLE.finditer(text):
            name = match[1].strip()
            if name not in given:
                yield name.split(".", 1)[0]
    yield from references(given, holds, path)
