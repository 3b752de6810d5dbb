"""Parameters: defaults, types, constraints."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.deploy.template.parameters import read_parameters
from sandbox.deploy.template.problem import Problems
from sandbox.errors import UsageError


def value(declared: dict[str, Any], given: str | None = None) -> Any:
    return read_parameters({"P": declared}, {} if given is None else {"P": given}).values["P"]


def test_defaults_and_types() -> None:
    assert value({"Type": "String", "Default": "a"}) == "a"
    assert value({"Type": "String", "Default": True}) == "true"
    assert value({"Type": "Number", "Default": 3}) == "3"
    assert value({"Type": "CommaDelimitedList", "Default": "a, b,c"}) == ["a", "b", "c"]
    assert value({"Type": "List<Number>"}, "1,2") == ["1", "2"]
    assert value({"Type": "AWS::EC2::VPC::Id"}, "vpc-1") == "vpc-1"


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ({"Type": "String"}, None, "no default"),
        ({"Type": "Strin", "Default": "a"}, None, "Strin is not a type"),
        ({"Default": "a"}, None, "no Type"),
        ({"Type": "String", "Defult": "a"}, "x", "Did you mean Default"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "not one of the AllowedValues a, b"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "a1", "does not match"),
        ({"Type": "String", "AllowedPattern": "["}, "a1", "not a regular expression"),
        ({"Type": "String", "MinLength": 2}, "a", "shorter than 2"),
        ({"Type": "String", "MaxLength": "2"}, "abc", "longer than 2"),
        ({"Type": "Number", "MinValue": 2}, "1", "less than 2"),
        ({"Type": "Number", "MaxValue": 2}, "3", "more than 2"),
        ({"Type": "Number"}, "x", "not a number"),
        ({"Type": "List<Number>"}, "1,x", "not a number"),
        ({"Type": "String", "MinLength": 9, "ConstraintDescription": "long!"}, "a", "(long!)"),
    ],
)
def test_what_is_wrong_is_told(declared: dict[str, Any], given: str | None, expected: str) -> None:
    with pytest.raises(Problems) as caught:
        value(declared, given)
    assert expected in caught.value.problems[0].why


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(Problems) as caught:
        value({"Type": "String", "NoEcho": True, "MinLength": 20}, "hunter2")
    assert "hunter2" not in caught.value.problems[0].why


def test_unknown_names_get_a_hint() -> None:
    with pytest.raises(UsageError, match="Did you mean Ambiente"):
        read_parameters({"Ambiente": {"Type": "String"}}, {"Ambient": "x"})


def test_values_of_the_store_are_marked() -> None:
    declared = {
        "A": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"},
        "B": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/b"},
    }
    assert read_parameters(declared, {}).from_store == {"A": False, "B": True}
