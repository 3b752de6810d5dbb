"""Roles and policies are kept as IAM keeps them; nothing is evaluated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from sandbox.model.scope import Scope
from sandbox.services.iam.service import IamService
from tests.support.world import START, World

Iam = World[IamService]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})
AWS_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def world() -> Iterator[Iam]:
    with World(IamService) as world:
        yield world


def role(world: Iam, name: str = "execucao", **params: Any) -> dict[str, Any]:
    answer = world.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST, **params)
    made: dict[str, Any] = answer["Role"]
    return made


def test_a_role(world: Iam) -> None:
    made = role(world, Path="/nfe/", Description="d", Tags=[{"Key": "a", "Value": "b"}])
    assert made["Arn"] == "arn:aws:iam::000000000000:role/nfe/execucao"
    assert (made["RoleId"][:4], len(made["RoleId"])) == ("AROA", 21)
    assert (made["CreateDate"], made["MaxSessionDuration"]) == (START, 3600)
    assert unquote(made["AssumeRolePolicyDocument"]) == TRUST
    assert world.call("GetRole", RoleName="execucao")["Role"] == made
    error = world.refused("CreateRole", RoleName="execucao", AssumeRolePolicyDocument=TRUST)
    assert (error.code, error.status) == ("EntityAlreadyExists", 409)


def test_a_role_that_is_not_there(world: Iam) -> None:
    error = world.refused("GetRole", RoleName="nenhuma")
    assert (error.code, error.status) == ("NoSuchEntity", 404)
    assert error.message == "The role with name nenhuma cannot be found."


@pytest.mark.parametrize("name", ["com espaço", "ção", "x" * 65, ""])
def test_names_that_no_role_may_have(world: Iam, name: str) -> None:
    error = world.refused("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert error.code == "ValidationError"


@pytest.mark.parametrize("document", ["{", "[]", "{}", ""])
def test_documents_that_are_no_policies(world: Iam, document: str) -> None:
    error = world.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument=document)
    assert error.code == "MalformedPolicyDocument"


def test_changing_a_role(world: Iam) -> None:
    role(world)
    world.call("UpdateRole", RoleName="execucao", Description="nova", MaxSessionDuration=7200)
    world.call("UpdateAssumeRolePolicy", RoleName="execucao", PolicyDocument=POLICY)
    changed = world.call("GetRole", RoleName="execucao")["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("nova", 7200)
    assert unquote(changed["AssumeRolePolicyDocument"]) == POLICY
    world.call("TagRole", RoleName="execucao", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    world.call("UntagRole", RoleName="execucao", TagKeys=["a"])
    assert world.call("ListRoleTags", RoleName="execucao")["Tags"] == [{"Key": "b", "Value": "2"}]


def test_roles_in_pages_and_by_path(world: Iam) -> None:
    for name in ("c", "a", "b"):
        role(world, name, Path="/x/" if name == "b" else "/")
    first = world.call("ListRoles", MaxItems=2)
    rest = world.call("ListRoles", MaxItems=2, Marker=first["Marker"])
    assert [one["RoleName"] for one in (*first["Roles"], *rest["Roles"])] == ["a", "b", "c"]
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)
    assert [one["RoleName"] for one in world.call("ListRoles", PathPrefix="/x/")["Roles"]] == ["b"]


def test_roles_belong_to_an_account_and_to_every_region(world: Iam) -> None:
    role(world)
    assert world.call("GetRole", scope=Scope(region="eu-west-1"), RoleName="execucao")
    assert world.refused("GetRole", scope=Scope("111111111111"), RoleName="execucao").status == 404


def test_inline_policies(world: Iam) -> None:
    role(world)
    world.call("PutRolePolicy", RoleName="execucao", PolicyName="p", PolicyDocument=POLICY)
    assert world.call("ListRolePolicies", RoleName="execucao")["PolicyNames"] == ["p"]
    found = world.call("GetRolePolicy", RoleName="execucao", PolicyName="p")
    assert unquote(found["PolicyDocument"]) == POLICY
    error = world.refused("DeleteRole", RoleName="execucao")
    assert error.message == "Cannot delete entity, must delete policies first."
    world.call("DeleteRolePolicy", RoleName="execucao", PolicyName="p")
    assert world.refused("GetRolePolicy", RoleName="execucao", PolicyName="p").code == "NoSuchEntity"
    world.call("DeleteRole", RoleName="execucao")


def test_managed_policies(world: Iam) -> None:
    role(world)
    made = world.call("CreatePolicy", PolicyName="p", Path="/nfe/", PolicyDocument=POLICY)["Policy"]
    assert made["Arn"] == "arn:aws:iam::000000000000:policy/nfe/p"
    world.call("AttachRolePolicy", RoleName="execucao", PolicyArn=made["Arn"])
    world.call("AttachRolePolicy", RoleName="execucao", PolicyArn=AWS_POLICY)
    attached = world.call("ListAttachedRolePolicies", RoleName="execucao")["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["p", "AWSLambdaBasicExecutionRole"]
    assert world.call("GetPolicy", PolicyArn=made["Arn"])["Policy"]["AttachmentCount"] == 1
    assert world.refused("DeletePolicy", PolicyArn=made["Arn"]).code == "DeleteConflict"
    error = world.refused("DeleteRole", RoleName="execucao")
    assert error.message == "Cannot delete entity, must detach all policies first."
    for arn in (made["Arn"], AWS_POLICY):
        world.call("DetachRolePolicy", RoleName="execucao", PolicyArn=arn)
    world.call("DeletePolicy", PolicyArn=made["Arn"])
    for operation in ("GetPolicy", "DeletePolicy"):
        assert world.refused(operation, PolicyArn=made["Arn"]).code == "NoSuchEntity"
    gone = world.refused("AttachRolePolicy", RoleName="execucao", PolicyArn=made["Arn"])
    assert gone.code == "NoSuchEntity"
    assert world.refused("CreatePolicy", PolicyName="p!", PolicyDocument=POLICY).code == "ValidationError"


def test_what_is_not_checked_is_said(world: Iam) -> None:
    assert any("not evaluated" in note for note in world.service.NOT_CHECKED)
    error = world.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST, PermissionsBoundary="b")
    assert "PermissionsBoundary" in error.message
