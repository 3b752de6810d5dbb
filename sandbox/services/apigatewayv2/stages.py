"""Deployments and stages of an HTTP API."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.services.apigatewayv2.checks import check_access_log, check_settings, check_stage_name
from sandbox.services.apigatewayv2.definition import Api, Deployment, RouteSettings, Stage, view
from sandbox.services.apigatewayv2.parts import HttpApiParts, as_json, bad_request, listing, not_found
from sandbox.services.base import Answer, Params, operation

_STAGE = (
    "ApiId StageName AccessLogSettings AutoDeploy DefaultRouteSettings DeploymentId Description "
    "RouteSettings StageVariables"
)


class StageOperations(HttpApiParts):
    """Operations on deployments and stages."""

    # --- deployments -------------------------------------------------------------------------------------
    @operation("CreateDeployment", "ApiId Description StageName")
    def create_deployment(self, call: Call, params: Params) -> Answer:
        """Freezes an API as it is, and points a stage at that when one is named."""
        api = self._api(call.scope, params["ApiId"])
        stage = self._stage(api.api_id, params["StageName"]) if params.get("StageName") else None
        if stage is not None and stage.auto_deploy:
            raise bad_request("Deployment ID cannot be set on a stage that deploys automatically")
        definition = self._definition(api)
        if not definition.routes:
            raise bad_request("Unable to deploy API because no routes exist in this API")
        made = self._deploy(api, definition, params.get("Description"), auto=False)
        if stage is not None:
            self._point(api.api_id, stage, made)
        return _deployment_view(made)

    @operation("GetDeployment", "ApiId DeploymentId")
    def get_deployment(self, call: Call, params: Params) -> Answer:
        """One deployment."""
        api = self._api(call.scope, params["ApiId"])
        return _deployment_view(self._deployment(api.api_id, params["DeploymentId"]))

    @operation("GetDeployments", "ApiId MaxResults NextToken")
    def get_deployments(self, call: Call, params: Params) -> Answer:
        """The deployments of an API, newest first."""
        api = self._api(call.scope, params["ApiId"])
        rows = self.database.rows(
            "SELECT body FROM apigatewayv2_deployments WHERE api = ? ORDER BY created DESC, id", (api.api_id,)
        )
        made = [msgspec.json.decode(row["body"], type=Deployment) for row in rows]
        answer = listing(made, params)
        answer["Items"] = [{**_DEPLOYED, **item} for item in answer["Items"]]
        return answer

    @operation("UpdateDeployment", "ApiId DeploymentId Description")
    def update_deployment(self, call: Call, params: Params) -> Answer:
        """Changes a deployment's description."""
        api = self._api(call.scope, params["ApiId"])
        made = self._deployment(api.api_id, params["DeploymentId"])
        made.description = params.get("Description", made.description)
        self.database.execute(
            "UPDATE apigatewayv2_deployments SET body = ? WHERE id = ?", (as_json(made), made.deployment_id)
        )
        return _deployment_view(made)

    @operation("DeleteDeployment", "ApiId DeploymentId")
    def delete_deployment(self, call: Call, params: Params) -> Answer:
        """Deletes a deployment that no stage uses."""
        api = self._api(call.scope, params["ApiId"])
        made = self._deployment(api.api_id, params["DeploymentId"])
        if any(stage.deployment_id == made.deployment_id for stage in self._stages(api.api_id)):
            raise bad_request("Active stages pointing to this deployment must be moved or deleted")
        self.database.execute("DELETE FROM apigatewayv2_deployments WHERE id = ?", (made.deployment_id,))
        return {}

    # --- stages ------------------------------------------------------------------------------------------
    @operation("CreateStage", f"{_STAGE} Tags")
    def create_stage(self, call: Call, params: Params) -> Answer:
        """Publishes an API under a name, or at its root as `$default`."""
        api = self._api(call.scope, params["ApiId"])
        name = check_stage_name(params["StageName"])
        if self._find_stage(api.api_id, name):
            raise AwsError("ConflictException", "Stage already exists", status=409)
        now = self.clock.now()
        stage = Stage(stage_name=name, created_date=now, last_updated_date=now, tags=params.get("Tags", {}))
        self._change(api, stage, params)
        return _stage_view(stage)

    @operation("GetStage", "ApiId StageName")
    def get_stage(self, call: Call, params: Params) -> Answer:
        """One stage."""
        api = self._api(call.scope, params["ApiId"])
        return _stage_view(self._stage(api.api_id, params["StageName"]))

    @operation("GetStages", "ApiId MaxResults NextToken")
    def get_stages(self, call: Call, params: Params) -> Answer:
        """The stages of an API."""
        api = self._api(call.scope, params["ApiId"])
        stages = self._stages(api.api_id)
        answer = listing(stages, params)
        shown = {stage.stage_name: _stage_view(stage) for stage in stages}
        answer["Items"] = [shown[item["StageName"]] for item in answer["Items"]]
        return answer

    @operation("UpdateStage", _STAGE)
    def update_stage(self, call: Call, params: Params) -> Answer:
        """Changes what is given."""
        api = self._api(call.scope, params["ApiId"])
        stage = self._stage(api.api_id, params["StageName"])
        self._change(api, stage, params)
        return _stage_view(stage)

    @operation("DeleteStage", "ApiId StageName")
    def delete_stage(self, call: Call, params: Params) -> Answer:
        """Takes a stage down."""
        api = self._api(call.scope, params["ApiId"])
        stage = self._stage(api.api_id, params["StageName"])
        self.database.execute(
            "DELETE FROM apigatewayv2_stages WHERE api = ? AND name = ?", (api.api_id, stage.stage_name)
        )
        self._forget(api.api_id)
        return {}

    @operation("DeleteAccessLogSettings", "ApiId StageName")
    def delete_access_log_settings(self, call: Call, params: Params) -> Answer:
        """Ends the access log of a stage."""
        api = self._api(call.scope, params["ApiId"])
        stage = self._stage(api.api_id, params["StageName"])
        stage.access_log_settings = None
        self._write_stage(api.api_id, stage)
        return {}

    @operation("DeleteRouteSettings", "ApiId StageName RouteKey")
    def delete_route_settings(self, call: Call, params: Params) -> Answer:
        """Takes the settings of one route away."""
        api = self._api(call.scope, params["ApiId"])
        stage = self._stage(api.api_id, params["StageName"])
        if params["RouteKey"] not in stage.route_settings:
            raise not_found("Route", params["RouteKey"])
        del stage.route_settings[params["RouteKey"]]
        self._write_stage(api.api_id, stage)
        return {}

    @operation("ResetAuthorizersCache", "ApiId StageName")
    def reset_authorizers_cache(self, call: Call, params: Params) -> Answer:
        """Forgets what authorizers said to a stage."""
        api = self._api(call.scope, params["ApiId"])
        self._stage(api.api_id, params["StageName"])
        self._forget(api.api_id)
        return {}

    # --- inside ------------------------------------------------------------------------------------------
    def _change(self, api: Api, stage: Stage, params: Params) -> None:
        _apply(stage, params)
        definition = self._definition(api)
        self._check_routes(stage, {route.route_key for route in definition.routes.values()})
        wanted = params.get("DeploymentId")
        if wanted and stage.auto_deploy:
            raise bad_request("Deployment ID cannot be set on a stage that deploys automatically")
        if wanted:
            stage.deployment_id = self._deployment(api.api_id, wanted).deployment_id
        if stage.auto_deploy and params.get("AutoDeploy") and definition.routes:
            self._point(api.api_id, stage, self._deploy(api, definition, None, auto=True))
            self._sweep(api.api_id)
        else:
            self._write_stage(api.api_id, stage)

    def _check_routes(self, stage: Stage, known: set[str]) -> None:
        for key in stage.route_settings:
            if key not in known:
                raise AwsError(
                    "NotFoundException",
                    f"Unable to find Route by key {key} within the provided RouteSettings",
                    status=404,
                )


