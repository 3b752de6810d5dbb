"""Who am I, and whom may I stand in for.

Page: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.call import Caller
from sandbox.model.roles import RoleFacts
from sandbox.model.scope import Scope
from sandbox.services.base import Kit
from sandbox.services.sts.service import StsService
from tests.support.world import START, World

ROLE = "arn:aws:iam::222222222222:role/equipe/leitura"
OF_FUNCTION = Caller(
    "ASIA7",
    "arn:aws:sts::111111111111:assumed-role/execucao/estoque",
    "arn:aws:lambda:us-east-1:111111111111:function:estoque",
    "e1",
    42,
)


class Environments:
    """Knows one execution environment."""

    def lookup(self, access_key: str) -> Caller | None:
        return OF_FUNCTION if access_key == "ASIA7" else None


def roles(account: str, name: str) -> RoleFacts | None:
    return RoleFacts("AROACURTA", 1800) if (account, name) == ("222222222222", "curta") else None


def make(kit: Kit) -> StsService:
    return StsService(kit, Environments(), roles)


@pytest.fixture
def sts() -> Iterator[World[StsService]]:
    with World(make) as world:
        yield world


def assume(world: World[StsService], caller: Caller | None = None, **params: Any) -> dict[str, Any]:
    given = {"RoleArn": ROLE, "RoleSessionName": "joana", **params}
    return world.call("AssumeRole", caller=caller, **given)


@pytest.mark.parametrize(
    ("caller", "user", "arn"),
    [
        (Caller(), "111111111111", "arn:aws:iam::111111111111:root"),
        (
            Caller("111111111111", "arn:aws:iam::111111111111:root"),
            "111111111111",
            "arn:aws:iam::111111111111:root",
        ),
        (
            Caller("ASIA7", "arn:aws:sts::111111111111:assumed-role/execucao/estoque"),
            "ASIA7:estoque",
            "arn:aws:sts::111111111111:assumed-role/execucao/estoque",
        ),
    ],
)
def test_the_caller(sts: World[StsService], caller: Caller, user: str, arn: str) -> None:
    answer = sts.call("GetCallerIdentity", scope=Scope("111111111111"), caller=caller)
    assert answer == {"UserId": user, "Account": "111111111111", "Arn": arn}


def test_a_role_is_assumed_for_an_hour_of_the_clock(sts: World[StsService]) -> None:
    answer = assume(sts)
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    assert credentials["Expiration"] == START + 3600
    arn = "arn:aws:sts::222222222222:assumed-role/leitura/joana"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":joana")
    caller = sts.service.lookup(credentials["AccessKeyId"])
    assert caller == Caller(credentials["AccessKeyId"], arn)
    said = sts.call("GetCallerIdentity", scope=Scope("222222222222"), caller=caller)
    assert said == {
        "UserId": answer["AssumedRoleUser"]["AssumedRoleId"],
        "Account": "222222222222",
        "Arn": arn,
    }
    sts.advance(3599)
    assert sts.service.lookup(credentials["AccessKeyId"]) == caller
    sts.advance(1)
    with pytest.raises(AwsError, match="security token included in the request is expired") as caught:
        sts.service.lookup(credentials["AccessKeyId"])
    assert (caught.value.code, caught.value.status) == ("ExpiredToken", 403)


def test_a_session_of_a_function_leads_to_its_invocation(sts: World[StsService]) -> None:
    first = assume(sts, OF_FUNCTION)["Credentials"]["AccessKeyId"]
    found = sts.service.lookup(first)
    assert found is not None
    assert (found.hop, found.environment) == (42, "e1")
    assert found.arn.endswith("assumed-role/leitura/joana")
    second = assume(sts, found, RoleSessionName="maria")["Credentials"]["AccessKeyId"]
    chained = sts.service.lookup(second)
    assert chained is not None
    assert (chained.hop, chained.arn.rsplit("/", 1)[1]) == (42, "maria")


def test_sessions_outlive_a_stop(tmp_path: Path) -> None:
    with World(make, tmp_path / "state.db") as world:
        key = assume(world)["Credentials"]["AccessKeyId"]
    with World(make, tmp_path / "state.db") as again:
        assert again.service.lookup(key) is not None


def test_a_session_that_ended_a_week_ago_is_forgotten(sts: World[StsService]) -> None:
    key = assume(sts)["Credentials"]["AccessKeyId"]
    sts.advance(8 * 86_400)
    assume(sts)
    assert sts.service.lookup(key) is None
    assert len(sts.database.rows("SELECT * FROM sts_sessions")) == 1


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"RoleArn": "arn:aws:iam::222222222222:user/eu-mesma"}, "user/eu-mesma is invalid"),
        ({"RoleArn": "leitura-de-relatorios"}, "leitura-de-relatorios is invalid"),
        ({"RoleSessionName": "com espaço"}, "'com espaço' at 'roleSessionName'"),
        (
            {"RoleArn": "arn:aws:iam::222222222222:role/curta", "DurationSeconds": 1801},
            "exceeds the MaxSessionDuration set for this role",
        ),
    ],
)
def test_what_is_wrong_is_refused(sts: World[StsService], params: dict[str, Any], said: str) -> None:
    error = sts.refused("AssumeRole", **{"RoleArn": ROLE, "RoleSessionName": "joana", **params})
    assert error.code == "ValidationError"
    assert said in error.message


def test_a_known_role_gives_its_id(sts: World[StsService]) -> None:
    answer = assume(sts, RoleArn="arn:aws:iam::222222222222:role/curta", DurationSeconds=900)
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == "AROACURTA:joana"
    assert answer["Credentials"]["Expiration"] == START + 900


def test_a_chain_of_roles_lasts_an_hour_at_most(sts: World[StsService]) -> None:
    with pytest.raises(AwsError, match="1 hour session limit for roles assumed by role chaining"):
        assume(sts, OF_FUNCTION, DurationSeconds=3601)


def test_a_role_is_assumed_with_a_token_of_an_identity_provider(sts: World[StsService]) -> None:
    claims = {"sub": "repo:loja", "aud": ["sts.amazonaws.com"], "iss": "https://idp.example"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    given: dict[str, Any] = {"RoleArn": ROLE, "RoleSessionName": "ci"}
    answer = sts.call("AssumeRoleWithWebIdentity", WebIdentityToken=f"x.{payload}.y", **given)
    assert answer["SubjectFromWebIdentityToken"] == "repo:loja"
    assert (answer["Audience"], answer["Provider"]) == ("sts.amazonaws.com", "https://idp.example")
    assert sts.service.lookup(answer["Credentials"]["AccessKeyId"]) is not None
    error = sts.refused("AssumeRoleWithWebIdentity", WebIdentityToken="nada", **given)
    assert error.code == "InvalidIdentityToken"


def test_what_is_not_there_is_refused_by_name(sts: World[StsService]) -> None:
    error = sts.refused("AssumeRoleWithSAML", RoleArn="r")
    assert "operation AssumeRoleWithSAML of sts" in error.message
