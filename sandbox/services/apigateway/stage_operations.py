"""Deployments and stages: routes are frozen by a deployment and published by a stage."""

from __future__ import annotations

import re

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.services.apigateway.definition import Definition
from sandbox.services.apigateway.parts import (
    ApiGatewayParts,
    as_json,
    definition_of,
    deployment_view,
    page,
    stage_view,
)
from sandbox.services.apigateway.patching import checked_op
from sandbox.services.apigateway.stages import apply_patch
from sandbox.services.base import Answer, Params, operation

_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


class StageOperations(ApiGatewayParts):
    """Operations on deployments and stages."""

    # --- deployments -------------------------------------------------------------------------------------
    @operation("CreateDeployment", "restApiId stageName description variables")
    def create_deployment(self, call: Call, params: Params) -> Answer:
        """Freezes the routes of an API, and points a stage at them when one is named."""
        api = self._api(call.scope, params["restApiId"])
        self._check_deployable(definition_of(api["definition"]))
        if params.get("stageName"):
            _check_name(params["stageName"])
        elif params.get("variables"):
            raise AwsError("BadRequestException", "Stage variables need the name of a stage")
        identity = self.kit.ids.short(6)
        self.database.execute(
            "INSERT INTO apigateway_deployments VALUES (?, ?, ?, ?, ?)",
            (identity, api["id"], params.get("description", ""), self.clock.now(), api["definition"]),
        )
        if name := params.get("stageName"):
            self._point_stage(api["id"], name, identity, params.get("variables"))
        return deployment_view(self._deployment(api["id"], identity))

    @operation("GetDeployment", "restApiId deploymentId embed")
    def get_deployment(self, call: Call, params: Params) -> Answer:
        """One deployment; with a summary of its methods when `embed` asks for it."""
        api = self._api(call.scope, params["restApiId"])
        row = self._deployment(api["id"], params["deploymentId"])
        shown = deployment_view(row)
        if any("apisummary" in one.lower() for one in params.get("embed") or []):
            shown["apiSummary"] = _summary(definition_of(row["definition"]))
        return shown

    @operation("UpdateDeployment", "restApiId deploymentId patchOperations")
    def update_deployment(self, call: Call, params: Params) -> Answer:
        """Changes a deployment's description."""
        api = self._api(call.scope, params["restApiId"])
        row = self._deployment(api["id"], params["deploymentId"])
        for patch in params.get("patchOperations", []):
            kind, path, value = checked_op(patch, "UpdateDeployment")
            if path != "/description":
                raise NotImplementedByName("apigateway", f"patch {kind} {path} of UpdateDeployment")
            self.database.execute(
                "UPDATE apigateway_deployments SET description = ? WHERE id = ?",
                ("" if kind == "remove" else value, row["id"]),
            )
        return deployment_view(self._deployment(api["id"], row["id"]))

    @operation("GetDeployments", "restApiId position limit")
    def get_deployments(self, call: Call, params: Params) -> Answer:
        """The deployments of an API, in order of their ids."""
        api = self._api(call.scope, params["restApiId"])
        rows = self.database.rows("SELECT * FROM apigateway_deployments WHERE api = ?", (api["id"],))
        return page([deployment_view(row) for row in rows], params)

    @operation("DeleteDeployment", "restApiId deploymentId")
    def delete_deployment(self, call: Call, params: Params) -> Answer:
        """Deletes a deployment that no stage uses."""
        api = self._api(call.scope, params["restApiId"])
        deployment = self._deployment(api["id"], params["deploymentId"])
        if self.database.row("SELECT 1 FROM apigateway_stages WHERE deployment = ?", (deployment["id"],)):
            raise AwsError(
                "BadRequestException", "Active stages pointing to this deployment must be moved or deleted"
            )
        self.database.execute("DELETE FROM apigateway_deployments WHERE id = ?", (deployment["id"],))
        return {}

    # --- stages ------------------------------------------------------------------------------------------
    @operation("CreateStage", "restApiId stageName deploymentId description variables tracingEnabled tags")
    def create_stage(self, call: Call, params: Params) -> Answer:
        """Publishes a deployment under a name."""
        api = self._api(call.scope, params["restApiId"])
        name = params["stageName"]
        _check_name(name)
        if self._find_stage(api["id"], name):
            raise AwsError("ConflictException", "Stage already exists", status=409)
        self._deployment(api["id"], params["deploymentId"])
        self._point_stage(api["id"], name, params["deploymentId"], params.get("variables", {}))
        self.database.execute(
            "UPDATE apigateway_stages SET description = ?, tracing = ?, tags = ? WHERE api = ? AND name = ?",
            (
                params.get("description", ""),
                bool(params.get("tracingEnabled")),
                as_json(params.get("tags", {})),
                api["id"],
                name,
            ),
        )
        return stage_view(self._stage(api["id"], name))

    @operation("GetStage", "restApiId stageName")
    def get_stage(self, call: Call, params: Params) -> Answer:
        """One stage."""
        api = self._api(call.scope, params["restApiId"])
        return stage_view(self._stage(api["id"], params["stageName"]))

    @operation("GetStages", "restApiId deploymentId")
    def get_stages(self, call: Call, params: Params) -> Answer:
        """The stages of an API, or those of one deployment."""
        api = self._api(call.scope, params["restApiId"])
        wanted = params.get("deploymentId")
        rows = self.database.rows("SELECT * FROM apigateway_stages WHERE api = ? ORDER BY name", (api["id"],))
        return {"item": [stage_view(row) for row in rows if wanted in (None, row["deployment"])]}

    @operation("UpdateStage", "restApiId stageName patchOperations")
    def update_stage(self, call: Call, params: Params) -> Answer:
        """Changes a stage: deployment, variables, throttling, logging; other patches are refused by name."""
        api = self._api(call.scope, params["restApiId"])
        stage = self._stage(api["id"], params["stageName"])
        changed = apply_patch(stage, params.get("patchOperations", []))
        if changed.deployment != stage["deployment"]:
            self._deployment(api["id"], changed.deployment)
        self.database.execute(
            "UPDATE apigateway_stages SET deployment = ?, description = ?, variables = ?, settings = ?, "
            "tracing = ?, access_log = ?, updated = ? WHERE api = ? AND name = ?",
            (
                changed.deployment,
                changed.description,
                as_json(changed.variables),
                as_json(changed.settings),
                changed.tracing,
                as_json(changed.access_log),
                self.clock.now(),
                api["id"],
                stage["name"],
            ),
        )
        self._live.pop((api["id"], stage["name"]), None)
        return stage_view(self._stage(api["id"], stage["name"]))

    @operation("DeleteStage", "restApiId stageName")
    def delete_stage(self, call: Call, params: Params) -> Answer:
        """Takes a stage down."""
        api = self._api(call.scope, params["restApiId"])
        stage = self._stage(api["id"], params["stageName"])
        self.database.execute(
            "DELETE FROM apigateway_stages WHERE api = ? AND name = ?", (api["id"], stage["name"])
        )
        self._live.pop((api["id"], stage["name"]), None)
        return {}

    @operation("FlushStageAuthorizersCache", "restApiId stageName")
    def flush_stage_authorizers_cache(self, call: Call, params: Params) -> Answer:
        """Forgets what authorizers said to a stage."""
        api = self._api(call.scope, params["restApiId"])
        stage = self._stage(api["id"], params["stageName"])
        live = self._live.get((api["id"], stage["name"]))
        if live is not None:
            live.verdicts.clear()
        return {}

    # --- inside ----------------------------------------------------------------------------------------
    def _check_deployable(self, definition: Definition) -> None:
        methods = list(definition.methods())
        if not methods:
            raise AwsError("BadRequestException", "The REST API doesn't contain any methods")
        if any(method.method_integration is None for _, method in methods):
            raise AwsError("BadRequestException", "No integration defined for method")

    def _point_stage(self, api: str, name: str, deployment: str, variables: dict[str, str] | None) -> None:
        """Lets a stage serve a deployment; makes the stage where it is missing.

        Args:
            variables: None leaves a stage's own as they are.
        """
        now = self.clock.now()
        self.database.execute(
            "INSERT INTO apigateway_stages VALUES (?, ?, ?, '', ?, '{}', 0, '{}', ?, ?, '{}') "
            "ON CONFLICT (api, name) DO UPDATE SET deployment = excluded.deployment, "
            "updated = excluded.updated",
            (api, name, deployment, as_json(variables or {}), now, now),
        )
        if variables is not None:
            self.database.execute(
                "UPDATE apigateway_stages SET variables = ? WHERE api = ? AND name = ?",
                (as_json(variables), api, name),
            )
        self._live.pop((api, name), None)


def _check_name(name: str) -> None:
    if not _STAGE_NAME.fullmatch(name):
        raise AwsError("BadRequestException", "Stage name only allows a-zA-Z0-9_")


def _summary(definition: Definition) -> dict[str, dict[str, dict[str, object]]]:
    """Methods by path and name, as `GetDeployment` embeds them."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for resource, method in definition.methods():
        entry = {"authorizationType": method.authorization_type, "apiKeyRequired": method.api_key_required}
        found.setdefault(resource.path, {})[method.http_method] = dict(entry)
    return found
