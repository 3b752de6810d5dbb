"""The cache of resolved requirements, with an installer that is a small script."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox.errors import DependencyError
from sandbox.runtime.dependencies import Dependencies, cache_key, read_requirements
from sandbox.runtime.interpreters import Interpreter, Interpreters, probe

HERE = Interpreter(sys.executable, "3.11", "linux-test")


def installer(folder: Path, body: str) -> Dependencies:
    """A cache whose interpreter-independent installer `uv` runs `body`, with the target folder in $target."""
    programs = folder / "bin"
    programs.mkdir()
    script = programs / "uv"
    script.write_text(
        "#!/bin/sh\n"
        'while [ $# -gt 0 ]; do case "$1" in --target) target=$2;; -r) list=$2;; esac; shift; done\n'
        f'echo run >> "{folder}/runs"\n{textwrap.dedent(body)}\n'
    )
    script.chmod(0o755)
    return Dependencies({"PATH": f"{programs}:/usr/bin:/bin", "XDG_CACHE_HOME": str(folder / "cache")})


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


def test_a_set_is_installed_once_however_many_ask(tmp_path: Path) -> None:
    cache = installer(tmp_path, 'mkdir -p "$target"; cp "$list" "$target/asked"')

    async def go() -> list[str]:
        return await asyncio.gather(*(cache.resolve_text("one==1", HERE) for _ in range(5)))

    folders = set(asyncio.run(go()))
    assert len(folders) == 1
    assert runs(tmp_path) == 1
    (folder,) = folders
    assert (Path(folder) / "asked").read_text() == "one==1\n"
    assert not list(Path(folder).parent.glob("*.part"))
    again = Dependencies({"PATH": "", "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert asyncio.run(again.resolve_text("one==1", HERE)) == folder


def test_a_failed_installation_leaves_nothing_and_says_what_the_tool_said(tmp_path: Path) -> None:
    cache = installer(tmp_path, 'mkdir -p "$target/half"; echo "no such package: one" >&2; exit 1')
    with pytest.raises(DependencyError) as caught:
        asyncio.run(cache.resolve_text("one==1", HERE))
    assert "one==1" in caught.value.what
    assert "no such package: one" in caught.value.why
    assert caught.value.remedy
    assert [path.suffix for path in (tmp_path / "cache/sandbox/deps").iterdir()] == [".lock"]


def test_an_environment_without_pip_uses_that_of_its_base(tmp_path: Path) -> None:
    fake(tmp_path / "bare", "echo 'No module named pip' >&2; exit 1")
    environment = tmp_path / "venv/python"
    environment.parent.mkdir()
    environment.symlink_to(tmp_path / "base/python")
    # Which of the two it is, is told by its name, as a real environment does.
    fake(
        tmp_path / "base/python",
        f'case "$0" in *venv*) exec {tmp_path}/bare;; esac\n'
        'while [ $# -gt 0 ]; do [ "$1" = --target ] && mkdir -p "$2" && echo base > "$2/by"; shift; done',
    )
    cache = Dependencies({"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")})
    folder = asyncio.run(cache.resolve_text("one==1", Interpreter(str(environment), "3.11", "linux-test")))
    assert (Path(folder) / "by").read_text() == "base\n"


def test_the_key_tells_versions_platforms_and_texts_apart() -> None:
    keys = {
        cache_key("one", HERE),
        cache_key("two", HERE),
        cache_key("one", Interpreter("p", "3.12", "linux-test")),
        cache_key("one", Interpreter("p", "3.11", "macosx")),
    }
    assert len(keys) == 4
    assert cache_key("one", HERE) == cache_key("one", Interpreter("elsewhere", "3.11", "linux-test"))


def test_requirements_are_read_with_what_they_include(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# comment\none==1  # why\n\n-r more.txt\nthree \\\n  >=3\n")
    (tmp_path / "more.txt").write_text("two @ https://example.com/two.whl#sha256=12\n")
    assert read_requirements(tmp_path / "requirements.txt").splitlines() == [
        "one==1",
        "two @ https://example.com/two.whl#sha256=12",
        "three    >=3",
    ]


def test_an_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# none\n")
    assert asyncio.run(Dependencies({}).resolve(tmp_path / "requirements.txt", HERE)) is None


@pytest.mark.parametrize(
    "line", ["-e .", "./local", "../local", "/abs/local", "x @ file:///x", "-r requirements.txt"]
)
def test_what_the_cache_cannot_tell_apart_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(line)
    with pytest.raises(DependencyError) as caught:
        read_requirements(tmp_path / "requirements.txt")
    assert caught.value.remedy


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match=r"requirements\.txt cannot be read"):
        read_requirements(tmp_path / "requirements.txt")


# --- interpreters ----------------------------------------------------------------------------------------
def fake(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    fake(tmp_path / "shims/python3.99", "echo 'command not found' >&2; exit 127")
    fake(tmp_path / ".pyenv/versions/3.99.1/bin/python3.99", "exit 1")
    good = tmp_path / ".pyenv/versions/3.99.12/bin/python3.99"
    fake(good, "echo 3.99 linux-x")
    notices: list[str] = []
    finder = Interpreters(notices.append, {"PATH": str(tmp_path / "shims"), "HOME": str(tmp_path)})
    assert asyncio.run(finder.find("3.99")) == Interpreter(str(good), "3.99", "linux-x")
    assert notices == []


def python(path: Path, microseconds: int) -> str:
    """A Python 3.99 whose loop takes that long."""
    fake(path, f'case "$*" in *process_time*) echo {microseconds};; *) echo 3.99 linux-x;; esac')
    return str(path)


def found(tmp_path: Path, *folders: str) -> str:
    path = ":".join(str(tmp_path / folder) for folder in folders)
    finder = Interpreters(lambda _: None, {"PATH": path, "HOME": str(tmp_path)})
    return asyncio.run(finder.find("3.99")).path


def test_the_quickest_of_several_interpreters_is_taken(tmp_path: Path) -> None:
    python(tmp_path / "a/python3.99", 1700)
    quick = python(tmp_path / "b/python3.99", 1000)
    python(tmp_path / ".pyenv/versions/3.99.1/bin/python3.99", 1650)
    assert found(tmp_path, "a", "b") == quick


def test_the_first_of_equally_quick_interpreters_is_taken(tmp_path: Path) -> None:
    first = python(tmp_path / "a/python3.99", 1000)
    python(tmp_path / "b/python3.99", 950)
    assert found(tmp_path, "a", "b") == first


def test_an_interpreter_with_two_names_is_not_measured(tmp_path: Path) -> None:
    first = python(tmp_path / "a/python3.99", 1000)
    fake(tmp_path / "a/python3.99", f'echo "$*" >> {tmp_path}/asked; echo 3.99 linux-x')
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert found(tmp_path, "a", "b") == first
    assert "process_time" not in (tmp_path / "asked").read_text()


def test_an_interpreter_that_uv_manages_is_found(tmp_path: Path) -> None:
    good = tmp_path / ".local/share/uv/python/cpython-3.99.4-linux/bin/python3.99"
    fake(good, "echo 3.99 linux-x")
    finder = Interpreters(lambda _: None, {"PATH": "", "HOME": str(tmp_path)})
    assert asyncio.run(finder.find("3.99")).path == str(good)


def test_a_missing_interpreter_is_replaced_visibly_and_once(tmp_path: Path) -> None:
    notices: list[str] = []

    async def go() -> Interpreter:
        finder = Interpreters(notices.append, {"PATH": "", "HOME": str(tmp_path)})
        await finder.find("3.99")
        return await finder.find("3.99")

    assert asyncio.run(go()).path == sys.executable
    assert len(notices) == 1
    assert "python3.99 is not on this machine" in notices[0]


def test_probing_what_is_not_a_program(tmp_path: Path) -> None:
    assert asyncio.run(probe(str(tmp_path / "absent"))) is None
    fake(tmp_path / "odd", "echo nonsense")
    assert asyncio.run(probe(str(tmp_path / "odd"))) is None
