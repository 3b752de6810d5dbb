"""Who am I."""

from __future__ import annotations

import pytest

from sandbox.model.call import Caller
from sandbox.model.scope import Scope
from sandbox.services.sts.service import StsService
from tests.support.world import World


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
def test_the_caller(caller: Caller, user: str, arn: str) -> None:
    with World(StsService) as world:
        answer = world.call("GetCallerIdentity", scope=Scope("111111111111"), caller=caller)
    assert answer == {"UserId": user, "Account": "111111111111", "Arn": arn}


def test_what_is_not_there_is_refused_by_name() -> None:
    with World(StsService) as world:
        error = world.refused("AssumeRole", RoleArn="r")
    assert "operation AssumeRole of sts" in error.message
