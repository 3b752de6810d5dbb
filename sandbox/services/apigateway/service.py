"""The control plane of REST APIs: import, deploy, stages. API Gateway REST API Reference (version 1).

An API is defined by an OpenAPI body; building one resource by resource is refused by name until it is there.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
import yaml

from sandbox.model.arn import Arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ports import Invoker, LogSink
from sandbox.model.scope import Scope
from sandbox.services.apigateway.execute import Executor, LiveStage, MethodSettings, error
from sandbox.services.apigateway.openapi import Route, read_definition
from sandbox.services.apigateway.proxy import Stage
from sandbox.services.apigateway.routing import Router
from sandbox.services.apigateway.stages import apply_patch, settings_view
from sandbox.services.base import Answer, Kit, Params, Service, operation


class ApiGatewayService(Service):
    """Keeps REST APIs and serves their stages; implements the port `ExecuteApi`.

    Args:
        kit: what every service has.
        invoker: runs the functions behind the routes.
        logs: takes the execution logs of stages that ask for them.
    """

    name = "apigateway"
    NOT_CHECKED = (
        "resource policies and lambda:InvokeFunction permissions of the API",
        "method authorization (AWS_IAM): every request is let in",
    )
    SCHEMA = """
    CREATE TABLE IF NOT EXISTS apigateway_apis (id TEXT PRIMARY KEY, account TEXT NOT NULL,
        region TEXT NOT NULL, name TEXT NOT NULL,
        description TEXT NOT NULL, version TEXT NOT NULL, created REAL NOT NULL,
        routes TEXT NOT NULL, binary_types TEXT NOT NULL, endpoint TEXT NOT NULL, tags TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_deployments (id TEXT PRIMARY KEY, api TEXT NOT NULL,
        description TEXT NOT NULL, created REAL NOT NULL, routes TEXT NOT NULL, binary_types TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_stages (api TEXT NOT NULL, name TEXT NOT NULL,
        deployment TEXT NOT NULL,
        description TEXT NOT NULL, variables TEXT NOT NULL, settings TEXT NOT NULL, tracing INTEGER NOT NULL,
        created REAL NOT NULL, updated REAL NOT NULL, tags TEXT NOT NULL, PRIMARY KEY (api, name))
        WITHOUT ROWID;
    """

    def __init__(self, kit: Kit, invoker: Invoker, logs: LogSink) -> None:
        super().__init__(kit)
        self._executor = Executor(kit.clock, kit.ids, kit.recorder, invoker, logs)
        self._live: dict[tuple[str, str], LiveStage] = {}

    async def start(self) -> None:
        """Stages are made ready again when they are next asked."""
        self._live.clear()

    async def handle(self, api_id: str, stage: str, request: HttpRequest, endpoint: str) -> HttpResponse:
        """Answers a request to a deployed stage; unknown ones get 403, as on AWS."""
        live = self._live.get((api_id, stage)) or self._load(api_id, stage)
        if live is None:
            return error(403, "Forbidden", "ForbiddenException")
        return await self._executor.handle(live, request)

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
        info = document.get("info") or {}
        binary = document.get("x-amazon-apigateway-binary-media-types", [])
        named = {"name": info.get("title", "Created by AWS"), "binaryMediaTypes": binary}
        if info.get("description"):
            named["description"] = info["description"]
        kinds = (params.get("parameters") or {}).get("endpointConfigurationTypes")
        if kinds:
            named["endpointConfiguration"] = {"types": [kinds]}
        return self._insert(call.scope, named, read_definition(document))

    @operation("PutRestApi", "restApiId mode body parameters failOnWarnings")
    def put_rest_api(self, call: Call, params: Params) -> Answer:
        """Replaces the routes of an API by those of an OpenAPI body, or merges them in."""
        api = self._api(call.scope, params["restApiId"])
        document = _definition(params["body"])
        routes = read_definition(document)
        if params.get("mode", "merge") == "merge":
            named = {(route.method, route.path) for route in routes}
            kept = [route for route in _routes(api["routes"]) if (route.method, route.path) not in named]
            routes = [*kept, *routes]
        binary = document.get("x-amazon-apigateway-binary-media-types")
        self.database.execute(
            "UPDATE apigateway_apis SET routes = ?, binary_types = coalesce(?, binary_types) WHERE id = ?",
            (_json(routes), _json(binary) if binary is not None else None, api["id"]),
        )
        return _api_view(self._api(call.scope, api["id"]))

    @operation("GetRestApi", "restApiId")
    def get_rest_api(self, call: Call, params: Params) -> Answer:
        """One API."""
        return _api_view(self._api(call.scope, params["restApiId"]))

    @operation("GetRestApis", "position limit")
    def get_rest_apis(self, call: Call, params: Params) -> Answer:
        """APIs in order of their ids."""
        limit = params.get("limit", 25)
        rows = self.database.rows(
            "SELECT * FROM apigateway_apis WHERE account = ? AND region = ? AND id > ? ORDER BY id LIMIT ?",
            (call.scope.account, call.scope.region, params.get("position", ""), limit + 1),
        )
        answer: Answer = {"items": [_api_view(row) for row in rows[:limit]]}
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
            "UPDATE apigateway_apis SET binary_types = ? WHERE id = ?", (_json(binary), api["id"])
        )
        return _api_view(self._api(call.scope, api["id"]))

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
        for route in _routes(api["routes"]):
            by_path.setdefault(route.path, {})[route.method] = {}
        items = []
        for path, methods in sorted(by_path.items()):
            item: dict[str, Any] = {"id": f"{abs(hash_path(path)):x}"[:10], "path": path}
            if path != "/":
                item["pathPart"] = path.rsplit("/", 1)[-1]
            if methods and "methods" in params.get("embed", []):
                item["resourceMethods"] = methods
            items.append(item)
        return {"items": items}

    # --- deployments -------------------------------------------------------------------------------------
    @operation("CreateDeployment", "restApiId stageName description variables")
    def create_deployment(self, call: Call, params: Params) -> Answer:
        """Freezes the routes of an API, and points a stage at them when one is named."""
        api = self._api(call.scope, params["restApiId"])
        if api["routes"] == "[]":
            raise AwsError("BadRequestException", "The REST API doesn't contain any methods")
        identity = self.kit.ids.short(6)
        self.database.execute(
            "INSERT INTO apigateway_deployments VALUES (?, ?, ?, ?, ?, ?)",
            (
                identity,
                api["id"],
                params.get("description", ""),
                self.clock.now(),
                api["routes"],
                api["binary_types"],
            ),
        )
        if params.get("stageName"):
            self._point_stage(api["id"], params["stageName"], identity, params.get("variables", {}))
        return _deployment_view(self._deployment(api["id"], identity))

    @operation("GetDeployment", "restApiId deploymentId")
    def get_deployment(self, call: Call, params: Params) -> Answer:
        """One deployment."""
        api = self._api(call.scope, params["restApiId"])
        return _deployment_view(self._deployment(api["id"], params["deploymentId"]))

    @operation("GetDeployments", "restApiId")
    def get_deployments(self, call: Call, params: Params) -> Answer:
        """The deployments of an API, oldest first."""
        api = self._api(call.scope, params["restApiId"])
        rows = self.database.rows(
            "SELECT * FROM apigateway_deployments WHERE api = ? ORDER BY created, id", (api["id"],)
        )
        return {"items": [_deployment_view(row) for row in rows]}

    @operation("DeleteDeployment", "restApiId deploymentId")
    def delete_deployment(self, call: Call, params: Params) -> Answer:
        """Deletes a deployment that no stage uses."""
        api = self._api(call.scope, params["restApiId"])
        deployment = self._deployment(api["id"], params["deploymentId"])
        if self.database.row("SELECT 1 FROM apigateway_stages WHERE deployment = ?", (deployment["id"],)):
            raise AwsError(
                "BadRequestException", "Active stages pointing to this deployment must be moved or deleted"
            )
        self.database.execute("DELETE FROM apigateway_deployments WHERE id = ?", (deployment["id"],))
        return {}

    # --- stages ------------------------------------------------------------------------------------------
    @operation("CreateStage", "restApiId stageName deploymentId description variables tracingEnabled tags")
    def create_stage(self, call: Call, params: Params) -> Answer:
        """Publishes a deployment under a name."""
        api = self._api(call.scope, params["restApiId"])
        name = params["stageName"]
        if not name.replace("_", "").replace("-", "").isalnum():
            raise AwsError("BadRequestException", "Stage name only allows a-zA-Z0-9_")
        if self._find_stage(api["id"], name):
            raise AwsError("ConflictException", "Stage already exists", status=409)
        self._deployment(api["id"], params["deploymentId"])
        self._point_stage(api["id"], name, params["deploymentId"], params.get("variables", {}))
        self.database.execute(
            "UPDATE apigateway_stages SET description = ?, tracing = ?, tags = ? WHERE api = ? AND name = ?",
            (
                params.get("description", ""),
                bool(params.get("tracingEnabled")),
                _json(params.get("tags", {})),
                api["id"],
                name,
            ),
        )
        return _stage_view(self._stage(api["id"], name))

    @operation("GetStage", "restApiId stageName")
    def get_stage(self, call: Call, params: Params) -> Answer:
        """One stage."""
        api = self._api(call.scope, params["restApiId"])
        return _stage_view(self._stage(api["id"], params["stageName"]))

    @operation("GetStages", "restApiId deploymentId")
    def get_stages(self, call: Call, params: Params) -> Answer:
        """The stages of an API, or those of one deployment."""
        api = self._api(call.scope, params["restApiId"])
        wanted = params.get("deploymentId")
        rows = self.database.rows("SELECT * FROM apigateway_stages WHERE api = ? ORDER BY name", (api["id"],))
        return {"item": [_stage_view(row) for row in rows if wanted in (None, row["deployment"])]}

    @operation("UpdateStage", "restApiId stageName patchOperations")
    def update_stage(self, call: Call, params: Params) -> Answer:
        """Changes a stage: deployment, variables, throttling, logging; other patches are refused by name."""
        api = self._api(call.scope, params["restApiId"])
        stage = self._stage(api["id"], params["stageName"])
        changed = apply_patch(stage, params.get("patchOperations", []))
        if changed.deployment != stage["deployment"]:
            self._deployment(api["id"], changed.deployment)
        self.database.execute(
            "UPDATE apigateway_stages SET deployment = ?, description = ?, variables = ?, settings = ?, "
            "tracing = ?, updated = ? WHERE api = ? AND name = ?",
            (
                changed.deployment,
                changed.description,
                _json(changed.variables),
                _json(changed.settings),
                changed.tracing,
                self.clock.now(),
                api["id"],
                stage["name"],
            ),
        )
        self._live.pop((api["id"], stage["name"]), None)
        return _stage_view(self._stage(api["id"], stage["name"]))

    @operation("DeleteStage", "restApiId stageName")
    def delete_stage(self, call: Call, params: Params) -> Answer:
        """Takes a stage down."""
        api = self._api(call.scope, params["restApiId"])
        stage = self._stage(api["id"], params["stageName"])
        self.database.execute(
            "DELETE FROM apigateway_stages WHERE api = ? AND name = ?", (api["id"], stage["name"])
        )
        self._live.pop((api["id"], stage["name"]), None)
        return {}

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

    # --- inside ------------------------------------------------------------------------------------------
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
                _json(routes),
                _json(params.get("binaryMediaTypes", [])),
                _json(endpoint),
                _json(params.get("tags", {})),
            ),
        )
        return _api_view(self._api(scope, identity))

    def _load(self, api_id: str, name: str) -> LiveStage | None:
        row = self.database.row(
            "SELECT a.account, a.region, s.deployment, s.variables, s.settings, d.routes, d.binary_types "
            "FROM apigateway_stages s JOIN apigateway_apis a ON a.id = s.api "
            "JOIN apigateway_deployments d ON d.id = s.deployment WHERE s.api = ? AND s.name = ?",
            (api_id, name),
        )
        if row is None:
            return None
        stage = Stage(
            scope=Scope(row["account"], row["region"]),
            api_id=api_id,
            name=name,
            deployment_id=row["deployment"],
            variables=msgspec.json.decode(row["variables"]),
            binary_types=msgspec.json.decode(row["binary_types"]),
        )
        settings = msgspec.json.decode(row["settings"], type=dict[str, MethodSettings])
        live = LiveStage(stage, Router(_routes(row["routes"])), settings, {})
        self._live[api_id, name] = live
        return live

    def _point_stage(self, api: str, name: str, deployment: str, variables: dict[str, str]) -> None:
        now = self.clock.now()
        self.database.execute(
            "INSERT INTO apigateway_stages VALUES (?, ?, ?, '', ?, '{}', 0, ?, ?, '{}') "
            "ON CONFLICT (api, name) DO UPDATE SET deployment = excluded.deployment, "
            "updated = excluded.updated",
            (api, name, deployment, _json(variables), now, now),
        )
        self._live.pop((api, name), None)

    def _api(self, scope: Scope, identity: str) -> sqlite3.Row:
        row = self.database.row(
            "SELECT * FROM apigateway_apis WHERE id = ? AND account = ? AND region = ?",
            (identity, scope.account, scope.region),
        )
        if row is None:
            raise AwsError(
                "NotFoundException",
                f"Invalid API identifier specified {scope.account}:{identity}",
                status=404,
            )
        return row

    def _api_of_arn(self, scope: Scope, text: str) -> sqlite3.Row:
        arn: Arn = parse_arn(text)
        return self._api(scope, arn.resource.rsplit("/", 1)[-1])

    def _deployment(self, api: str, identity: str) -> sqlite3.Row:
        row = self.database.row(
            "SELECT * FROM apigateway_deployments WHERE id = ? AND api = ?", (identity, api)
        )
        if row is None:
            raise AwsError("NotFoundException", "Invalid Deployment identifier specified", status=404)
        return row

    def _find_stage(self, api: str, name: str) -> sqlite3.Row | None:
        return self.database.row("SELECT * FROM apigateway_stages WHERE api = ? AND name = ?", (api, name))

    def _stage(self, api: str, name: str) -> sqlite3.Row:
        row = self._find_stage(api, name)
        if row is None:
            raise AwsError("NotFoundException", "Invalid stage identifier specified", status=404)
        return row

    def _set_tags(self, api: str, tags: dict[str, str]) -> None:
        self.database.execute("UPDATE apigateway_apis SET tags = ? WHERE id = ?", (_json(tags), api))


def hash_path(path: str) -> int:
    """A stable number for a resource path, from which its id is made (FNV-1a, 64 bit)."""
    value = 0xCBF29CE484222325
    for byte in path.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def _definition(body: bytes) -> dict[str, Any]:
    try:
        document = yaml.safe_load(body)
    except yaml.YAMLError as problem:
        raise AwsError("BadRequestException", f"Invalid OpenAPI input: {problem}") from problem
    if not isinstance(document, dict):
        raise AwsError("BadRequestException", "Invalid OpenAPI input: not a mapping.")
    return document


def _routes(text: str) -> list[Route]:
    return msgspec.json.decode(text, type=list[Route])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _api_view(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "version": row["version"],
        "createdDate": row["created"],
        "binaryMediaTypes": msgspec.json.decode(row["binary_types"]),
        "apiKeySource": "HEADER",
        "endpointConfiguration": msgspec.json.decode(row["endpoint"]),
        "disableExecuteApiEndpoint": False,
        "tags": msgspec.json.decode(row["tags"]),
    }


def _deployment_view(row: sqlite3.Row) -> dict[str, Any]:
    return {"id": row["id"], "description": row["description"], "createdDate": row["created"]}


def _stage_view(row: sqlite3.Row) -> dict[str, Any]:
    settings = msgspec.json.decode(row["settings"], type=dict[str, MethodSettings])
    return {
        "deploymentId": row["deployment"],
        "stageName": row["name"],
        "description": row["description"],
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": settings_view(settings),
        "variables": msgspec.json.decode(row["variables"]),
        "tracingEnabled": bool(row["tracing"]),
        "createdDate": row["created"],
        "lastUpdatedDate": row["updated"],
        "tags": msgspec.json.decode(row["tags"]),
    }
