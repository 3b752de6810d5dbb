"""What the operations work with: the tables, and rows by their ids as values."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import Definition, Method, Resource
from sandbox.services.apigateway.live import LiveStage, MethodSettings
from sandbox.services.apigateway.stages import settings_view
from sandbox.services.base import Kit, Service

T = TypeVar("T")


class ApiGatewayParts(Service):
    """Finds what is stored; the groups of operations build on it.

    Args:
        kit: what every service has.
    """

    name: ClassVar[str] = "apigateway"
    SCHEMA: ClassVar[str] = """
    CREATE TABLE IF NOT EXISTS apigateway_apis (id TEXT PRIMARY KEY, account TEXT NOT NULL,
        region TEXT NOT NULL, name TEXT NOT NULL,
        description TEXT NOT NULL, version TEXT NOT NULL, created REAL NOT NULL,
        definition TEXT NOT NULL, endpoint TEXT NOT NULL, disabled INTEGER NOT NULL, tags TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_deployments (id TEXT PRIMARY KEY, api TEXT NOT NULL,
        description TEXT NOT NULL, created REAL NOT NULL, definition TEXT NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_stages (api TEXT NOT NULL, name TEXT NOT NULL,
        deployment TEXT NOT NULL,
        description TEXT NOT NULL, variables TEXT NOT NULL, settings TEXT NOT NULL, tracing INTEGER NOT NULL,
        access_log TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL, tags TEXT NOT NULL,
        PRIMARY KEY (api, name)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_keys (id TEXT PRIMARY KEY, account TEXT NOT NULL,
        region TEXT NOT NULL, value TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS apigateway_keys_value ON apigateway_keys (account, region, value);
    CREATE TABLE IF NOT EXISTS apigateway_plans (id TEXT PRIMARY KEY, account TEXT NOT NULL,
        region TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_plan_keys (plan TEXT NOT NULL, key TEXT NOT NULL,
        PRIMARY KEY (plan, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_usage (plan TEXT NOT NULL, key TEXT NOT NULL, day TEXT NOT NULL,
        used INTEGER NOT NULL, PRIMARY KEY (plan, key, day)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS apigateway_accounts (account TEXT NOT NULL, region TEXT NOT NULL,
        role TEXT NOT NULL, PRIMARY KEY (account, region)) WITHOUT ROWID;
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._live: dict[tuple[str, str], LiveStage] = {}

    # --- reading -----------------------------------------------------------------------------------------
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

    def _definition(self, scope: Scope, identity: str) -> Definition:
        return definition_of(self._api(scope, identity)["definition"])

    def _resource(self, definition: Definition, identity: str) -> Resource:
        resource = definition.resources.get(identity)
        if resource is None:
            raise not_found("Resource")
        return resource

    def _method(self, definition: Definition, resource_id: str, http_method: str) -> Method:
        method = self._resource(definition, resource_id).resource_methods.get(http_method.upper())
        if method is None:
            raise not_found("Method")
        return method

    def _deployment(self, api: str, identity: str) -> sqlite3.Row:
        row = self.database.row(
            "SELECT * FROM apigateway_deployments WHERE id = ? AND api = ?", (identity, api)
        )
        if row is None:
            raise not_found("Deployment")
        return row

    def _find_stage(self, api: str, name: str) -> sqlite3.Row | None:
        return self.database.row("SELECT * FROM apigateway_stages WHERE api = ? AND name = ?", (api, name))

    def _stage(self, api: str, name: str) -> sqlite3.Row:
        row = self._find_stage(api, name)
        if row is None:
            raise AwsError("NotFoundException", "Invalid stage identifier specified", status=404)
        return row

    # --- writing -----------------------------------------------------------------------------------------
    def _write(self, api: str, definition: Definition) -> None:
        """Stores what an API consists of; stages serve it once it is deployed."""
        self.database.execute(
            "UPDATE apigateway_apis SET definition = ? WHERE id = ?", (as_json(definition), api)
        )

    def _forget(self, api: str | None = None) -> None:
        """What was ready to serve is made ready again when it is next asked."""
        self._live = {} if api is None else {key: live for key, live in self._live.items() if key[0] != api}


def definition_of(text: str) -> Definition:
    """A definition as it is stored."""
    return msgspec.json.decode(text, type=Definition)


def as_json(value: Any) -> str:
    """A value as it is stored."""
    return msgspec.json.encode(value).decode()


def converted(members: Mapping[str, Any], kind: type[T]) -> T:
    """Members as they are given, as a value of their type.

    Raises:
        AwsError: `BadRequestException`: one is missing, or of another type.
    """
    given = {name: value for name, value in members.items() if value is not None}
    try:
        return msgspec.convert(given, type=kind)
    except msgspec.ValidationError as error:
        raise bad_request(f"Invalid request: {error}") from error


def not_found(kind: str) -> AwsError:
    """The refusal of an id that is not there."""
    return AwsError("NotFoundException", f"Invalid {kind} identifier specified", status=404)


def bad_request(message: str) -> AwsError:
    """The refusal of a request as it is."""
    return AwsError("BadRequestException", message)


def conflict(message: str) -> AwsError:
    """The refusal of what is there already."""
    return AwsError("ConflictException", message, status=409)


def page(items: list[dict[str, Any]], params: dict[str, Any], key: str = "id") -> dict[str, Any]:
    """One page of a list that is ordered by `key`; `position` is where the next begins."""
    limit, position = params.get("limit") or 25, params.get("position") or ""
    if not 1 <= limit <= 500:
        raise bad_request("limit must be between 1 and 500")
    rest = [item for item in sorted(items, key=lambda item: str(item[key])) if str(item[key]) > position]
    answer: dict[str, Any] = {"items": rest[:limit]}
    if len(rest) > limit:
        answer["position"] = str(rest[limit - 1][key])
    return answer


def api_view(row: sqlite3.Row) -> dict[str, Any]:
    """An API as answers show it."""
    definition = definition_of(row["definition"])
    shown = {
        "id": row["id"],
        "name": row["name"],
        "createdDate": row["created"],
        "apiKeySource": definition.api_key_source,
        "endpointConfiguration": {"ipAddressType": "ipv4", **msgspec.json.decode(row["endpoint"])},
        "disableExecuteApiEndpoint": bool(row["disabled"]),
        "rootResourceId": definition.root.id,
        "tags": msgspec.json.decode(row["tags"]),
    }
    for name in ("description", "version"):
        if row[name]:
            shown[name] = row[name]
    if definition.binary_media_types:
        shown["binaryMediaTypes"] = definition.binary_media_types
    return shown


def deployment_view(row: sqlite3.Row) -> dict[str, Any]:
    """A deployment as answers show it."""
    shown = {"id": row["id"], "createdDate": row["created"]}
    return {**shown, "description": row["description"]} if row["description"] else shown


def stage_view(row: sqlite3.Row) -> dict[str, Any]:
    """A stage as answers show it."""
    settings = msgspec.json.decode(row["settings"], type=dict[str, MethodSettings])
    shown = {
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
    access_log = msgspec.json.decode(row["access_log"])
    return {**shown, "accessLogSettings": access_log} if access_log else shown
