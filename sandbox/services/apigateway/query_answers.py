"""Answers of the query protocol as API Gateway's integrations get them.

API Gateway asks for JSON, which XML services write as `{"SendMessageResponse": {"SendMessageResult": {…}}}`.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import msgspec

from sandbox.model.http import HttpResponse


def as_json_answer(response: HttpResponse) -> HttpResponse:
    """The answer, as JSON where it is XML of the query protocol."""
    media = next((value for name, value in response.headers if name.lower() == "content-type"), "")
    if "xml" not in media or not response.body:
        return response
    try:
        root = ElementTree.fromstring(response.body)
    except ElementTree.ParseError:
        return response
    if not _name(root).endswith("Response"):
        return response
    headers = [pair for pair in response.headers if pair[0].lower() != "content-type"]
    body = msgspec.json.encode({_name(root): _value(root)})
    return HttpResponse(response.status, [*headers, ("content-type", "application/json")], body)


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text
    if all(_name(child) == "member" for child in children):
        return [_value(child) for child in children]
    found: dict[str, Any] = {}
    for child in children:
        name, value = _name(child), _value(child)
        if name in found:
            known = found[name] if isinstance(found[name], list) else [found[name]]
            found[name] = [*known, value]
        else:
            found[name] = value
    return found


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
