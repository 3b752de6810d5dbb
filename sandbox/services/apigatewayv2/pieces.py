"""Routes, integrations and authorizers of an HTTP API."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.call import Call
from sandbox.services.apigatewayv2.checks import check_authorizer, check_integration, check_route
from sandbox.services.apigatewayv2.definition import Authorizer, Definition, Integration, Route, view
from sandbox.services.apigatewayv2.parts import HttpApiParts, bad_request, listing, not_found
from sandbox.services.base import Answer, Params, operation

_ROUTE = (
    "ApiId RouteKey Target AuthorizationType AuthorizerId AuthorizationScopes OperationName ApiKeyRequired"
)
_INTEGRATION = (
    "ApiId IntegrationType IntegrationUri IntegrationMethod IntegrationSubtype PayloadFormatVersion "
    "TimeoutInMillis ConnectionType CredentialsArn Description RequestParameters ResponseParameters"
)
_AUTHORIZER = (
    "ApiId Name AuthorizerType IdentitySource JwtConfiguration AuthorizerUri AuthorizerPayloadFormatVersion "
    "AuthorizerResultTtlInSeconds AuthorizerCredentialsArn EnableSimpleResponses"
)


class PieceOperations(HttpApiParts):
    """Operations on the parts of an API; every change is deployed to stages that deploy by themselves."""

    # --- routes ------------------------------------------------------------------------------------------
    @operation("CreateRoute", _ROUTE)
    def create_route(self, call: Call, params: Params) -> Answer:
        """Adds a route; its key must be new."""
        api = self._api(call.scope, params["ApiId"])
        definition = self._definition(api)
        route = self._route(self.kit.ids.short(7), params, definition)
        definition.routes[route.route_id] = route
        self._write_definition(api, definition)
        return _route_view(route)

    @operation("GetRoute", "ApiId RouteId")
    def get_route(self, call: Call, params: Params) -> Answer:
        """One route."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        return _route_view(_found(definition.routes, "Route", params["RouteId"]))

    @operation("GetRoutes", "ApiId MaxResults NextToken")
    def get_routes(self, call: Call, params: Params) -> Answer:
        """The routes of an API."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        answer = listing(list(definition.routes.values()), params)
        answer["Items"] = [{**_ROUTE_DEFAULTS, **item} for item in answer["Items"]]
        return answer

    @operation("UpdateRoute", f"{_ROUTE} RouteId")
    def update_route(self, call: Call, params: Params) -> Answer:
        """Changes what is given."""
        api = self._api(call.scope, params["ApiId"])
        definition = self._definition(api)
        before = _found(definition.routes, "Route", params["RouteId"])
        route = self._route(before.route_id, {**view(before), **params}, definition)
        route.api_gateway_managed = before.api_gateway_managed
        definition.routes[route.route_id] = route
        self._write_definition(api, definition)
        return _route_view(route)

    @operation("DeleteRoute", "ApiId RouteId")
    def delete_route(self, call: Call, params: Params) -> Answer:
        """Takes a route away."""
        return self._drop(call, params["ApiId"], "Route", params["RouteId"])

    # --- integrations ------------------------------------------------------------------------------------
    @operation("CreateIntegration", _INTEGRATION)
    def create_integration(self, call: Call, params: Params) -> Answer:
        """Adds an integration; routes name it as their target."""
        api = self._api(call.scope, params["ApiId"])
        definition = self._definition(api)
        made = check_integration(self.kit.ids.short(7), params)
        definition.integrations[made.integration_id] = made
        self._write_definition(api, definition)
        return _integration_view(made)

    @operation("GetIntegration", "ApiId IntegrationId")
    def get_integration(self, call: Call, params: Params) -> Answer:
        """One integration."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        return _integration_view(_found(definition.integrations, "Integration", params["IntegrationId"]))

    @operation("GetIntegrations", "ApiId MaxResults NextToken")
    def get_integrations(self, call: Call, params: Params) -> Answer:
        """The integrations of an API."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        answer = listing(list(definition.integrations.values()), params)
        answer["Items"] = [{**_INTEGRATION_DEFAULTS, **item} for item in answer["Items"]]
        return answer

    @operation("UpdateIntegration", f"{_INTEGRATION} IntegrationId")
    def update_integration(self, call: Call, params: Params) -> Answer:
        """Changes what is given; a parameter mapping that is empty is taken away."""
        api = self._api(call.scope, params["ApiId"])
        definition = self._definition(api)
        before = _found(definition.integrations, "Integration", params["IntegrationId"])
        merged = {**_INTEGRATION_DEFAULTS, **view(before), **params}
        for name in ("RequestParameters", "ResponseParameters"):
            if name in params:
                merged[name] = _merged(view(before).get(name) or {}, params[name])
        made = check_integration(before.integration_id, merged)
        made.api_gateway_managed = before.api_gateway_managed
        definition.integrations[made.integration_id] = made
        self._write_definition(api, definition)
        return _integration_view(made)

    @operation("DeleteIntegration", "ApiId IntegrationId")
    def delete_integration(self, call: Call, params: Params) -> Answer:
        """Takes an integration away that no route names."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        identity = params["IntegrationId"]
        for route in definition.routes.values():
            if route.integration_id == identity:
                raise bad_request(
                    f"Cannot delete Integration '{identity}' because it is referenced by Route "
                    f"'{route.route_id}'."
                )
        return self._drop(call, params["ApiId"], "Integration", identity)

    # --- authorizers -------------------------------------------------------------------------------------
    @operation("CreateAuthorizer", _AUTHORIZER)
    def create_authorizer(self, call: Call, params: Params) -> Answer:
        """Adds a JWT or Lambda authorizer."""
        api = self._api(call.scope, params["ApiId"])
        return self._put_authorizer(api.api_id, call, self.kit.ids.short(6), params)

    @operation("GetAuthorizer", "ApiId AuthorizerId")
    def get_authorizer(self, call: Call, params: Params) -> Answer:
        """One authorizer."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        return view(_found(definition.authorizers, "Authorizer", params["AuthorizerId"]))

    @operation("GetAuthorizers", "ApiId MaxResults NextToken")
    def get_authorizers(self, call: Call, params: Params) -> Answer:
        """The authorizers of an API."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        return listing(list(definition.authorizers.values()), params)

    @operation("UpdateAuthorizer", f"{_AUTHORIZER} AuthorizerId")
    def update_authorizer(self, call: Call, params: Params) -> Answer:
        """Changes what is given."""
        api = self._api(call.scope, params["ApiId"])
        before = _found(self._definition(api).authorizers, "Authorizer", params["AuthorizerId"])
        return self._put_authorizer(api.api_id, call, before.authorizer_id, {**view(before), **params})

    @operation("DeleteAuthorizer", "ApiId AuthorizerId")
    def delete_authorizer(self, call: Call, params: Params) -> Answer:
        """Takes an authorizer away that no route names."""
        definition = self._definition(self._api(call.scope, params["ApiId"]))
        identity = params["AuthorizerId"]
        for route in definition.routes.values():
            if route.authorizer_id == identity:
                raise bad_request(
                    f"Cannot delete authorizer '{identity}', is referenced by route: '{route.route_id}'"
                )
        return self._drop(call, params["ApiId"], "Authorizer", identity)

    # --- inside ------------------------------------------------------------------------------------------
    def _route(self, identity: str, params: Mapping[str, Any], definition: Definition) -> Route:
        route = check_route(identity, params, definition.authorizers)
        if route.target is not None and route.integration_id not in definition.integrations:
            raise bad_request(f"Invalid integration ID specified in the target: {route.target}")
        for other in definition.routes.values():
            if other.route_key == route.route_key and other.route_id != identity:
                error = bad_request(f"Route with key {route.route_key} already exists for this API")
                error.code, error.status = "ConflictException", 409
                raise error
        return route

    def _put_authorizer(self, api_id: str, call: Call, identity: str, params: Mapping[str, Any]) -> Answer:
        api = self._api(call.scope, api_id)
        definition = self._definition(api)
        made = check_authorizer(identity, params)
        self._check_issuer(made)
        definition.authorizers[identity] = made
        self._write_definition(api, definition)
        return view(made)

    def _drop(self, call: Call, api_id: str, kind: str, identity: str) -> Answer:
        api = self._api(call.scope, api_id)
        definition = copy.copy(self._definition(api))
        pieces: dict[str, Any] = getattr(definition, f"{kind.lower()}s")
        _found(pieces, kind, identity)
        del pieces[identity]
        self._write_definition(api, definition)
        return {}


_ROUTE_DEFAULTS = {"ApiKeyRequired": False, "AuthorizationType": "NONE"}
_INTEGRATION_DEFAULTS = {"TimeoutInMillis": 30_000}


def _route_view(route: Route) -> Answer:
    return {**_ROUTE_DEFAULTS, **view(route)}


def _integration_view(integration: Integration) -> Answer:
    return {**_INTEGRATION_DEFAULTS, **view(integration)}


def _found(pieces: Mapping[str, Any], kind: str, identity: str) -> Any:
    piece: msgspec.Struct | Authorizer | None = pieces.get(identity)
    if piece is None:
        raise not_found(kind, identity)
    return piece


def _merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings after an update: an empty value takes one away, as the API Reference says."""
    return {name: value for name, value in {**before, **changes}.items() if value not in ("", {}, None)}
