"""What the value of a property must look like. Scalars are converted as CloudFormation does: `"90"` is 90."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.deploy.suggest import did_you_mean
from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.secret import SecretText
from sandbox.deploy.template.values import Unknown, as_text


class Shape(Protocol):
    """Reads a resolved value; `Unknown` passes every shape."""

    def read(self, value: Any, path: Path) -> Any:
        """The value, converted.

        Raises:
            Problem: it does not have this shape.
        """
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text; other scalars are written out."""

    allowed: tuple[str, ...] = ()

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, list | dict):
            raise Problem(path, "it is not a text", "give a text")
        text = as_text(value)
        if self.allowed and text not in self.allowed:
            hint = did_you_mean(text, self.allowed)
            raise Problem(
                path, f"{text!r} is not one of {', '.join(self.allowed)}.{hint}", "use one of these"
            )
        return text


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number."""

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, Unknown):
            return value
        try:
            if isinstance(value, bool) or float(value) != int(float(value)):
                raise ValueError
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            raise Problem(path, f"{value!r} is not a whole number", "give a whole number") from None


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, Unknown):
            return value
        try:
            number = float("" if isinstance(value, bool) else value)
        except (TypeError, ValueError):
            raise Problem(path, f"{value!r} is not a number", "give a number") from None
        return int(number) if number.is_integer() else number


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, bool | Unknown):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise Problem(path, f"{value!r} is neither true nor false", "give true or false")


@dataclass(frozen=True, slots=True)
class Json:
    """A document whose inside is the service's matter (a policy, a pattern); a text must hold one."""

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            try:
                document = json.loads(value)
                return _all_secret(document) if isinstance(value, SecretText) else document
            except ValueError as error:
                raise Problem(path, f"it is not JSON: {error}", "give a document") from error
        if not isinstance(value, list | dict | Unknown):
            raise Problem(path, "it is not a document", "give a mapping")
        return value


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; a single value does not pass for a list of one."""

    item: Shape

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, list):
            raise Problem(path, "it is not a list", "give a list")
        return [self.item.read(entry, (*path, index)) for index, entry in enumerate(value)]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with free keys."""

    item: Shape

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, dict):
            raise Problem(path, "it is not a mapping", "give `name: value` entries")
        return {key: self.item.read(entry, (*path, key)) for key, entry in value.items()}


@dataclass(frozen=True, slots=True)
class Struct:
    """A mapping whose keys are known; names of required ones in `required`."""

    members: Mapping[str, Shape]
    required: tuple[str, ...] = ()

    def read(self, value: Any, path: Path) -> Any:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, dict):
            raise Problem(path, "it is not a mapping", f"give {', '.join(self.members)}")
        for key in value:
            if key not in self.members:
                hint = did_you_mean(key, self.members)
                raise Problem((*path, key), f"{key} is not known or not implemented here.{hint}", "remove it")
        for key in self.required:
            if key not in value:
                raise Problem(path, f"it has no {key}", f"give its {key}")
        return {key: self.members[key].read(entry, (*path, key)) for key, entry in value.items()}


def _all_secret(value: Any) -> Any:
    """A document that was a secret text keeps none of its texts in the open."""
    if isinstance(value, dict):
        return {key: _all_secret(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_all_secret(item) for item in value]
    return SecretText(value) if isinstance(value, str) else value


#: `Tags` of most types.
TAG_LIST = ListOf(Struct({"Key": Text(), "Value": Text()}, ("Key", "Value")))
