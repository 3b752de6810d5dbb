"""API keys, usage plans and quotas: "Usage plans and API keys for REST APIs"."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.http import HttpResponse
from tests.contract.apigateway.harness import Api, Built, header, message

VALUE = "chave-de-ao-menos-vinte-letras"
DAY = 86_400.0


class Sold:
    """An API whose method asks for a key, a plan for its stage, and a key of that plan."""

    def __init__(self, api: Api, **plan: Any) -> None:
        self.api = api
        self.built = Built(api, **({"apiKeySource": plan.pop("source")} if "source" in plan else {}))
        where = self.built.method("notas", apiKeyRequired=True)
        self.built.integrate(where)
        self.id = self.built.deploy()
        stages = [{"apiId": self.id, "stage": "dev", "throttle": plan.pop("methods", {})}]
        self.plan = api.call("CreateUsagePlan", name="plano", apiStages=stages, **plan)["id"]
        self.key = api.call("CreateApiKey", name="loja", value=VALUE, enabled=True)["id"]
        api.call("CreateUsagePlanKey", usagePlanId=self.plan, keyId=self.key, keyType="API_KEY")

    def ask(self, value: str = VALUE) -> HttpResponse:
        return self.api.request(self.id, headers=[("x-api-key", value)] if value else [])

    def statuses(self, count: int) -> list[int]:
        return [self.ask().status for _ in range(count)]


def test_a_key_of_the_plan_lets_a_request_in(api: Api) -> None:
    sold = Sold(api)
    assert sold.ask().status == 200
    identity = api.functions.events[0]["requestContext"]["identity"]
    assert (identity["apiKey"], identity["apiKeyId"]) == (VALUE, sold.key)


@pytest.mark.parametrize("value", ["", "outra-chave-que-nao-existe-aqui"])
def test_any_other_is_403(api: Api, value: str) -> None:
    response = Sold(api).ask(value)
    assert (response.status, message(response)) == (403, "Forbidden")
    assert header(response, "x-amzn-ErrorType") == "ForbiddenException"


def test_the_stages_of_a_key_are_added_and_removed(api: Api) -> None:
    key = api.call("CreateApiKey", stageKeys=[{"restApiId": "a", "stageName": "um"}])["id"]
    patches = [
        {"op": "remove", "path": "/stages", "value": "a/um"},
        {"op": "add", "path": "/stages", "value": "a/dois"},
    ]
    assert api.call("UpdateApiKey", apiKey=key, patchOperations=patches)["stageKeys"] == ["a/dois"]
    wrong = [{"op": "add", "path": "/stages", "value": "dois"}]
    error = api.refused("UpdateApiKey", apiKey=key, patchOperations=wrong)
    assert "add or remove API/STAGE" in error.message


def test_a_key_that_is_disabled_or_of_no_plan_is_403(api: Api) -> None:
    sold = Sold(api)
    off = [{"op": "replace", "path": "/enabled", "value": "false"}]
    api.call("UpdateApiKey", apiKey=sold.key, patchOperations=off)
    assert sold.ask().status == 403
    on = [{"op": "replace", "path": "/enabled", "value": "true"}]
    api.call("UpdateApiKey", apiKey=sold.key, patchOperations=on)
    assert sold.ask().status == 200
    api.call("DeleteUsagePlanKey", usagePlanId=sold.plan, keyId=sold.key)
    assert sold.ask().status == 403


def test_the_plan_s_limit_is_the_key_s(api: Api) -> None:
    sold = Sold(api, throttle={"rateLimit": 1.0, "burstLimit": 2})
    assert sold.statuses(3) == [200, 200, 429]
    assert message(sold.ask()) == "Too Many Requests"
    api.advance(1)
    assert sold.statuses(2) == [200, 429]


def test_a_method_may_have_a_limit_of_its_own_in_a_plan(api: Api) -> None:
    sold = Sold(
        api,
        throttle={"rateLimit": 10.0, "burstLimit": 10},
        methods={"/notas/GET": {"rateLimit": 1.0, "burstLimit": 1}},
    )
    assert sold.statuses(2) == [200, 429]


@pytest.mark.parametrize(("period", "days"), [("DAY", 1), ("WEEK", 7), ("MONTH", 31)])
def test_a_quota_is_of_a_period_on_the_clock(api: Api, period: str, days: int) -> None:
    sold = Sold(api, quota={"limit": 2, "period": period})
    assert sold.statuses(3) == [200, 200, 429]
    response = sold.ask()
    assert message(response) == "Limit Exceeded"
    assert header(response, "x-amzn-ErrorType") == "LimitExceededException"
    api.advance(days * DAY)
    assert sold.statuses(3) == [200, 200, 429]


def test_what_was_used_is_told_day_by_day(api: Api) -> None:
    sold = Sold(api, quota={"limit": 10, "period": "MONTH"})
    sold.statuses(2)
    api.advance(DAY)
    sold.statuses(1)
    dates: dict[str, Any] = {"startDate": "2023-11-14", "endDate": "2023-11-16"}
    usage = api.call("GetUsage", usagePlanId=sold.plan, **dates)
    assert usage["items"] == {sold.key: [[2, 8], [1, 7], [0, 7]]}
    assert api.refused("GetUsage", usagePlanId=sold.plan, startDate="ontem", endDate="hoje").status == 400


def test_the_authorizer_may_name_the_key(api: Api) -> None:
    gate = "arn:aws:lambda:us-east-1:000000000000:function:porteiro"
    sold = Sold(api, source="AUTHORIZER")
    authorizer = sold.built.call(
        "CreateAuthorizer",
        name="porteiro",
        type="TOKEN",
        authorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{gate}/invocations",
        identitySource="method.request.header.Auth",
    )["id"]
    (notas,) = (one for one in sold.built.call("GetResources")["items"] if one["path"] == "/notas")
    patches = [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": authorizer},
    ]
    sold.built.call("UpdateMethod", resourceId=notas["id"], httpMethod="GET", patchOperations=patches)
    sold.built.deploy()
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}
    answer = {"principalId": "a", "policyDocument": {"Statement": statement}, "usageIdentifierKey": VALUE}
    api.functions.answer = lambda event: answer if event.get("type") == "TOKEN" else {"statusCode": 200}
    assert api.request(sold.id, headers=[("auth", "1")]).status == 200
    assert api.request(sold.id, headers=[("auth", ""), ("x-api-key", VALUE)]).status == 401


def test_keys(api: Api) -> None:
    made = api.call("CreateApiKey", name="loja")
    assert (len(made["value"]), made["enabled"]) == (40, False)
    assert "value" not in api.call("GetApiKey", apiKey=made["id"])
    assert api.call("GetApiKey", apiKey=made["id"], includeValue=True)["value"] == made["value"]
    api.call("CreateApiKey", name="outra")
    assert [key["name"] for key in api.call("GetApiKeys", nameQuery="lo")["items"]] == ["loja"]
    assert api.refused("CreateApiKey", value=made["value"]).status == 409
    assert api.refused("CreateApiKey", value="curta").status == 400
    api.call("DeleteApiKey", apiKey=made["id"])
    assert api.refused("GetApiKey", apiKey=made["id"]).status == 404


def test_plans(api: Api) -> None:
    sold = Sold(api, quota={"limit": 5, "period": "DAY"})
    plan = api.call("GetUsagePlan", usagePlanId=sold.plan)
    assert plan["quota"] == {"limit": 5, "period": "DAY"}
    assert [one["id"] for one in api.call("GetUsagePlans", keyId=sold.key)["items"]] == [sold.plan]
    assert api.call("GetUsagePlanKeys", usagePlanId=sold.plan)["items"][0]["id"] == sold.key
    again = api.refused("CreateUsagePlanKey", usagePlanId=sold.plan, keyId=sold.key, keyType="API_KEY")
    assert again.status == 409
    stage = f"{sold.id}:dev"
    patches = [
        {"op": "replace", "path": "/quota/limit", "value": "7"},
        {"op": "replace", "path": f"/apiStages/{stage}/throttle/~1notas/GET/burstLimit", "value": "3"},
    ]
    changed = api.call("UpdateUsagePlan", usagePlanId=sold.plan, patchOperations=patches)
    assert changed["quota"]["limit"] == 7
    assert changed["apiStages"][0]["throttle"] == {"/notas/GET": {"burstLimit": 3}}
    used = api.refused("DeleteUsagePlan", usagePlanId=sold.plan)
    assert "API stages associated" in used.message
    leave = [{"op": "remove", "path": "/apiStages", "value": stage}]
    api.call("UpdateUsagePlan", usagePlanId=sold.plan, patchOperations=leave)
    assert sold.ask().status == 403
    api.call("DeleteUsagePlan", usagePlanId=sold.plan)
    assert api.refused("GetUsagePlan", usagePlanId=sold.plan).status == 404
    assert api.refused("CreateUsagePlan", name="x", quota={"limit": 0, "period": "DAY"}).status == 400
    late = {"limit": 5, "period": "DAY", "offset": 2}
    assert api.refused("CreateUsagePlan", name="x", quota=late).status == 501
    nowhere = [{"apiId": sold.id, "stage": "nada"}]
    assert api.refused("CreateUsagePlan", name="x", apiStages=nowhere).status == 404
