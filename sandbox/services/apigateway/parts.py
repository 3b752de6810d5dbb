"""What the operations work with: the tables, rows by their ids, and rows as answers show them."""

from __future__ import annotations

import sqlite3
from typing import Any, ClassVar

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.ports import Invoker, LogSink
from sandbox.model.scope import Scope
from sandbox.services.apigateway.execute import Executor
from sandbox.services.apigateway.live import LiveStage, MethodSettings
from sandbox.services.apigateway.openapi import Route
from sandbox.services.apigateway.stages import settings_view
from sandbox.services.base import Kit, Service


class ApiGatewayParts(Service):
    """Finds what is stored; the groups of operations build on it.

    Args:
        kit: what every service has.
        invoker: runs the functions behind the routes.
        logs: takes the execution logs of stages that ask for them.
    """

    name: ClassVar[str] = "apigateway"
    SCHEMA: ClassVar[str] = """
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
        """The API that an ARN names; tags of stages and of anything else are refused by name."""
        try:
            resource = parse_arn(text).resource
        except ValueError as error:
            raise AwsError("BadRequestException", f"Invalid ARN specified in the request: {text}") from error
        kind, _, identity = resource.lstrip("/").partition("/")
        if kind != "restapis" or "/" in identity:
            raise NotImplementedByName("apigateway", f"tags of {resource}")
        return self._api(scope, identity)

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


def routes_of(text: str) -> list[Route]:
    """Routes as they are stored."""
    return msgspec.json.decode(text, type=list[Route])


def as_json(value: Any) -> str:
    """A value as it is stored."""
    return msgspec.json.encode(value).decode()


def api_view(row: sqlite3.Row) -> dict[str, Any]:
    """An API as answers show it."""
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


def deployment_view(row: sqlite3.Row) -> dict[str, Any]:
    """A deployment as answers show it."""
    return {"id": row["id"], "description": row["description"], "createdDate": row["created"]}


def stage_view(row: sqlite3.Row) -> dict[str, Any]:
    """A stage as answers show it."""
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
