"""Reads an OpenAPI 3 or Swagger 2 definition with API Gateway's extensions into a REST API.

Follows "OpenAPI extensions for API Gateway" of the API Gateway Developer Guide. What the sandbox does not act
on (resource policies, AWS_IAM, user pools) is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import yaml

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.ids import Ids
from sandbox.services.apigateway.checks import (
    bad,
    check_authorizer,
    check_integration,
    check_method,
    check_paths,
)
from sandbox.services.apigateway.definition import (
    Authorizer,
    Definition,
    GatewayResponse,
    Integration,
    IntegrationResponse,
    Method,
    RequestValidator,
    Resource,
    empty,
)
from sandbox.services.apigateway.openapi_schemas import Schemas

T = TypeVar("T")
_X = "x-amazon-apigateway-"
_ANY = f"{_X}any-method"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_HARMLESS = frozenset({"parameters", "summary", "description", "servers"})
_REFUSED = (f"{_X}policy", f"{_X}minimum-compression-size", f"{_X}endpoint-configuration")
_INTEGRATION = frozenset(
    {
        "type",
        "uri",
        "httpMethod",
        "credentials",
        "passthroughBehavior",
        "requestTemplates",
        "requestParameters",
        "contentHandling",
        "timeoutInMillis",
        "connectionType",
        "cacheNamespace",
        "cacheKeyParameters",
    }
)
#: Where parameters of OpenAPI are -> where they are in a mapping.
_PLACES = {"path": "path", "query": "querystring", "header": "header"}


@dataclass(slots=True)
class Imported:
    """What a definition says.

    Attributes:
        titled: whether it names the API.
        names_binary_types: whether it says which media types are binary.
    """

    name: str
    titled: bool
    description: str | None
    version: str | None
    definition: Definition
    names_binary_types: bool
    warnings: list[str] = field(default_factory=list)


def parse_document(body: bytes) -> Mapping[str, Any]:
    """The document in a body, JSON or YAML.

    Raises:
        AwsError: `BadRequestException`.
    """
    try:
        try:
            document = msgspec.json.decode(body)  # what tools send, and a hundred times as fast
        except msgspec.DecodeError:
            document = yaml.safe_load(body)
    except (yaml.YAMLError, RecursionError) as problem:
        raise bad(f"Invalid OpenAPI input: {problem}") from problem
    return _mapping(document, "the document")


def read_document(
    document: Mapping[str, Any], ids: Ids, into: Definition | None = None, root: str | None = None
) -> Imported:
    """The API that a document defines.

    Args:
        into: what the document is merged into; None begins empty.
        root: id of the root resource, which an API keeps.

    Raises:
        AwsError: `BadRequestException` for what is malformed; refused by name for what is not implemented.
    """
    if "openapi" not in document and "swagger" not in document:
        raise bad("Invalid OpenAPI input: neither openapi nor swagger is given.")
    for name in _REFUSED:
        if document.get(name):
            raise NotImplementedByName("apigateway", f"{name} in an OpenAPI body")
    reader = _Reader(document, ids, into or empty(root or ids.short(10)))
    return reader.read()


class _Reader:
    def __init__(self, document: Mapping[str, Any], ids: Ids, definition: Definition) -> None:
        self._document = document
        self._ids = ids
        self._definition = definition
        self._components = _mapping(document.get("components") or {}, "components")
        self._authorizers: dict[str, Authorizer] = {}
        self._key_schemes: set[str] = set()
        self._validators: dict[str, RequestValidator] = {}
        self._warnings: list[str] = []
        self._schemas = Schemas(document, self._components, definition, ids)

    def read(self) -> Imported:
        document, definition = self._document, self._definition
        info = document.get("info")
        info = info if isinstance(info, Mapping) else {}
        binary = document.get(f"{_X}binary-media-types")
        if binary is not None:
            definition.binary_media_types = _texts(binary, f"{_X}binary-media-types")
        if document.get(f"{_X}api-key-source"):
            definition.api_key_source = str(document[f"{_X}api-key-source"])
        self._schemas.read()
        self._read_schemes()
        self._read_validators()
        self._read_gateway_responses()
        for path, item in _mapping(document.get("paths") or {}, "paths").items():
            self._read_path(path, item)
        check_paths(resource.path for resource in definition.resources.values())
        return Imported(
            name=str(info.get("title") or "Created by AWS"),
            titled=bool(info.get("title")),
            description=str(info["description"]) if info.get("description") else None,
            version=str(info["version"]) if info.get("version") else None,
            definition=definition,
            names_binary_types=binary is not None,
            warnings=self._warnings,
        )

    # --- what methods name -------------------------------------------------------------------------------
    def _read_schemes(self) -> None:
        schemes = self._components.get("securitySchemes") or self._document.get("securityDefinitions") or {}
        for name, scheme in _mapping(schemes, "securitySchemes").items():
            scheme = _mapping(scheme, f"the security scheme {name}")
            given = scheme.get(f"{_X}authorizer")
            kind = scheme.get(f"{_X}authtype")
            if kind in ("awsSigv4", "cognito_user_pools"):
                raise NotImplementedByName("apigateway", f"authorization {kind} in an OpenAPI body")
            if given is not None:
                self._authorizers[name] = self._authorizer(name, scheme, _mapping(given, str(name)))
            elif scheme.get("type") == "apiKey":
                self._key_schemes.add(name)

    def _authorizer(self, name: str, scheme: Mapping[str, Any], given: Mapping[str, Any]) -> Authorizer:
        known = next((one for one in self._definition.authorizers.values() if one.name == name), None)
        kind = str(given.get("type", "")).upper()
        header = f"method.request.header.{scheme.get('name', 'Authorization')}"
        params = {
            "id": known.id if known else self._ids.short(6),
            "name": name,
            "type": kind,
            "authType": scheme.get(f"{_X}authtype", "custom"),
            "authorizerUri": given.get("authorizerUri"),
            "authorizerCredentials": given.get("authorizerCredentials"),
            "identitySource": given.get("identitySource") or (header if kind == "TOKEN" else None),
            "identityValidationExpression": given.get("identityValidationExpression"),
            "authorizerResultTtlInSeconds": given.get("authorizerResultTtlInSeconds"),
        }
        made = _converted(params, Authorizer)
        check_authorizer(made)
        self._definition.authorizers[made.id] = made
        return made

    def _read_validators(self) -> None:
        given = _mapping(self._document.get(f"{_X}request-validators") or {}, "request-validators")
        for name, members in given.items():
            members = _mapping(members, f"the request validator {name}")
            made = _converted({**members, "id": self._ids.short(6), "name": name}, RequestValidator)
            self._definition.validators[made.id] = made
            self._validators[name] = made

    def _read_gateway_responses(self) -> None:
        given = _mapping(self._document.get(f"{_X}gateway-responses") or {}, "gateway-responses")
        for kind, members in given.items():
            members = _mapping(members, f"the gateway response {kind}")
            made = _converted({**members, "responseType": kind}, GatewayResponse)
            if isinstance(members.get("statusCode"), int):
                made.status_code = str(members["statusCode"])
            self._definition.gateway_responses[kind] = made

    # --- paths -------------------------------------------------------------------------------------------
    def _read_path(self, path: Any, item: Any) -> None:
        if not isinstance(path, str):
            raise bad(f"Invalid OpenAPI input: the path {path!r} is not a text.")
        check_paths([path])
        item = _mapping(item, f"the path {path}")
        shared = _list(item.get("parameters"), f"the parameters of {path}")
        resource = self._resource("/" + path.strip("/"))
        for method, operation in self._operations(path, item):
            resource.resource_methods[method] = self._method(method, path, operation, shared)

    def _operations(self, path: str, item: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, operation in item.items():
            if name == _ANY or name in _METHODS:
                yield "ANY" if name == _ANY else name.upper(), _mapping(operation, f"{name} {path}")
            elif name not in _HARMLESS:
                raise NotImplementedByName("apigateway", f"{name} of path {path} in an OpenAPI body")

    def _resource(self, path: str) -> Resource:
        known = self._definition.at(path)
        if known is not None:
            return known
        above, _, part = path.rpartition("/")
        parent = self._resource(above or "/")
        made = Resource(id=self._ids.short(6), path=path, parent_id=parent.id, path_part=part)
        self._definition.resources[made.id] = made
        return made

    def _method(self, method: str, path: str, operation: Mapping[str, Any], shared: list[Any]) -> Method:
        where = f"{method} {path}"
        made = Method(http_method=method, operation_name=_text(operation.get("operationId")))
        if operation.get(f"{_X}auth"):
            raise NotImplementedByName("apigateway", f"{_X}auth of {where}")
        parameters = [*shared, *_list(operation.get("parameters"), f"the parameters of {where}")]
        made.request_parameters = self._parameters(parameters, where) or None
        made.request_models = self._schemas.of_request(operation, parameters) or None
        made.method_responses = self._schemas.of_responses(operation) or None
        self._secure(made, operation.get("security", self._document.get("security")), where)
        self._validate(made, operation, where)
        given = operation.get(f"{_X}integration")
        if given is not None:
            made.method_integration = self._integration(where, _mapping(given, f"integration of {where}"))
        check_method(made, self._definition)
        return made

    def _parameters(self, parameters: list[Any], where: str) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for parameter in parameters:
            if isinstance(parameter, Mapping) and "$ref" in parameter:
                name = str(parameter["$ref"]).rpartition("/")[2]
                shared = self._components.get("parameters") or self._document.get("parameters") or {}
                parameter = _mapping(shared, "parameters").get(name)
            parameter = _mapping(parameter, f"a parameter of {where}")
            place = _PLACES.get(str(parameter.get("in")))
            if place:
                key = f"method.request.{place}.{parameter.get('name')}"
                found[key] = place == "path" or parameter.get("required") is True
        return found

    def _secure(self, method: Method, security: Any, where: str) -> None:
        for requirement in _list(security, f"the security of {where}"):
            for name in _mapping(requirement, f"the security of {where}"):
                authorizer = self._authorizers.get(name)
                if authorizer is not None:
                    method.authorization_type, method.authorizer_id = "CUSTOM", authorizer.id
                elif name in self._key_schemes:
                    method.api_key_required = True
                elif name != "NONE":  # what SAM writes for a method that the default authorizer leaves alone
                    self._warnings.append(f"The security scheme {name} of {where} has no authorizer")

    def _validate(self, method: Method, operation: Mapping[str, Any], where: str) -> None:
        name = operation.get(f"{_X}request-validator", self._document.get(f"{_X}request-validator"))
        if name is None:
            return
        if not isinstance(name, str) or name not in self._validators:
            raise bad(
                f"Invalid OpenAPI input: {where} names the request validator {name}, which is not defined"
            )
        method.request_validator_id = self._validators[name].id

    def _integration(self, where: str, given: Mapping[str, Any]) -> Integration:
        for name in given:
            if name not in _INTEGRATION and name != "responses":
                raise NotImplementedByName("apigateway", f"integration property {name} of {where}")
        members = {name: value for name, value in given.items() if name in _INTEGRATION}
        members["type"] = str(given.get("type", "")).upper()
        if "httpMethod" in members:
            members["httpMethod"] = str(members["httpMethod"]).upper()
        if "passthroughBehavior" in members:
            members["passthroughBehavior"] = str(members["passthroughBehavior"]).upper()
        made = _converted(members, Integration)
        if made.type not in ("MOCK",) and not made.http_method:
            made.http_method = "POST" if made.type == "AWS_PROXY" else None
        responses: dict[str, IntegrationResponse] = {}
        for pattern, entry in _mapping(given.get("responses") or {}, f"responses of {where}").items():
            entry = _mapping(entry, f"the response {pattern} of {where}")
            status = str(entry.get("statusCode", "200"))
            response = _converted({**entry, "statusCode": status}, IntegrationResponse)
            response.selection_pattern = None if pattern == "default" else str(pattern)
            responses[response.status_code if response.status_code not in responses else str(pattern)] = (
                response
            )
        made.integration_responses = responses or None
        check_integration(made)
        return made


def _converted(members: Mapping[str, Any], kind: type[T]) -> T:
    given = {name: value for name, value in members.items() if value is not None}
    try:
        return msgspec.convert(given, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise bad(f"Invalid OpenAPI input: {error}") from error


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise AwsError("BadRequestException", f"Invalid OpenAPI input: {what} is not a mapping.")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad(f"Invalid OpenAPI input: {what} is not a list.")
    return value


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad(f"Invalid OpenAPI input: {what} is no list of texts.")
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
