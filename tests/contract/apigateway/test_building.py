"""REST APIs built one by one, exported, and seen again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.apigateway.harness import FUNCTION, Api, Built


def test_resources(api: Api) -> None:
    built = Built(api)
    nota = built.resource("notas", "{id}")
    items = built.call("GetResources")["items"]
    assert [item["path"] for item in items] == ["/", "/notas", "/notas/{id}"]
    assert items[2] == {"id": nota, "parentId": items[1]["id"], "path": "/notas/{id}", "pathPart": "{id}"}
    renamed = [{"op": "replace", "path": "/pathPart", "value": "pedidos"}]
    built.call("UpdateResource", resourceId=items[1]["id"], patchOperations=renamed)
    assert built.call("GetResource", resourceId=nota)["path"] == "/pedidos/{id}"
    moved = [{"op": "replace", "path": "/parentId", "value": built.root}]
    assert built.call("UpdateResource", resourceId=nota, patchOperations=moved)["path"] == "/{id}"
    built.call("DeleteResource", resourceId=items[1]["id"])
    assert [item["path"] for item in built.call("GetResources")["items"]] == ["/", "/{id}"]


def test_resources_that_are_none(api: Api) -> None:
    built = Built(api)
    first = built.resource("a")
    greedy = built.resource("{resto+}")

    def refused(parent: str, part: str) -> int:
        return api.refused("CreateResource", restApiId=built.id, parentId=parent, pathPart=part).status

    assert refused(built.root, "a") == 409
    assert refused("nada", "b") == 404
    assert refused(greedy, "b") == 400
    assert refused(built.root, "a b") == 400
    assert refused(built.root, "{outro+}") == 400
    below = built.call("CreateResource", parentId=first, pathPart="b")["id"]
    loop = [{"op": "replace", "path": "/parentId", "value": below}]
    error = api.refused("UpdateResource", restApiId=built.id, resourceId=first, patchOperations=loop)
    assert error.message == "Resources cannot be cyclical."
    assert api.refused("DeleteResource", restApiId=built.id, resourceId=built.root).status == 400


def test_methods(api: Api) -> None:
    built = Built(api)
    where = built.method("x", requestParameters={"method.request.querystring.q": True})
    again: dict[str, Any] = {"restApiId": built.id, "resourceId": where["resourceId"]}
    assert api.refused("PutMethod", **again, httpMethod="GET", authorizationType="NONE").status == 409
    assert api.refused("PutMethod", **again, httpMethod="TRACE", authorizationType="NONE").status == 400
    patches = [
        {"op": "replace", "path": "/apiKeyRequired", "value": "true"},
        {"op": "add", "path": "/requestParameters/method.request.header.X", "value": "false"},
        {"op": "remove", "path": "/requestParameters/method.request.querystring.q"},
    ]
    changed = built.call("UpdateMethod", **where, patchOperations=patches)
    assert changed["apiKeyRequired"] is True
    assert changed["requestParameters"] == {"method.request.header.X": False}
    odd = [{"op": "replace", "path": "/cor", "value": "azul"}]
    assert api.refused("UpdateMethod", restApiId=built.id, patchOperations=odd, **where).status == 501  # type: ignore[arg-type]
    embedded = built.call("GetResources", embed=["methods"])["items"][1]["resourceMethods"]["GET"]
    assert embedded["apiKeyRequired"] is True
    assert built.call("GetResources")["items"][1]["resourceMethods"] == {"GET": {}}
    built.call("DeleteMethod", **where)
    error = api.refused("GetMethod", restApiId=built.id, **where)  # type: ignore[arg-type]
    assert (error.status, error.message) == (404, "Invalid Method identifier specified")


def test_integrations_and_responses(api: Api) -> None:
    built = Built(api)
    where = built.method("x")
    built.integrate(where, "MOCK", requestTemplates={"application/json": "{}"})
    early = {"restApiId": built.id, **where, "statusCode": "200"}
    assert api.refused("PutIntegrationResponse", **early).status == 404  # type: ignore[arg-type]
    built.respond(where, responseParameters={"method.response.header.X": "'1'"})
    templates = [{"op": "replace", "path": "/requestTemplates/text~1plain", "value": "x"}]
    changed = built.call("UpdateIntegration", **where, patchOperations=templates)
    assert changed["requestTemplates"] == {"application/json": "{}", "text/plain": "x"}
    pattern = [{"op": "replace", "path": "/selectionPattern", "value": "5.."}]
    shown = built.call("UpdateIntegrationResponse", **where, statusCode="200", patchOperations=pattern)
    assert shown["selectionPattern"] == "5.."
    assert built.call("GetIntegrationResponse", **where, statusCode="200") == shown
    assert built.call("GetMethodResponse", **where, statusCode="200")["statusCode"] == "200"
    declared = [{"op": "add", "path": "/responseModels/text~1plain", "value": "Empty"}]
    kept = built.call("UpdateMethodResponse", **where, statusCode="200", patchOperations=declared)
    assert kept["responseModels"] == {"text/plain": "Empty"}
    built.call("DeleteIntegrationResponse", **where, statusCode="200")
    built.call("DeleteMethodResponse", **where, statusCode="200")
    assert api.refused("GetMethodResponse", **early).status == 404  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"type": "FTP"}, "Enumeration value for Integration.type"),
        ({"type": "HTTP", "uri": "x", "integrationHttpMethod": "GET"}, "Invalid HTTP endpoint"),
        ({"type": "HTTP", "uri": "http://127.0.0.1/"}, "HttpMethod must be non-empty"),
        ({"type": "MOCK", "timeoutInMillis": 30_000}, "between 50 ms and 29000 ms"),
        ({"type": "MOCK", "passthroughBehavior": "TALVEZ"}, "Invalid passthrough behavior"),
        ({"type": "MOCK", "requestParameters": {"x": "y"}}, "Invalid mapping expression"),
        ({"type": "MOCK", "connectionType": "VPC_LINK"}, "VPC links"),
    ],
)
def test_integrations_that_are_none(api: Api, params: dict[str, object], says: str) -> None:
    built = Built(api)
    where = built.method("x")
    error = api.refused("PutIntegration", restApiId=built.id, **where, **params)  # type: ignore[arg-type]
    assert says in error.message


def test_models_and_validators(api: Api) -> None:
    built = Built(api)
    built.call("CreateModel", name="M", contentType="application/json", schema='{"type": "object"}')
    again = api.refused("CreateModel", restApiId=built.id, name="M", contentType="application/json")
    assert again.status == 409
    patches = [{"op": "replace", "path": "/schema", "value": '{"type": "array"}'}]
    assert built.call("UpdateModel", modelName="M", patchOperations=patches)["schema"] == '{"type": "array"}'
    validator = built.call("CreateRequestValidator", name="v")["id"]
    on = [{"op": "replace", "path": "/validateRequestBody", "value": "true"}]
    changed = built.call("UpdateRequestValidator", requestValidatorId=validator, patchOperations=on)
    assert changed["validateRequestBody"] is True
    where = built.method("x", requestModels={"application/json": "M"}, requestValidatorId=validator)
    assert api.refused("DeleteModel", restApiId=built.id, modelName="M").status == 409
    used = api.refused("DeleteRequestValidator", restApiId=built.id, requestValidatorId=validator)
    assert used.status == 409
    built.call("DeleteMethod", **where)
    built.call("DeleteModel", modelName="M")
    built.call("DeleteRequestValidator", requestValidatorId=validator)
    assert built.call("GetModels")["items"] == built.call("GetRequestValidators")["items"] == []


def test_what_is_not_answered_by_anything_cannot_be_deployed(api: Api) -> None:
    built = Built(api)
    built.method("x")
    error = api.refused("CreateDeployment", restApiId=built.id)
    assert error.message == "No integration defined for method"


def test_a_deployment_may_tell_its_methods(api: Api) -> None:
    identity = api.deployed()
    (deployment,) = api.call("GetDeployments", restApiId=identity)["items"]
    shown = api.call("GetDeployment", restApiId=identity, deploymentId=deployment["id"], embed=["apisummary"])
    assert shown["apiSummary"]["/notas"]["GET"] == {"authorizationType": "NONE", "apiKeyRequired": False}


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
def test_exporting(api: Api, kind: str) -> None:
    identity = api.deployed()
    params = {"restApiId": identity, "stageName": "dev", "exportType": kind}
    body = api.call("GetExport", **params, parameters={"extensions": "apigateway"})["body"]  # type: ignore[arg-type]
    document = json.loads(body)
    integration = document["paths"]["/notas"]["get"]["x-amazon-apigateway-integration"]
    assert FUNCTION in integration["uri"]
    again = api.call("ImportRestApi", body=body)["id"]
    assert len(api.call("GetResources", restApiId=again)["items"]) == 3
    plain = api.call("GetExport", **params, accepts="application/yaml")["body"]  # type: ignore[arg-type]
    assert b"x-amazon" not in plain
    error = api.refused("GetExport", restApiId=identity, stageName="dev", exportType="raml")
    assert error.code == "BadRequestException"


def test_a_test_is_the_cause_of_what_it_invokes(api: Api) -> None:
    built = Built(api)
    where = built.method("x")
    built.integrate(where)
    built.call("TestInvokeMethod", **where)
    # The front door records the call under the hop that it was given: the last one, here.
    assert api.functions.causes == [api.hops.last]
    assert api.hops.hops == []


def test_the_account(api: Api) -> None:
    role = "arn:aws:iam::000000000000:role/logs"
    patches = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
    assert api.call("UpdateAccount", patchOperations=patches)["cloudwatchRoleArn"] == role
    assert api.call("GetAccount")["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10_000.0}


def test_an_api_may_be_closed(api: Api) -> None:
    identity = api.deployed()
    assert api.request(identity).status == 200
    patches = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    api.call("UpdateRestApi", restApiId=identity, patchOperations=patches)
    assert api.request(identity).status == 403


@pytest.mark.parametrize(
    "operation", ["CreateDomainName", "CreateVpcLink", "GenerateClientCertificate", "CreateBasePathMapping"]
)
def test_what_is_not_there_is_refused_by_name(api: Api, operation: str) -> None:
    error = api.refused(operation)
    assert (error.status, operation in error.message) == (501, True)
