"""Key condition expressions: which part of an index a query reads.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.model.dynamodb.errors import invalid, validation
from sandbox.model.dynamodb.expressions.checking import check_condition
from sandbox.model.dynamodb.expressions.grammar import Parser
from sandbox.model.dynamodb.expressions.nodes import (
    Between,
    Comparison,
    Condition,
    Constant,
    Function,
    In,
    Logical,
    Not,
    Operand,
    Path,
)
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.keys import KeyPart, KeySchema, bucket_of, encode, encode_open
from sandbox.model.dynamodb.values import Value, kind_of

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EMPTY = {"S": "string", "B": "binary"}


@dataclass(frozen=True, slots=True)
class KeyRange:
    """What a query reads: a partition, and its sort keys from `low` (included) up to `high` (left out).

    Attributes:
        high: None: to the end.
    """

    bucket: int
    partition: bytes
    low: bytes
    high: bytes | None


@dataclass(frozen=True, slots=True)
class _Term:
    name: str
    operator: str
    values: tuple[Value, ...]


def parse_key_condition(text: str, placeholders: Placeholders, schema: KeySchema) -> KeyRange:
    """The range that a key condition expression names.

    Raises:
        AwsError: ValidationException.
    """
    parser = Parser("KeyConditionExpression", text, placeholders)
    condition = parser.condition()
    terms = _by_name(_terms(condition))
    check_condition(condition, parser.tokens.error)
    return _range_of(terms, schema)


def key_range_of(conditions: Sequence[Condition], schema: KeySchema) -> KeyRange:
    """The range that conditions on key attributes name.

    Raises:
        AwsError: ValidationException.
    """
    return _range_of(_by_name(term for condition in conditions for term in _terms(condition)), schema)


def _by_name(found: Iterable[_Term]) -> dict[str, _Term]:
    terms: dict[str, _Term] = {}
    for term in found:
        if term.name in terms:
            raise validation("KeyConditionExpressions must only contain one condition per key")
        terms[term.name] = term
    return terms


def _terms(condition: Condition) -> Iterator[_Term]:
    if isinstance(condition, Logical) and condition.operator == "AND":
        yield from _terms(condition.left)
        yield from _terms(condition.right)
    elif isinstance(condition, Comparison) and condition.operator != "<>":
        yield _comparison(condition)
    elif isinstance(condition, Between):
        yield _Term(_key(condition.operand), "BETWEEN", (_constant(condition.low), _constant(condition.high)))
    elif isinstance(condition, Function) and condition.name == "begins_with":
        yield _Term(_key(condition.arguments[0]), "begins_with", (_constant(condition.arguments[-1]),))
    else:
        raise validation(f"Invalid operator used in KeyConditionExpression: {_operator(condition)}")


def _operator(condition: Condition) -> str:
    if isinstance(condition, Logical | Comparison):
        return condition.operator
    if isinstance(condition, Function):
        return condition.name
    return "NOT" if isinstance(condition, Not) else "IN" if isinstance(condition, In) else "BETWEEN"


def _comparison(condition: Comparison) -> _Term:
    left, right, operator = condition.left, condition.right, condition.operator
    if isinstance(left, Constant) and isinstance(right, Path):
        left, right, operator = right, left, _MIRRORED[operator]
    return _Term(_key(left), operator, (_constant(right),))


def _key(node: Operand) -> str:
    if isinstance(node, Function):
        raise validation(f"KeyConditionExpressions cannot contain nested operations or {node.name}")
    if not isinstance(node, Path):
        raise validation("Invalid condition in KeyConditionExpression: No key attribute specified")
    if len(node.steps) > 1:
        raise validation(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
            f"Key: {node.top}"
        )
    return node.top


def _constant(node: Operand) -> Value:
    if isinstance(node, Path):
        raise validation(
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
        )
    if not isinstance(node, Constant):
        raise validation("KeyConditionExpressions cannot contain nested operations")
    return node.value


def _range_of(terms: dict[str, _Term], schema: KeySchema) -> KeyRange:
    for part in schema.hash_parts:
        if part.name not in terms:
            raise validation("Query condition missed key schema element: " + part.name)
        if terms[part.name].operator != "=":
            raise validation("Query key condition not supported")
    if set(terms) - set(schema.names):
        missed = next((part.name for part in schema.range_parts if part.name not in terms), None)
        if missed is None:
            raise validation("Conditions can be of length 1 or 2 only")
        raise validation("Query condition missed key schema element: " + missed)
    partition = b"".join(encode(_value(terms[part.name], part)) for part in schema.hash_parts)
    low, high = _sort_range(schema.range_parts, terms)
    return KeyRange(bucket_of(partition), partition, low, high)


def _value(term: _Term, part: KeyPart) -> Value:
    for value in term.values:
        if kind_of(value) != part.kind:
            raise invalid("Condition parameter type does not match schema type")
        if part.kind in _EMPTY and not value[part.kind] and term.operator != "begins_with":
            raise validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                f"contain an empty {_EMPTY[part.kind]} value. Key: {part.name}"
            )
    return term.values[0]


def _sort_range(parts: tuple[KeyPart, ...], terms: dict[str, _Term]) -> tuple[bytes, bytes | None]:
    """Equality on the first parts, then one range: the bytes between which the sort keys lie."""
    prefix = b""
    open_part: str | None = None
    low, high = b"", None
    for part in parts:
        term = terms.get(part.name)
        if term is None:
            open_part = open_part or part.name
            continue
        if open_part is not None:
            raise validation("Query key condition not supported")
        value = _value(term, part)
        if term.operator == "=":
            prefix += encode(value)
            low, high = prefix, _after(prefix)
            continue
        low, high = _bounds(prefix, term, value)
        open_part = part.name
    return low, high


def _bounds(prefix: bytes, term: _Term, value: Value) -> tuple[bytes, bytes | None]:
    exact = prefix + encode(value)
    end = _after(prefix) if prefix else None
    if term.operator == "<":
        return prefix, exact
    if term.operator == "<=":
        return prefix, _after(exact)
    if term.operator == ">":
        return _after(exact), end
    if term.operator == ">=":
        return exact, end
    if term.operator == "BETWEEN":
        return exact, _after(prefix + encode(term.values[1]))
    opened = prefix + encode_open(value)
    return opened, _next(opened)


def _after(closed: bytes) -> bytes:
    """The least bytes after all that begin with a closed part."""
    return closed[:-1] + b"\x02"


def _next(start: bytes) -> bytes | None:
    """The least bytes after all that begin with `start`."""
    trimmed = start.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None
