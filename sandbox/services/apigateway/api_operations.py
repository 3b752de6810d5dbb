"""REST APIs: create, import, change, export, delete, tag."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from sandbox.model.arn import parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import Definition, empty
from sandbox.services.apigateway.export import export_document
from sandbox.services.apigateway.openapi import Imported, parse_document, read_document
from sandbox.services.apigateway.parts import (
    ApiGatewayParts,
    api_view,
    as_json,
    bad_request,
    definition_of,
    page,
)
from sandbox.services.apigateway.patching import checked_op, parts_of
from sandbox.services.base import Answer, Params, operation


class ApiOperations(ApiGatewayParts):
    """Operations on whole APIs."""

    # --- APIs --------------------------------------------------------------------------------------------
    @operation(
        "CreateRestApi",
        "name description version binaryMediaTypes endpointConfiguration tags apiKeySource "
        "disableExecuteApiEndpoint",
    )
    def create_rest_api(self, call: Call, params: Params) -> Answer:
        """Creates an API that has its root resource alone."""
        if not params["name"]:
            raise bad_request("No API name specified")
        definition = empty(self.kit.ids.short(10))
        definition.binary_media_types = params.get("binaryMediaTypes") or []
        definition.api_key_source = params.get("apiKeySource") or "HEADER"
        return self._insert(call.scope, params, definition)

    @operation("ImportRestApi", "body parameters failOnWarnings")
    def import_rest_api(self, call: Call, params: Params) -> Answer:
        """Creates an API from an OpenAPI body."""
        kind = _endpoint_type(params)
        imported = self._read(params)
        named: Params = {"name": imported.name, "tags": {}}
        if imported.description:
            named["description"] = imported.description
        if imported.version:
            named["version"] = imported.version
        if kind:
            named["endpointConfiguration"] = {"types": [kind]}
        return _with_warnings(self._insert(call.scope, named, imported.definition), imported)

    @operation("PutRestApi", "restApiId mode body parameters failOnWarnings")
    def put_rest_api(self, call: Call, params: Params) -> Answer:
        """Replaces what an API consists of by an OpenAPI body, or merges that in."""
        api = self._api(call.scope, params["restApiId"])
        kind = _endpoint_type(params)
        if kind == "PRIVATE":
            raise NotImplementedByName("apigateway", "private endpoints of PutRestApi")
        before = definition_of(api["definition"])
        merge = params.get("mode", "merge") == "merge"
        imported = self._read(params, before if merge else None, before.root.id)
        if not imported.names_binary_types and not merge:
            imported.definition.binary_media_types = before.binary_media_types
        self._write(api["id"], imported.definition)
        name = imported.name if imported.titled and not merge else api["name"]
        self.database.execute(
            "UPDATE apigateway_apis SET name = ?, endpoint = coalesce(?, endpoint) WHERE id = ?",
            (name, as_json({"types": [kind]}) if kind else None, api["id"]),
        )
        return _with_warnings(api_view(self._api(call.scope, api["id"])), imported)

    @operation("GetRestApi", "restApiId")
    def get_rest_api(self, call: Call, params: Params) -> Answer:
        """One API."""
        return api_view(self._api(call.scope, params["restApiId"]))

    @operation("GetRestApis", "position limit")
    def get_rest_apis(self, call: Call, params: Params) -> Answer:
        """APIs in order of their ids."""
        rows = self.database.rows(
            "SELECT * FROM apigateway_apis WHERE account = ? AND region = ? ORDER BY id",
            (call.scope.account, call.scope.region),
        )
        return page([api_view(row) for row in rows], params)

    @operation("UpdateRestApi", "restApiId patchOperations")
    def update_rest_api(self, call: Call, params: Params) -> Answer:
        """Changes an API; patches that are not acted on are refused by name."""
        api = self._api(call.scope, params["restApiId"])
        definition = definition_of(api["definition"])
        row = {name: api[name] for name in ("name", "description", "endpoint", "disabled")}
        for patch in params.get("patchOperations", []):
            _patch_api(row, definition, *checked_op(patch, "UpdateRestApi"))
        self.database.execute(
            "UPDATE apigateway_apis SET name = ?, description = ?, endpoint = ?, disabled = ? WHERE id = ?",
            (row["name"], row["description"], row["endpoint"], row["disabled"], api["id"]),
        )
        self._write(api["id"], definition)
        self._forget(api["id"])
        return api_view(self._api(call.scope, api["id"]))

    @operation("DeleteRestApi", "restApiId")
    def delete_rest_api(self, call: Call, params: Params) -> Answer:
        """Deletes an API with its deployments and stages."""
        api = self._api(call.scope, params["restApiId"])["id"]
        with self.database.atomic():
            self.database.execute("DELETE FROM apigateway_stages WHERE api = ?", (api,))
            self.database.execute("DELETE FROM apigateway_deployments WHERE api = ?", (api,))
            self.database.execute("DELETE FROM apigateway_apis WHERE id = ?", (api,))
        self._forget(api)
        return {}

    @operation("GetExport", "restApiId stageName exportType parameters accepts")
    def get_export(self, call: Call, params: Params) -> Answer:
        """What a stage serves, as OpenAPI 3.0 or Swagger 2.0."""
        api = self._api(call.scope, params["restApiId"])
        stage = self._stage(api["id"], params["stageName"])
        kind = params["exportType"]
        if kind not in ("oas30", "swagger"):
            raise bad_request("Unsupported export type: oas30 or swagger")
        extensions = (params.get("parameters") or {}).get("extensions", "")
        deployment = self._deployment(api["id"], stage["deployment"])
        media = params.get("accepts") or "application/json"
        body = export_document(
            api["name"],
            api["version"],
            definition_of(deployment["definition"]),
            call.scope,
            swagger=kind == "swagger",
            extensions="apigateway" in extensions or "integrations" in extensions,
            as_yaml="yaml" in media,
        )
        disposition = f'attachment; filename="{kind}_{deployment["id"]}"'
        return {"contentType": media, "contentDisposition": disposition, "body": body}

    # --- the account -------------------------------------------------------------------------------------
    @operation("GetAccount", "")
    def get_account(self, call: Call, params: Params) -> Answer:
        """The account's limits, and the role by which APIs log; logging needs none here."""
        row = self.database.row(
            "SELECT role FROM apigateway_accounts WHERE account = ? AND region = ?",
            (call.scope.account, call.scope.region),
        )
        answer: Answer = {
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10_000.0},
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        }
        return {**answer, "cloudwatchRoleArn": row["role"]} if row and row["role"] else answer

    @operation("UpdateAccount", "patchOperations")
    def update_account(self, call: Call, params: Params) -> Answer:
        """Keeps the role by which APIs log."""
        for patch in params.get("patchOperations", []):
            kind, path, value = checked_op(patch, "UpdateAccount")
            if path != "/cloudwatchRoleArn":
                raise NotImplementedByName("apigateway", f"patch {kind} {path} of UpdateAccount")
            self.database.execute(
                "INSERT INTO apigateway_accounts VALUES (?, ?, ?) "
                "ON CONFLICT (account, region) DO UPDATE SET role = excluded.role",
                (call.scope.account, call.scope.region, "" if kind == "remove" else value),
            )
        return self.get_account(call, {})

    # --- tags --------------------------------------------------------------------------------------------
    @operation("TagResource", "resourceArn tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags to an API or stage."""
        row, stage = self._tagged(call.scope, params["resourceArn"])
        self._set_tags(row, stage, {**msgspec.json.decode((stage or row)["tags"]), **params["tags"]})
        return {}

    @operation("UntagResource", "resourceArn tagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags from an API or stage."""
        row, stage = self._tagged(call.scope, params["resourceArn"])
        tags = msgspec.json.decode((stage or row)["tags"])
        self._set_tags(row, stage, {key: tags[key] for key in tags if key not in params["tagKeys"]})
        return {}

    @operation("GetTags", "resourceArn")
    def get_tags(self, call: Call, params: Params) -> Answer:
        """The tags of an API or stage."""
        row, stage = self._tagged(call.scope, params["resourceArn"])
        return {"tags": msgspec.json.decode((stage or row)["tags"])}

    # --- inside ----------------------------------------------------------------------------------------
    def _insert(self, scope: Scope, params: Params, definition: Definition) -> Answer:
        identity = self.kit.ids.short(10)
        endpoint = params.get("endpointConfiguration") or {"types": ["EDGE"]}
        _check_endpoint(endpoint)
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
                as_json(definition),
                as_json(endpoint),
                bool(params.get("disableExecuteApiEndpoint")),
                as_json(params.get("tags", {})),
            ),
        )
        return api_view(self._api(scope, identity))

    def _read(self, params: Params, into: Definition | None = None, root: str | None = None) -> Imported:
        imported = read_document(parse_document(params["body"]), self.kit.ids, into, root)
        if params.get("failOnWarnings") and imported.warnings:
            raise bad_request(f"Warnings found during import:\n\t{'; '.join(imported.warnings)}")
        return imported

    def _tagged(self, scope: Scope, text: str) -> tuple[sqlite3.Row, sqlite3.Row | None]:
        """The API or stage that an ARN names; tags of anything else are refused by name."""
        try:
            resource = parse_arn(text).resource
        except ValueError as error:
            raise bad_request(f"Invalid ARN specified in the request: {text}") from error
        kind, _, rest = resource.lstrip("/").partition("/")
        identity, _, more = rest.partition("/")
        if kind != "restapis" or (more and not more.startswith("stages/")):
            raise NotImplementedByName("apigateway", f"tags of {resource}")
        api = self._api(scope, identity)
        return api, self._stage(identity, more.removeprefix("stages/")) if more else None

    def _set_tags(self, api: sqlite3.Row, stage: sqlite3.Row | None, tags: dict[str, str]) -> None:
        if stage is None:
            self.database.execute(
                "UPDATE apigateway_apis SET tags = ? WHERE id = ?", (as_json(tags), api["id"])
            )
        else:
            self.database.execute(
                "UPDATE apigateway_stages SET tags = ? WHERE api = ? AND name = ?",
                (as_json(tags), api["id"], stage["name"]),
            )


