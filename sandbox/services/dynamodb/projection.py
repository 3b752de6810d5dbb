"""Which attributes a read answers: ProjectionExpression, or AttributesToGet of old."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.grammar import Parser
from sandbox.model.dynamodb.expressions.nodes import Path
from sandbox.model.dynamodb.expressions.paths import check_apart
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.keys import KeySchema


def read_projection(
    params: Mapping[str, Any], schema: KeySchema, placeholders: Placeholders | None = None
) -> tuple[Path, ...] | None:
    """The paths that a read asks for; None: everything.

    Args:
        schema: the key of the table.
        placeholders: those of the request, where other expressions share them; who hands them in checks that
            all were used.

    Raises:
        AwsError: ValidationException.
    """
    text, names = params.get("ProjectionExpression"), params.get("AttributesToGet")
    if text is None and not names and "ExpressionAttributeNames" not in params:
        return None
    if text is not None and names:
        raise validation(
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
        )
    own = placeholders or Placeholders(params.get("ExpressionAttributeNames"), None)
    if placeholders is None:
        own.check_wanted({"ProjectionExpression": text})
    paths: tuple[Path, ...] | None = None
    if text is not None:
        parser = Parser("ProjectionExpression", text, own)
        paths = parser.projection()
        check_apart(paths, parser.tokens.error)
        _check_scalars(paths, schema)
    elif names:
        if len(set(names)) != len(names):
            raise validation(
                "One or more parameter values were invalid: Duplicate value in attribute name: "
                f"{next(name for name in names if names.count(name) > 1)}"
            )
        paths = tuple(Path((name,)) for name in names)
    if placeholders is None:
        own.check_used()
    return paths


def _check_scalars(paths: tuple[Path, ...], schema: KeySchema) -> None:
    for path in paths:
        if len(path.steps) > 1 and path.top in schema.names:
            raise validation(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
                f"allowed: Key: {path.top}"
            )
