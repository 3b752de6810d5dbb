"""Saga declarations read from files: mistakes are told with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import TemplateError
from sandbox.session.sagas import named, no_saga, read_declaration, read_keys
from sandbox.session.statequeries import moment

NFE = Path(__file__).resolve().parents[3] / "handlers" / "nfe"
RESOURCES = {
    name: ("AWS::Lambda::Function", f"nfe-{name.lower()}-dev")
    for name in ("Faturamento", "Estoque", "Outbox")
} | {
    "Banco": ("AWS::RDS::DBInstance", "nfe-dev"),
    "EstoqueReservaQueue": ("AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/0/estoque-reserva"),
    "FaturamentoConfirmacaoQueue": ("AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/0/confirmacao"),
    "FaturamentoCompensacaoQueue": ("AWS::SQS::Queue", "https://sqs.us-east-1.amazonaws.com/0/compensacao"),
}


def test_the_declaration_of_nfe_is_right() -> None:
    path = NFE / "saga.yaml"
    (key,) = read_keys(path)
    assert (key.name, key.paths) == ("notaFiscalId", (("notaFiscalId",), ("detail", "notaFiscalId")))
    declaration = named(path, read_declaration(path), RESOURCES)
    assert [step.trigger.queue for step in declaration.steps] == [
        "",
        "estoque-reserva",
        "confirmacao",
        "compensacao",
    ]
    assert declaration.participants[0].function == "nfe-faturamento-dev"


def test_a_resource_that_is_missing_is_told_with_its_line() -> None:
    path = NFE / "saga.yaml"
    resources = {name: value for name, value in RESOURCES.items() if name != "EstoqueReservaQueue"}
    with pytest.raises(TemplateError) as caught:
        named(path, read_declaration(path), resources)
    line = next(
        number
        for number, text in enumerate(path.read_text().splitlines(), 1)
        if "queue: EstoqueReservaQueue" in text
    )
    assert f"saga.yaml:{line}: " in caught.value.what
    assert "steps[1].trigger.queue" in caught.value.what


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "saga.yaml"
    file.write_text("saga: x\nversion: 1\n# a line\nstyle: orchestra\n")
    with pytest.raises(TemplateError) as caught:
        read_declaration(file)
    assert f"{file}:4: " in caught.value.what


@pytest.mark.parametrize("text", ["a: [", "\x00"])
def test_what_is_no_yaml_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "saga.yaml"
    file.write_text(text)
    with pytest.raises(TemplateError, match="cannot be read"):
        read_declaration(file)
    with pytest.raises(TemplateError, match="cannot be read"):
        read_declaration(tmp_path / "none.yaml")


def test_an_unknown_id_suggests_near_ones() -> None:
    known = ["c528cea5-1d8e", "38debc85-96c2", "ee098aba-b7e2"]
    assert "did you mean c528cea5-1d8e?" in no_saga("c528cea5", known).remedy
    assert "did you mean 38debc85-96c2?" in no_saga("38debc85-96c1", known).remedy
    assert "did you mean" not in no_saga("zzz", known).remedy


def test_moments_as_postgresql_writes_them() -> None:
    assert moment("2026-11-23 08:57:09.39+00") == 1795424229.39
    assert moment("2026-11-23 08:57:09") == 1795424229.0
    assert moment("2026-11-23 05:57:09-03") == 1795424229.0
    assert moment(None) is None
    assert moment("infinity") is None
    with pytest.raises(ValueError):
        moment("yesterday")
