"""The form of a template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.deploy.resources.registry import TYPES
from sandbox.deploy.template.declarations import read_template, transforms
from sandbox.deploy.template.local_files import hide_local_files, local_path
from sandbox.deploy.template.problem import Problem, Problems
from sandbox.deploy.template.source import Source

QUEUE = {"Type": "AWS::SQS::Queue"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"Resource": {"A": QUEUE}}, "Did you mean Resources"),
        ({"Hooks": {}, "Resources": {"A": QUEUE}}, "hooks are not implemented"),
        ({"Resources": {}}, "declares no resources"),
        ({"Resources": []}, "not a mapping"),
        ({"Resources": {"A-B": QUEUE}}, "letters and digits only"),
        ({"Resources": {"A": {}}}, "no Type"),
        ({"Resources": {"A": {**QUEUE, "QueueName": "q"}}}, "Properties belong under"),
        ({"Resources": {"A": {**QUEUE, "DependOn": "q"}}}, "Did you mean DependsOn"),
        ({"Resources": {"A": {**QUEUE, "DependsOn": ["B"]}}}, "no resource B"),
        ({"Resources": {"A": {**QUEUE, "DependsOn": 3}}}, "not a logical id"),
        ({"Resources": {"A": {**QUEUE, "DeletionPolicy": "Keep"}}}, "not a policy"),
        ({"Resources": {"A": {**QUEUE, "UpdatePolicy": {}}}}, "UpdatePolicy is not implemented"),
        ({"Resources": {"A": {**QUEUE, "Properties": []}}}, "not a mapping"),
        ({"Resources": {"A": QUEUE}, "Outputs": {"O": {}}}, "no Value"),
        ({"Resources": {"A": QUEUE}, "Outputs": {"O": {"Value": 1, "Export": "x"}}}, "exactly a Name"),
        ({"Resources": {f"A{n}": QUEUE for n in range(501)}}, "at most 500"),
    ],
)
def test_what_is_wrong_with_a_template(data: dict[str, Any], expected: str) -> None:
    with pytest.raises(Problems) as caught:
        read_template(data, Source(Path("t.yaml"), data, {}))
    assert expected in caught.value.problems[0].why


def test_two_transforms_are_known() -> None:
    sam, extensions = "AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"
    assert transforms({"Transform": sam}) == {sam}
    assert transforms({"Transform": [extensions, sam]}) == {sam, extensions}
    assert transforms({}) == frozenset()
    for other in ("AWS::SecretsManager-2024-09-16", {"Name": "AWS::Include"}):
        with pytest.raises(Problem, match="is not implemented"):
            transforms({"Transform": [sam, other]})


def test_local_code_becomes_a_placeholder_and_comes_back(tmp_path: Path) -> None:
    data = {
        "Globals": {"Function": {"CodeUri": "src/"}},
        "Resources": {
            "F": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./olá mundo"}},
            "G": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src"}},
            "H": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://b/k"}},
        },
    }
    hidden = hide_local_files(data, tmp_path)
    assert hidden["Globals"]["Function"]["CodeUri"] == "s3://sandbox-local/src/"
    assert hidden["Resources"]["H"]["Properties"]["CodeUri"] == "s3://b/k"
    key = hidden["Resources"]["F"]["Properties"]["CodeUri"].removeprefix("s3://sandbox-local/")
    assert local_path("sandbox-local", key, tmp_path) == tmp_path / "olá mundo"
    assert hidden["Resources"]["G"]["Properties"]["Code"] == {"S3Bucket": "sandbox-local", "S3Key": "src"}
    assert local_path("b", "k", tmp_path) is None
    assert str(tmp_path) not in str(hidden)


def test_a_local_api_definition_is_read_in(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths: {}\n")
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "dev", "DefinitionUri": "api.yaml"}}
    hidden = hide_local_files({"Resources": {"A": api}}, tmp_path)
    assert hidden["Resources"]["A"]["Properties"]["DefinitionBody"]["openapi"] == "3.0.1"
    api["Properties"] = {"StageName": "dev", "DefinitionUri": "none.yaml"}
    with pytest.raises(Problem, match=r"none\.yaml"):
        hide_local_files({"Resources": {"A": api}}, tmp_path)


@pytest.mark.parametrize("type_", TYPES)
def test_types_are_consistent(type_: str) -> None:
    handler = TYPES[type_]
    assert handler.__doc__
    assert not handler.not_implemented & handler.properties.keys()
    assert handler.name_property is None or handler.properties[handler.name_property].replaces
