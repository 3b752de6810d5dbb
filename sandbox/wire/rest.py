"""REST services: which operation a method and path mean, and where its members are.

Standard: https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.wire.model import Ref, ServiceModel, Shape
from sandbox.wire.problems import ShapeError
from sandbox.wire.values import RFC822, TEXT_READERS, float_text, time_writer


@dataclass(frozen=True, slots=True)
class _End:
    """An operation at the end of a path.

    Attributes:
        constants: what the query string must hold; `None` stands for any value.
        headers: headers that must be there (`x-amz-copy-source` makes a PutObject of S3 a CopyObject).
        labels: names of the labels on the way.
    """

    operation: str
    constants: tuple[tuple[str, str | None], ...]
    headers: tuple[str, ...]
    labels: tuple[str, ...]
    deprecated: bool

    @property
    def rank(self) -> tuple[int, bool]:
        """The most demanding first, and of equals the one that is not deprecated."""
        return -(len(self.constants) + len(self.headers)), self.deprecated

    @property
    def is_plain(self) -> bool:
        """Whether the path alone means this operation; members that it lacks are reported as missing."""
        return all(value is None for _, value in self.constants)

    def fits(self, fields: Mapping[str, str], headers: Collection[str]) -> bool:
        """Whether a request has all of it."""
        return all(
            name in fields and (value is None or fields[name] == value) for name, value in self.constants
        ) and all(name in headers for name in self.headers)


@dataclass(slots=True)
class _Node:
    """One segment of the paths of a service; the most demanding operations that end here come first."""

    literal: dict[str, _Node] = field(default_factory=dict)
    label: _Node | None = None
    greedy: _Node | None = None
    ends: list[_End] = field(default_factory=list)

    def end(self, fields: Mapping[str, str], headers: Collection[str]) -> _End | None:
        """The operation that a request means here."""
        for end in self.ends:
            if end.fits(fields, headers):
                return end
        plain = [end for end in self.ends if end.is_plain]
        return plain[-1] if plain else None


class Router:
    """Finds the operation of a REST service by method, path and what tells apart operations of one path."""

    def __init__(self, model: ServiceModel) -> None:
        self._roots: dict[str, _Node] = {}
        for name, operation in model.operations.items():
            self._add(model, name, operation.http.method, operation.http.request_uri)

    def find(
        self, method: str, path: str, query: str, headers: Collection[str] = ()
    ) -> tuple[str, dict[str, str]] | None:
        """The operation and the values of its labels, or None.

        Args:
            method: upper case.
            path: as it came, percent-encoded.
            query: the raw query string.
            headers: the names of the headers, in lower case.
        """
        root = self._roots.get(method)
        if root is None:
            return None
        fields = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        found = _walk(root, path.removeprefix("/").split("/"), [], lambda node: node.end(fields, headers))
        if found is None:
            return None
        end, values = found
        return end.operation, dict(zip(end.labels, values, strict=True))

    def _add(self, model: ServiceModel, name: str, method: str, uri: str) -> None:
        path, _, constants = uri.partition("?")
        node = self._roots.setdefault(method, _Node())
        labels: list[str] = []
        for segment in _segments(path):
            if not segment.startswith("{"):
                node = node.literal.setdefault(segment, _Node())
                continue
            labels.append(segment.strip("{}+"))
            if segment.endswith("+}"):
                node.greedy = node.greedy or _Node()
                node = node.greedy
            else:
                node.label = node.label or _Node()
                node = node.label
        required = _required(model, name)
        node.ends.append(
            _End(
                name,
                (
                    *parse_qsl(constants, keep_blank_values=True),
                    *((wire, None) for wire, location in required if location == "querystring"),
                ),
                tuple(wire.lower() for wire, location in required if location == "header"),
                tuple(labels),
                model.operations[name].deprecated,
            )
        )
        node.ends.sort(key=lambda end: end.rank)


def _segments(path: str) -> list[str]:
    """The parts of a path of the model."""
    inner = path.strip("/")
    return inner.split("/") if inner else []


def _required(model: ServiceModel, operation: str) -> list[tuple[str, str]]:
    """Names and locations of required members: they tell apart operations of one path (S3's `uploadId`)."""
    shape = model.input_shape(operation)
    if shape is None:
        return []
    refs = ((name, ref) for name, ref in shape.members.items() if name in shape.required)
    return [(ref.location_name or name, ref.location or "") for name, ref in refs]


def _walk(
    node: _Node, segments: list[str], values: list[str], choose: Callable[[_Node], _End | None]
) -> tuple[_End, list[str]] | None:
    if not segments or segments == [""]:  # a slash at the end of a path means nothing, but in S3's keys
        end = choose(node)
        return None if end is None else (end, values)
    head, rest = segments[0], segments[1:]
    literal = node.literal.get(head)
    if literal is not None and (found := _walk(literal, rest, values, choose)):
        return found
    if (
        node.label is not None
        and head
        and (found := _walk(node.label, rest, [*values, unquote(head)], choose))
    ):
        return found
    if node.greedy is not None:
        return _walk(node.greedy, [], [*values, unquote("/".join(segments))], choose)
    return None


@dataclass(frozen=True, slots=True)
class Bindings:
    """Where the members of a structure are: by location, in order, by their names on the wire."""

    uri: dict[str, tuple[str, Ref]]
    query: dict[str, tuple[str, Ref]]
    query_maps: tuple[tuple[str, Ref], ...]
    headers: dict[str, tuple[str, Ref]]
    prefixes: tuple[tuple[str, str, Ref], ...]
    status: str | None
    payload: tuple[str, Ref] | None
    body: dict[str, tuple[str, Ref]]
    constants: frozenset[str] = frozenset()


def bindings(model: ServiceModel, shape: Shape, uri: str = "") -> Bindings:
    """The bindings of an input or output structure.

    Args:
        uri: the operation's path with the constants of its query string, which no member takes.
    """
    found = Bindings({}, {}, (), {}, (), None, None, {})
    maps: list[tuple[str, Ref]] = []
    prefixes: list[tuple[str, str, Ref]] = []
    status = None
    for name, ref in shape.members.items():
        wire = ref.location_name or name
        if ref.location == "uri":
            found.uri[wire] = (name, ref)
        elif ref.location == "querystring" and model.shapes[ref.shape].type == "map":
            maps.append((name, ref))
        elif ref.location == "querystring":
            found.query[wire] = (name, ref)
        elif ref.location == "header":
            found.headers[wire.lower()] = (name, ref)
        elif ref.location == "headers":
            prefixes.append((wire, name, ref))
        elif ref.location == "statusCode":
            status = name
        elif name != shape.payload:
            found.body[wire] = (name, ref)
    payload = (shape.payload, shape.members[shape.payload]) if shape.payload else None
    constants = frozenset(name for name, _ in parse_qsl(uri.partition("?")[2], keep_blank_values=True))
    return Bindings(
        found.uri,
        found.query,
        tuple(maps),
        found.headers,
        tuple(prefixes),
        status,
        payload,
        found.body,
        constants,
    )


class TextReader:
    """Reads members that travel as text: labels, query strings and headers."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model

    def one(self, ref: Ref, text: str) -> Any:
        """One scalar, or the comma-separated list of a header.

        Raises:
            ShapeError: the text has another type.
        """
        shape = self._model.shapes[ref.shape]
        if shape.type == "list" and shape.member:
            member = shape.member
            return [self.one(member, part.strip().strip('"')) for part in text.split(",")]
        return TEXT_READERS[shape.type](text)

    def many(self, ref: Ref, texts: list[str]) -> Any:
        """A query member that may occur several times."""
        shape = self._model.shapes[ref.shape]
        if shape.type == "list" and shape.member:
            return [self.one(shape.member, text) for text in texts]
        return self.one(ref, texts[-1])


def read_bound(
    bound: Bindings, reader: TextReader, labels: Mapping[str, str], query: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    """The parameters of a request that are not in its body.

    Raises:
        ShapeError: a text has another type than its member.
    """
    out: dict[str, Any] = {}
    for wire, text in labels.items():
        if wire in bound.uri:
            name, ref = bound.uri[wire]
            out[name] = _at(name, reader.one, ref, text)
    if query and (bound.query or bound.query_maps):
        _read_query(bound, reader, query, out)
    for wire, (name, ref) in bound.headers.items():
        if wire in headers:
            out[name] = _at(name, reader.one, ref, headers[wire])
    for prefix, name, _ in bound.prefixes:
        lower = prefix.lower()
        found = {key[len(prefix) :]: value for key, value in headers.items() if key.startswith(lower)}
        if found:
            out[name] = found
    return out


def _read_query(bound: Bindings, reader: TextReader, query: str, out: dict[str, Any]) -> None:
    fields: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        fields.setdefault(key, []).append(value)
    for wire, texts in fields.items():
        if wire in bound.query:
            name, ref = bound.query[wire]
            out[name] = _at(name, reader.many, ref, texts)
    for name, _ in bound.query_maps:
        rest = {key: texts[-1] for key, texts in fields.items() if not _is_taken(bound, key)}
        if rest:
            out[name] = rest


def _is_taken(bound: Bindings, key: str) -> bool:
    """Whether a field of the query string is a member's, the path's or a signature's."""
    return key in bound.query or key in bound.constants or key.startswith("X-Amz-")


def _at(name: str, read: Callable[[Ref, Any], Any], ref: Ref, text: Any) -> Any:
    try:
        return read(ref, text)
    except ShapeError as problem:
        problem.within(name)
        raise


def header_text(model: ServiceModel, ref: Ref, value: Any) -> str:
    """A member of an answer as the value of a header."""
    shape = model.shapes[ref.shape]
    if shape.type == "timestamp":
        return str(time_writer(ref.timestamp_format or shape.timestamp_format or RFC822)(value))
    if shape.type == "boolean":
        return "true" if value else "false"
    if shape.type in ("float", "double"):
        return float_text(value)
    if shape.type == "list" and shape.member:
        return ",".join(header_text(model, shape.member, item) for item in value)
    return str(value)
