"""API keys and usage plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.scope import Scope
from sandbox.services.apigateway.definition import view
from sandbox.services.apigateway.parts import (
    ApiGatewayParts,
    as_json,
    bad_request,
    conflict,
    converted,
    not_found,
    page,
)
from sandbox.services.apigateway.patching import checked_op, parts_of, patched
from sandbox.services.apigateway.plans import ApiKey, PlanKey, PlanStage, Throttle, UsagePlan, period_start
from sandbox.services.base import Answer, Params, operation


class KeyOperations(ApiGatewayParts):
    """Operations on API keys, usage plans and their keys."""

    # --- API keys ----------------------------------------------------------------------------------------
    @operation("CreateApiKey", "name description enabled value customerId tags generateDistinctId stageKeys")
    def create_api_key(self, call: Call, params: Params) -> Answer:
        """Makes a key; its value is drawn unless given."""
        if params.get("generateDistinctId") is False:
            raise NotImplementedByName("apigateway", "an API key whose id is its value")
        value = params.get("value") or self.kit.ids.short(40)
        if not 20 <= len(value) <= 128:
            raise bad_request("API Key value should be at least 20 characters and at most 128")
        if self._key_of_value(call.scope, value):
            raise conflict("API Key already exists")
        now = self.clock.now()
        made = ApiKey(
            id=self.kit.ids.short(10),
            value=value,
            name=params.get("name"),
            description=params.get("description"),
            customer_id=params.get("customerId"),
            enabled=bool(params.get("enabled")),
            stage_keys=[
                f"{one.get('restApiId')}/{one.get('stageName')}" for one in params.get("stageKeys") or []
            ],
            tags=params.get("tags") or {},
            created_date=now,
            last_updated_date=now,
        )
        self.database.execute(
            "INSERT INTO apigateway_keys VALUES (?, ?, ?, ?, ?)",
            (made.id, call.scope.account, call.scope.region, value, as_json(made)),
        )
        return _key_view(made, with_value=True)

    @operation("GetApiKey", "apiKey includeValue")
    def get_api_key(self, call: Call, params: Params) -> Answer:
        """One key; its value when asked for."""
        key = self._key(call.scope, params["apiKey"])
        return _key_view(key, with_value=bool(params.get("includeValue")))

    @operation("GetApiKeys", "position limit nameQuery customerId includeValues")
    def get_api_keys(self, call: Call, params: Params) -> Answer:
        """The keys, by the beginning of their names where that is asked for."""
        shown = [
            _key_view(key, with_value=bool(params.get("includeValues")))
            for key in self._keys(call.scope)
            if (key.name or "").startswith(params.get("nameQuery") or "")
            and params.get("customerId") in (None, key.customer_id)
        ]
        return page(shown, params)

    @operation("UpdateApiKey", "apiKey patchOperations")
    def update_api_key(self, call: Call, params: Params) -> Answer:
        """Changes a key."""
        before = self._key(call.scope, params["apiKey"])
        names = ("name", "description", "enabled", "customerId")
        patches = params.get("patchOperations", [])
        rest = [patch for patch in patches if patch.get("path") != "/stages"]
        changed = patched(before, rest, names, "UpdateApiKey")
        changed.stage_keys = _patched_stage_keys(changed.stage_keys, patches)
        changed.last_updated_date = self.clock.now()
        self.database.execute(
            "UPDATE apigateway_keys SET body = ? WHERE id = ?", (as_json(changed), changed.id)
        )
        self._forget()
        return _key_view(changed, with_value=False)

    @operation("DeleteApiKey", "apiKey")
    def delete_api_key(self, call: Call, params: Params) -> Answer:
        """Takes a key away."""
        key = self._key(call.scope, params["apiKey"])
        self.database.execute("DELETE FROM apigateway_plan_keys WHERE key = ?", (key.id,))
        self.database.execute("DELETE FROM apigateway_keys WHERE id = ?", (key.id,))
        self._forget()
        return {}

    # --- usage plans -------------------------------------------------------------------------------------
    @operation("CreateUsagePlan", "name description apiStages throttle quota tags")
    def create_usage_plan(self, call: Call, params: Params) -> Answer:
        """Makes a plan."""
        made = converted({**params, "id": self.kit.ids.short(6)}, UsagePlan)
        self._check_plan(call.scope, made)
        self.database.execute(
            "INSERT INTO apigateway_plans VALUES (?, ?, ?, ?)",
            (made.id, call.scope.account, call.scope.region, as_json(made)),
        )
        return _plan_view(made)

    @operation("GetUsagePlan", "usagePlanId")
    def get_usage_plan(self, call: Call, params: Params) -> Answer:
        """One plan."""
        return _plan_view(self._plan(call.scope, params["usagePlanId"]))

    @operation("GetUsagePlans", "position keyId limit")
    def get_usage_plans(self, call: Call, params: Params) -> Answer:
        """The plans, or those of one key."""
        plans = self._plans(call.scope)
        if params.get("keyId"):
            rows = self.database.rows(
                "SELECT plan FROM apigateway_plan_keys WHERE key = ?", (params["keyId"],)
            )
            wanted = {row["plan"] for row in rows}
            plans = [plan for plan in plans if plan.id in wanted]
        return page([_plan_view(plan) for plan in plans], params)

    @operation("UpdateUsagePlan", "usagePlanId patchOperations")
    def update_usage_plan(self, call: Call, params: Params) -> Answer:
        """Changes a plan: its stages are added and removed as `API:STAGE`."""
        plan = self._plan(call.scope, params["usagePlanId"])
        rest = []
        for patch in params.get("patchOperations", []):
            kind, path, value = checked_op(patch, "UpdateUsagePlan")
            if not _patch_stages(plan, kind, parts_of(path), value):
                rest.append(patch)
        names = ("name", "description", "throttle", "quota", "productCode")
        changed = patched(plan, rest, names, "UpdateUsagePlan")
        self._check_plan(call.scope, changed)
        self.database.execute(
            "UPDATE apigateway_plans SET body = ? WHERE id = ?", (as_json(changed), changed.id)
        )
        self._forget()
        return _plan_view(changed)

    @operation("DeleteUsagePlan", "usagePlanId")
    def delete_usage_plan(self, call: Call, params: Params) -> Answer:
        """Takes a plan away that covers no stage."""
        plan = self._plan(call.scope, params["usagePlanId"])
        if plan.api_stages:
            raise bad_request(
                f"Cannot delete Usage Plan {plan.id} because there are API stages associated with it"
            )
        self.database.execute("DELETE FROM apigateway_plan_keys WHERE plan = ?", (plan.id,))
        self.database.execute("DELETE FROM apigateway_usage WHERE plan = ?", (plan.id,))
        self.database.execute("DELETE FROM apigateway_plans WHERE id = ?", (plan.id,))
        self._forget()
        return {}

    # --- keys of plans -----------------------------------------------------------------------------------
    @operation("CreateUsagePlanKey", "usagePlanId keyId keyType")
    def create_usage_plan_key(self, call: Call, params: Params) -> Answer:
        """Lets a key use a plan."""
        if params["keyType"] != "API_KEY":
            raise bad_request("Usage plan key type must be API_KEY")
        plan, key = self._plan(call.scope, params["usagePlanId"]), self._key(call.scope, params["keyId"])
        where = (plan.id, key.id)
        if self.database.row("SELECT 1 FROM apigateway_plan_keys WHERE plan = ? AND key = ?", where):
            raise conflict(f"Usage plan key already exists: {key.id}")
        self.database.execute("INSERT INTO apigateway_plan_keys VALUES (?, ?)", where)
        self._forget()
        return _plan_key_view(key)

    @operation("GetUsagePlanKey", "usagePlanId keyId")
    def get_usage_plan_key(self, call: Call, params: Params) -> Answer:
        """One key of a plan."""
        return _plan_key_view(self._plan_key(call.scope, params))

    @operation("GetUsagePlanKeys", "usagePlanId position limit nameQuery")
    def get_usage_plan_keys(self, call: Call, params: Params) -> Answer:
        """The keys of a plan."""
        plan = self._plan(call.scope, params["usagePlanId"])
        rows = self.database.rows("SELECT key FROM apigateway_plan_keys WHERE plan = ?", (plan.id,))
        keys = [self._key(call.scope, row["key"]) for row in rows]
        wanted = params.get("nameQuery") or ""
        return page([_plan_key_view(key) for key in keys if (key.name or "").startswith(wanted)], params)

    @operation("DeleteUsagePlanKey", "usagePlanId keyId")
    def delete_usage_plan_key(self, call: Call, params: Params) -> Answer:
        """Ends a key's use of a plan."""
        key = self._plan_key(call.scope, params)
        self.database.execute(
            "DELETE FROM apigateway_plan_keys WHERE plan = ? AND key = ?", (params["usagePlanId"], key.id)
        )
        self._forget()
        return {}

    @operation("GetUsage", "usagePlanId keyId startDate endDate position limit")
    def get_usage(self, call: Call, params: Params) -> Answer:
        """How many requests keys made day by day, and how many were left."""
        plan = self._plan(call.scope, params["usagePlanId"])
        begin, end = _day(params["startDate"]), _day(params["endDate"])
        if not begin <= end <= begin + timedelta(days=90):
            raise bad_request("Usage is given for up to 90 days, the first before the last")
        rows = self.database.rows(
            "SELECT key, day, used FROM apigateway_usage WHERE plan = ? AND day BETWEEN ? AND ?",
            (plan.id, begin.isoformat(), end.isoformat()),
        )
        used = {(row["key"], row["day"]): int(row["used"]) for row in rows}
        wanted = params.get("keyId")
        keys = sorted({key for key, _ in used if wanted in (None, key)})
        days = [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
        limit = plan.quota.limit if plan.quota else 0
        items = {key: _usage_of(used, key, days, limit, plan) for key in keys}
        return {
            "usagePlanId": plan.id,
            "startDate": begin.isoformat(),
            "endDate": end.isoformat(),
            "items": items,
        }

    # --- inside ------------------------------------------------------------------------------------------
    def _plan_keys(self, scope: Scope, api: str, stage: str) -> dict[str, PlanKey]:
        """By value of the API key, what a plan lets it do at a stage."""
        found: dict[str, PlanKey] = {}
        for plan in self._plans(scope):
            place = next((one for one in plan.api_stages if (one.api_id, one.stage) == (api, stage)), None)
            if place is None:
                continue
            rows = self.database.rows("SELECT key FROM apigateway_plan_keys WHERE plan = ?", (plan.id,))
            for row in rows:
                key = self._key(scope, row["key"])
                if key.enabled:
                    found[key.value] = PlanKey(plan, key, place)
        return found

    def _key(self, scope: Scope, identity: str) -> ApiKey:
        row = self.database.row(
            "SELECT body FROM apigateway_keys WHERE id = ? AND account = ? AND region = ?",
            (identity, scope.account, scope.region),
        )
        if row is None:
            raise not_found("API Key")
        return msgspec.json.decode(row["body"], type=ApiKey)

    def _key_of_value(self, scope: Scope, value: str) -> bool:
        where = (scope.account, scope.region, value)
        row = self.database.row(
            "SELECT 1 FROM apigateway_keys WHERE account = ? AND region = ? AND value = ?", where
        )
        return row is not None

    def _keys(self, scope: Scope) -> list[ApiKey]:
        rows = self.database.rows(
            "SELECT body FROM apigateway_keys WHERE account = ? AND region = ?", (scope.account, scope.region)
        )
        return [msgspec.json.decode(row["body"], type=ApiKey) for row in rows]

    def _plan(self, scope: Scope, identity: str) -> UsagePlan:
        row = self.database.row(
            "SELECT body FROM apigateway_plans WHERE id = ? AND account = ? AND region = ?",
            (identity, scope.account, scope.region),
        )
        if row is None:
            raise not_found("Usage Plan")
        return msgspec.json.decode(row["body"], type=UsagePlan)

    def _plans(self, scope: Scope) -> list[UsagePlan]:
        rows = self.database.rows(
            "SELECT body FROM apigateway_plans WHERE account = ? AND region = ?",
            (scope.account, scope.region),
        )
        return [msgspec.json.decode(row["body"], type=UsagePlan) for row in rows]

    def _plan_key(self, scope: Scope, params: Params) -> ApiKey:
        plan = self._plan(scope, params["usagePlanId"])
        where = (plan.id, params["keyId"])
        if not self.database.row("SELECT 1 FROM apigateway_plan_keys WHERE plan = ? AND key = ?", where):
            raise not_found("Usage Plan Key")
        return self._key(scope, params["keyId"])

    def _check_plan(self, scope: Scope, plan: UsagePlan) -> None:
        if plan.product_code:
            raise NotImplementedByName("apigateway", "product codes of usage plans")
        quota = plan.quota
        if quota is not None and quota.offset:
            raise NotImplementedByName("apigateway", "the offset of a usage plan's quota")
        if quota is not None and (quota.limit < 1 or quota.period not in ("DAY", "WEEK", "MONTH")):
            raise bad_request("Usage Plan quota limit must be positive, its period DAY, WEEK or MONTH")
        for place in plan.api_stages:
            self._api(scope, place.api_id)
            self._stage(place.api_id, place.stage)


def _patched_stage_keys(keys: list[str], patches: Sequence[Mapping[str, Any]]) -> list[str]:
    """The stages of a key after patches, which add and remove them as `API/STAGE`."""
    for patch in patches:
        kind, path, value = checked_op(patch, "UpdateApiKey")
        if path != "/stages":
            continue
        if kind == "replace" or not all(value.partition("/")):
            raise bad_request(f"Invalid patch of /stages: {kind} {value!r}; add or remove API/STAGE")
        keys = [key for key in keys if key != value] + ([value] if kind == "add" else [])
    return keys


def _patch_stages(plan: UsagePlan, kind: str, parts: list[str], value: str) -> bool:
    """Applies a patch of a plan's stages; False for any other."""
    if parts[0] != "apiStages":
        return False
    if len(parts) == 1:
        api, _, stage = value.partition(":")
        kept = [one for one in plan.api_stages if (one.api_id, one.stage) != (api, stage)]
        plan.api_stages = kept if kind == "remove" else [*kept, PlanStage(api_id=api, stage=stage)]
        return True
    api, _, stage = parts[1].partition(":")
    for place in plan.api_stages:
        if (place.api_id, place.stage) == (api, stage) and parts[2:3] == ["throttle"] and len(parts) == 6:
            key, member = f"/{parts[3].strip('/')}/{parts[4]}", parts[5]
            before = place.throttle.get(key, Throttle())
            place.throttle[key] = (
                msgspec.structs.replace(before, rate_limit=float(value))
                if member == "rateLimit"
                else msgspec.structs.replace(before, burst_limit=int(value))
            )
            return True
    return False


def _key_view(key: ApiKey, *, with_value: bool) -> dict[str, Any]:
    shown = {"enabled": False, "stageKeys": [], **view(key)}
    return shown if with_value else {name: value for name, value in shown.items() if name != "value"}


def _plan_view(plan: UsagePlan) -> dict[str, Any]:
    return {"apiStages": [], **view(plan)}


def _plan_key_view(key: ApiKey) -> dict[str, Any]:
    return {"id": key.id, "type": "API_KEY", "name": key.name or ""}


def _usage_of(
    used: dict[tuple[str, str], int], key: str, days: list[date], limit: int, plan: UsagePlan
) -> list[list[int]]:
    """Used and remaining, day by day; what is used counts in the whole of its period."""
    shown, spent, begun = [], 0, None
    for day in days:
        start = period_start(plan.quota, day) if plan.quota else day
        if start != begun:
            spent, begun = 0, start
        count = used.get((key, day.isoformat()), 0)
        spent += count
        shown.append([count, max(0, limit - spent)])
    return shown


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"Invalid date {text}: YYYY-MM-DD") from error