_DEPLOYED = {"AutoDeployed": False, "DeploymentStatus": "DEPLOYED"}


def _apply(stage: Stage, params: Params) -> None:
    """Puts in what is given; settings of a route are merged member by member, as AWS does."""
    stage.description = params.get("Description", stage.description)
    stage.auto_deploy = params.get("AutoDeploy", stage.auto_deploy)
    variables = params.get("StageVariables")
    if variables is not None:
        merged = {**stage.stage_variables, **variables}
        stage.stage_variables = {name: value for name, value in merged.items() if value != ""}
    if params.get("DefaultRouteSettings") is not None:
        stage.default_route_settings = _settings(stage.default_route_settings, params["DefaultRouteSettings"])
    for key, value in (params.get("RouteSettings") or {}).items():
        stage.route_settings[key] = _settings(stage.route_settings.get(key, RouteSettings()), value)
    if params.get("AccessLogSettings") is not None:
        stage.access_log_settings = check_access_log(params["AccessLogSettings"])


def _settings(before: RouteSettings, given: dict[str, Any]) -> RouteSettings:
    return check_settings({**view(before), **given})


def _deployment_view(deployment: Deployment) -> Answer:
    return {**_DEPLOYED, **view(deployment)}


def _stage_view(stage: Stage) -> Answer:
    return {
        "StageVariables": stage.stage_variables,
        "RouteSettings": {key: view(value) for key, value in stage.route_settings.items()},
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False, **view(stage.default_route_settings)},
        "AutoDeploy": stage.auto_deploy,
        "Tags": stage.tags,
        **{k: v for k, v in view(stage).items() if k not in ("RouteSettings", "DefaultRouteSettings")},
    }
