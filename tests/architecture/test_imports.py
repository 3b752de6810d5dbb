"""Who imports whom: the contracts of pyproject.toml, and what is loaded when something runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, imports, python_files, where

#: What takes long to load, or must not be in a process at all.
HEAVY = frozenset(
    [
        "boto3",
        "botocore",
        "moto",
        "samtranslator",
        "uvloop",
        "psycopg",
        "yaml",
        "httpx",
        "psutil",
        "cryptography",
        "textual",
        "rich",
        "jinja2",
        "httptools",
        "docker",
    ]
)

_SAY = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running `code`."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint()\n{_SAY}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return set(json.loads(said.stdout.splitlines()[-1]))


def run_command(*words: str) -> str:
    return f"from sandbox.cli.app import run; run({list(words)!r})"


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_package_alone_loads_nothing() -> None:
    assert loaded("import sandbox").isdisjoint(HEAVY | {"click", "asyncio", "msgspec", "sqlite3"})


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("status", "--help"),
        ("up", "--help"),
        ("clock", "advance", "--help"),
        ("logs", "--help"),
        ("invoke", "--help"),
        ("stauts",),
    ],
    ids="-".join,
)
def test_words_are_read_without_loading_anything_heavy(words: tuple[str, ...]) -> None:
    assert loaded(run_command(*words)).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "words",
    [("status",), ("env",), ("logs",), ("clock", "show"), ("flow", "ls"), ("invoke", "f")],
    ids="-".join,
)
def test_commands_that_ask_the_daemon_load_what_they_need(words: tuple[str, ...], tmp_path: Path) -> None:
    allowed = {"sqlite3"}
    assert loaded(run_command(*words, "--state", str(tmp_path))).isdisjoint(HEAVY - allowed)


def test_the_daemon_loads_no_foreign_library_that_has_a_child_for_it() -> None:
    code = (
        "import sandbox.cli.foreground, sandbox.cli.daemon, sandbox.session.session\n"
        "import sandbox.engines.embedded.engine"
    )
    assert loaded(code).isdisjoint(
        {"boto3", "moto", "samtranslator", "textual", "docker", "flask", "werkzeug"}
    )


def forbidden(folder: str, roots: Collection[str]) -> list[str]:
    """Where files below a folder import what they must not."""
    return [
        f"{where(file, node)}: {name}"
        for file in python_files(folder)
        for name, node in imports(file)
        if name.split(".")[0] in roots
    ]


def test_handlers_import_nothing_of_ours_and_nothing_of_each_other() -> None:
    ours = {"sandbox", "handlers", "seed", "tui", "tests", ""}
    for functions in ROOT.glob("handlers/*/functions"):
        folders = {folder.name for folder in functions.iterdir() if folder.is_dir()}
        assert forbidden(str(functions.relative_to(ROOT)), ours | folders) == []


def test_seeders_are_ordinary_clients() -> None:
    assert forbidden("seed", {"sandbox", "handlers", "tui", "tests"}) == []


def test_the_library_imports_nothing_of_its_tests() -> None:
    assert forbidden("sandbox", {"tests", "handlers", "seed"}) == []


def test_the_package_exports_what_it_promises() -> None:
    import sandbox

    assert sandbox.__all__ == ["run"]
    for name in sandbox.__all__:
        assert getattr(sandbox, name) is not None
