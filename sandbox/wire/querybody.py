"""Parameters from `Action=…&Entries.member.1.Id=…`, the form of the query and ec2 protocols.

Standard: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from sandbox.wire.model import Ref, ServiceModel, Shape
from sandbox.wire.problems import MalformedBodyError, ShapeError
from sandbox.wire.values import TEXT_READERS

#: A node of the tree of dotted names: its own text under the empty name, its children under theirs.
Node = dict[str, Any]
Read = Callable[[Node], Any]

#: Names of a query that belong to the protocol and to signatures (versions 2 and 4), not to an operation.
_PROTOCOL_NAMES = frozenset(
    {
        "Action",
        "Version",
        "AWSAccessKeyId",
        "Signature",
        "SignatureVersion",
        "SignatureMethod",
        "Timestamp",
        "Expires",
        "SecurityToken",
    }
)
_MAX_FIELDS = 20_000
_NOTHING: Node = {"": ""}


def parse_form(text: bytes | str) -> dict[str, str]:
    """The fields of a form or query string, the last of each name.

    Raises:
        MalformedBodyError: it is not UTF-8, or has more fields than any operation takes.
    """
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        return dict(parse_qsl(decoded, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS))
    except (UnicodeDecodeError, ValueError) as error:
        raise MalformedBodyError(f"the form cannot be read: {error}") from error


def tree(fields: Mapping[str, str]) -> Node:
    """The fields of an operation by the parts of their dotted names."""
    root: Node = {}
    for name, value in fields.items():
        if name in _PROTOCOL_NAMES or name.startswith("X-Amz-"):
            continue
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[""] = value
    return root


def _numbered(node: Node) -> list[tuple[str, Node]]:
    children = [part for part in node if part]
    for part in children:
        if not part.isascii() or not part.isdigit():
            problem = ShapeError("unknown member", unknown=True)
            problem.within(part)
            raise problem
    return [(part, node[part]) for part in sorted(children, key=int)]


class QueryReader:
    """Compiles readers for the shapes of one service.

    Args:
        model: the service.
        ec2: names are capitalised and lists have no element name, as EC2 has it.
    """

    def __init__(self, model: ServiceModel, *, ec2: bool = False) -> None:
        self._model = model
        self._ec2 = ec2
        self._compiled: dict[str, Read] = {}

    def read(self, shape: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """The parameters that the fields mean.

        Raises:
            ShapeError: a value has another type, or a name is not of the shape.
        """
        found: dict[str, Any] = self._reader(shape)(tree(fields))
        return found

    def _reader(self, name: str) -> Read:
        found = self._compiled.get(name)
        if found is None:
            self._compiled[name] = lambda node: self._compiled[name](node)
            found = self._compiled[name] = self._compile(self._model.shapes[name])
        return found

    def _compile(self, shape: Shape) -> Read:
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list" and shape.member:
            return self._list(shape, shape.member)
        if shape.type == "map" and shape.key and shape.value:
            return self._map(shape, shape.key, shape.value)
        scalar = TEXT_READERS[shape.type]

        def read(node: Node) -> Any:
            if len(node) != 1 or "" not in node:
                raise ShapeError("a single value is expected here, not a structure or a list")
            return scalar(node[""])

        return read

    def member_name(self, name: str, ref: Ref) -> str:
        """A member's name on the wire."""
        if self._ec2:
            if ref.query_name:
                return ref.query_name
            given = ref.location_name or name
            return given[0].upper() + given[1:] if ref.location_name else given
        target = self._model.shapes[ref.shape]
        if target.type == "list" and target.flattened and target.member and target.member.location_name:
            return target.member.location_name
        return ref.location_name or name

    def _structure(self, shape: Shape) -> Read:
        known = {
            self.member_name(name, ref): (name, self._reader(ref.shape))
            for name, ref in shape.members.items()
        }
        # botocore writes a list without elements under the member's own name, with nothing behind it.
        empty: dict[str, list[Any] | dict[str, Any]] = {
            name: [] if self._model.shapes[ref.shape].type == "list" else {}
            for name, ref in shape.members.items()
            if self._model.shapes[ref.shape].type in ("list", "map")
        }

        def read(node: Node) -> dict[str, Any]:
            out: dict[str, Any] = {}
            for wire, child in node.items():
                if not wire:
                    continue
                if wire in empty and child == _NOTHING:
                    out[wire] = empty[wire].copy()
                    continue
                member = known.get(wire)
                try:
                    if member is None:
                        raise ShapeError("unknown member", unknown=True)
                    out[member[0]] = member[1](child)
                except ShapeError as problem:
                    problem.within(wire)
                    raise
            return out

        return read

    def _list(self, shape: Shape, ref: Ref) -> Read:
        element = self._reader(ref.shape)
        between = None if shape.flattened or self._ec2 else ref.location_name or "member"

        def read(node: Node) -> list[Any]:
            if between is not None and between in node:
                node = node[between]
            return _each(_numbered(node), element)

        return read

    def _map(self, shape: Shape, key: Ref, value: Ref) -> Read:
        read_key, read_value = self._reader(key.shape), self._reader(value.shape)
        key_name, value_name = key.location_name or "key", value.location_name or "value"

        def entry(node: Node) -> tuple[Any, Any]:
            if key_name not in node or value_name not in node:
                raise ShapeError(f"an entry of a map needs its {key_name} and its {value_name}")
            return read_key(node[key_name]), read_value(node[value_name])

        def read(node: Node) -> dict[Any, Any]:
            if not shape.flattened and "entry" in node:
                node = node["entry"]
            return dict(_each(_numbered(node), entry))

        return read


def _each(nodes: Iterable[tuple[str, Node]], read: Read) -> list[Any]:
    out: list[Any] = []
    for part, child in nodes:
        try:
            out.append(read(child))
        except ShapeError as problem:
            problem.within(part)
            raise
    return out
