"""JSON (and CBOR) documents to parameters and answers to documents, by functions compiled once per shape.

A reader checks types and turns blobs into bytes and timestamps into seconds since the epoch; a writer does
the opposite. Both are closures over their members, so a call costs a dictionary look-up and a call per value.
Standard: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.wire.cbor import Epoch
from sandbox.wire.model import Ref, ServiceModel, Shape
from sandbox.wire.problems import AnswerError, ShapeError
from sandbox.wire.values import UNIX, as_bytes, parse_blob, parse_float, parse_time_text, time_writer, unix

Convert = Callable[[Any], Any]

_FOUND = {dict: "START_OBJECT", list: "START_ARRAY", str: "STRING_VALUE", bool: "BOOLEAN_VALUE"}


def _mismatch(value: Any, wanted: str) -> ShapeError:
    if type(value) is dict:
        return ShapeError("Start of structure or map found where not expected.")
    if type(value) is list:
        return ShapeError("Start of list found where not expected.")
    return ShapeError(f"{_FOUND.get(type(value), 'NUMBER_VALUE')} cannot be converted to {wanted}")


def read_string(value: Any) -> str:
    """A string, as it is."""
    if type(value) is str:
        return value
    raise _mismatch(value, "String")


def read_integer(value: Any) -> int:
    """A whole number; `1.0` is one, `true` and `"1"` are not."""
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise _mismatch(value, "Integer")


def read_float(value: Any) -> float:
    """A number, or the text AWS has for those that JSON lacks (`NaN`, `Infinity`)."""
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if value in ("NaN", "Infinity", "-Infinity"):
        return parse_float(value)
    raise _mismatch(value, "Double")


def read_boolean(value: Any) -> bool:
    """`true` or `false`."""
    if type(value) is bool:
        return value
    raise _mismatch(value, "Boolean")


def read_timestamp(value: Any) -> float:
    """Seconds since the epoch, or the text of a date."""
    if type(value) in (int, float):
        return float(value)
    if type(value) is str:
        return parse_time_text(value)
    raise _mismatch(value, "Timestamp")


def read_blob(value: Any) -> bytes:
    """Bytes, from base64 in JSON, as they are in CBOR."""
    if type(value) is str:
        return parse_blob(value)
    if type(value) is bytes:
        return value
    raise _mismatch(value, "Blob")


def read_native_blob(value: Any) -> bytes:
    """Bytes, or text in UTF-8, as botocore takes them."""
    if isinstance(value, str | bytes | bytearray):
        return as_bytes(value)
    raise _mismatch(value, "Blob")


def read_native_timestamp(value: Any) -> float:
    """What botocore takes as a moment: a datetime, a number, text."""
    return value.timestamp() if isinstance(value, datetime) else read_timestamp(value)


_READERS: dict[str, Convert] = {
    "string": read_string,
    "character": read_string,
    "integer": read_integer,
    "long": read_integer,
    "short": read_integer,
    "bigInteger": read_integer,
    "float": read_float,
    "double": read_float,
    "bigDecimal": read_float,
    "boolean": read_boolean,
    "timestamp": read_timestamp,
    "blob": read_blob,
}


_NATIVE_READERS = {**_READERS, "blob": read_native_blob, "timestamp": read_native_timestamp}


def wire_names(shape: Shape) -> dict[str, tuple[str, Ref]]:
    """The members of a structure by their names in the document."""
    return {ref.location_name or name: (name, ref) for name, ref in shape.members.items()}


class JsonReader:
    """Compiles readers for the shapes of one service; recursive shapes are fine.

    Args:
        model: the service.
        native: for values that were never a document: members by botocore's names, blobs and moments as
            botocore takes them.
    """

    def __init__(self, model: ServiceModel, *, native: bool = False) -> None:
        self._model = model
        self._native = native
        self._compiled: dict[str, Convert] = {}

    def reader(self, name: str) -> Convert:
        """The function that reads a value of the shape `name`.

        The function raises:
            ShapeError: the value has another type, or a structure has a member that the shape has not.
        """
        found = self._compiled.get(name)
        if found is None:
            found = self._compile(name)
            self._compiled[name] = found
        return found

    def _late(self, name: str) -> Convert:
        """A shape that contains itself is looked up when it is met."""
        return lambda value: self._compiled[name](value)

    def _compile(self, name: str) -> Convert:
        shape = self._model.shapes[name]
        if shape.document:
            return lambda value: value
        self._compiled[name] = self._late(name)
        if shape.type == "structure":
            names = (
                {name: (name, ref) for name, ref in shape.members.items()}
                if self._native
                else wire_names(shape)
            )
            return self._structure(shape, names)
        if shape.type == "list" and shape.member:
            return self._list(self.reader(shape.member.shape))
        if shape.type == "map" and shape.value:
            return self._map(self.reader(shape.value.shape))
        readers = _NATIVE_READERS if self._native else _READERS
        return readers[shape.type]

    def members(self, members: Mapping[str, tuple[str, Ref]]) -> Convert:
        """A reader of a structure that has only these members (the body of a REST request)."""
        return self._structure(Shape("structure"), members)

    def _structure(self, shape: Shape, members: Mapping[str, tuple[str, Ref]]) -> Convert:
        known = {wire: (name, self.reader(ref.shape)) for wire, (name, ref) in members.items()}
        union = shape.union

        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _mismatch(value, "Structure")
            out: dict[str, Any] = {}
            for wire, item in value.items():
                if item is None or wire == "__type":
                    continue
                member = known.get(wire)
                try:
                    if member is None:
                        raise ShapeError("unknown member", unknown=True)
                    out[member[0]] = member[1](item)
                except ShapeError as problem:
                    problem.within(wire)
                    raise
            if union and len(out) != 1:
                raise ShapeError(f"Exactly one member of the union must be set, not {len(out)}")
            return out

        return read

    @staticmethod
    def _list(element: Convert) -> Convert:
        def read(value: Any) -> list[Any]:
            if type(value) is not list:
                raise _mismatch(value, "List")
            out: list[Any] = []
            try:
                for item in value:
                    out.append(None if item is None else element(item))  # noqa: PERF401 - the length is the index
            except ShapeError as problem:
                problem.within(f"[{len(out)}]")
                raise
            return out

        return read

    @staticmethod
    def _map(element: Convert) -> Convert:
        def read(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _mismatch(value, "Map")
            out: dict[str, Any] = {}
            key = ""
            try:
                for key, item in value.items():
                    if item is not None:
                        out[key] = element(item)
            except ShapeError as problem:
                problem.within(key)
                raise
            return out

        return read


def _as_it_is(value: Any) -> Any:
    return value  # bytes, too: they are written in base64


def _write_text(value: Any) -> str:
    return value if type(value) is str else str(value)


def _write_blob(value: Any) -> str:
    return b64encode(as_bytes(value)).decode()


def _write_epoch(value: Any) -> Epoch:
    return Epoch(unix(value))


def _write_float(value: Any) -> Any:
    if value != value or value in (float("inf"), float("-inf")):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(float(value)), "NaN")
    return value


class JsonWriter:
    """Compiles writers for the shapes of one service.

    Args:
        model: the service.
        binary: for CBOR: blobs stay bytes, timestamps and floats stay numbers.
    """

    def __init__(self, model: ServiceModel, *, binary: bool = False) -> None:
        self._model = model
        self._binary = binary
        self._compiled: dict[tuple[str, str], Convert] = {}

    def writer(self, ref: Ref) -> Convert:
        """The function that turns a value of the referenced shape into plain document values.

        The function raises:
            AnswerError: a structure has a member that the shape has not.
        """
        shape = self._model.shapes[ref.shape]
        stamp = (ref.timestamp_format or shape.timestamp_format or UNIX) if shape.type == "timestamp" else ""
        key = (ref.shape, stamp)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = self._compile(ref.shape, shape, stamp)
        return found

    def _compile(self, name: str, shape: Shape, stamp: str) -> Convert:
        if shape.document or (not self._binary and self._is_plain(name)):
            return _as_it_is
        key = (name, stamp)
        self._compiled[key] = lambda value: self._compiled[key](value)
        if shape.type == "structure":
            return self.members(name, shape.members)
        if shape.type == "list" and shape.member:
            element = self.writer(shape.member)
            if element is _as_it_is:
                return element
            return lambda value: [None if item is None else element(item) for item in value]
        if shape.type == "map" and shape.value:
            entry = self.writer(shape.value)
            if entry is _as_it_is:
                return entry
            return lambda value: {key: entry(item) for key, item in value.items() if item is not None}
        return self._scalar(shape, stamp)

    def _is_plain(self, name: str) -> bool:
        """Whether values of a shape are documents already: one that contains itself, of texts, truth values
        and bytes alone (DynamoDB's AttributeValue). Services have read such values by the same shape.
        """
        seen, itself, left = {name}, False, [name]
        while left:
            shape = self._model.shapes[left.pop()]
            inner = [*shape.members.values(), *filter(None, (shape.member, shape.value))]
            if any(ref.location_name for ref in inner):
                return False
            if not inner and shape.type not in ("string", "boolean", "blob"):
                return False
            itself = itself or any(ref.shape == name for ref in inner)
            left += {ref.shape for ref in inner} - seen
            seen |= {ref.shape for ref in inner}
        return itself

    def _scalar(self, shape: Shape, stamp: str) -> Convert:
        if shape.type == "timestamp":
            return _write_epoch if self._binary else time_writer(stamp)
        if shape.type == "blob":
            return as_bytes if self._binary else _write_blob
        if shape.type in ("string", "character"):
            return _write_text
        if shape.type in ("float", "double") and not self._binary:
            return _write_float
        return lambda value: value

    def members(self, name: str, members: Mapping[str, Ref]) -> Convert:
        """A writer of a structure with these members."""
        known = {member: (ref.location_name or member, self.writer(ref)) for member, ref in members.items()}

        def write(value: Mapping[str, Any]) -> dict[str, Any]:
            out: dict[str, Any] = {}
            for member, item in value.items():
                if item is None:
                    continue
                found = known.get(member)
                if found is None:
                    raise AnswerError(f"the answer has a member {member!r} that {name} does not have")
                out[found[0]] = found[1](item)
            return out

        return write
