"""Integrations of methods, and how their answers become the methods'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.call import Call
from sandbox.services.apigateway.checks import check_integration, check_response_parameters
from sandbox.services.apigateway.definition import (
    Definition,
    Integration,
    IntegrationResponse,
    Method,
    integration_view,
    view,
)
from sandbox.services.apigateway.parts import ApiGatewayParts, bad_request, converted, not_found
from sandbox.services.apigateway.patching import patched
from sandbox.services.base import Answer, Params, operation

_WHERE = "restApiId resourceId httpMethod"
_PATCHABLE = (
    "httpMethod",
    "uri",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "contentHandling",
    "timeoutInMillis",
    "cacheNamespace",
    "cacheKeyParameters",
    "connectionType",
)


class IntegrationOperations(ApiGatewayParts):
    """Operations on integrations and integration responses."""

    @operation(
        "PutIntegration",
        f"{_WHERE} type integrationHttpMethod uri connectionType credentials requestParameters "
        "requestTemplates passthroughBehavior contentHandling timeoutInMillis cacheNamespace "
        "cacheKeyParameters",
    )
    def put_integration(self, call: Call, params: Params) -> Answer:
        """Sets what answers a method."""
        definition, method = self._at(call, params)
        skipped = ("restApiId", "resourceId", "httpMethod", "integrationHttpMethod")
        given = {name: value for name, value in params.items() if name not in skipped and value is not None}
        given["httpMethod"] = params.get("integrationHttpMethod")
        given.setdefault("cacheNamespace", params["resourceId"])
        made = converted(given, Integration)
        if made.passthrough_behavior:
            made.passthrough_behavior = made.passthrough_behavior.upper()
        check_integration(made)
        method.method_integration = made
        self._write(params["restApiId"], definition)
        return integration_view(made)

    @operation("GetIntegration", _WHERE)
    def get_integration(self, call: Call, params: Params) -> Answer:
        """What answers a method."""
        return integration_view(_integration(self._at(call, params)[1]))

    @operation("UpdateIntegration", f"{_WHERE} patchOperations")
    def update_integration(self, call: Call, params: Params) -> Answer:
        """Changes it."""
        definition, method = self._at(call, params)
        before = _integration(method)
        changed = patched(before, params.get("patchOperations", []), _PATCHABLE, "UpdateIntegration")
        check_integration(changed)
        method.method_integration = changed
        self._write(params["restApiId"], definition)
        return integration_view(changed)

    @operation("DeleteIntegration", _WHERE)
    def delete_integration(self, call: Call, params: Params) -> Answer:
        """Takes it away."""
        definition, method = self._at(call, params)
        _integration(method)
        method.method_integration = None
        self._write(params["restApiId"], definition)
        return {}

    # --- responses ---------------------------------------------------------------------------------------
    @operation(
        "PutIntegrationResponse",
        f"{_WHERE} statusCode selectionPattern responseParameters responseTemplates contentHandling",
    )
    def put_integration_response(self, call: Call, params: Params) -> Answer:
        """Says how answers that match a pattern become the method's."""
        definition, method = self._at(call, params)
        integration = _integration(method)
        if params["statusCode"] not in (method.method_responses or {}):
            raise not_found("Response status code")
        check_response_parameters(params.get("responseParameters") or {}, "method.response.header.")
        made = IntegrationResponse(
            status_code=params["statusCode"],
            selection_pattern=params.get("selectionPattern"),
            response_parameters=params.get("responseParameters"),
            response_templates=params.get("responseTemplates"),
            content_handling=params.get("contentHandling"),
        )
        _put(integration, made)
        self._write(params["restApiId"], definition)
        return view(made)

    @operation("GetIntegrationResponse", f"{_WHERE} statusCode")
    def get_integration_response(self, call: Call, params: Params) -> Answer:
        """One of them."""
        return view(_response(self._at(call, params)[1], params["statusCode"]))

    @operation("UpdateIntegrationResponse", f"{_WHERE} statusCode patchOperations")
    def update_integration_response(self, call: Call, params: Params) -> Answer:
        """Changes one of them."""
        definition, method = self._at(call, params)
        before = _response(method, params["statusCode"])
        names = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
        changed = patched(before, params.get("patchOperations", []), names, "UpdateIntegrationResponse")
        _put(_integration(method), changed)
        self._write(params["restApiId"], definition)
        return view(changed)

    @operation("DeleteIntegrationResponse", f"{_WHERE} statusCode")
    def delete_integration_response(self, call: Call, params: Params) -> Answer:
        """Takes one of them away."""
        definition, method = self._at(call, params)
        gone = _response(method, params["statusCode"]).status_code
        integration = _integration(method)
        known: Mapping[str, Any] = integration.integration_responses or {}
        integration.integration_responses = {key: one for key, one in known.items() if key != gone} or None
        self._write(params["restApiId"], definition)
        return {}

    # --- inside ------------------------------------------------------------------------------------------
    def _at(self, call: Call, params: Params) -> tuple[Definition, Method]:
        definition = self._definition(call.scope, params["restApiId"])
        return definition, self._method(definition, params["resourceId"], params["httpMethod"])


def _integration(method: Method) -> Integration:
    if method.method_integration is None:
        raise not_found("Integration")
    return method.method_integration


def _response(method: Method, status: str) -> IntegrationResponse:
    response = (_integration(method).integration_responses or {}).get(status)
    if response is None:
        raise not_found("Response status code")
    return response


def _put(integration: Integration, made: IntegrationResponse) -> None:
    known = {**(integration.integration_responses or {}), made.status_code: made}
    patterns = [one.selection_pattern or "" for one in known.values()]
    if len(set(patterns)) != len(patterns):
        raise bad_request("Two integration responses have the same selection pattern")
    integration.integration_responses = known
