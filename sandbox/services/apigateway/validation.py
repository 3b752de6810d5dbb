"""Request validation: required parameters, and bodies by models (JSON schema draft 4).

Follows "Request validation for REST APIs in API Gateway" of the API Gateway Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.services.apigateway.definition import Definition, Method

if TYPE_CHECKING:
    from jsonschema import Draft4Validator

#: How one model names another.
_REFERENCE = re.compile(r"https://apigateway\.amazonaws\.com/restapis/[^/]+/models/(\w+)")
_BASE = "urn:models:"


class SchemaError(Exception):
    """A model's schema is none."""


class InvalidRequestError(Exception):
    """What a request lacks.

    Args:
        kind: the gateway response, `BAD_REQUEST_PARAMETERS` or `BAD_REQUEST_BODY`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def compile_schema(definition: Definition, name: str) -> Draft4Validator:
    """The validator of a model.

    Raises:
        SchemaError: its schema is none.
    """
    from jsonschema import Draft4Validator  # a tenth of a second, and most APIs have no models
    from jsonschema.exceptions import SchemaError as BadSchema
    from referencing import Registry
    from referencing.jsonschema import DRAFT4

    schemas = {one.name: _schema(one.schema, one.name) for one in definition.models.values()}
    try:
        Draft4Validator.check_schema(schemas[name])
    except BadSchema as error:
        raise SchemaError(f"{name}: {error.message}") from error
    resources = [(f"{_BASE}{key}", DRAFT4.create_resource(schema)) for key, schema in schemas.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return Draft4Validator(schemas[name], registry=registry)


def check_parameters(method: Method, given: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses a request without the parameters that its method requires.

    Args:
        given: parameters by place (`header`, `querystring`, `path`).

    Raises:
        InvalidRequestError: some are missing.
    """
    missing = []
    for name, required in (method.request_parameters or {}).items():
        place, _, key = name.removeprefix("method.request.").partition(".")
        if required and not given.get(place.removeprefix("multivalue"), {}).get(_key(place, key)):
            missing.append(key)
    if missing:
        text = f"Missing required request parameters: [{', '.join(missing)}]"
        raise InvalidRequestError("BAD_REQUEST_PARAMETERS", text)


def check_body(validator: Draft4Validator | None, body: bytes) -> None:
    """Refuses a body that is not what its model says.

    Args:
        validator: of the model for the request's media type; None where there is none.

    Raises:
        InvalidRequestError: it is not.
    """
    if validator is None:
        return
    from referencing.exceptions import Unresolvable

    try:
        document = msgspec.json.decode(body or b"{}")
        fits = validator.is_valid(document)
    except (msgspec.DecodeError, RecursionError, Unresolvable) as error:
        raise InvalidRequestError("BAD_REQUEST_BODY", "Invalid request body") from error
    if not fits:
        raise InvalidRequestError("BAD_REQUEST_BODY", "Invalid request body")


def _key(place: str, key: str) -> str:
    return key.lower() if place.endswith("header") else key


def _schema(text: str, name: str) -> Any:
    try:
        schema = msgspec.json.decode(_REFERENCE.sub(lambda match: f"{_BASE}{match[1]}", text))
    except (msgspec.DecodeError, RecursionError) as error:
        raise SchemaError(f"{name}: the schema is no JSON: {error}") from error
    if not isinstance(schema, dict):
        raise SchemaError(f"{name}: the schema is no object")
    return {key: value for key, value in schema.items() if key != "$schema"}