def _with_warnings(answer: Answer, imported: Imported) -> Answer:
    return {**answer, "warnings": imported.warnings} if imported.warnings else answer


def _check_endpoint(endpoint: dict[str, Any]) -> None:
    if endpoint.get("vpcEndpointIds") or "PRIVATE" in endpoint.get("types", []):
        raise NotImplementedByName("apigateway", "private endpoints of CreateRestApi")


def _endpoint_type(params: Params) -> str | None:
    """What the parameters of an import ask for; other parameters are refused by name."""
    given = dict(params.get("parameters") or {})
    kind: str | None = given.pop("endpointConfigurationTypes", None)
    if given.get("basepath") == "ignore":
        given.pop("basepath")
    for name in given:
        raise NotImplementedByName("apigateway", f"parameter {name} of an OpenAPI import")
    return kind


def _patch_api(row: dict[str, Any], definition: Definition, kind: str, path: str, value: str) -> None:
    parts = parts_of(path)
    if path in ("/name", "/description") and kind == "replace":
        row[path[1:]] = value
    elif path == "/disableExecuteApiEndpoint":
        row["disabled"] = value == "true"
    elif path == "/apiKeySource":
        if value not in ("HEADER", "AUTHORIZER"):
            raise bad_request("apiKeySource must be HEADER or AUTHORIZER")
        definition.api_key_source = value
    elif parts[0] == "binaryMediaTypes" and len(parts) == 2:
        kept = [media for media in definition.binary_media_types if media != parts[1]]
        added = [] if kind == "remove" else [value if kind == "replace" else parts[1]]
        definition.binary_media_types = kept + added
    elif parts[:2] == ["endpointConfiguration", "types"] and value in ("EDGE", "REGIONAL"):
        row["endpoint"] = as_json({"types": [value]})
    else:
        raise NotImplementedByName("apigateway", f"patch {kind} {path} of UpdateRestApi")
