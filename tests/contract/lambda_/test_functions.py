"""Functions: create, look up, change, delete, and what AWS says to wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import DependencyError
from sandbox.model.awserror import NotImplementedByName
from sandbox.model.scope import Scope
from tests.contract.lambda_.harness import ROLE, World, arn, package

ARN = "arn:aws:lambda:us-east-1:000000000000:function:estoque"


def test_a_function_is_created_active_and_shown_as_aws_shows_it(world: World) -> None:
    answer = world.function(Timeout=5, MemorySize=256, Environment={"Variables": {"BUS": "nfe-events-dev"}})
    revision, sha = answer.pop("RevisionId"), answer.pop("CodeSha256")
    assert len(revision) == 36
    assert len(sha) == 44
    assert answer == {
        "FunctionName": "estoque",
        "FunctionArn": ARN,
        "Runtime": "python3.13",
        "Role": ROLE,
        "Handler": "app.handler",
        "CodeSize": len(package()),
        "Description": "",
        "Timeout": 5,
        "MemorySize": 256,
        "LastModified": "2023-11-14T22:13:20.000+0000",
        "Version": "$LATEST",
        "Environment": {"Variables": {"BUS": "nfe-events-dev"}},
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/estoque"},
    }


@pytest.mark.parametrize(
    "name", ["estoque", "000000000000:function:estoque", "function:estoque", ARN, f"{ARN}:$LATEST"]
)
def test_a_function_is_found_by_every_form_of_its_name(world: World, name: str) -> None:
    world.function(Tags={"sistema": "nfe"})
    answer = world.call("GetFunction", FunctionName=name)
    assert answer["Configuration"]["FunctionArn"] == (name if name.endswith("$LATEST") else ARN)
    assert answer["Tags"] == {"sistema": "nfe"}
    assert answer["Code"]["Location"].endswith(".zip")


def test_worlds_of_other_scopes_do_not_see_it(world: World) -> None:
    world.function()
    assert world.call("ListFunctions", Scope("000000000000", "sa-east-1"))["Functions"] == []
    other = world.refused("GetFunction", FunctionName=ARN.replace("us-east-1", "sa-east-1"))
    assert (other.code, other.message) == (
        "ResourceNotFoundException",
        "Functions from 'sa-east-1' are not reachable in this region ('us-east-1')",
    )


@pytest.mark.parametrize(
    ("operation", "named", "said"),
    [
        ("GetFunction", {}, ARN),
        ("GetFunction", {"Qualifier": "$LATEST"}, f"{ARN}:$LATEST"),
        ("GetFunctionConfiguration", {}, ARN),
        ("DeleteFunction", {}, ARN),
        ("GetFunctionConcurrency", {}, ARN),
        ("Invoke", {}, ARN),
        ("Invoke", {"InvocationType": "Event"}, ARN),
        ("UpdateFunctionConfiguration", {"Timeout": 3}, ARN),
    ],
)
def test_a_missing_function_is_named_by_its_arn(
    world: World, operation: str, named: dict[str, Any], said: str
) -> None:
    error = world.refused(operation, FunctionName="estoque", **named)
    assert (error.code, error.message, error.status) == (
        "ResourceNotFoundException",
        f"Function not found: {said}",
        404,
    )


def test_a_name_is_taken_once(world: World) -> None:
    world.function()
    error = world.refused(
        "CreateFunction",
        FunctionName="estoque",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": package()},
    )
    assert (error.code, error.message, error.status) == (
        "ResourceConflictException",
        "Function already exist: estoque",
        409,
    )


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"Timeout": 901},
            "ValidationException",
            "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 900",
        ),
        (
            {"Timeout": 0, "MemorySize": 64},
            "ValidationException",
            "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1; Value '64' at 'memorySize' failed to satisfy "
            "constraint: Member must have value greater than or equal to 128",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "LOCAL": "y"}}},
            "InvalidParameterValueException",
            "Lambda was unable to configure your environment variables because the environment variables you "
            "have provided contains reserved keys that are currently not supported for modification. "
            "Reserved keys used in this request: AWS_REGION",
        ),
        (
            {"Runtime": "python2.7"},
            "InvalidParameterValueException",
            "The runtime parameter of python2.7 is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions.",
        ),
        (
            {"Role": "r1"},
            "ValidationException",
            "at 'role' failed to satisfy constraint: Member must satisfy",
        ),
        ({"Handler": "a b"}, "ValidationException", r"regular expression pattern: [^\s]+"),
        ({"Handler": None}, "InvalidParameterValueException", "Runtime and Handler are mandatory parameters"),
        ({"Runtime": "cobol85"}, "InvalidParameterValueException", "Value cobol85 at 'runtime' failed to"),
        (
            {"Environment": {"Variables": {"GRANDE": "x" * 4100}}},
            "InvalidParameterValueException",
            'exceeded the 4KB limit. String measured: {"GRANDE":"xxx',
        ),
        (
            {"Environment": {"Variables": {"1A": ""}}},
            "ValidationException",
            "at 'environment.variables' failed",
        ),
        ({"EphemeralStorage": {"Size": 100}}, "ValidationException", "at 'ephemeralStorage.size' failed"),
        ({"Architectures": ["vax"]}, "ValidationException", "enum value set: [x86_64, arm64]"),
    ],
)
def test_wrong_values_are_refused_in_the_words_of_aws(
    world: World, params: dict[str, Any], code: str, message: str
) -> None:
    given = {"Role": ROLE, "Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": package()}}
    error = world.refused("CreateFunction", FunctionName="estoque", **{**given, **params})
    assert error.code == code
    assert message in error.message
    assert world.call("ListFunctions")["Functions"] == []


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"PackageType": "Image"}, "PackageType"),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "SnapStart"),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"}, "KMSKeyArn"),
        ({"FileSystemConfigs": [{"Arn": "x", "LocalMountPath": "/mnt/x"}]}, "FileSystemConfigs"),
        ({"DurableConfig": {"RetentionPeriodInDays": 1}}, "DurableConfig"),
        ({"DeadLetterConfig": {"TargetArn": "arn:aws:sns:us-east-1:000000000000:t"}}, "DeadLetterConfig"),
        ({"Code": {"ImageUri": "x"}}, "ImageUri"),
        ({"Code": {"S3Bucket": "balde", "S3Key": "x.zip"}}, "balde"),
        ({"VpcConfig": {"Ipv6AllowedForDualStack": True}}, "Ipv6AllowedForDualStack without subnets"),
    ],
)
def test_what_is_not_done_is_refused_by_name(world: World, params: dict[str, Any], named: str) -> None:
    given = {"Role": ROLE, "Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": package()}}
    error = world.refused("CreateFunction", FunctionName="estoque", **{**given, **params})
    assert isinstance(error, NotImplementedByName)
    assert named in error.message


def test_values_that_change_nothing_are_taken(world: World) -> None:
    world.function(
        Publish=False,
        Layers=[],
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
        PackageType="Zip",
        SnapStart={"ApplyOn": "None"},
    )


def test_the_network_of_a_function_is_recorded_and_shown(world: World) -> None:
    inside = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    world.function(VpcConfig=inside)
    shown = {**inside, "Ipv6AllowedForDualStack": False}
    assert world.call("GetFunctionConfiguration", FunctionName="estoque")["VpcConfig"] == shown
    world.call("UpdateFunctionConfiguration", FunctionName="estoque", Timeout=5)
    assert world.call("GetFunctionConfiguration", FunctionName="estoque")["VpcConfig"] == shown
    out: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}
    changed = world.call("UpdateFunctionConfiguration", FunctionName="estoque", VpcConfig=out)
    assert "VpcConfig" not in changed
    neither = {**out, "Ipv6AllowedForDualStack": False}
    changed = world.call("UpdateFunctionConfiguration", FunctionName="estoque", VpcConfig=neither)
    assert "VpcConfig" not in changed
    error = world.refused(
        "UpdateFunctionConfiguration", FunctionName="estoque", VpcConfig={"SubnetIds": ["subnet-1"]}
    )
    assert error.code == "InvalidParameterValueException"
    assert error.message == "SubnetIds and SecurityIds must coexist or be both empty list."


@pytest.mark.parametrize("operation", ["InvokeWithResponseStream", "CreateCodeSigningConfig"])
def test_other_operations_are_refused_by_name(world: World, operation: str) -> None:
    assert operation in world.refused(operation).message


def test_other_qualifiers_are_refused(world: World) -> None:
    world.function()
    assert world.refused("Invoke", FunctionName="estoque:PROD").message == f"Function not found: {ARN}:PROD"
    changed = world.refused("UpdateFunctionConfiguration", FunctionName="estoque:1", Timeout=5)
    assert changed.message.startswith("This operation is permitted on Lambda functions only.")
    differ = world.refused("GetFunction", FunctionName=f"{ARN}:$LATEST", Qualifier="1")
    assert differ.message == (
        "The derived qualifier from the function name does not match the specified qualifier."
    )
    latest = world.refused("DeleteFunction", FunctionName="estoque", Qualifier="$LATEST")
    assert latest.message == "$LATEST version cannot be deleted without deleting the function."


def test_configuration_is_changed_where_the_request_names_it(world: World) -> None:
    before = world.function(Environment={"Variables": {"A1": "1"}}, Description="antes")
    world.advance(10)
    after = world.call(
        "UpdateFunctionConfiguration", FunctionName="estoque", Timeout=9, RevisionId=before["RevisionId"]
    )
    assert (after["Timeout"], after["Description"], after["Environment"]["Variables"]) == (
        9,
        "antes",
        {"A1": "1"},
    )
    assert after["RevisionId"] != before["RevisionId"]
    assert after["LastModified"] == "2023-11-14T22:13:30.000+0000"
    assert world.executor.retired == [ARN]
    stale = world.refused(
        "UpdateFunctionConfiguration", FunctionName="estoque", RevisionId=before["RevisionId"]
    )
    assert (stale.code, stale.status) == ("PreconditionFailedException", 412)


def test_code_is_changed_and_a_dry_run_changes_nothing(world: World) -> None:
    before = world.function()
    other = package({"app.py": "def handler(event, context): return 2"})
    dry = world.call("UpdateFunctionCode", FunctionName="estoque", ZipFile=other, DryRun=True)
    assert dry["CodeSha256"] == before["CodeSha256"]
    after = world.call("UpdateFunctionCode", FunctionName="estoque", ZipFile=other)
    assert after["CodeSha256"] != before["CodeSha256"]
    world.invoke()
    (spec, _) = world.executor.requests[-1]
    assert Path(spec.code, "app.py").read_text().endswith("return 2")


def test_a_deleted_function_is_gone(world: World) -> None:
    world.function()
    assert world.call("DeleteFunction", FunctionName="estoque") == {"StatusCode": 204}
    assert world.executor.retired == [ARN]
    world.refused("GetFunction", FunctionName="estoque")
    world.function()


def test_functions_are_listed_in_pages(world: World) -> None:
    for name in ("c", "a", "b"):
        world.function(name)
    first = world.call("ListFunctions", MaxItems=2)
    rest = world.call("ListFunctions", Marker=first["NextMarker"])
    names = [item["FunctionName"] for item in (*first["Functions"], *rest["Functions"])]
    assert names == ["a", "b", "c"]
    assert "NextMarker" not in rest
    (one,) = world.call("ListFunctions", MaxItems=1, FunctionVersion="ALL")["Functions"]
    assert one["FunctionArn"].endswith("function:a:$LATEST")


def test_tokens_are_stored_and_replaced_when_shown(world: World) -> None:
    world.function(Environment={"Variables": {"URL": "{{sandbox:endpoint}}/fila"}})
    shown = world.call("GetFunctionConfiguration", FunctionName="estoque")
    assert shown["Environment"]["Variables"] == {"URL": "http://127.0.0.1:4566/fila"}
    row = world.database.row("SELECT document FROM lambda_functions")
    assert row is not None
    assert b"{{sandbox:endpoint}}" in row["document"]


def test_functions_survive_a_restart(tmp_path: Path) -> None:
    with World(tmp_path, tmp_path / "state.db") as world:
        world.function(Timeout=7, Environment={"Variables": {"A1": "1"}})
        world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=10)
        before = world.call("GetFunction", FunctionName="estoque")
    with World(tmp_path, tmp_path / "state.db") as again:
        assert again.call("GetFunction", FunctionName="estoque") == before
        again.invoke(payload={"a": 1})
        assert again.executor.requests[0][0].timeout == 7.0


def test_a_state_folder_may_be_moved(tmp_path: Path) -> None:
    before, after = tmp_path / "antes", tmp_path / "depois"
    before.mkdir()
    with World(before, before / "state.db") as world:
        world.function()
    before.rename(after)
    with World(after, after / "state.db") as again:
        again.invoke()
        assert again.executor.requests[0][0].code.startswith(str(after))


def test_live_code_is_looked_at_before_every_invocation(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "handlers"
    folder.mkdir()
    (folder / "app.py").write_text("a = 1")
    world.function(Code={"S3Bucket": "hot-reload", "S3Key": str(folder)})
    world.invoke()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "app.pyc").write_text("compiled")
    world.invoke()
    assert world.executor.retired == []
    (folder / "app.py").write_text("a = 1000")
    world.invoke()
    keys = [spec.code_key for spec, _ in world.executor.requests]
    assert keys[0] == keys[1] != keys[2]
    assert {spec.code for spec, _ in world.executor.requests} == {str(folder)}
    assert world.executor.retired == [str(arn())]


def test_a_live_folder_must_be_there(world: World, tmp_path: Path) -> None:
    base = {"Role": ROLE, "Runtime": "python3.13", "Handler": "app.handler", "FunctionName": "estoque"}
    relative = world.refused("CreateFunction", Code={"S3Bucket": "hot-reload", "S3Key": "src"}, **base)
    assert "absolute path" in relative.message
    missing = world.refused(
        "CreateFunction", Code={"S3Bucket": "hot-reload", "S3Key": str(tmp_path / "nada")}, **base
    )
    assert "does not exist" in missing.message
    assert "source for function code" in world.refused("CreateFunction", Code={}, **base).message


def test_requirements_are_resolved_at_deployment_and_when_they_change(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "handlers"
    folder.mkdir()
    (folder / "requirements.txt").write_text("psycopg")
    world.function(Code={"S3Bucket": "hot-reload", "S3Key": str(folder)})
    assert world.dependencies.asked == [("psycopg", "python3.13")]
    world.invoke()
    world.invoke()
    assert len(world.dependencies.asked) == 1
    (folder / "requirements.txt").write_text("psycopg\nboto3")
    world.invoke()
    assert [spec.dependencies for spec, _ in world.executor.requests] == [
        ("/deps/1",),
        ("/deps/1",),
        ("/deps/2",),
    ]


def test_a_package_that_was_built_is_complete(world: World) -> None:
    files = {"app.py": "", "requirements.txt": "psycopg", "psycopg-3.dist-info/METADATA": "Name: psycopg"}
    world.function(Code={"ZipFile": package(files)})
    assert world.dependencies.asked == []


def test_what_is_wrong_with_requirements_fails_the_deployment(world: World, tmp_path: Path) -> None:
    failure = DependencyError("psycopgg was not found", "no such package", "correct requirements.txt")
    world.dependencies.failure = failure
    error = world.refused(
        "CreateFunction",
        FunctionName="estoque",
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": package({"requirements.txt": "psycopgg"})},
    )
    assert error.code == "InvalidParameterValueException"
    assert "correct requirements.txt" in error.message
    assert world.call("ListFunctions")["Functions"] == []


def test_a_folder_that_is_gone_is_unpacked_again(world: World) -> None:
    world.function()
    world.invoke()
    code = Path(world.executor.requests[0][0].code)
    (code / "app.py").unlink()
    code.rmdir()
    world.invoke()
    assert (code / "app.py").is_file()
    (code / "app.py").unlink()
    code.rmdir()
    code.with_suffix(".zip").unlink()
    error = world.refused("Invoke", FunctionName="estoque")
    assert (error.code, error.status) == ("ResourceConflictException", 409)
    assert "deploy the function again" in error.message


def test_logs_may_be_json(world: World) -> None:
    made = world.function(LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN"})
    assert made["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "/aws/lambda/estoque",
        "ApplicationLogLevel": "WARN",
        "SystemLogLevel": "INFO",
    }
    world.invoke()
    ((spec, _),) = world.executor.requests
    assert (spec.log_format, spec.log_level, spec.system_log_level) == ("JSON", "WARN", "INFO")
    text = world.call(
        "UpdateFunctionConfiguration", FunctionName="estoque", LoggingConfig={"LogFormat": "Text"}
    )
    assert text["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/estoque"}
    wrong = world.refused(
        "UpdateFunctionConfiguration", FunctionName="estoque", LoggingConfig={"SystemLogLevel": "WARN"}
    )
    assert wrong.message == "Log level is only supported when LogFormat is set to JSON."
