"""Layers: versions of shared archives, and the functions that have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import NotImplementedByName
from tests.contract.lambda_.harness import World, package

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:banco"


def publish(world: World, name: str = "banco", text: str = "x = 1", **params: Any) -> dict[str, Any]:
    content = {"ZipFile": package({"python/banco.py": text})}
    return world.call("PublishLayerVersion", LayerName=name, **{"Content": content, **params})


def test_a_layer_version_is_shown_as_aws_shows_it(world: World) -> None:
    made = publish(
        world,
        Description="acesso ao banco",
        CompatibleRuntimes=["python3.13"],
        CompatibleArchitectures=["arm64"],
        LicenseInfo="MIT",
    )
    content = made.pop("Content")
    assert content["Location"].endswith(".zip")
    assert (len(content["CodeSha256"]), content["CodeSize"] > 0) == (44, True)
    assert made == {
        "LayerArn": ARN,
        "LayerVersionArn": f"{ARN}:1",
        "Description": "acesso ao banco",
        "CreatedDate": "2023-11-14T22:13:20.000+0000",
        "Version": 1,
        "CompatibleRuntimes": ["python3.13"],
        "CompatibleArchitectures": ["arm64"],
        "LicenseInfo": "MIT",
    }
    for answer in (
        world.call("GetLayerVersion", LayerName="banco", VersionNumber=1),
        world.call("GetLayerVersion", LayerName=ARN, VersionNumber=1),
        world.call("GetLayerVersionByArn", Arn=f"{ARN}:1"),
    ):
        assert answer == {**made, "Content": content}


def test_versions_are_numbered_and_never_twice(world: World) -> None:
    assert [publish(world)["Version"], publish(world)["Version"]] == [1, 2]
    world.call("DeleteLayerVersion", LayerName="banco", VersionNumber=2)
    world.call("DeleteLayerVersion", LayerName="banco", VersionNumber=9)
    assert publish(world)["Version"] == 3
    listed = world.call("ListLayerVersions", LayerName="banco")["LayerVersions"]
    assert [item["Version"] for item in listed] == [3, 1]
    gone = world.refused("GetLayerVersion", LayerName="banco", VersionNumber=2)
    assert (gone.code, gone.message) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    zero = world.refused("GetLayerVersion", LayerName="banco", VersionNumber=0)
    assert zero.message == "Layer Version Cannot be less than 1"


def test_layers_are_listed_with_the_latest_version_that_fits(world: World) -> None:
    publish(world, CompatibleRuntimes=["python3.12"])
    publish(world, CompatibleRuntimes=["python3.13"])
    publish(world, "outra", CompatibleArchitectures=["arm64"])

    def latest(**params: Any) -> dict[str, int]:
        layers = world.call("ListLayers", **params)["Layers"]
        return {item["LayerName"]: item["LatestMatchingVersion"]["Version"] for item in layers}

    assert latest() == {"banco": 2, "outra": 1}
    assert latest(CompatibleRuntime="python3.12") == {"banco": 1}
    assert latest(CompatibleArchitecture="arm64") == {"outra": 1}
    page = world.call("ListLayerVersions", LayerName="banco", MaxItems=1)
    rest = world.call("ListLayerVersions", LayerName="banco", Marker=page["NextMarker"])
    assert [item["Version"] for item in rest["LayerVersions"]] == [1]


def test_a_function_runs_with_its_layers_in_order(world: World) -> None:
    lower, upper = publish(world), publish(world, "outra", "y = 2")
    arns = [lower["LayerVersionArn"], upper["LayerVersionArn"]]
    made = world.function(Layers=arns)
    assert made["Layers"] == [
        {"Arn": lower["LayerVersionArn"], "CodeSize": lower["Content"]["CodeSize"]},
        {"Arn": upper["LayerVersionArn"], "CodeSize": upper["Content"]["CodeSize"]},
    ]
    world.invoke()
    ((spec, _),) = world.executor.requests
    texts = [Path(folder, "python/banco.py").read_text() for folder in spec.layers]
    assert texts == ["x = 1", "y = 2"]
    changed = world.call("UpdateFunctionConfiguration", FunctionName="estoque", Layers=arns[:1])
    assert [item["Arn"] for item in changed["Layers"]] == arns[:1]
    none = world.call("UpdateFunctionConfiguration", FunctionName="estoque", Layers=[])
    assert "Layers" not in none


def test_a_function_keeps_a_layer_that_was_deleted(world: World) -> None:
    world.function(Layers=[publish(world)["LayerVersionArn"]])
    world.call("DeleteLayerVersion", LayerName="banco", VersionNumber=1)
    assert world.invoke()["StatusCode"] == 200
    late = world.refused("UpdateFunctionConfiguration", FunctionName="estoque", Layers=[f"{ARN}:1"])
    assert late.message == f"Layer version {ARN}:1 does not exist."


def test_a_live_layer_is_the_folder_itself(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "camada"
    (folder / "python").mkdir(parents=True)
    (folder / "python" / "banco.py").write_text("antes")
    made = publish(world, Content={"S3Bucket": "hot-reload", "S3Key": str(folder)})
    world.function(Layers=[made["LayerVersionArn"]])
    world.invoke()
    (folder / "python" / "banco.py").write_text("depois, e mais longo")
    world.invoke()
    (first, _), (second, _) = world.executor.requests
    assert first.layers == second.layers == (str(folder),)
    assert first.code_key != second.code_key


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([f"{ARN}:7"], f"Layer version {ARN}:7 does not exist."),
        ([f"{ARN}:1", f"{ARN}:2"], "Two different versions of the same layer are not allowed"),
        ([f"{ARN}:1"] * 6, "Cannot reference more than 5 layers."),
        ([ARN], "at 'layers' failed to satisfy constraint"),
        ([f"{ARN.replace('us-east-1', 'sa-east-1')}:1"], "Layers are not in the same region"),
    ],
)
def test_wrong_layers_are_refused(world: World, layers: list[str], message: str) -> None:
    publish(world)
    publish(world)
    world.function()
    error = world.refused("UpdateFunctionConfiguration", FunctionName="estoque", Layers=layers)
    assert message in error.message


def test_extensions_are_refused_by_name(world: World) -> None:
    made = publish(world, Content={"ZipFile": package({"extensions/agente": "#!/bin/sh"})})
    world.function()
    error = world.refused(
        "UpdateFunctionConfiguration", FunctionName="estoque", Layers=[made["LayerVersionArn"]]
    )
    assert isinstance(error, NotImplementedByName)
    assert "extensions" in error.message


def test_the_policy_of_a_version(world: World) -> None:
    publish(world)
    where = {"LayerName": "banco", "VersionNumber": 1}
    statement = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}

    def call(operation: str, **params: Any) -> dict[str, Any]:
        return world.call(operation, **{**where, **params})

    added = call("AddLayerVersionPermission", **statement)
    shown = call("GetLayerVersionPolicy")
    assert shown["RevisionId"] == added["RevisionId"]
    assert added["Statement"] in shown["Policy"]
    again = world.refused("AddLayerVersionPermission", **{**where, **statement})
    assert again.code == "ResourceConflictException"
    call("RemoveLayerVersionPermission", StatementId="s", RevisionId=added["RevisionId"])
    assert world.refused("GetLayerVersionPolicy", **where).code == "ResourceNotFoundException"


def test_layers_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with World(tmp_path, state) as world:
        world.function(Layers=[publish(world)["LayerVersionArn"]])
    with World(tmp_path, state) as world:
        assert world.invoke()["StatusCode"] == 200
        assert publish(world)["Version"] == 2
