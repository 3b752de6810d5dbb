"""Values of parameters that a command gave: they hold for later deployments, secrets alone are forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.deploy.record import Stack
from sandbox.errors import TemplateError
from tests.contract.deploy.harness import Bench

TEMPLATE = """
    Parameters:
      Nome: {Type: String, Default: padrao}
      Senha: {Type: String, NoEcho: true, Default: aberta}
    Resources:
      Fila:
        Type: AWS::SQS::Queue
        Properties: {QueueName: !Ref Nome, Tags: [{Key: senha, Value: !Ref Senha}]}
"""


def deploy(bench: Bench, text: str = TEMPLATE, **given: str) -> Stack:
    return bench.run(replace(bench.system(text), given=given))


def notices(bench: Bench) -> list[str]:
    return [event.detail for event in bench.events if event.kind == "notice"]


def test_a_value_that_a_command_gave_holds_until_another_is_given(bench: Bench) -> None:
    assert deploy(bench, Nome="dada").parameters["Nome"] == "dada"
    assert deploy(bench).parameters["Nome"] == "dada"
    assert notices(bench) == ["Nome is 'dada', as an earlier --parameter gave it"]
    # The one of a command goes before that of the system's file, then and later.
    bench.parameters = {"Nome": "do-arquivo"}
    assert deploy(bench).parameters["Nome"] == "dada"
    assert deploy(bench, Nome="outra").parameters["Nome"] == "outra"
    assert notices(bench) == []
    assert bench.aws.names("queue") == {"outra"}
    bench.parameters = {}
    without = TEMPLATE.replace("Nome: {Type: String, Default: padrao}", "").replace("!Ref Nome", "fixa")
    assert "Nome" not in deploy(bench, without).parameters
    assert deploy(bench).parameters["Nome"] == "padrao"


def test_what_a_deployment_that_failed_was_given_does_not_hold(bench: Bench) -> None:
    deploy(bench, Nome="boa")
    with pytest.raises(TemplateError):
        deploy(bench, TEMPLATE.replace("AWS::SQS::Queue", "AWS::SQS::Kueue"), Nome="ruim")
    assert deploy(bench).parameters["Nome"] == "boa"


def test_a_secret_is_not_kept_and_not_replaced_by_its_default(bench: Bench) -> None:
    deploy(bench, Senha="s3gredo-longo")
    with pytest.raises(TemplateError) as caught:
        deploy(bench)
    assert "parameter Senha cannot be deployed" in caught.value.what
    assert "kept nowhere (NoEcho)" in caught.value.why
    assert "--parameter Senha=…" in caught.value.remedy
    rows = bench.database.rows("SELECT * FROM deploy_given")
    assert [(row["name"], row["value"]) for row in rows] == [("Senha", None)]
    bench.parameters = {"Senha": "do-arquivo"}
    deploy(bench)
    (fila,) = bench.aws.made("CreateQueue")
    assert fila["tags"]["senha"] == "s3gredo-longo"


def test_a_deleted_stack_forgets_what_it_was_given(bench: Bench) -> None:
    deploy(bench, Nome="dada")
    bench.delete()
    assert deploy(bench).parameters["Nome"] == "padrao"
    assert bench.deployer().given("demo") == {}
