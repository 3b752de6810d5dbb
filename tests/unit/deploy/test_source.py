"""Template texts: short forms, lines, and what CloudFormation refuses to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.deploy.template.problem import Problem, describe
from sandbox.deploy.template.source import MAX_BYTES, parse_source, read_source
from sandbox.errors import TemplateError

FILE = Path("template.yaml")


def test_short_forms_are_written_out() -> None:
    source = parse_source(
        """
A: !Ref X
B: !GetAtt X.Endpoint.Address
C: !GetAtt [X, Arn]
D: !Sub "${X}"
E: !If [Cond, !Ref X, !Ref AWS::NoValue]
F: !Condition Cond
""",
        FILE,
    )
    assert source.data == {
        "A": {"Ref": "X"},
        "B": {"Fn::GetAtt": ["X", "Endpoint.Address"]},
        "C": {"Fn::GetAtt": ["X", "Arn"]},
        "D": {"Fn::Sub": "${X}"},
        "E": {"Fn::If": ["Cond", {"Ref": "X"}, {"Ref": "AWS::NoValue"}]},
        "F": {"Condition": "Cond"},
    }


def test_dates_stay_texts_and_keys_are_texts() -> None:
    source = parse_source("Version: 2012-10-17\n200: ok\non: yes\nzero: 0.5\n", FILE)
    assert source.data == {"Version": "2012-10-17", "200": "ok", "on": True, "zero": 0.5}


def test_anchors_and_merges_are_read() -> None:
    source = parse_source("a: &base {x: 1, y: 2}\nb: {<<: *base, y: 3}\nc: *base\n", FILE)
    assert source.data["b"] == {"x": 1, "y": 3}
    assert source.data["c"] == {"x": 1, "y": 2}


def test_lines_are_known() -> None:
    source = parse_source(
        "Resources:\n  A:\n    Type: T\n    Properties:\n      P: 1\n  B:\n    Type: T\n", FILE
    )
    assert source.line(("Resources", "A", "Properties", "P")) == 5
    assert source.line(("Resources", "B", "Properties", "Q")) == 6
    assert source.line(("Resources", "ARole", "Properties", "X")) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A: 1\nA: 2\n", "'A' occurs twice"),
        ("A: !Reff X\n", "!Reff is not a function"),
        ("A: [1\n", "not YAML"),
        ("A:\n\t- b\n", "not YAML"),
        ("A: !!binary aGk=\n", "tag !!binary"),
        ("? [a]\n: b\n", "not a plain text"),
        ("- a\n", "not a mapping"),
        ("", "not a mapping"),
        ("A:\n", "null"),
        ('{"A": 1, "A": 2}', "'A' occurs twice"),
        ('{"A": 1,}', "not JSON"),
        ("A: &a [*a]\n", "too large"),
        ("x: " + "[" * 500 + "]" * 500, "nest"),
    ],
)
def test_what_is_no_template_is_refused(text: str, expected: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_source(text, FILE)
    assert expected in str(caught.value)
    assert "template.yaml" in caught.value.what


def test_aliases_cannot_grow_without_end() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(TemplateError, match="too large"):
        parse_source(text, FILE)


def test_files_that_cannot_be_templates(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="No such file"):
        read_source(tmp_path / "none.yaml")
    (tmp_path / "big.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(TemplateError, match="too large"):
        read_source(tmp_path / "big.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TemplateError, match="UTF-8"):
        read_source(tmp_path / "binary.yaml")


def test_json_has_lines_too() -> None:
    source = parse_source('{\n "Resources": {\n  "A": {"Type": "T"}\n }\n}', Path("t.json"))
    assert source.line(("Resources", "A", "Type")) == 3


def test_several_problems_are_told_together() -> None:
    source = parse_source("Resources:\n  A: {}\n  B: {}\n", FILE)
    error = source.error([Problem(("Resources", "A"), "no", "x"), Problem(("Resources", "B"), "nor", "x")])
    assert error.what == "template.yaml has 2 problems; nothing was deployed"
    assert "template.yaml:2: resource A: no" in error.why
    assert error.remedy == "x"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("Resources", "A", "Properties", "T", 0, "Arn"), "resource A, property T[0].Arn"),
        (("Resources", "A", "DependsOn"), "resource A, DependsOn"),
        (("Parameters", "P"), "parameter P"),
        (("Outputs", "O", "Value"), "output O, Value"),
        (("Transform",), "Transform"),
        ((), "the template"),
    ],
)
def test_places_in_words(path: tuple[str | int, ...], expected: str) -> None:
    assert describe(path) == expected
