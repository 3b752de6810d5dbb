"""REST APIs: create, import, change, delete, tag. An API is defined by an OpenAPI body; building one resource
by resource is refused by name.
"""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from sandbox.model.arn import integration_uri
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.apigateway.openapi import Route, check_variables, read_definition
from sandbox.services.apigateway.parts import ApiGatewayParts, api_view, as_json, routes_of
from sandbox.services.base import Answer, Params, operation


class ApiOperations(ApiGatewayParts):
    """Operations on whole APIs."""

    # --- APIs --------------------------------------------------------------------------------------------
    @operation("CreateRestApi", "name description version binaryMediaTypes endpointConfiguration tags")
    def create_rest_api(self, call: Call, params: Params) -> Answer:
        """Creates an API without routes; `PutRestApi` gives it some."""
        if not params["name"]:
            raise AwsError("BadRequestException", "No API name specified")
        return self._insert(call.scope, params, [])

    @operation("ImportRestApi", "body parameters failOnWarnings")
    def import_rest_api(self, call: Call, params: Params) -> Answer:
        """Creates an API from an OpenAPI body."""
        document = _definition(params["body"])
        info = document.get("info")
        if not isinstance(info, dict):
            info = {}
        named: Params = {"name": str(info.get("title") or "Created by AWS")}
        named["binaryMediaTypes"] = _binary_types(document) or []
        if info.get("description"):
            named["description"] = str(info["description"])
        kinds = _endpoint_type(params)
        if kinds:
            named["endpointConfiguration"] = {"types": [kinds]}
        return self._insert(call.scope, named, read_definition(document))

    @operation("PutRestApi", "restApiId mode body parameters failOnWarnings")
    def put_rest_api(self, call: Call, params: Params) -> Answer:
        """Replaces the routes of an API by those of an OpenAPI body, or merges them in."""
        api = self._api(call.scope, params["restApiId"])
        kind = _endpoint_type(params)
        if kind == "PRIVATE":
            raise NotImplementedByName("apigateway", "private endpoints of PutRestApi")
        document = _definition(params["body"])
        routes = read_definition(document)
        if params.get("mode", "merge") == "merge":
            named = {(route.method, route.path) for route in routes}
            kept = [route for route in routes_of(api["routes"]) if (route.method, route.path) not in named]
            routes = [*kept, *routes]
            check_variables(route.path for route in routes)
        binary = _binary_types(document)
        self.database.execute(
            "UPDATE apigateway_apis SET routes = ?, binary_types = coalesce(?, binary_types), "
            "endpoint = coalesce(?, endpoint) WHERE id = ?",
            (
                as_json(routes),
                as_json(binary) if binary is not None else None,
                as_json({"types": [kind]}) if kind else None,
                api["id"],
            ),
        )
        return api_view(self._api(call.scope, api["id"]))

    @operation("GetRestApi", "restApiId")
    def get_rest_api(self, call: Call, params: Params) -> Answer:
        """One API."""
        return api_view(self._api(call.scope, params["restApiId"]))

    @operation("GetRestApis", "position limit")
    def get_rest_apis(self, call: Call, params: Params) -> Answer:
        """APIs in order of their ids."""
        limit = params.get("limit", 25)
        rows = self.database.rows(
            "SELECT * FROM apigateway_apis WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?",
            (call.scope.account, call.scope.region, params.get("position", ""), limit + 1),
        )
        answer: Answer = {"items": [api_view(row) for row in rows[:limit]]}
        if len(rows) > limit:
            answer["position"] = rows[limit - 1]["id"]
        return answer

    @operation("UpdateRestApi", "restApiId patchOperations")
    def update_rest_api(self, call: Call, params: Params) -> Answer:
        """Changes an API's name, description or binary media types; other patches are refused by name."""
        api = self._api(call.scope, params["restApiId"])
        binary = msgspec.json.decode(api["binary_types"])
        for patch in params.get("patchOperations", []):
            kind, path = patch.get("op"), patch.get("path", "")
            if kind == "replace" and path in ("/name", "/description"):
                column = path[1:]
                self.database.execute(
                    f"UPDATE apigateway_apis SET {column} = ? WHERE id = ?", (patch["value"], api["id"])
                )
            elif path.startswith("/binaryMediaTypes/") and kind in ("add", "remove"):
                media = path.removeprefix("/binaryMediaTypes/").replace("~1", "/")
                binary = [known for known in binary if known != media] + ([media] if kind == "add" else [])
            else:
                raise NotImplementedByName("apigateway", f"patch {kind} {path} of UpdateRestApi")
        self.database.execute(
            "UPDATE apigateway_apis SET binary_types = ? WHERE id = ?", (as_json(binary), api["id"])
        )
        return api_view(self._api(call.scope, api["id"]))

    @operation("DeleteRestApi", "restApiId")
    def delete_rest_api(self, call: Call, params: Params) -> Answer:
        """Deletes an API with its deployments and stages."""
        api = self._api(call.scope, params["restApiId"])["id"]
        with self.database.atomic():
            self.database.execute("DELETE FROM apigateway_stages WHERE api = ?", (api,))
            self.database.execute("DELETE FROM apigateway_deployments WHERE api = ?", (api,))
            self.database.execute("DELETE FROM apigateway_apis WHERE id = ?", (api,))
        self._live = {key: live for key, live in self._live.items() if key[0] != api}
        return {}

    @operation("GetResources", "restApiId position limit embed")
    def get_resources(self, call: Call, params: Params) -> Answer:
        """The resources of an API, with the methods of each when `embed` asks for them."""
        api = self._api(call.scope, params["restApiId"])
        by_path: dict[str, dict[str, Any]] = {"/": {}}
        for route in routes_of(api["routes"]):
            by_path.setdefault(route.path, {})[route.method] = _method_view(route, call.scope)
        items = []
        for path, methods in sorted(by_path.items()):
            item: dict[str, Any] = {"id": f"{abs(hash_path(path)):x}"[:10], "path": path}
            if path != "/":
                item["pathPart"] = path.rsplit("/", 1)[-1]
            if methods and "methods" in params.get("embed", []):
                item["resourceMethods"] = methods
            items.append(item)
        return {"items": items}

    # --- tags --------------------------------------------------------------------------------------------
    @operation("TagResource", "resourceArn tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags to an API."""
        api = self._api_of_arn(call.scope, params["resourceArn"])
        self._set_tags(api["id"], {**msgspec.json.decode(api["tags"]), **params["tags"]})
        return {}

    @operation("UntagResource", "resourceArn tagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags from an API."""
        api = self._api_of_arn(call.scope, params["resourceArn"])
        tags = msgspec.json.decode(api["tags"])
        self._set_tags(api["id"], {key: tags[key] for key in tags if key not in params["tagKeys"]})
        return {}

    @operation("GetTags", "resourceArn")
    def get_tags(self, call: Call, params: Params) -> Answer:
        """The tags of an API."""
        return {"tags": msgspec.json.decode(self._api_of_arn(call.scope, params["resourceArn"])["tags"])}

    # --- inside ----------------------------------------------------------------------------------------
    def _insert(self, scope: Scope, params: Params, routes: list[Route]) -> Answer:
        identity = self.kit.ids.short(10)
        endpoint = params.get("endpointConfiguration", {"types": ["EDGE"]})
        if endpoint.get("vpcEndpointIds") or "PRIVATE" in endpoint.get("types", []):
            raise NotImplementedByName("apigateway", "private endpoints of CreateRestApi")
        self.database.execute(
            "INSERT INTO apigateway_apis VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                identity,
                scope.account,
                scope.region,
                params["name"],
                params.get("description", ""),
                params.get("version", ""),
                self.clock.now(),
                as_json(routes),
                as_json(params.get("binaryMediaTypes", [])),
                as_json(endpoint),
                as_json(params.get("tags", {})),
            ),
        )
        return api_view(self._api(scope, identity))

    def _set_tags(self, api: str, tags: dict[str, str]) -> None:
        self.database.execute("UPDATE apigateway_apis SET tags = ? WHERE id = ?", (as_json(tags), api))


def hash_path(path: str) -> int:
    """A stable number for a resource path, from which its id is made (FNV-1a, 64 bit)."""
    value = 0xCBF29CE484222325
    for byte in path.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def _endpoint_type(params: Params) -> str | None:
    """What the parameters of an import ask for; other parameters are refused by name."""
    given = dict(params.get("parameters") or {})
    kind: str | None = given.pop("endpointConfigurationTypes", None)
    for name in given:
        raise NotImplementedByName("apigateway", f"parameter {name} of an OpenAPI import")
    return kind


def _binary_types(document: dict[str, Any]) -> list[str] | None:
    types = document.get("x-amazon-apigateway-binary-media-types")
    if types is not None and not (isinstance(types, list) and all(isinstance(kind, str) for kind in types)):
        raise AwsError(
            "BadRequestException",
            "Invalid OpenAPI input: x-amazon-apigateway-binary-media-types is no list of texts.",
        )
    return types


def _definition(body: bytes) -> dict[str, Any]:
    try:
        document = _parsed(body)
    except (yaml.YAMLError, RecursionError) as problem:
        raise AwsError("BadRequestException", f"Invalid OpenAPI input: {problem}") from problem
    if not isinstance(document, dict):
        raise AwsError("BadRequestException", "Invalid OpenAPI input: not a mapping.")
    return document


def _parsed(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)  # what tools send, and a hundred times as fast
    except msgspec.DecodeError:
        return yaml.safe_load(body)


def _method_view(route: Route, scope: Scope) -> dict[str, Any]:
    """A method with its integration, as `GetResources` shows it when `embed` asks for methods."""
    return {
        "httpMethod": route.method,
        "authorizationType": "NONE",
        "apiKeyRequired": False,
        "methodIntegration": {
            "type": "AWS_PROXY",
            "httpMethod": route.integration_method,
            "uri": str(integration_uri(scope, route.function)),
            "timeoutInMillis": route.timeout_ms,
        },
    }
