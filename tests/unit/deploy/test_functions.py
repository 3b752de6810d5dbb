"""Intrinsic functions."""

from __future__ import annotations

import base64
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deploy.evaluation import Evaluation, evaluation
from sandbox.deploy.resources.base import Made
from sandbox.deploy.template.declarations import read_template
from sandbox.deploy.template.parameters import read_parameters
from sandbox.deploy.template.problem import Problem
from sandbox.deploy.template.secret import SecretText
from sandbox.deploy.template.source import Source
from sandbox.deploy.template.values import Unknown
from sandbox.model.scope import Scope

DATA: dict[str, Any] = {
    "Parameters": {
        "Nome": {"Type": "String", "Default": "nfe"},
        "Lista": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "Senha": {"Type": "String", "Default": "secret!", "NoEcho": True},
    },
    "Mappings": {"Regioes": {"us-east-1": {"ami": "ami-1", "zonas": ["a", "b"]}}},
    "Conditions": {
        "Sim": {"Fn::Equals": [{"Ref": "Nome"}, "nfe"]},
        "Nao": {"Fn::Not": [{"Condition": "Sim"}]},
        "Ambas": {"Fn::And": [{"Condition": "Sim"}, {"Condition": "Nao"}]},
        "Uma": {"Fn::Or": [{"Condition": "Sim"}, {"Condition": "Nao"}]},
        "Circulo": {"Fn::Not": [{"Condition": "Volta"}]},
        "Volta": {"Fn::Not": [{"Condition": "Circulo"}]},
        "Recurso": {"Fn::Equals": [{"Ref": "Fila"}, "x"]},
    },
    "Resources": {
        "Fila": {"Type": "AWS::SQS::Queue"},
        "Feita": {"Type": "AWS::SQS::Queue"},
        "Ausente": {"Type": "AWS::SQS::Queue", "Condition": "Nao"},
    },
}


def made() -> Evaluation:
    source = Source(File("t.yaml"), DATA, {})
    values = read_parameters(DATA["Parameters"], {})
    built = evaluation(
        read_template(DATA, source), values, Scope(), "pilha", "arn:pilha", {"exportada": "valor"}
    )
    built.world.made["Feita"] = Made(
        "https://fila", {"Arn": "arn:fila", "QueueName": "fila", "QueueUrl": "u"}
    )
    return built


