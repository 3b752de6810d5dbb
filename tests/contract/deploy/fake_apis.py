"""REST and HTTP APIs, for the deployer."""

from __future__ import annotations

from tests.contract.deploy.fake_things import Params, Things


class FakeApis(Things):
    """REST and HTTP APIs."""

    def _apigateway_CreateRestApi(self, p: Params) -> Params:  # noqa: N802
        identity = f"api{next(self._ids)}"
        self._add("api", identity, p)
        return {"id": identity, "rootResourceId": "root"}

    def _apigateway_DeleteRestApi(self, p: Params) -> None:  # noqa: N802
        self._drop("api", p["restApiId"], "NotFoundException")

    def _apigateway_CreateDeployment(self, p: Params) -> Params:  # noqa: N802
        identity = f"dep{next(self._ids)}"
        self._add("deployment", identity, p)
        return {"id": identity}

    def _apigateway_DeleteDeployment(self, p: Params) -> None:  # noqa: N802
        self._drop("deployment", p["deploymentId"], "NotFoundException")

    def _apigateway_GetStage(self, p: Params) -> Params:  # noqa: N802
        return self._find("stage", p["stageName"], "NotFoundException")

    def _apigateway_CreateStage(self, p: Params) -> None:  # noqa: N802
        self._add("stage", p["stageName"], p)

    def _apigateway_DeleteStage(self, p: Params) -> None:  # noqa: N802
        self._drop("stage", p["stageName"], "NotFoundException")

    def _apigateway_CreateResource(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("resource", p)

    def _apigateway_DeleteResource(self, p: Params) -> None:  # noqa: N802
        self._drop("resource", p["resourceId"], "NotFoundException")

    def _apigateway_CreateModel(self, p: Params) -> Params:  # noqa: N802
        self._add("model", p["name"], p)
        return {"name": p["name"]}

    def _apigateway_DeleteModel(self, p: Params) -> None:  # noqa: N802
        self._drop("model", p["modelName"], "NotFoundException")

    def _apigateway_CreateRequestValidator(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("validator", p)

    def _apigateway_DeleteRequestValidator(self, p: Params) -> None:  # noqa: N802
        self._drop("validator", p["requestValidatorId"], "NotFoundException")

    def _apigateway_CreateAuthorizer(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("authorizer", p)

    def _apigateway_DeleteAuthorizer(self, p: Params) -> None:  # noqa: N802
        self._drop("authorizer", p["authorizerId"], "NotFoundException")

    def _apigateway_CreateApiKey(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("key", p)

    def _apigateway_DeleteApiKey(self, p: Params) -> None:  # noqa: N802
        self._drop("key", p["apiKey"], "NotFoundException")

    def _apigateway_CreateUsagePlan(self, p: Params) -> Params:  # noqa: N802
        return self._add_rest("plan", p)

    def _apigateway_DeleteUsagePlan(self, p: Params) -> None:  # noqa: N802
        self._drop("plan", p["usagePlanId"], "NotFoundException")

    def _add_rest(self, kind: str, p: Params) -> Params:
        identity = f"{kind}{next(self._ids)}"
        self._add(kind, identity, p)
        return {"id": identity}

    def _apigatewayv2_CreateApi(self, p: Params) -> Params:  # noqa: N802
        identity = f"http{next(self._ids)}"
        self._add("api", identity, p)
        return {"ApiId": identity, "ApiEndpoint": f"https://{identity}.execute-api.us-east-1.amazonaws.com"}

    _apigatewayv2_ImportApi = _apigatewayv2_CreateApi  # noqa: N815

    def _apigatewayv2_DeleteApi(self, p: Params) -> None:  # noqa: N802
        self._drop("api", p["ApiId"], "NotFoundException")

    def _apigatewayv2_GetStage(self, p: Params) -> Params:  # noqa: N802
        return self._find("stage", f"{p['ApiId']}/{p['StageName']}", "NotFoundException")

    def _apigatewayv2_CreateStage(self, p: Params) -> None:  # noqa: N802
        self._add("stage", f"{p['ApiId']}/{p['StageName']}", p)

    def _apigatewayv2_DeleteStage(self, p: Params) -> None:  # noqa: N802
        self._drop("stage", f"{p['ApiId']}/{p['StageName']}", "NotFoundException")

    def _apigatewayv2_CreateDeployment(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Deployment", p)

    def _apigatewayv2_DeleteDeployment(self, p: Params) -> None:  # noqa: N802
        self._drop("Deployment", p["DeploymentId"], "NotFoundException")

    def _apigatewayv2_CreateRoute(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Route", p)

    def _apigatewayv2_DeleteRoute(self, p: Params) -> None:  # noqa: N802
        self._drop("Route", p["RouteId"], "NotFoundException")

    def _apigatewayv2_CreateIntegration(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Integration", p)

    def _apigatewayv2_DeleteIntegration(self, p: Params) -> None:  # noqa: N802
        self._drop("Integration", p["IntegrationId"], "NotFoundException")

    def _apigatewayv2_CreateAuthorizer(self, p: Params) -> Params:  # noqa: N802
        return self._add_piece("Authorizer", p)

    def _apigatewayv2_DeleteAuthorizer(self, p: Params) -> None:  # noqa: N802
        self._drop("Authorizer", p["AuthorizerId"], "NotFoundException")

    def _add_piece(self, kind: str, p: Params) -> Params:
        identity = f"piece{next(self._ids)}"
        self._add(kind, identity, p)
        return {f"{kind}Id": identity}
