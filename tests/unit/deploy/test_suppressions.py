"""`[[lint.suppress]]` in sandbox.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.deploy.suppressions import read_suppressions
from sandbox.deploy.system_file import read_toml
from sandbox.errors import TemplateError
from sandbox.model.lints import Suppression


def read(folder: Path, text: str) -> tuple[Suppression, ...]:
    file = folder / "sandbox.toml"
    file.write_text(text)
    return read_suppressions(read_toml(file))


def test_nothing_is_suppressed_by_default(tmp_path: Path) -> None:
    assert read(tmp_path, 'name = "x"\n') == ()


def test_each_has_a_code_a_subject_and_a_reason(tmp_path: Path) -> None:
    text = """
[[lint.suppress]]
code = "visibility-under-six-timeouts"
subject = "estoque-*"
reason = "given"
[[lint.suppress]]
code = "rule-never-matched"
reason = "rare"
"""
    assert read(tmp_path, text) == (
        Suppression("visibility-under-six-timeouts", "estoque-*", "given"),
        Suppression("rule-never-matched", "*", "rare"),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[lint.suppress]]\ncode = "visibility-under-six"\nreason = "x"\n', "visibility-under-six-timeouts"),
        ('[[lint.suppress]]\ncode = "rule-never-matched"\n', "no reason"),
        ('[[lint.suppress]]\ncode = "rule-never-matched"\nreason = " "\n', "empty"),
        ('[[lint.suppress]]\nreason = "x"\n', "no code"),
        ('[[lint.suppress]]\ncod = "x"\n', "Did you mean code?"),
        ('[lint]\nsuppress = "x"\n', "not a list of tables"),
        ("[lint]\nother = 1\n", "other is not a key of lint"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(TemplateError) as caught:
        read(tmp_path, text)
    assert why in caught.value.why
