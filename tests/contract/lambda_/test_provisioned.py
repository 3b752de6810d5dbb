"""Provisioned concurrency: what is kept ready for versions and aliases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.lambda_.harness import World, arn, package

ARN = str(arn())


def two_versions(world: World) -> None:
    world.function(Publish=True)
    world.call("UpdateFunctionCode", FunctionName="estoque", ZipFile=package({"b.py": ""}), Publish=True)
    world.call("CreateAlias", FunctionName="estoque", Name="prod", FunctionVersion="1")


def keep(world: World, qualifier: str, count: int = 2) -> dict[str, Any]:
    return world.call(
        "PutProvisionedConcurrencyConfig",
        FunctionName="estoque",
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=count,
    )


def test_environments_are_kept_for_a_version(world: World) -> None:
    two_versions(world)
    assert keep(world, "1") == {
        "RequestedProvisionedConcurrentExecutions": 2,
        "AvailableProvisionedConcurrentExecutions": 0,
        "AllocatedProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
        "LastModified": "2023-11-14T22:13:20.000+0000",
    }
    assert world.executor.kept == {f"{ARN}:1": 2}
    got = world.call("GetProvisionedConcurrencyConfig", FunctionName="estoque", Qualifier="1")
    assert (got["Status"], got["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 2)
    world.call("DeleteProvisionedConcurrencyConfig", FunctionName="estoque", Qualifier="1")
    assert world.executor.kept == {f"{ARN}:1": 0}
    gone = world.refused("GetProvisionedConcurrencyConfig", FunctionName="estoque", Qualifier="1")
    assert (gone.code, gone.message) == (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )


def test_they_follow_an_alias(world: World) -> None:
    two_versions(world)
    keep(world, "prod", 3)
    assert world.executor.kept == {f"{ARN}:1": 3}
    world.call("UpdateAlias", FunctionName="estoque", Name="prod", FunctionVersion="2")
    assert world.executor.kept == {f"{ARN}:1": 0, f"{ARN}:2": 3}
    listed = world.call("ListProvisionedConcurrencyConfigs", FunctionName="estoque")
    (shown,) = listed["ProvisionedConcurrencyConfigs"]
    assert (shown["FunctionArn"], shown["Status"]) == (f"{ARN}:prod", "READY")
    world.call("DeleteAlias", FunctionName="estoque", Name="prod")
    assert world.executor.kept[f"{ARN}:2"] == 0


def test_a_failure_is_told(world: World) -> None:
    two_versions(world)
    world.executor.refusal = AwsError("InvalidRuntimeException", "não começa")
    keep(world, "1")
    got = world.call("GetProvisionedConcurrencyConfig", FunctionName="estoque", Qualifier="1")
    assert (got["Status"], got["StatusReason"]) == (
        "FAILED",
        "FUNCTION_ERROR_INIT_FAILURE: não começa",
    )


def test_what_is_kept_counts_in_the_account(world: World) -> None:
    two_versions(world)
    keep(world, "1", 100)
    limits = world.call("GetAccountSettings")["AccountLimit"]
    assert limits["UnreservedConcurrentExecutions"] == 900


@pytest.mark.parametrize(
    ("qualifier", "count", "code", "message"),
    [
        ("$LATEST", 1, "InvalidParameterValueException", "cannot be applied to unpublished function"),
        ("1", 0, "ValidationException", "at 'provisionedConcurrentExecutions' failed"),
        ("9", 1, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        ("nada", 1, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:nada"),
        ("1", 1001, "InvalidParameterValueException", "greater than account's unreserved concurrency"),
        ("1", 901, "InvalidParameterValueException", "below its minimum value of [100]"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    world: World, qualifier: str, count: int, code: str, message: str
) -> None:
    two_versions(world)
    error = world.refused(
        "PutProvisionedConcurrencyConfig",
        FunctionName="estoque",
        Qualifier=qualifier,
        ProvisionedConcurrentExecutions=count,
    )
    assert error.code == code
    assert message in error.message


def test_a_version_and_its_alias_are_not_kept_both(world: World) -> None:
    two_versions(world)
    keep(world, "1")
    where = {"FunctionName": "estoque", "ProvisionedConcurrentExecutions": 1}
    error = world.refused("PutProvisionedConcurrencyConfig", Qualifier="prod", **where)
    assert error.message.startswith("Alias can't be used for Provisioned Concurrency")
    world.call("DeleteProvisionedConcurrencyConfig", FunctionName="estoque", Qualifier="1")
    keep(world, "prod")
    error = world.refused("PutProvisionedConcurrencyConfig", Qualifier="1", **where)
    assert error.message == "Version is pointed by a Provisioned Concurrency alias"


def test_not_more_than_is_reserved(world: World) -> None:
    two_versions(world)
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=2)
    error = world.refused(
        "PutProvisionedConcurrencyConfig",
        FunctionName="estoque",
        Qualifier="1",
        ProvisionedConcurrentExecutions=3,
    )
    assert "should not be greater than the reservedConcurrentExecution" in error.message


def test_they_are_started_again_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with World(tmp_path, state) as world:
        two_versions(world)
        keep(world, "prod")
    with World(tmp_path, state) as world:
        assert world.executor.kept == {f"{ARN}:1": 2}


def test_a_function_made_anew_begins_with_nothing(world: World) -> None:
    world.function(Publish=True)
    keep(world, "1")
    world.call("DeleteFunction", FunctionName="estoque")
    world.executor.kept.clear()  # what a runtime does when a function is retired
    world.function(Publish=True)
    keep(world, "1")
    assert world.executor.kept == {f"{ARN}:1": 2}
