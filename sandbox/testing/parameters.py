"""Values for a template's parameters, as tests write them."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.errors import UsageError

#: Texts, numbers and truth values, by the name of the parameter.
Parameters = Mapping[str, str | int | float | bool]


def as_texts(parameters: Mapping[str, object]) -> dict[str, str]:
    """The values as templates take them: texts; truth values are `true` and `false`.

    Raises:
        UsageError: a value is none of these.
    """
    return {name: _text(name, value) for name, value in parameters.items()}


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(
        f"the parameter {name} has no value that a template takes",
        f"it is {type(value).__name__}, not a text, a number, True or False",
        'write a list as a text with commas: "a,b"',
    )
