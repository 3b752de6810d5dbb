"""The models of an OpenAPI definition, and where requests and responses name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.ids import Ids
from sandbox.services.apigateway.checks import bad
from sandbox.services.apigateway.definition import Definition, MethodResponse, Model
from sandbox.services.apigateway.validation import SchemaError, compile_schema

_LOCAL = re.compile(r"#/(?:definitions|components/schemas)/(\w+)")
#: How a model names another one of its API.
_MODEL_URL = "https://apigateway.amazonaws.com/restapis/self/models/"


class Schemas:
    """Reads schemas into models.

    Args:
        document, components: of the definition.
        definition: what models are put into.
    """

    def __init__(
        self, document: Mapping[str, Any], components: Mapping[str, Any], definition: Definition, ids: Ids
    ) -> None:
        self._document = document
        self._components = components
        self._definition = definition
        self._ids = ids

    def read(self) -> None:
        """Reads the named schemas.

        Raises:
            AwsError: `BadRequestException`: one is none.
        """
        named = self._components.get("schemas") or self._document.get("definitions") or {}
        if not isinstance(named, Mapping):
            raise bad("Invalid OpenAPI input: the schemas are not a mapping.")
        for name, schema in named.items():
            self._add(str(name), schema)
        for name in named:
            try:
                compile_schema(self._definition, str(name))
            except SchemaError as error:
                raise bad(f"Invalid OpenAPI input: {error}") from error

    def of_request(self, operation: Mapping[str, Any], parameters: list[Any]) -> dict[str, str]:
        """The models of a request's body, by media type."""
        found: dict[str, str] = {}
        body = operation.get("requestBody")
        content = body.get("content") if isinstance(body, Mapping) else None
        for media, entry in content.items() if isinstance(content, Mapping) else ():
            schema = entry.get("schema") if isinstance(entry, Mapping) else None
            if schema is not None:
                found[str(media)] = self._named(schema)
        for parameter in parameters:
            if isinstance(parameter, Mapping) and parameter.get("in") == "body" and "schema" in parameter:
                consumes = operation.get("consumes") or self._document.get("consumes") or ["application/json"]
                for media in consumes if isinstance(consumes, list) else []:
                    found[str(media)] = self._named(parameter["schema"])
        return found

    def of_responses(self, operation: Mapping[str, Any]) -> dict[str, MethodResponse]:
        """The responses that an operation declares."""
        found: dict[str, MethodResponse] = {}
        responses = operation.get("responses")
        for status, response in responses.items() if isinstance(responses, Mapping) else ():
            if not re.fullmatch(r"[1-5]\d\d", str(status)) or not isinstance(response, Mapping):
                continue
            headers = response.get("headers")
            names = list(headers) if isinstance(headers, Mapping) else []
            models = self._response_models(response)
            found[str(status)] = MethodResponse(
                status_code=str(status),
                response_parameters={f"method.response.header.{name}": False for name in names} or None,
                response_models=models or None,
            )
        return found

    def _response_models(self, response: Mapping[str, Any]) -> dict[str, str]:
        if "schema" in response:
            return {"application/json": self._named(response["schema"])}
        content = response.get("content")
        return {
            str(media): self._named(entry["schema"])
            for media, entry in (content.items() if isinstance(content, Mapping) else ())
            if isinstance(entry, Mapping) and "schema" in entry
        }

    def _named(self, schema: Any) -> str:
        """The name of a model; a schema without one gets a model of its own."""
        if isinstance(schema, Mapping) and "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            if name not in self._definition.models and name not in ("Empty", "Error"):
                raise bad(f"Invalid OpenAPI input: the schema {schema['$ref']} is not defined")
            return name
        name = f"MODEL{self._ids.hex(6)}"
        self._add(name, schema)
        try:
            compile_schema(self._definition, name)
        except SchemaError as error:
            raise bad(f"Invalid OpenAPI input: {error}") from error
        return name

    def _add(self, name: str, schema: Any) -> None:
        if not isinstance(schema, Mapping):
            raise bad(f"Invalid OpenAPI input: the schema {name} is not a mapping.")
        text = _LOCAL.sub(lambda match: f"{_MODEL_URL}{match[1]}", msgspec.json.encode(schema).decode())
        known = self._definition.models.get(name)
        self._definition.models[name] = Model(
            id=known.id if known else self._ids.short(6),
            name=name,
            content_type="application/json",
            schema=text,
        )
