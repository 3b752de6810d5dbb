"""APIs, deployments and stages as AWS's control plane has them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.scope import Scope
from tests.contract.apigateway.harness import Api, body, method

BAD_TYPES: dict[str, Any] = {"info": [], "x-amazon-apigateway-binary-media-types": "image/png"}


def test_importing_an_api(api: Api) -> None:
    made = api.call(
        "ImportRestApi",
        body=body(
            {"/notas": {"get": method()}},
            info={"title": "nfe", "description": "Notas fiscais"},
            **{"x-amazon-apigateway-binary-media-types": ["image/png"]},
        ),
        parameters={"endpointConfigurationTypes": "REGIONAL"},
    )
    assert (made["name"], made["description"], made["binaryMediaTypes"]) == (
        "nfe",
        "Notas fiscais",
        ["image/png"],
    )
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert api.call("GetRestApi", restApiId=made["id"]) == made
    paths = [item["path"] for item in api.call("GetResources", restApiId=made["id"])["items"]]
    assert paths == ["/", "/notas"]


def test_yaml_is_read_as_well(api: Api) -> None:
    text = b"openapi: '3.0.1'\ninfo: {title: de-yaml}\npaths: {}\n"
    assert api.call("ImportRestApi", body=text)["name"] == "de-yaml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "Invalid OpenAPI input"),
        (b"[]", "not a mapping"),
        (b"'x", "Invalid OpenAPI input"),
        (b"\xff\xfe\x00", "Invalid OpenAPI input"),
        (b"[" * 100_000, "Invalid OpenAPI input"),
        (body(None, **BAD_TYPES), "no list of texts"),
    ],
)
def test_bodies_that_are_none(api: Api, text: bytes, says: str) -> None:
    error = api.refused("ImportRestApi", body=text)
    assert error.code == "BadRequestException"
    assert says in error.message


def test_parameters_of_an_import_that_are_not_acted_on_are_refused(api: Api) -> None:
    error = api.refused("ImportRestApi", body=body(), parameters={"basepath": "prepend"})
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert "basepath" in error.message


def test_merging_and_overwriting(api: Api) -> None:
    identity = api.deployed()
    api.call("PutRestApi", restApiId=identity, mode="merge", body=body({"/produtos": {"get": method()}}))

    def paths() -> list[str]:
        return [item["path"] for item in api.call("GetResources", restApiId=identity)["items"]]

    assert paths() == ["/", "/notas", "/notas/{id}", "/produtos"]
    error = api.refused(
        "PutRestApi", restApiId=identity, mode="merge", body=body({"/notas/{nota}/x": {"get": method()}})
    )
    assert "sibling" in error.message
    api.call("PutRestApi", restApiId=identity, mode="overwrite", body=body({"/so": {"get": method()}}))
    assert paths() == ["/", "/so"]


def test_replacing_a_body_may_change_the_type_of_endpoint(api: Api) -> None:
    # A SAM template with an EndpointConfiguration says it once for the API and once with the body.
    identity = api.call("CreateRestApi", name="nfe")["id"]
    kind = {"endpointConfigurationTypes": "REGIONAL"}
    api.call("PutRestApi", restApiId=identity, mode="overwrite", body=body(), parameters=kind)
    assert api.call("GetRestApi", restApiId=identity)["endpointConfiguration"]["types"] == ["REGIONAL"]
    api.call("PutRestApi", restApiId=identity, mode="overwrite", body=body())
    assert api.call("GetRestApi", restApiId=identity)["endpointConfiguration"]["types"] == ["REGIONAL"]
    private = {"endpointConfigurationTypes": "PRIVATE"}
    error = api.refused("PutRestApi", restApiId=identity, body=body(), parameters=private)
    assert (error.code, error.status) == ("NotImplemented", 501)


def test_apis_of_another_account_or_region_are_not_there(api: Api) -> None:
    identity = api.deployed()
    for scope in (Scope("111111111111"), Scope(region="eu-west-1")):
        assert api.call("GetRestApis", scope=scope)["items"] == []
        error = api.refused("GetRestApi", scope=scope, restApiId=identity)
        assert (error.code, error.status) == ("NotFoundException", 404)


def test_apis_in_pages(api: Api) -> None:
    made = sorted(api.call("CreateRestApi", name=f"api-{number}")["id"] for number in range(3))
    first = api.call("GetRestApis", limit=2)
    rest = api.call("GetRestApis", limit=2, position=first["position"])
    assert [item["id"] for item in (*first["items"], *rest["items"])] == made
    assert "position" not in rest


def test_changing_and_deleting_an_api(api: Api) -> None:
    identity = api.deployed()
    changed = api.call(
        "UpdateRestApi",
        restApiId=identity,
        patchOperations=[
            {"op": "replace", "path": "/description", "value": "outra"},
            {"op": "add", "path": "/binaryMediaTypes/image~1png"},
        ],
    )
    assert (changed["description"], changed["binaryMediaTypes"]) == ("outra", ["image/png"])
    api.call("DeleteRestApi", restApiId=identity)
    assert api.request(identity).status == 403
    assert api.refused("GetRestApi", restApiId=identity).status == 404


def test_patches_that_are_not_acted_on_are_refused_by_name(api: Api) -> None:
    identity = api.deployed()
    error = api.refused(
        "UpdateRestApi",
        restApiId=identity,
        patchOperations=[{"op": "replace", "path": "/minimumCompressionSize", "value": "1"}],
    )
    assert "/minimumCompressionSize" in error.message
    patches: list[dict[str, Any]] = [{"op": "replace", "path": "/*/*/caching/enabled", "value": "true"}]
    error = api.refused("UpdateStage", restApiId=identity, stageName="dev", patchOperations=patches)
    assert "caching/enabled" in error.message


def test_parameters_that_are_not_acted_on_are_refused_by_name(api: Api) -> None:
    error = api.refused("CreateRestApi", name="x", policy="{}")
    assert "parameter policy of CreateRestApi" in error.message
    assert "PRIVATE" not in error.message
    private = {"types": ["PRIVATE"]}
    assert api.refused("CreateRestApi", name="x", endpointConfiguration=private).status == 501


# --- deployments and stages ------------------------------------------------------------------------------
def test_an_api_without_methods_cannot_be_deployed(api: Api) -> None:
    identity = api.call("CreateRestApi", name="vazia")["id"]
    error = api.refused("CreateDeployment", restApiId=identity)
    assert error.message == "The REST API doesn't contain any methods"


def test_stages(api: Api) -> None:
    identity = api.deployed()
    deployment = api.call("CreateDeployment", restApiId=identity, description="segunda")["id"]
    made = api.call(
        "CreateStage",
        restApiId=identity,
        stageName="prod-1",
        deploymentId=deployment,
        variables={"cor": "azul"},
        tags={"time": "nfe"},
    )
    assert (made["stageName"], made["variables"], made["tags"]) == (
        "prod-1",
        {"cor": "azul"},
        {"time": "nfe"},
    )
    names = [item["stageName"] for item in api.call("GetStages", restApiId=identity)["item"]]
    assert names == ["dev", "prod-1"]
    error = api.refused("DeleteDeployment", restApiId=identity, deploymentId=deployment)
    assert "Active stages" in error.message
    again = api.refused("CreateStage", restApiId=identity, stageName="dev", deploymentId=deployment)
    assert (again.code, again.status) == ("ConflictException", 409)
    api.call("DeleteStage", restApiId=identity, stageName="prod-1")
    assert api.request(identity, stage="prod-1").status == 403
    api.call("DeleteDeployment", restApiId=identity, deploymentId=deployment)
    assert api.refused("GetDeployment", restApiId=identity, deploymentId=deployment).status == 404


@pytest.mark.parametrize("name", ["com espaço", "a/b", "ção", "x" * 129])
def test_names_that_no_stage_may_have(api: Api, name: str) -> None:
    identity = api.deployed()
    error = api.refused("CreateDeployment", restApiId=identity, stageName=name)
    assert error.code == "BadRequestException"
    deployment = api.call("GetDeployments", restApiId=identity)["items"][0]["id"]
    assert len(api.call("GetDeployments", restApiId=identity)["items"]) == 1
    error = api.refused("CreateStage", restApiId=identity, stageName=name, deploymentId=deployment)
    assert error.code == "BadRequestException"


def test_variables_of_a_deployment_replace_those_of_the_stage(api: Api) -> None:
    identity = api.deployed()
    api.call("CreateDeployment", restApiId=identity, stageName="dev", variables={"cor": "azul"})
    assert api.call("GetStage", restApiId=identity, stageName="dev")["variables"] == {"cor": "azul"}
    api.call("CreateDeployment", restApiId=identity, stageName="dev")
    assert api.call("GetStage", restApiId=identity, stageName="dev")["variables"] == {"cor": "azul"}
    error = api.refused("CreateDeployment", restApiId=identity, variables={"a": "b"})
    assert "name of a stage" in error.message


def test_throttling_as_stages_show_it(api: Api) -> None:
    identity = api.deployed()
    limits = {"*__*__throttling__rateLimit": "100", "*__*__throttling__burstLimit": "200"}
    stage = api.patch(identity, **limits)
    settings = stage["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (100.0, 200)
    error = api.refused(
        "UpdateStage",
        restApiId=identity,
        stageName="dev",
        patchOperations=[{"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "-1"}],
    )
    assert error.code == "BadRequestException"


@pytest.mark.parametrize("path", ["/~1notas/POST", "/notas/POST"])
def test_settings_of_a_method_are_found_however_its_path_is_written(api: Api, path: str) -> None:
    identity = api.deployed()

    def patch(kind: str, name: str, **value: str) -> dict[str, Any]:
        patches = [{"op": kind, "path": path + name, **value}]
        answer = api.call("UpdateStage", restApiId=identity, stageName="dev", patchOperations=patches)
        settings: dict[str, Any] = answer["methodSettings"]
        return settings

    assert patch("replace", "/throttling/burstLimit", value="0")["notas/POST"]["throttlingBurstLimit"] == 0
    assert api.request(identity, method="POST").status == 429
    assert patch("remove", "/throttling/burstLimit")["notas/POST"]["throttlingBurstLimit"] == 5000
    assert api.request(identity, method="POST").status == 200
    assert "notas/POST" not in patch("remove", "")


def test_tags(api: Api) -> None:
    identity = api.deployed()
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{identity}"
    api.call("TagResource", resourceArn=arn, tags={"a": "1", "b": "2"})
    api.call("UntagResource", resourceArn=arn, tagKeys=["a"])
    assert api.call("GetTags", resourceArn=arn) == {"tags": {"b": "2"}}
    assert api.refused("GetTags", resourceArn="estoque").code == "BadRequestException"
    api.call("TagResource", resourceArn=f"{arn}/stages/dev", tags={"c": "3"})
    assert api.call("GetStage", restApiId=identity, stageName="dev")["tags"] == {"c": "3"}
    assert api.refused("GetTags", resourceArn=f"{arn}/deployments/d").status == 501
