"""`scripts/quickest-python`: of what a new environment is made; the interpreters here are small scripts."""

from __future__ import annotations

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts/quickest-python"


def python(path: Path, minor: int, microseconds: int, *, without: str = "nothing") -> str:
    """An interpreter that answers what the script asks, unless it is to import what it is without."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#!/bin/sh\nfor word; do [ "$word" = {without} ] && exit 1; done\necho {minor} {microseconds} "$0"\n'
    )
    path.chmod(0o755)
    return str(path)


def chosen(*folders: Path, needs: tuple[str, ...] = ()) -> tuple[int, str]:
    path = ":".join((*map(str, folders), "/nowhere"))
    done = subprocess.run(
        ["/bin/bash", str(SCRIPT), *needs],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip()


def tools(folder: Path) -> Path:
    """What the script itself uses, on a PATH without interpreters."""
    folder.mkdir()
    (folder / "awk").symlink_to("/usr/bin/awk")
    return folder


def test_the_quickest_wins_wherever_it_stands(tmp_path: Path) -> None:
    python(tmp_path / "shims/python3.13", 13, 1800)
    quick = python(tmp_path / "bin/python3.11", 11, 1000)
    assert chosen(tools(tmp_path / "t"), tmp_path / "shims", tmp_path / "bin") == (0, quick)


def test_of_those_that_are_about_as_quick_the_newest_wins(tmp_path: Path) -> None:
    python(tmp_path / "bin/python3.11", 11, 1000)
    new = python(tmp_path / "bin/python3.12", 12, 1090)
    python(tmp_path / "bin/python3.13", 13, 1110)
    assert chosen(tools(tmp_path / "t"), tmp_path / "bin") == (0, new)


def test_what_cannot_import_what_is_needed_is_passed_over(tmp_path: Path) -> None:
    python(tmp_path / "bin/python3.11", 11, 1000, without="ensurepip")
    other = python(tmp_path / "bin/python3.13", 13, 1800)
    assert chosen(tools(tmp_path / "t"), tmp_path / "bin", needs=("venv", "ensurepip")) == (0, other)


def test_without_an_interpreter_it_says_so_by_its_status(tmp_path: Path) -> None:
    assert chosen(tools(tmp_path / "t")) == (1, "")
