"""Models, request validators, authorizers and gateway responses of REST APIs."""

from __future__ import annotations

from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.services.apigateway.checks import check_authorizer, check_response_parameters
from sandbox.services.apigateway.definition import (
    Authorizer,
    Definition,
    GatewayResponse,
    Model,
    RequestValidator,
    view,
)
from sandbox.services.apigateway.gateway_responses import RESPONSE_TYPES, response_view
from sandbox.services.apigateway.parts import (
    ApiGatewayParts,
    bad_request,
    conflict,
    converted,
    not_found,
    page,
)
from sandbox.services.apigateway.patching import patched
from sandbox.services.apigateway.validation import SchemaError, compile_schema
from sandbox.services.base import Answer, Params, operation

_AUTHORIZER = (
    "restApiId name type authType authorizerUri authorizerCredentials identitySource "
    "identityValidationExpression authorizerResultTtlInSeconds"
)


class PieceOperations(ApiGatewayParts):
    """Operations on what methods name."""

    # --- models ------------------------------------------------------------------------------------------
    @operation("CreateModel", "restApiId name description schema contentType")
    def create_model(self, call: Call, params: Params) -> Answer:
        """Adds a model."""
        definition = self._definition(call.scope, params["restApiId"])
        if not params["name"].isalnum():
            raise bad_request("Model name must be alphanumeric: " + params["name"])
        if params["name"] in definition.models:
            raise conflict(f"Model name already exists for this REST API: {params['name']}")
        made = Model(
            id=self.kit.ids.short(6),
            name=params["name"],
            content_type=params["contentType"],
            description=params.get("description"),
            schema=params.get("schema") or "{}",
        )
        self._put_model(params["restApiId"], definition, made)
        return view(made)

    @operation("GetModel", "restApiId modelName flatten")
    def get_model(self, call: Call, params: Params) -> Answer:
        """One model as it is; to flatten one is refused by name."""
        if params.get("flatten"):
            raise NotImplementedByName("apigateway", "flatten of GetModel")
        definition = self._definition(call.scope, params["restApiId"])
        return view(_found(definition.models, params["modelName"], "model"))

    @operation("GetModels", "restApiId position limit")
    def get_models(self, call: Call, params: Params) -> Answer:
        """The models of an API."""
        definition = self._definition(call.scope, params["restApiId"])
        return page([view(one) for one in definition.models.values()], params, "name")

    @operation("UpdateModel", "restApiId modelName patchOperations")
    def update_model(self, call: Call, params: Params) -> Answer:
        """Changes a model's schema or description."""
        definition = self._definition(call.scope, params["restApiId"])
        before = _found(definition.models, params["modelName"], "model")
        changed = patched(before, params.get("patchOperations", []), ("schema", "description"), "UpdateModel")
        self._put_model(params["restApiId"], definition, changed)
        return view(changed)

    @operation("DeleteModel", "restApiId modelName")
    def delete_model(self, call: Call, params: Params) -> Answer:
        """Takes a model away that no method names."""
        definition, name = self._definition(call.scope, params["restApiId"]), params["modelName"]
        _found(definition.models, name, "model")
        for _, method in definition.methods():
            if name in (method.request_models or {}).values():
                raise conflict(f"Cannot delete model '{name}', is referenced in method: {method.http_method}")
        del definition.models[name]
        self._write(params["restApiId"], definition)
        return {}

    # --- request validators ------------------------------------------------------------------------------
    @operation("CreateRequestValidator", "restApiId name validateRequestBody validateRequestParameters")
    def create_request_validator(self, call: Call, params: Params) -> Answer:
        """Adds a validator."""
        definition = self._definition(call.scope, params["restApiId"])
        made = RequestValidator(
            id=self.kit.ids.short(6),
            name=params.get("name") or "",
            validate_request_body=bool(params.get("validateRequestBody")),
            validate_request_parameters=bool(params.get("validateRequestParameters")),
        )
        definition.validators[made.id] = made
        self._write(params["restApiId"], definition)
        return view(made)

    @operation("GetRequestValidator", "restApiId requestValidatorId")
    def get_request_validator(self, call: Call, params: Params) -> Answer:
        """One validator."""
        definition = self._definition(call.scope, params["restApiId"])
        return view(_found(definition.validators, params["requestValidatorId"], "Request Validator"))

    @operation("GetRequestValidators", "restApiId position limit")
    def get_request_validators(self, call: Call, params: Params) -> Answer:
        """The validators of an API."""
        definition = self._definition(call.scope, params["restApiId"])
        return page([view(one) for one in definition.validators.values()], params)

    @operation("UpdateRequestValidator", "restApiId requestValidatorId patchOperations")
    def update_request_validator(self, call: Call, params: Params) -> Answer:
        """Changes a validator."""
        definition = self._definition(call.scope, params["restApiId"])
        before = _found(definition.validators, params["requestValidatorId"], "Request Validator")
        names = ("name", "validateRequestBody", "validateRequestParameters")
        changed = patched(before, params.get("patchOperations", []), names, "UpdateRequestValidator")
        definition.validators[before.id] = changed
        self._write(params["restApiId"], definition)
        return view(changed)

    @operation("DeleteRequestValidator", "restApiId requestValidatorId")
    def delete_request_validator(self, call: Call, params: Params) -> Answer:
        """Takes a validator away that no method names."""
        definition, identity = self._definition(call.scope, params["restApiId"]), params["requestValidatorId"]
        _found(definition.validators, identity, "Request Validator")
        if any(method.request_validator_id == identity for _, method in definition.methods()):
            raise conflict("Cannot delete validator that is referenced in methods")
        del definition.validators[identity]
        self._write(params["restApiId"], definition)
        return {}

    # --- authorizers -------------------------------------------------------------------------------------
    @operation("CreateAuthorizer", _AUTHORIZER)
    def create_authorizer(self, call: Call, params: Params) -> Answer:
        """Adds a Lambda authorizer."""
        definition = self._definition(call.scope, params["restApiId"])
        if any(one.name == params["name"] for one in definition.authorizers.values()):
            raise bad_request("Authorizer name must be unique. Authorizer already exists in this RestApi.")
        given = {name: value for name, value in params.items() if name != "restApiId"}
        made = converted({"authType": "custom", **given, "id": self.kit.ids.short(6)}, Authorizer)
        check_authorizer(made)
        definition.authorizers[made.id] = made
        self._write(params["restApiId"], definition)
        return view(made)

    @operation("GetAuthorizer", "restApiId authorizerId")
    def get_authorizer(self, call: Call, params: Params) -> Answer:
        """One authorizer."""
        definition = self._definition(call.scope, params["restApiId"])
        return view(_found(definition.authorizers, params["authorizerId"], "Authorizer"))

    @operation("GetAuthorizers", "restApiId position limit")
    def get_authorizers(self, call: Call, params: Params) -> Answer:
        """The authorizers of an API."""
        definition = self._definition(call.scope, params["restApiId"])
        return page([view(one) for one in definition.authorizers.values()], params)

    @operation("UpdateAuthorizer", "restApiId authorizerId patchOperations")
    def update_authorizer(self, call: Call, params: Params) -> Answer:
        """Changes an authorizer."""
        definition = self._definition(call.scope, params["restApiId"])
        before = _found(definition.authorizers, params["authorizerId"], "Authorizer")
        names = [name for name in _AUTHORIZER.split() if name != "restApiId"]
        changed = patched(before, params.get("patchOperations", []), names, "UpdateAuthorizer")
        check_authorizer(changed)
        definition.authorizers[before.id] = changed
        self._write(params["restApiId"], definition)
        return view(changed)

    @operation("DeleteAuthorizer", "restApiId authorizerId")
    def delete_authorizer(self, call: Call, params: Params) -> Answer:
        """Takes an authorizer away that no method names."""
        definition, identity = self._definition(call.scope, params["restApiId"]), params["authorizerId"]
        _found(definition.authorizers, identity, "Authorizer")
        for resource, method in definition.methods():
            if method.authorizer_id == identity:
                where = f"{resource.path}/{method.http_method}"
                raise conflict(f"Cannot delete authorizer '{identity}', is referenced in method: {where}")
        del definition.authorizers[identity]
        self._write(params["restApiId"], definition)
        return {}

    # --- gateway responses -------------------------------------------------------------------------------
    @operation("PutGatewayResponse", "restApiId responseType statusCode responseParameters responseTemplates")
    def put_gateway_response(self, call: Call, params: Params) -> Answer:
        """Says what API Gateway answers in a case."""
        definition = self._definition(call.scope, params["restApiId"])
        kind = _response_type(params)
        check_response_parameters(params.get("responseParameters") or {}, "gatewayresponse.")
        made = GatewayResponse(
            response_type=kind,
            status_code=params.get("statusCode"),
            response_parameters=params.get("responseParameters") or {},
            response_templates=params.get("responseTemplates") or {},
        )
        definition.gateway_responses[kind] = made
        self._write(params["restApiId"], definition)
        return response_view(definition, kind)

    @operation("GetGatewayResponse", "restApiId responseType")
    def get_gateway_response(self, call: Call, params: Params) -> Answer:
        """What API Gateway answers in a case."""
        definition = self._definition(call.scope, params["restApiId"])
        return response_view(definition, _response_type(params))

    @operation("GetGatewayResponses", "restApiId position limit")
    def get_gateway_responses(self, call: Call, params: Params) -> Answer:
        """What API Gateway answers in every case."""
        definition = self._definition(call.scope, params["restApiId"])
        return {"items": [response_view(definition, kind) for kind in sorted(RESPONSE_TYPES)]}

    @operation("UpdateGatewayResponse", "restApiId responseType patchOperations")
    def update_gateway_response(self, call: Call, params: Params) -> Answer:
        """Changes what API Gateway answers in a case."""
        definition = self._definition(call.scope, params["restApiId"])
        kind = _response_type(params)
        before = definition.gateway_responses.get(kind) or GatewayResponse(response_type=kind)
        names = ("statusCode", "responseParameters", "responseTemplates")
        changed = patched(before, params.get("patchOperations", []), names, "UpdateGatewayResponse")
        definition.gateway_responses[kind] = changed
        self._write(params["restApiId"], definition)
        return response_view(definition, kind)

    @operation("DeleteGatewayResponse", "restApiId responseType")
    def delete_gateway_response(self, call: Call, params: Params) -> Answer:
        """Goes back to what API Gateway answers by itself."""
        definition = self._definition(call.scope, params["restApiId"])
        if definition.gateway_responses.pop(_response_type(params), None) is None:
            raise not_found("Gateway response type")
        self._write(params["restApiId"], definition)
        return {}

    # --- inside ------------------------------------------------------------------------------------------
    def _put_model(self, api: str, definition: Definition, model: Model) -> None:
        definition.models[model.name] = model
        try:
            compile_schema(definition, model.name)
        except SchemaError as error:
            raise bad_request(f"Invalid model specified: {error}") from error
        self._write(api, definition)


def _response_type(params: Params) -> str:
    kind: str = params["responseType"]
    if kind not in RESPONSE_TYPES:
        raise not_found("Gateway response type")
    return kind


def _found(pieces: Any, identity: str, kind: str) -> Any:
    piece = pieces.get(identity)
    if piece is None:
        raise not_found(kind)
    return piece
