"""Mapping templates: Velocity with `$input`, `$context`, `$util` and `$stageVariables`.

Follows "Variables for data transformations for API Gateway" of the API Gateway Developer Guide.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import msgspec

from sandbox.model.apis.json_paths import JsonPathError, find_json

#: Bytes of a template, as AWS limits it.
LONGEST_TEMPLATE = 300 * 1024
#: Iterations of one loop, as AWS limits them.
_LONGEST_RANGE = 1000
_RANGE = re.compile(r"\[\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\]")
_INTERNAL = re.compile(r"\$!?\{?\s*_|\.\s*_")


class TemplateFailedError(Exception):
    """The template cannot be rendered: API Gateway answers 500."""


class JavaMap(dict[str, Any]):
    """A map as templates see it: Java's methods, and Java's way to write it."""

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}={_java(value)}" for name, value in self.items()) + "}"

    def size(self) -> int:
        """How many entries it has."""
        return len(self)

    def isEmpty(self) -> bool:  # noqa: N802 - the names are Java's
        """Whether it has none."""
        return not self

    def containsKey(self, key: str) -> bool:  # noqa: N802
        """Whether it has an entry of that name."""
        return key in self

    def keySet(self) -> JavaList:  # noqa: N802
        """The names."""
        return JavaList(self)

    def entrySet(self) -> JavaList:  # noqa: N802
        """The entries."""
        return JavaList(JavaMap(key=name, value=value) for name, value in self.items())

    def put(self, key: str, value: Any) -> Any:
        """Sets an entry."""
        before = super().get(key)
        self[key] = value
        return before

    def toString(self) -> str:  # noqa: N802
        """As it is written."""
        return str(self)


class JavaList(list[Any]):
    """A list as templates see it."""

    def __str__(self) -> str:
        return "[" + ", ".join(_java(value) for value in self) + "]"

    def size(self) -> int:
        """How many items it has."""
        return len(self)

    def isEmpty(self) -> bool:  # noqa: N802
        """Whether it has none."""
        return not self

    def get(self, index: int) -> Any:
        """One item."""
        return self[index] if 0 <= index < len(self) else None

    def contains(self, value: Any) -> bool:
        """Whether it has an item."""
        return value in self

    def add(self, value: Any) -> bool:
        """Adds an item at the end."""
        self.append(value)
        return True


def as_java(value: Any) -> Any:
    """A JSON value as templates see it."""
    if isinstance(value, Mapping):
        return JavaMap({name: as_java(entry) for name, entry in value.items()})
    if isinstance(value, list):
        return JavaList(as_java(entry) for entry in value)
    return value


@dataclass(slots=True)
class Parameters:
    """The parameters of a request by where they are."""

    path: Mapping[str, str] = field(default_factory=dict)
    querystring: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)


class _Input:
    """`$input`."""

    def __init__(self, body: str, parameters: Parameters) -> None:
        self.body = body
        self._parameters = parameters
        self._document: Any = _UNREAD

    def path(self, path: str) -> Any:
        """What a JSON path finds in the body."""
        found = self._find(path)
        return "" if found is None else as_java(found)

    def json(self, path: str) -> str:
        """The same, as JSON."""
        found = self._find(path)
        return '""' if found is None else msgspec.json.encode(found).decode()

    def params(self, name: str | None = None) -> Any:
        """One parameter, of path, query or headers in this order; or all of them."""
        places = self._parameters
        if name is None:
            return as_java({"path": places.path, "querystring": places.querystring, "header": places.header})
        for place in (places.path, places.querystring, places.header):
            if name in place:
                return place[name]
        lower = name.lower()
        return next((value for key, value in places.header.items() if key.lower() == lower), "")

    def _find(self, path: str) -> Any:
        if self._document is _UNREAD:
            try:
                self._document = msgspec.json.decode(self.body) if self.body else {}
            except msgspec.DecodeError:
                self._document = self.body
        try:
            return find_json(self._document, path)
        except JsonPathError as error:
            raise TemplateFailedError(str(error)) from error


class _Util:
    """`$util`."""

    @staticmethod
    def escapeJavaScript(text: Any) -> str:  # noqa: N802
        """A text as it stands in a JavaScript string."""
        escaped = msgspec.json.encode(_java(text)).decode()[1:-1]
        return escaped.replace("'", "\\'").replace("/", "\\/")

    @staticmethod
    def parseJson(text: Any) -> Any:  # noqa: N802
        """A JSON text as a value."""
        try:
            return as_java(msgspec.json.decode(str(text)))
        except msgspec.DecodeError as error:
            raise TemplateFailedError(f"$util.parseJson: {error}") from error

    @staticmethod
    def urlEncode(text: Any) -> str:  # noqa: N802
        """A text as it stands in a URL."""
        return quote_plus(_java(text))

    @staticmethod
    def urlDecode(text: Any) -> str:  # noqa: N802
        """And back."""
        return unquote_plus(_java(text))

    @staticmethod
    def base64Encode(text: Any) -> str:  # noqa: N802
        """A text in base64."""
        return base64.b64encode(_java(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:  # noqa: N802
        """And back."""
        try:
            return base64.b64decode(_java(text)).decode(errors="replace")
        except ValueError as error:
            raise TemplateFailedError(f"$util.base64Decode: {error}") from error


_UNREAD = object()


@dataclass(slots=True)
class Variables:
    """What a template may name.

    Attributes:
        context: `$context`; templates may set `requestOverride` and `responseOverride` in it.
    """

    body: str
    parameters: Parameters
    context: JavaMap
    stage: Mapping[str, str]


def render(template: str, variables: Variables) -> str:
    """A template with its variables filled in.

    Raises:
        TemplateFailedError: it is none, or what it does fails.
    """
    namespace = {
        "input": _Input(variables.body, variables.parameters),
        "context": variables.context,
        "util": _Util(),
        "stageVariables": JavaMap(variables.stage),
    }
    try:
        rendered: str = _compiled(template).merge(namespace)
    except TemplateFailedError:
        raise
    except Exception as error:  # whatever a template does wrong is its author's matter
        cause = error.__cause__
        raise cause if isinstance(cause, TemplateFailedError) else TemplateFailedError(str(error)) from error
    return rendered


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    if len(text.encode()) > LONGEST_TEMPLATE:
        raise TemplateFailedError("the template is larger than 300 KB")
    if _INTERNAL.search(text):
        raise TemplateFailedError("names in templates do not begin with an underscore")
    for begin, end in _RANGE.findall(text):
        if abs(int(end) - int(begin)) > _LONGEST_RANGE:
            raise TemplateFailedError(f"a loop has more than {_LONGEST_RANGE} iterations")
    import airspeed  # loaded when the first template is rendered: most APIs have none

    template = airspeed.Template(text)
    template.ensure_compiled()
    return template


def _java(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
