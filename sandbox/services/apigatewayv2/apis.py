"""HTTP APIs: create, import, change, export, delete, tag."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.apis.cors import Cors
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.apigatewayv2.checks import (
    check_cors,
    check_integration,
    is_function,
    normal_route_key,
)
from sandbox.services.apigatewayv2.definition import Api, Definition, Integration, Route, Stage, view
from sandbox.services.apigatewayv2.export import export_document
from sandbox.services.apigatewayv2.openapi import Imported, parse_document, read_document
from sandbox.services.apigatewayv2.parts import HttpApiParts, as_json, bad_request, paged
from sandbox.services.base import Answer, Params, operation

_NAMED = "Name Description Version CorsConfiguration DisableExecuteApiEndpoint IpAddressType"


class ApiOperations(HttpApiParts):
    """Operations on whole APIs."""

    @operation(
        "CreateApi",
        f"{_NAMED} ProtocolType Tags Target RouteKey CredentialsArn RouteSelectionExpression "
        "ApiKeySelectionExpression",
    )
    def create_api(self, call: Call, params: Params) -> Answer:
        """Creates an API; with `Target` also a route to it and a `$default` stage that deploys by itself."""
        if params.get("ProtocolType") != "HTTP":
            raise NotImplementedByName("apigatewayv2", f"ProtocolType {params.get('ProtocolType')}")
        if params.get("RouteSelectionExpression", _SELECTION) not in (_SELECTION, _BRACED):
            raise bad_request(
                "RouteSelectionExpression must be '$request.method $request.path' for HTTP APIs"
            )
        if params.get("ApiKeySelectionExpression", _KEY_SELECTION) != _KEY_SELECTION:
            raise NotImplementedByName("apigatewayv2", "ApiKeySelectionExpression of an HTTP API")
        target, route_key = params.get("Target"), params.get("RouteKey", "$default")
        definition = self._quick(target, route_key, params.get("CredentialsArn")) if target else Definition()
        api = self._insert(call.scope, params, definition)
        if target:
            self._quick_stage(api, definition)
        return self._view(call.scope, api)

    @operation("ImportApi", "Body FailOnWarnings Basepath")
    def import_api(self, call: Call, params: Params) -> Answer:
        """Creates an API from an OpenAPI 3.0 body."""
        imported = self._read(params)
        api = self._insert(call.scope, _of_import(imported), imported.definition)
        return self._imported(call.scope, api, imported)

    @operation("ReimportApi", "ApiId Body FailOnWarnings Basepath")
    def reimport_api(self, call: Call, params: Params) -> Answer:
        """Replaces all of an API by an OpenAPI 3.0 body; stages stay."""
        api = self._api(call.scope, params["ApiId"])
        imported = self._read(params)
        api.name = imported.name
        api.description, api.version = imported.description, imported.version
        api.cors_configuration = imported.cors
        self._write_api(api)
        self._write_definition(api, imported.definition)
        return self._imported(call.scope, api, imported)

    @operation("GetApi", "ApiId")
    def get_api(self, call: Call, params: Params) -> Answer:
        """One API."""
        return self._view(call.scope, self._api(call.scope, params["ApiId"]))

    @operation("GetApis", "MaxResults NextToken")
    def get_apis(self, call: Call, params: Params) -> Answer:
        """APIs in order of their ids."""
        rows = self.database.rows(
            "SELECT body FROM apigatewayv2_apis WHERE account = ? AND region = ? ORDER BY id",
            (call.scope.account, call.scope.region),
        )
        page, token = paged([msgspec.json.decode(row["body"], type=Api) for row in rows], params)
        answer: Answer = {"Items": [self._view(call.scope, api) for api in page]}
        if token:
            answer["NextToken"] = token
        return answer

    @operation("UpdateApi", f"ApiId {_NAMED} Target RouteKey CredentialsArn")
    def update_api(self, call: Call, params: Params) -> Answer:
        """Changes what is given; Target and CredentialsArn change the integration of quick create."""
        api = self._api(call.scope, params["ApiId"])
        changed = self._with(api, params)
        self._write_api(changed)
        if any(name in params for name in ("Target", "RouteKey", "CredentialsArn")):
            self._change_quick(changed, params)
        return self._view(call.scope, changed)

    @operation("DeleteApi", "ApiId")
    def delete_api(self, call: Call, params: Params) -> Answer:
        """Deletes an API with its deployments and stages."""
        api = self._api(call.scope, params["ApiId"]).api_id
        with self.database.atomic():
            self.database.execute("DELETE FROM apigatewayv2_stages WHERE api = ?", (api,))
            self.database.execute("DELETE FROM apigatewayv2_deployments WHERE api = ?", (api,))
            self.database.execute("DELETE FROM apigatewayv2_apis WHERE id = ?", (api,))
        self._forget(api)
        return {}

    @operation("DeleteCorsConfiguration", "ApiId")
    def delete_cors_configuration(self, call: Call, params: Params) -> Answer:
        """Takes the CORS configuration away."""
        api = self._api(call.scope, params["ApiId"])
        api.cors_configuration = None
        self._write_api(api)
        return {}

    @operation("ExportApi", "ApiId Specification OutputType ExportVersion IncludeExtensions StageName")
    def export_api(self, call: Call, params: Params) -> Answer:
        """The API, or what a stage serves of it, as OpenAPI 3.0."""
        api = self._api(call.scope, params["ApiId"])
        if params["Specification"] != "OAS30":
            raise bad_request("Invalid specification, only OAS30 is supported")
        definition = self._definition(api)
        if name := params.get("StageName"):
            definition = self._deployed(api.api_id, self._stage(api.api_id, name)) or Definition()
        extensions = params.get("IncludeExtensions", True)
        return {"body": export_document(api, definition, params["OutputType"], extensions=extensions)}

    # --- tags --------------------------------------------------------------------------------------------
    @operation("TagResource", "ResourceArn Tags")
    def tag_resource(self, call: Call, params: Params) -> Answer:
        """Adds tags to an API or stage."""
        api, stage = self._named(call.scope, params["ResourceArn"])
        self._set_tags(api, stage, {**(stage or api).tags, **params.get("Tags", {})})
        return {}

    @operation("UntagResource", "ResourceArn TagKeys")
    def untag_resource(self, call: Call, params: Params) -> Answer:
        """Removes tags from an API or stage."""
        api, stage = self._named(call.scope, params["ResourceArn"])
        tags = (stage or api).tags
        self._set_tags(api, stage, {key: tags[key] for key in tags if key not in params["TagKeys"]})
        return {}

    @operation("GetTags", "ResourceArn")
    def get_tags(self, call: Call, params: Params) -> Answer:
        """The tags of an API or stage."""
        api, stage = self._named(call.scope, params["ResourceArn"])
        return {"Tags": (stage or api).tags}

    # --- inside ----------------------------------------------------------------------------------------
    def _insert(self, scope: Scope, params: Params, definition: Definition) -> Api:
        made = Api(
            api_id=self.kit.ids.short(10),
            name=params["Name"],
            tags=params.get("Tags", {}),
            created_date=self.clock.now(),
        )
        made = self._with(made, params)
        self.database.execute(
            "INSERT INTO apigatewayv2_apis VALUES (?, ?, ?, ?, ?)",
            (made.api_id, scope.account, scope.region, as_json(made), as_json(definition)),
        )
        self._forget(made.api_id)
        return made

    def _with(self, api: Api, params: Params) -> Api:
        changes: dict[str, Any] = {}
        for member in _NAMED.split():
            if member not in params or params[member] is None:
                continue
            value = params[member]
            if member == "CorsConfiguration":
                value = check_cors(value)
            changes[_FIELDS[member]] = value
        return msgspec.structs.replace(api, **changes)

    def _quick(self, target: str, route_key: str, credentials: str | None) -> Definition:
        kind = "AWS_PROXY" if is_function(target) else "HTTP_PROXY"
        given = {"IntegrationType": kind, "IntegrationUri": target, "CredentialsArn": credentials}
        if kind == "AWS_PROXY":
            given["PayloadFormatVersion"] = "2.0"
        else:
            given["IntegrationMethod"] = "ANY"
        integration = check_integration(self.kit.ids.short(7), given)
        integration.api_gateway_managed = True
        route = Route(
            route_id=self.kit.ids.short(7),
            route_key=normal_route_key(route_key),
            target=f"integrations/{integration.integration_id}",
            api_gateway_managed=True,
        )
        return Definition(
            routes={route.route_id: route}, integrations={integration.integration_id: integration}
        )

    def _quick_stage(self, api: Api, definition: Definition) -> None:
        now = self.clock.now()
        stage = Stage(
            stage_name="$default",
            auto_deploy=True,
            api_gateway_managed=True,
            created_date=now,
            last_updated_date=now,
        )
        self._point(api.api_id, stage, self._deploy(api, definition, None, auto=True))

    def _change_quick(self, api: Api, params: Params) -> None:
        definition = self._definition(api)
        managed = [one for one in definition.integrations.values() if one.api_gateway_managed]
        routes = [one for one in definition.routes.values() if one.api_gateway_managed]
        if not managed or not routes:
            raise bad_request("Target, RouteKey and CredentialsArn change an API made with a Target only")
        before = managed[0]
        made: Definition = self._quick(
            params.get("Target") or before.integration_uri or "",
            params.get("RouteKey") or routes[0].route_key,
            params.get("CredentialsArn", before.credentials_arn),
        )
        changed: Integration = next(iter(made.integrations.values()))
        changed.integration_id = before.integration_id
        definition.integrations[before.integration_id] = changed
        routes[0].route_key = next(iter(made.routes.values())).route_key
        self._write_definition(api, definition)

    def _read(self, params: Params) -> Imported:
        if params.get("Basepath") not in (None, "ignore"):
            raise NotImplementedByName("apigatewayv2", f"Basepath {params['Basepath']} of an import")
        imported = read_document(parse_document(params["Body"]), self.kit.ids)
        for authorizer in imported.definition.authorizers.values():
            self._check_issuer(authorizer)
        if params.get("FailOnWarnings") and imported.warnings:
            raise bad_request(f"Warnings found during import:\n\t{'; '.join(imported.warnings)}")
        return imported

    def _imported(self, scope: Scope, api: Api, imported: Imported) -> Answer:
        answer = self._view(scope, api)
        if imported.warnings:
            answer["Warnings"] = imported.warnings
        return answer

    def _set_tags(self, api: Api, stage: Stage | None, tags: dict[str, str]) -> None:
        if stage is None:
            api.tags = tags
            self._write_api(api)
        else:
            stage.tags = tags
            self._write_stage(api.api_id, stage)

    def _view(self, scope: Scope, api: Api) -> Answer:
        return {
            "ApiKeySelectionExpression": _KEY_SELECTION,
            "RouteSelectionExpression": _SELECTION,
            "ProtocolType": api.protocol_type,
            "DisableExecuteApiEndpoint": api.disable_execute_api_endpoint,
            "IpAddressType": api.ip_address_type,
            "Tags": api.tags,
            **view(api),
            "ApiEndpoint": f"https://{api.api_id}.execute-api.{scope.region}.amazonaws.com",
        }


_SELECTION, _BRACED = "$request.method $request.path", "${request.method} ${request.path}"
_KEY_SELECTION = "$request.header.x-api-key"
_FIELDS = {
    "Name": "name",
    "Description": "description",
    "Version": "version",
    "CorsConfiguration": "cors_configuration",
    "DisableExecuteApiEndpoint": "disable_execute_api_endpoint",
    "IpAddressType": "ip_address_type",
}


def _of_import(imported: Imported) -> Params:
    named: Params = {"Name": imported.name, "Tags": imported.tags}
    if imported.description:
        named["Description"] = imported.description
    if imported.version:
        named["Version"] = imported.version
    if isinstance(imported.cors, Cors):
        named["CorsConfiguration"] = view(imported.cors)
    return named
