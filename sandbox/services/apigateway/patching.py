"""Patch operations on values: "Patch operations" of the API Gateway REST API Reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.services.apigateway.definition import view

T = TypeVar("T", bound=msgspec.Struct)


def patched(value: T, patches: Sequence[Mapping[str, Any]], allowed: Iterable[str], operation: str) -> T:
    """The value after the patches.

    Args:
        allowed: the members that may be changed (`name`, `requestParameters`).
        operation: named where a patch is refused.

    Raises:
        AwsError: `BadRequestException` for a malformed patch; one not implemented is refused by name.
    """
    document = view(value)
    names = frozenset(allowed)
    for patch in patches:
        _apply(document, patch, names, operation)
    try:
        return msgspec.convert(document, type=type(value), strict=False)
    except msgspec.ValidationError as error:
        raise AwsError("BadRequestException", f"Invalid patch value: {error}") from error


def parts_of(path: str) -> list[str]:
    """The parts of a patch's path: `~1` is a slash, `~0` a tilde."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.lstrip("/").split("/")]


def checked_op(patch: Mapping[str, Any], operation: str) -> tuple[str, str, str]:
    """Operation, path and value of a patch.

    Raises:
        AwsError: `BadRequestException`: the operation is none; `copy`, `move` and `test` by name.
    """
    kind, path = patch.get("op", ""), patch.get("path", "")
    if kind in ("copy", "move", "test"):
        raise NotImplementedByName("apigateway", f"patch {kind} of {operation}")
    if kind not in ("add", "remove", "replace"):
        raise AwsError("BadRequestException", f"Invalid patch operation {kind!r}: replace, add or remove")
    if not path.startswith("/"):
        raise AwsError("BadRequestException", f"Invalid patch path {path!r}")
    return kind, path, patch.get("value", "")


def _apply(
    document: dict[str, Any], patch: Mapping[str, Any], allowed: frozenset[str], operation: str
) -> None:
    kind, path, value = checked_op(patch, operation)
    parts = parts_of(path)
    if parts[0] not in allowed:
        raise NotImplementedByName("apigateway", f"patch {kind} {path} of {operation}")
    holder: Any = document
    for part in parts[:-1]:
        holder = holder.setdefault(part, {}) if isinstance(holder, dict) else None
        if not isinstance(holder, dict | list):
            raise AwsError("BadRequestException", f"Invalid patch path {path!r}")
    name = parts[-1]
    if isinstance(holder, list) or isinstance(holder.get(name), list):
        items = holder if isinstance(holder, list) else holder[name]
        _change_list(items, kind, name if isinstance(holder, list) else value, value)
    elif kind == "remove":
        holder.pop(name, None)
    else:
        holder[name] = value


def _change_list(items: list[Any], kind: str, item: str, value: str) -> None:
    """Adds to a list, or takes away; the path names an item, or the value does."""
    if kind == "remove":
        items[:] = [one for one in items if one != item]
    elif kind == "add":
        if item not in items:
            items.append(item)
    else:
        items[:] = [value] if value else []
