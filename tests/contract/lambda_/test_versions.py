"""Versions that never change, aliases that point to them, and qualifiers wherever a function is named."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import World, arn, package

ARN = str(arn())
QUEUE = "arn:aws:sqs:us-east-1:000000000000:mortas"


def publish(world: World, **params: Any) -> dict[str, Any]:
    return world.call("PublishVersion", FunctionName="estoque", **params)


def change(world: World, text: str) -> None:
    code = package({"app.py": f"def handler(event, context): return {text!r}"})
    world.call("UpdateFunctionCode", FunctionName="estoque", ZipFile=code)


def two_versions(world: World) -> None:
    world.function(Publish=True)
    change(world, "segunda")
    publish(world)


def alias(world: World, name: str = "prod", version: str = "1", **params: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"FunctionName": "estoque", "Name": name, "FunctionVersion": version, **params}
    return world.call("CreateAlias", **given)


# --- versions --------------------------------------------------------------------------------------------
def test_a_version_is_what_the_function_was(world: World) -> None:
    world.function(Description="antes", Timeout=5)
    version = publish(world, Description="a primeira")
    world.call("UpdateFunctionConfiguration", FunctionName="estoque", Timeout=9)
    change(world, "outra")
    assert (version["Version"], version["FunctionArn"]) == ("1", f"{ARN}:1")
    shown = world.call("GetFunctionConfiguration", FunctionName="estoque", Qualifier="1")
    assert shown == version
    assert (shown["Timeout"], shown["Description"]) == (5, "a primeira")
    assert shown["CodeSha256"] != world.call("GetFunctionConfiguration", FunctionName="estoque")["CodeSha256"]


def test_nothing_is_published_when_nothing_changed(world: World) -> None:
    world.function()
    first = publish(world)
    assert publish(world, Description="outra") == first
    world.call("UpdateFunctionConfiguration", FunctionName="estoque", Description="mudou")
    assert publish(world)["Version"] == "2"


def test_a_number_is_not_given_twice(world: World) -> None:
    two_versions(world)
    world.call("DeleteFunction", FunctionName="estoque", Qualifier="2")
    assert publish(world)["Version"] == "3"


def test_the_code_may_be_named_by_its_digest(world: World) -> None:
    sha = world.function()["CodeSha256"]
    assert publish(world, CodeSha256=sha)["Version"] == "1"
    error = world.refused("PublishVersion", FunctionName="estoque", CodeSha256="x")
    assert (error.code, error.message) == (
        "InvalidParameterValueException",
        f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha}). Please try again with the "
        "CodeSHA256 in $LATEST.",
    )
    stale = world.refused("PublishVersion", FunctionName="estoque", RevisionId="velha")
    assert stale.code == "PreconditionFailedException"


def test_a_function_and_its_code_can_be_published_at_once(world: World) -> None:
    created = world.function(Publish=True)
    assert (created["Version"], created["FunctionArn"]) == ("1", ARN)
    updated = world.call(
        "UpdateFunctionCode", FunctionName="estoque", ZipFile=package({"app.py": "x = 1"}), Publish=True
    )
    assert (updated["Version"], updated["FunctionArn"]) == ("2", f"{ARN}:2")


def test_a_version_of_a_live_folder_does_not_follow_it(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "vivo"
    folder.mkdir()
    (folder / "app.py").write_text("antes")
    world.function(Code={"S3Bucket": "hot-reload", "S3Key": str(folder)})
    publish(world)
    (folder / "app.py").write_text("depois")
    world.invoke("estoque:1")
    world.invoke()
    version, latest = (spec for spec, _ in world.executor.requests)
    assert (Path(version.code, "app.py").read_text(), version.version) == ("antes", "1")
    assert (latest.code, latest.version) == (str(folder), "$LATEST")
    assert publish(world)["Version"] == "2"


def test_versions_are_listed(world: World) -> None:
    two_versions(world)
    listed = world.call("ListVersionsByFunction", FunctionName="estoque")["Versions"]
    assert [item["FunctionArn"] for item in listed] == [f"{ARN}:$LATEST", f"{ARN}:1", f"{ARN}:2"]
    first = world.call("ListVersionsByFunction", FunctionName="estoque", MaxItems=2)
    rest = world.call("ListVersionsByFunction", FunctionName="estoque", Marker=first["NextMarker"])
    assert [item["Version"] for item in rest["Versions"]] == ["2"]
    everything = world.call("ListFunctions", FunctionVersion="ALL")["Functions"]
    assert [item["Version"] for item in everything] == ["$LATEST", "1", "2"]
    assert len(world.call("ListFunctions")["Functions"]) == 1


def test_a_version_that_an_alias_needs_is_not_deleted(world: World) -> None:
    two_versions(world)
    alias(world, "prod", "1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    for version in ("1", "2"):
        error = world.refused("DeleteFunction", FunctionName="estoque", Qualifier=version)
        assert (error.code, error.message) == (
            "ResourceConflictException",
            "Unable to delete version because the following aliases reference it: [prod]",
        )
    world.call("DeleteAlias", FunctionName="estoque", Name="prod")
    world.call("DeleteFunction", FunctionName="estoque", Qualifier="1")
    assert world.call("DeleteFunction", FunctionName="estoque", Qualifier="99") == {"StatusCode": 204}
    assert f"{ARN}:1" in world.executor.retired
    assert world.refused("GetFunction", FunctionName="estoque:1").message == f"Function not found: {ARN}:1"


def test_a_function_goes_with_its_versions(world: World) -> None:
    two_versions(world)
    world.call("DeleteFunction", FunctionName="estoque")
    world.function()
    assert len(world.call("ListVersionsByFunction", FunctionName="estoque")["Versions"]) == 1
    assert publish(world)["Version"] == "1"


# --- invoking --------------------------------------------------------------------------------------------
def test_a_qualifier_says_what_runs(world: World) -> None:
    two_versions(world)
    alias(world)
    for name, params in [("estoque:prod", {}), ("estoque", {"Qualifier": "2"}), ("estoque", {})]:
        world.invoke(name, **params)
    seen = [(spec.version, spec.arn, request.invoked) for spec, request in world.executor.requests]
    assert seen == [
        ("1", f"{ARN}:1", f"{ARN}:prod"),
        ("2", f"{ARN}:2", f"{ARN}:2"),
        ("$LATEST", ARN, ARN),
    ]
    assert world.invoke("estoque:prod")["ExecutedVersion"] == "1"
    start = world.hops.of(HopKind.INVOKE_START)[-1]
    assert (start.resource, start.function) == (f"{ARN}:1", ARN)


def test_an_alias_divides_invocations(world: World) -> None:
    two_versions(world)
    alias(world, RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    ran = Counter(world.invoke("estoque:prod")["ExecutedVersion"] for _ in range(200))
    assert sum(ran.values()) == 200
    assert 20 < ran["2"] < 80


def test_the_division_is_repeatable(tmp_path: Path) -> None:
    def run(folder: Path) -> list[str]:
        with World(folder) as world:
            two_versions(world)
            alias(world, RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
            return [world.invoke("estoque:prod")["ExecutedVersion"] for _ in range(20)]

    assert run(tmp_path / "a") == run(tmp_path / "b")


def test_a_mapping_feeds_an_alias(world: World) -> None:
    two_versions(world)
    alias(world)
    queue = world.queue()
    mapping = world.mapping(queue, "estoque:prod")
    assert mapping["FunctionArn"] == f"{ARN}:prod"
    world.send(queue, "um")
    world.call("UpdateAlias", FunctionName="estoque", Name="prod", FunctionVersion="2")
    world.send(queue, "dois")
    assert [spec.version for spec, _ in world.executor.requests] == ["1", "2"]
    assert world.mapping(queue)["FunctionArn"] == ARN  # another name, another mapping
    listed = world.call("ListEventSourceMappings", FunctionName="estoque:prod")["EventSourceMappings"]
    assert [item["UUID"] for item in listed] == [mapping["UUID"]]
    unknown = world.refused("CreateEventSourceMapping", FunctionName="estoque:7", EventSourceArn=str(queue))
    assert unknown.message == "Function does not exist"


def test_each_qualifier_has_its_own_asynchronous_configuration(world: World) -> None:
    def fail(event: Any) -> None:
        raise Failure("sem estoque")

    two_versions(world)
    alias(world)
    config: dict[str, Any] = {
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
    }
    world.call("PutFunctionEventInvokeConfig", FunctionName="estoque", Qualifier="prod", **config)
    listed = world.call("ListFunctionEventInvokeConfigs", FunctionName="estoque")
    (shown,) = listed["FunctionEventInvokeConfigs"]
    assert shown["FunctionArn"] == f"{ARN}:prod"
    world.executor.handlers["estoque"] = fail
    world.invoke("estoque:prod", InvocationType="Event")
    (delivery,) = world.targets.deliveries
    record = json.loads(delivery.body)
    assert record["requestContext"]["functionArn"] == f"{ARN}:prod"
    assert record["responseContext"]["executedVersion"] == "1"
    world.invoke(InvocationType="Event")
    assert len(world.targets.deliveries) == 1  # the function itself still has two retries


def test_each_qualifier_has_its_own_policy(world: World) -> None:
    two_versions(world)
    before = alias(world)["RevisionId"]
    statement: dict[str, Any] = {
        "StatementId": "s1",
        "Action": "lambda:InvokeFunction",
        "Principal": "sns.amazonaws.com",
    }
    for qualifier in ("prod", "1"):
        added = world.call("AddPermission", FunctionName="estoque", Qualifier=qualifier, **statement)
        assert json.loads(added["Statement"])["Resource"] == f"{ARN}:{qualifier}"
    assert world.refused("GetPolicy", FunctionName="estoque").code == "ResourceNotFoundException"
    shown = world.call("GetPolicy", FunctionName="estoque", Qualifier="prod")
    assert shown["RevisionId"] not in (before, "")
    latest = world.refused("AddPermission", FunctionName="estoque", Qualifier="$LATEST", **statement)
    assert latest.message == "We currently do not support adding policies for $LATEST."
    world.call("RemovePermission", FunctionName="estoque", Qualifier="1", StatementId="s1")
    assert world.refused("GetPolicy", FunctionName="estoque:1").code == "ResourceNotFoundException"


# --- aliases ---------------------------------------------------------------------------------------------
def test_an_alias_is_shown_as_aws_shows_it(world: World) -> None:
    two_versions(world)
    made = alias(world, Description="o que vale", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    assert made == {
        "AliasArn": f"{ARN}:prod",
        "Name": "prod",
        "FunctionVersion": "1",
        "Description": "o que vale",
        "RevisionId": made["RevisionId"],
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}},
    }
    assert world.call("GetAlias", FunctionName="estoque", Name="prod") == made
    shown = world.call("GetFunction", FunctionName="estoque", Qualifier="prod")["Configuration"]
    assert (shown["FunctionArn"], shown["Version"]) == (f"{ARN}:prod", "1")


def test_an_alias_is_changed_where_the_request_names_it(world: World) -> None:
    two_versions(world)
    made = alias(world, Description="d", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    update: dict[str, Any] = {"FunctionName": "estoque", "Name": "prod"}
    stale = world.refused("UpdateAlias", **update, RevisionId="velha")
    assert stale.code == "PreconditionFailedException"
    kept = world.call("UpdateAlias", **update, RevisionId=made["RevisionId"])
    assert kept["RoutingConfig"] == made["RoutingConfig"]
    assert kept["RevisionId"] != made["RevisionId"]
    moved = world.call("UpdateAlias", **update, FunctionVersion="2", RoutingConfig={})
    assert (moved["FunctionVersion"], moved["Description"]) == ("2", "d")
    assert "RoutingConfig" not in moved


def test_aliases_are_listed_by_version(world: World) -> None:
    two_versions(world)
    alias(world, "b", "1")
    alias(world, "a", "2")
    alias(world, "ultima", "$LATEST")

    def names(**params: Any) -> list[str]:
        listed = world.call("ListAliases", FunctionName="estoque", **params)
        return [item["Name"] for item in listed["Aliases"]]

    assert names() == ["a", "b", "ultima"]
    assert names(FunctionVersion="1") == ["b"]


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"Name": "12"}, "ValidationException", "at 'name' failed"),
        ({"FunctionVersion": "9"}, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}},
            "InvalidParameterValueException",
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        (
            {"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}},
            "InvalidParameterValueException",
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}}},
            "ValidationException",
            "Map value must satisfy constraint",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"prod": 0.5}}},
            "ValidationException",
            "Map keys must satisfy constraint",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5, "3": 0.1}}},
            "InvalidParameterValueException",
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            {"RoutingConfig": {"AdditionalVersionWeights": {"7": 0.5}}},
            "ResourceNotFoundException",
            f"Function not found: {ARN}:7",
        ),
    ],
)
def test_wrong_aliases_are_refused(world: World, params: dict[str, Any], code: str, message: str) -> None:
    two_versions(world)
    given: dict[str, Any] = {"FunctionName": "estoque", "Name": "prod", "FunctionVersion": "1", **params}
    error = world.refused("CreateAlias", **given)
    assert error.code == code
    assert message in error.message


def test_an_alias_is_there_once_or_not_at_all(world: World) -> None:
    two_versions(world)
    alias(world)
    again = world.refused("CreateAlias", FunctionName="estoque", Name="prod", FunctionVersion="1")
    assert (again.code, again.message) == (
        "ResourceConflictException",
        f"Alias already exists: {ARN}:prod",
    )
    missing = world.refused("GetAlias", FunctionName="estoque", Name="nada")
    assert missing.message == f"Cannot find alias arn: {ARN}:nada"


def test_versions_and_aliases_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with World(tmp_path, state) as world:
        two_versions(world)
        before = alias(world)
    with World(tmp_path, state) as world:
        assert world.call("GetAlias", FunctionName="estoque", Name="prod") == before
        assert world.invoke("estoque:prod")["ExecutedVersion"] == "1"
        change(world, "terceira")
        assert publish(world)["Version"] == "3"
