"""Resources and their methods, built one by one."""

from __future__ import annotations

from typing import Any

from sandbox.model.call import Call
from sandbox.services.apigateway.checks import (
    METHODS,
    check_method,
    check_part,
    check_paths,
    check_response_parameters,
)
from sandbox.services.apigateway.definition import (
    Definition,
    Method,
    MethodResponse,
    Resource,
    method_view,
    view,
)
from sandbox.services.apigateway.parts import (
    ApiGatewayParts,
    bad_request,
    conflict,
    converted,
    not_found,
    page,
)
from sandbox.services.apigateway.patching import patched
from sandbox.services.base import Answer, Params, operation

_METHOD = (
    "restApiId resourceId httpMethod authorizationType authorizerId apiKeyRequired operationName "
    "requestParameters requestModels requestValidatorId"
)
_PATCHABLE = (
    "authorizationType",
    "authorizerId",
    "apiKeyRequired",
    "operationName",
    "requestParameters",
    "requestModels",
    "requestValidatorId",
)


class ResourceOperations(ApiGatewayParts):
    """Operations on resources, methods and method responses."""

    # --- resources ---------------------------------------------------------------------------------------
    @operation("CreateResource", "restApiId parentId pathPart")
    def create_resource(self, call: Call, params: Params) -> Answer:
        """Adds a part of the path below another resource."""
        api = params["restApiId"]
        definition = self._definition(call.scope, api)
        parent = self._resource(definition, params["parentId"])
        part = params["pathPart"]
        check_part(part)
        if (parent.path_part or "").endswith("+}"):
            raise bad_request(
                f"Cannot create a child of a resource with a greedy path variable: {parent.path}"
            )
        path = f"{parent.path.rstrip('/')}/{part}"
        if definition.at(path):
            raise conflict("Another resource with the same parent already has this name: " + part)
        check_paths([*(one.path for one in definition.resources.values()), path])
        made = Resource(id=self.kit.ids.short(6), path=path, parent_id=parent.id, path_part=part)
        definition.resources[made.id] = made
        self._write(api, definition)
        return view(made)

    @operation("GetResource", "restApiId resourceId embed")
    def get_resource(self, call: Call, params: Params) -> Answer:
        """One resource."""
        definition = self._definition(call.scope, params["restApiId"])
        return _resource_view(self._resource(definition, params["resourceId"]), params)

    @operation("GetResources", "restApiId position limit embed")
    def get_resources(self, call: Call, params: Params) -> Answer:
        """The resources of an API, with the methods of each when `embed` asks for them."""
        definition = self._definition(call.scope, params["restApiId"])
        shown = [_resource_view(one, params) for one in definition.resources.values()]
        return page(shown, {**params, "limit": params.get("limit") or 500}, "path")

    @operation("UpdateResource", "restApiId resourceId patchOperations")
    def update_resource(self, call: Call, params: Params) -> Answer:
        """Renames a resource, or moves it below another one."""
        api = params["restApiId"]
        definition = self._definition(call.scope, api)
        resource = self._resource(definition, params["resourceId"])
        if resource.parent_id is None:
            raise bad_request("Root resource cannot update its path part.")
        changed = patched(
            resource, params.get("patchOperations", []), ("pathPart", "parentId"), "UpdateResource"
        )
        check_part(changed.path_part or "")
        parent = self._resource(definition, changed.parent_id or "")
        if parent.path == resource.path or parent.path.startswith(f"{resource.path}/"):
            raise bad_request("Resources cannot be cyclical.")
        definition.resources[resource.id] = changed
        self._rename(definition, changed, f"{parent.path.rstrip('/')}/{changed.path_part}")
        check_paths(one.path for one in definition.resources.values())
        self._write(api, definition)
        return _resource_view(changed, params)

    @operation("DeleteResource", "restApiId resourceId")
    def delete_resource(self, call: Call, params: Params) -> Answer:
        """Takes a resource away, and all below it."""
        api = params["restApiId"]
        definition = self._definition(call.scope, api)
        gone = self._resource(definition, params["resourceId"])
        if gone.parent_id is None:
            raise bad_request("Cannot delete root resource.")
        definition.resources = {
            identity: one
            for identity, one in definition.resources.items()
            if one.path != gone.path and not one.path.startswith(f"{gone.path}/")
        }
        self._write(api, definition)
        return {}

    # --- methods -----------------------------------------------------------------------------------------
    @operation("PutMethod", _METHOD)
    def put_method(self, call: Call, params: Params) -> Answer:
        """Adds a method to a resource."""
        api = params["restApiId"]
        definition = self._definition(call.scope, api)
        resource = self._resource(definition, params["resourceId"])
        name = params["httpMethod"].upper()
        if name not in METHODS:
            raise bad_request("Invalid HTTP method specified: " + params["httpMethod"])
        if name in resource.resource_methods:
            raise conflict("Method already exists for this resource")
        given = {key: value for key, value in params.items() if key not in ("restApiId", "resourceId")}
        made = converted({**given, "httpMethod": name}, Method)
        check_method(made, definition)
        resource.resource_methods[name] = made
        self._write(api, definition)
        return method_view(made)

    @operation("GetMethod", "restApiId resourceId httpMethod")
    def get_method(self, call: Call, params: Params) -> Answer:
        """One method with its integration and responses."""
        definition = self._definition(call.scope, params["restApiId"])
        return method_view(self._method(definition, params["resourceId"], params["httpMethod"]))

    @operation("UpdateMethod", "restApiId resourceId httpMethod patchOperations")
    def update_method(self, call: Call, params: Params) -> Answer:
        """Changes a method."""
        api = params["restApiId"]
        definition = self._definition(call.scope, api)
        method = self._method(definition, params["resourceId"], params["httpMethod"])
        changed = patched(method, params.get("patchOperations", []), _PATCHABLE, "UpdateMethod")
        check_method(changed, definition)
        self._resource(definition, params["resourceId"]).resource_methods[method.http_method] = changed
        self._write(api, definition)
        return method_view(changed)

    @operation("DeleteMethod", "restApiId resourceId httpMethod")
    def delete_method(self, call: Call, params: Params) -> Answer:
        """Takes a method away."""
        api = params["restApiId"]
        definition = self._definition(call.scope, api)
        method = self._method(definition, params["resourceId"], params["httpMethod"])
        del self._resource(definition, params["resourceId"]).resource_methods[method.http_method]
        self._write(api, definition)
        return {}

    # --- method responses --------------------------------------------------------------------------------
    @operation(
        "PutMethodResponse", "restApiId resourceId httpMethod statusCode responseParameters responseModels"
    )
    def put_method_response(self, call: Call, params: Params) -> Answer:
        """Declares a status that a method answers with."""
        definition, method = self._found_method(call, params)
        check_response_parameters(params.get("responseParameters") or {}, "method.response.header.")
        if params["statusCode"] in (method.method_responses or {}):
            raise conflict("Response already exists for this resource")
        made = MethodResponse(
            status_code=params["statusCode"],
            response_parameters=params.get("responseParameters"),
            response_models=params.get("responseModels"),
        )
        method.method_responses = {**(method.method_responses or {}), made.status_code: made}
        self._write(params["restApiId"], definition)
        return view(made)

    @operation("GetMethodResponse", "restApiId resourceId httpMethod statusCode")
    def get_method_response(self, call: Call, params: Params) -> Answer:
        """One of them."""
        _, method = self._found_method(call, params)
        return view(_response(method, params["statusCode"]))

    @operation("UpdateMethodResponse", "restApiId resourceId httpMethod statusCode patchOperations")
    def update_method_response(self, call: Call, params: Params) -> Answer:
        """Changes one of them."""
        definition, method = self._found_method(call, params)
        before = _response(method, params["statusCode"])
        names = ("responseParameters", "responseModels")
        changed = patched(before, params.get("patchOperations", []), names, "UpdateMethodResponse")
        method.method_responses = {**(method.method_responses or {}), before.status_code: changed}
        self._write(params["restApiId"], definition)
        return view(changed)

    @operation("DeleteMethodResponse", "restApiId resourceId httpMethod statusCode")
    def delete_method_response(self, call: Call, params: Params) -> Answer:
        """Takes one of them away."""
        definition, method = self._found_method(call, params)
        gone = _response(method, params["statusCode"]).status_code
        kept = {status: one for status, one in (method.method_responses or {}).items() if status != gone}
        method.method_responses = kept or None
        self._write(params["restApiId"], definition)
        return {}

    # --- inside ------------------------------------------------------------------------------------------
    def _found_method(self, call: Call, params: Params) -> tuple[Definition, Method]:
        definition = self._definition(call.scope, params["restApiId"])
        return definition, self._method(definition, params["resourceId"], params["httpMethod"])

    def _rename(self, definition: Definition, resource: Resource, path: str) -> None:
        resource.path = path
        for child in definition.resources.values():
            if child.parent_id == resource.id:
                self._rename(definition, child, f"{path}/{child.path_part}")


def _response(method: Method, status: str) -> MethodResponse:
    response = (method.method_responses or {}).get(status)
    if response is None:
        raise not_found("Response status code")
    return response


def _resource_view(resource: Resource, params: Params) -> dict[str, Any]:
    shown = {name: value for name, value in view(resource).items() if name != "resourceMethods"}
    embed = "methods" in (params.get("embed") or [])
    methods = {
        name: method_view(method) if embed else {} for name, method in resource.resource_methods.items()
    }
    return {**shown, "resourceMethods": methods} if methods else shown
