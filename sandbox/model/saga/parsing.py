"""Reads the decoded document of a saga declaration; every mistake is told with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.saga.checks import check
from sandbox.model.saga.declaration import (
    Declaration,
    DeclarationError,
    Events,
    Invariant,
    Participant,
    Place,
    State,
    Step,
    Style,
    Trigger,
    near,
)

#: The version of the schema that is read.
VERSION = 1


def parse_declaration(document: Any) -> Declaration:
    """Reads a declaration from a decoded document.

    Raises:
        DeclarationError: it is wrong; says where, why and what to do.
    """
    if not isinstance(document, Mapping):
        raise DeclarationError((), "it is not a mapping of names to values", "begin it with `saga: NAME`")
    _check_header(document)
    try:
        declaration = msgspec.convert(document, Declaration)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), document) from error
    check(declaration)
    return declaration


def _check_header(document: Mapping[str, Any]) -> None:
    """What decides how the rest is read."""
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise DeclarationError(
            ("version",),
            f"version {version!r} of the schema is not known",
            f"write `version: {VERSION}`",
        )
    style = document.get("style")
    styles = [one.value for one in Style]
    if style not in styles:
        raise DeclarationError(
            ("style",),
            f"{style!r} is not a style of saga.{near(str(style), styles)}",
            f"write one of {', '.join(styles)}",
        )


_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\[(\d+)\]|\[\.\.\.\]|\.([^.\[]+)")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")


def _refusal(message: str, document: Any) -> DeclarationError:
    match = _AT.match(message)
    assert match is not None
    place: Place = tuple(
        int(index) if index else name for index, name in _STEP.findall(match["path"] or "") if index or name
    )
    what = match["what"]
    if unknown := _UNKNOWN.search(what):
        known = _members(place)
        return DeclarationError(
            (*place, unknown[1]),
            f"{unknown[1]} is not a key here.{near(unknown[1], known)}",
            f"use {', '.join(known)}" if known else "remove it",
        )
    if missing := _MISSING.search(what):
        return DeclarationError(place, f"{missing[1]} is missing", f"add `{missing[1]}: …`")
    return DeclarationError(place, what, "correct the value; the README of handlers/nfe explains each key")


_SHAPES: Mapping[tuple[str, ...], type[msgspec.Struct]] = {
    (): Declaration,
    ("participants",): Participant,
    ("steps",): Step,
    ("steps", "trigger"): Trigger,
    ("events",): Events,
    ("state",): State,
    ("invariants",): Invariant,
}


def _members(place: Place) -> list[str]:
    shape = _SHAPES.get(tuple(part for part in place if isinstance(part, str)))
    return list(shape.__struct_encode_fields__) if shape is not None else []