def resolve(value: Any) -> Any:
    return made().resolver.resolve(value, ("Resources", "X"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Nome"}, "nfe"),
        ({"Ref": "Lista"}, ["a", "b"]),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "000000000000"),
        ({"Ref": "AWS::StackName"}, "pilha"),
        ({"Ref": "Feita"}, "https://fila"),
        ({"Fn::GetAtt": ["Feita", "Arn"]}, "arn:fila"),
        ({"Fn::GetAtt": "Feita.Arn"}, "arn:fila"),
        ({"Fn::Sub": "${Nome}-${Feita.Arn}-${!Nome}-${ Nome }"}, "nfe-arn:fila-${Nome}-nfe"),
        ({"Fn::Sub": ["${A}${Nome}", {"A": {"Ref": "Feita"}, "Nome": 3}]}, "https://fila3"),
        ({"Fn::Join": ["-", ["a", 1, True, {"Ref": "Nome"}]]}, "a-1-true-nfe"),
        ({"Fn::Join": [",", {"Ref": "Lista"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Ref": "Lista"}]}, "b"),
        ({"Fn::Split": [":", "a:b"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Regioes", {"Ref": "AWS::Region"}, "ami"]}, "ami-1"),
        ({"Fn::FindInMap": ["Regioes", "us-east-1", "zonas"]}, ["a", "b"]),
        ({"Fn::If": ["Sim", 1, 2]}, 1),
        ({"Fn::If": ["Nao", 1, 2]}, 2),
        ({"Fn::If": ["Ambas", 1, {"Fn::If": ["Uma", 3, 4]}]}, 3),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ([{"Fn::If": ["Nao", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"Fn::ImportValue": {"Fn::Sub": "export${Vazio}".replace("${Vazio}", "ada")}}, "valor"),
        ({"Fn::Base64": "olá"}, "b2zDoQ=="),
        ({"Fn::Cidr": ["10.0.0.0/22", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::GetAZs": "eu-west-1"}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        (
            {"Condition": {"StringEquals": {"a": {"Ref": "Nome"}}}},
            {"Condition": {"StringEquals": {"a": "nfe"}}},
        ),
        ({"Ref": "Fila"}, Unknown("Fila")),
        ({"Fn::Sub": "x${Fila.Arn}"}, Unknown("Fila")),
        ({"Fn::Join": ["", ["x", {"Fn::GetAtt": ["Fila", "Arn"]}]]}, Unknown("Fila")),
        ({"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "Fila"}]}]}, Unknown("Fila")),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    assert resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Nom"}, "Did you mean Nome"),
        ({"Ref": ["Nome"]}, "does not name anything"),
        ({"Ref": "Ausente"}, "the condition Nao does not hold"),
        ({"Fn::GetAtt": ["Feita", "Anr"]}, "Did you mean Arn"),
        ({"Fn::GetAtt": "Feita"}, "[resource, attribute]"),
        ({"Fn::Sub": "${Nada}"}, "no parameter or resource Nada"),
        ({"Fn::Sub": "${Lista}"}, "not a text"),
        ({"Fn::Sub": 3}, "a list of 2"),
        ({"Fn::Join": ["-", "a"]}, "a text and a list"),
        ({"Fn::Join": ["-"]}, "a list of 2"),
        ({"Fn::Select": [2, ["a"]]}, "no item 2 in a list of 1"),
        ({"Fn::Select": ["x", ["a"]]}, "not an index"),
        ({"Fn::Split": ["", "a"]}, "delimiter"),
        ({"Fn::FindInMap": ["Regioes", "eu-west-1", "ami"]}, "no first key eu-west-1"),
        ({"Fn::If": ["Talvez", 1, 2]}, "no condition Talvez"),
        ({"Fn::If": ["Circulo", 1, 2]}, "Circulo -> Volta -> Circulo"),
        ({"Fn::If": ["Recurso", 1, 2]}, "cannot use the resource Fila"),
        ({"Fn::ImportValue": "nada"}, "no stack exports nada"),
        ({"Fn::Cidr": ["10.0.0.0/30", 9, 1]}, "does not hold 9"),
        ({"Fn::Cidr": ["x", 1, 1]}, "not address blocks"),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "Fn::Transform is not implemented"),
        ({"Fn::Joyn": []}, "Did you mean Fn::Join"),
        ({"Fn::Join": ["", []], "other": 1}, "beside other keys"),
    ],
)
def test_mistakes(value: Any, expected: str) -> None:
    with pytest.raises(Problem) as caught:
        resolve(value)
    assert expected in f"{caught.value.why} {caught.value.remedy}"


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Senha"},
        {"Fn::Sub": "postgres://u:${Senha}@h"},
        {"Fn::Join": ["", ["a", {"Ref": "Senha"}]]},
        {"Fn::Base64": {"Ref": "Senha"}},
        {"Fn::Select": [0, {"Fn::Split": ["e", {"Ref": "Senha"}]}]},
    ],
)
def test_what_is_made_of_a_secret_is_one(value: Any) -> None:
    assert isinstance(resolve(value), SecretText)


TEXTS = st.text(max_size=20)


@given(st.lists(TEXTS.filter(lambda text: "|" not in text), min_size=1, max_size=8))
def test_split_undoes_join(parts: list[str]) -> None:
    assert resolve({"Fn::Split": ["|", {"Fn::Join": ["|", parts]}]}) == parts


@given(TEXTS)
def test_base64_is_that_of_utf8(text: str) -> None:
    assert base64.b64decode(resolve({"Fn::Base64": text})).decode() == text


@given(st.recursive(TEXTS | st.integers() | st.booleans(),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        TEXTS.filter(lambda k: k not in {"Ref", "Condition"} and not k.startswith("Fn::")),
                        inner, max_size=3)))  # fmt: skip
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert resolve(value) == value


@given(TEXTS.filter(lambda text: "$" not in text))
def test_sub_without_variables_is_its_text(text: str) -> None:
    assert resolve({"Fn::Sub": text}) == text
