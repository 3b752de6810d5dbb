"""Parameters from XML documents, and answers as XML: rest-xml both ways, query and ec2 on the way out.

Standard: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from sandbox.wire.model import Ref, ServiceModel, Shape, XmlNamespace
from sandbox.wire.problems import AnswerError, MalformedBodyError, ShapeError
from sandbox.wire.values import ISO8601, TEXT_READERS, as_bytes, float_text, time_writer

#: XML parsers read a bare carriage return as a line feed.
_CARRIAGE_RETURN = {"\r": "&#xD;"}


def parse_xml(body: bytes) -> ElementTree.Element:
    """The root element of a document; document types (and with them entities) are refused.

    Raises:
        MalformedBodyError: it is not well-formed, or brings a document type.
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise MalformedBodyError("document types and entities are not accepted")
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, UnicodeError, ValueError, LookupError) as error:
        raise MalformedBodyError(f"not a well-formed XML document: {error}") from error


def tag(element: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


class XmlReader:
    """Reads values of one service's shapes from elements."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model

    def read(self, ref: Ref, element: ElementTree.Element) -> Any:
        """The value that an element means.

        Raises:
            ShapeError: a text has another type, or an element is not of the shape.
        """
        shape = self._model.shapes[ref.shape]
        if shape.type == "structure":
            return self.members(shape.members, element)
        if shape.type == "list" and shape.member:
            return [self.read(shape.member, child) for child in element]
        if shape.type == "map" and shape.key and shape.value:
            return dict(self._entry(shape, entry) for entry in element)
        return TEXT_READERS[shape.type](element.text or "")

    def members(self, members: Mapping[str, Ref], element: ElementTree.Element) -> dict[str, Any]:
        """A structure that has these members."""
        known = {ref.location_name or name: (name, ref) for name, ref in members.items()}
        out: dict[str, Any] = {}
        for wire, (name, ref) in known.items():
            if ref.xml_attribute:
                self._attribute(out, name, wire, element)
        for child in element:
            wire = tag(child)
            try:
                if wire not in known:
                    raise ShapeError("unknown member", unknown=True)
                self._add(out, *known[wire], child)
            except ShapeError as problem:
                problem.within(wire)
                raise
        return out

    @staticmethod
    def _attribute(out: dict[str, Any], name: str, wire: str, element: ElementTree.Element) -> None:
        local = wire.rsplit(":", 1)[-1]
        for key, text in element.attrib.items():
            if key.rsplit("}", 1)[-1] == local:
                out[name] = text

    def _add(self, out: dict[str, Any], name: str, ref: Ref, child: ElementTree.Element) -> None:
        shape = self._model.shapes[ref.shape]
        if (shape.flattened or ref.flattened) and shape.type == "list" and shape.member:
            out.setdefault(name, []).append(self.read(shape.member, child))
        elif (shape.flattened or ref.flattened) and shape.type == "map":
            out.setdefault(name, {}).update([self._entry(shape, child)])
        else:
            out[name] = self.read(ref, child)

    def _entry(self, shape: Shape, element: ElementTree.Element) -> tuple[Any, Any]:
        if shape.key is None or shape.value is None:
            raise ShapeError("the model's map has no key or no value")
        parts = {tag(child): child for child in element}
        key = parts.get(shape.key.location_name or "key")
        value = parts.get(shape.value.location_name or "value")
        if key is None or value is None:
            raise ShapeError("an entry of a map needs its key and its value")
        return self.read(shape.key, key), self.read(shape.value, value)


def _open(name: str, namespace: XmlNamespace | str | None, attributes: str = "") -> str:
    if isinstance(namespace, XmlNamespace):
        prefix = f":{namespace.prefix}" if namespace.prefix else ""
        attributes += f" xmlns{prefix}={quoteattr(namespace.uri)}"
    elif namespace:
        attributes += f" xmlns={quoteattr(namespace)}"
    return f"<{name}{attributes}>"


class XmlWriter:
    """Writes values of one service's shapes as XML text."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model

    def members(self, shape: Shape, value: Mapping[str, Any], skip: frozenset[str] = frozenset()) -> str:
        """The elements of a structure's members, without an element around them.

        Raises:
            AnswerError: the value has a member that the shape has not.
        """
        parts: list[str] = []
        for name, item in value.items():
            ref = shape.members.get(name)
            if ref is None:
                raise AnswerError(f"the answer has a member {name!r} that its shape does not have")
            if item is not None and name not in skip and not ref.xml_attribute:
                parts.append(self.element(ref.location_name or name, ref, item))
        return "".join(parts)

    def element(self, name: str, ref: Ref, value: Any) -> str:
        """One value as an element called `name`."""
        shape = self._model.shapes[ref.shape]
        space = ref.xml_namespace or shape.xml_namespace
        if shape.type == "structure":
            opening = _open(name, space, self._attributes(shape, value))
            return f"{opening}{self.members(shape, value)}</{name}>"
        flat = shape.flattened or ref.flattened
        if shape.type == "list" and shape.member:
            return self._list(name, shape.member, value, flat=flat, space=space)
        if shape.type == "map" and shape.key and shape.value:
            entries = [(self._pair(shape.key, shape.value, key, item)) for key, item in value.items()]
            wrap = name if flat else "entry"
            inner = "".join(f"<{wrap}>{entry}</{wrap}>" for entry in entries)
            return inner if flat else f"{_open(name, space)}{inner}</{name}>"
        return f"{_open(name, space)}{escape(self._text(ref, shape, value), _CARRIAGE_RETURN)}</{name}>"

    def _list(
        self, name: str, member: Ref, values: Sequence[Any], *, flat: bool, space: XmlNamespace | str | None
    ) -> str:
        if flat:
            return "".join(self.element(member.location_name or name, member, item) for item in values)
        inner = "".join(self.element(member.location_name or "member", member, item) for item in values)
        return f"{_open(name, space)}{inner}</{name}>"

    def _pair(self, key: Ref, value: Ref, key_value: Any, item: Any) -> str:
        return self.element(key.location_name or "key", key, key_value) + self.element(
            value.location_name or "value", value, item
        )

    def _attributes(self, shape: Shape, value: Mapping[str, Any]) -> str:
        found = ""
        for name, ref in shape.members.items():
            if ref.xml_attribute and value.get(name) is not None:
                found += f" {ref.location_name or name}={quoteattr(str(value[name]))}"
        return found

    @staticmethod
    def _text(ref: Ref, shape: Shape, value: Any) -> str:
        if shape.type == "boolean":
            return "true" if value else "false"
        if shape.type == "timestamp":
            return str(time_writer(ref.timestamp_format or shape.timestamp_format or ISO8601)(value))
        if shape.type == "blob":
            return b64encode(as_bytes(value)).decode()
        if shape.type in ("float", "double"):
            return float_text(value)
        return str(value)
