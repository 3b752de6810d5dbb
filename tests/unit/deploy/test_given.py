"""Which system a value of a command is for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.deploy.given import with_given
from sandbox.deploy.system import find_system
from sandbox.errors import UsageError

HERE = Path(__file__).parent


def given_to(**given: str) -> dict[str, dict[str, str]]:
    found = [find_system(name, HERE) for name in ("nfe", "pedidos")]
    values = {name.replace("__", "."): value for name, value in given.items()}
    return {one.name: dict(one.given) for one in with_given([one for one in found if one], values)}


def test_a_value_is_for_every_system_or_for_the_one_that_is_named() -> None:
    assert given_to(Environment="qa", pedidos__Runtime="python3.11") == {
        "nfe": {"Environment": "qa"},
        "pedidos": {"Environment": "qa", "Runtime": "python3.11"},
    }


def test_the_one_that_names_its_system_goes_first() -> None:
    assert given_to(nfe__Environment="qa", Environment="dev")["nfe"] == {"Environment": "qa"}


def test_what_a_system_was_given_before_stays() -> None:
    found = find_system("nfe", HERE)
    assert found is not None
    (one,) = with_given([replace(found, given={"Environment": "qa"})], {"CorsOrigin": "*"})
    assert one.given == {"Environment": "qa", "CorsOrigin": "*"}


def test_a_system_that_is_not_deployed_is_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        given_to(pedido__Runtime="python3.11")
    assert "no system pedido is deployed now" in str(caught.value)
    assert "pedidos" in caught.value.why
    assert caught.value.remedy.endswith("--parameter Runtime=…")
