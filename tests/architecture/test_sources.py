"""Rules that no import contract can hold: streams, time, hosts, paths, locks."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from tests.architecture.sources import ROOT, SANDBOX, committed_files, dotted, parsed, python_files, where

#: Programs of their own: a parent reads what they write.
_CHILDREN = ("child.py", "sam_child.py")


def library() -> list[Path]:
    return [file for file in python_files("sandbox") if file.name not in _CHILDREN]


# --- standard output and standard error ------------------------------------------------------------------
def uses(file: Path, names: set[str]) -> list[str]:
    """Where a file uses one of the dotted names."""
    return [
        f"{where(file, node)}: {dotted(node)}"
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node) in names
    ]


def test_only_output_writes_standard_output() -> None:
    writers = {"sys.stdout.write", "sys.stdout.buffer.write", "sys.__stdout__", "print"}
    in_functions = SANDBOX / "deploy" / "resources" / "inline"  # its lines go to a function's log
    for file in library():
        if file != SANDBOX / "cli" / "output.py" and in_functions not in file.parents:
            assert uses(file, writers) == []


def test_only_diagnostics_writes_standard_error() -> None:
    writers = {"sys.stderr.write", "sys.stderr.buffer.write", "sys.__stderr__", "click.echo", "click.secho"}
    writers |= {"traceback.print_exc", "traceback.print_exception"}
    for file in library():
        if file != SANDBOX / "cli" / "diagnostics.py":
            assert uses(file, writers) == []


# --- time ------------------------------------------------------------------------------------------------
_WALL = {
    "time.time",
    "time.time_ns",
    "time.sleep",
    "time.monotonic",
    "time.perf_counter",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "date.today",
}


def test_services_and_model_have_no_time_but_the_clock() -> None:
    wrong: list[str] = []
    for file in python_files("sandbox/services", "sandbox/model"):
        wrong += uses(file, _WALL)
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                wrong.append(f"{where(file, node)}: from time import")
            if isinstance(node, ast.Call) and dotted(node.func) == "asyncio.sleep" and not _is_zero(node):
                wrong.append(f"{where(file, node)}: sleeps in real time")
    assert wrong == []


def _is_zero(call: ast.Call) -> bool:
    """Whether a call of `asyncio.sleep` only lets the loop turn."""
    argument = call.args[0] if call.args else None
    return isinstance(argument, ast.Constant) and argument.value == 0


# --- hosts and paths -------------------------------------------------------------------------------------
#: Expressions that stand for 127.0.0.1 where something is bound.
_LOOPBACK = {"127.0.0.1", "HOST", "_HOST", "host", "self._host", "_LOOPBACK"}


def test_nothing_listens_beyond_loopback() -> None:
    wrong = []
    for file in python_files("sandbox", "tui", "seed"):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Constant) and node.value in ("0.0.0.0", "::"):
                wrong.append(f"{where(file, node)}: {node.value!r}")
            if isinstance(node, ast.Call) and dotted(node.func).endswith(".bind") and node.args:
                bound = _host_of(node.args[0])
                if bound is not None and bound not in _LOOPBACK:
                    wrong.append(f"{where(file, node)}: binds {bound}")
    assert wrong == []


def _host_of(address: ast.expr) -> str | None:
    """The host of an address given as (host, port); None where it is no such address."""
    if not isinstance(address, ast.Tuple) or not address.elts:
        return None
    host = address.elts[0]
    return str(host.value) if isinstance(host, ast.Constant) else dotted(host)


# Put together from parts, so that this file does not name them either.
_HOSTS = re.compile(
    "|".join(
        re.escape(host)
        for host in (
            "py" + "pi.org",
            "python" + "hosted.org",
            "registry." + "npmjs",
            "proxy." + "golang.org",
            "crates" + ".io",
            "index" + "-url",
        )
    )
)
_MACHINE = re.compile(r"(?<![\w./-])/(?:work|root|workspace|builds)/(?:[\w.-]+/)*[\w.-]+")


def test_only_uv_lock_names_a_registry() -> None:
    for file in committed_files():
        if file.name != "uv.lock":
            found = _HOSTS.search(file.read_text(errors="replace"))
            assert found is None, f"{file.relative_to(ROOT)} names {found and found[0]}"


def test_no_file_names_a_folder_of_the_machine_it_was_made_on() -> None:
    for file in committed_files():
        text = file.read_text(errors="replace")
        assert str(ROOT) not in text or str(ROOT) == "/", f"{file.relative_to(ROOT)} names {ROOT}"
        found = _MACHINE.search(text)
        assert found is None, f"{file.relative_to(ROOT)} names {found and found[0]}"


# --- locks -----------------------------------------------------------------------------------------------
def test_both_locks_hold_the_same_versions() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    from_uv = {
        (package["name"], package["version"]) for package in locked if "registry" in package.get("source", {})
    }
    text = (ROOT / "requirements.lock").read_text()
    from_pip = {
        (name.lower(), version)
        for name, version in re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE)
    }
    assert from_pip
    assert from_pip == from_uv
    for requirement in re.findall(r"^[\w.-]+==.*(?:\n    .*)*", text, re.MULTILINE):
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


# --- habits ----------------------------------------------------------------------------------------------
_LONGEST = 600


def test_modules_are_small_and_say_what_they_are() -> None:
    wrong = []
    for file in python_files("sandbox"):
        if not ast.get_docstring(parsed(file)):
            wrong.append(f"{file.relative_to(ROOT)} has no docstring")
        lines = len(file.read_text().splitlines())
        if lines > _LONGEST:
            wrong.append(f"{file.relative_to(ROOT)} has {lines} lines: split it by idea")
    assert wrong == []


def test_nothing_is_patched_in_tests() -> None:
    for file in python_files("tests"):
        for node in ast.walk(parsed(file)):
            name = dotted(node.func) if isinstance(node, ast.Call) else ""
            assert not name.endswith("monkeypatch.setattr"), f"{where(file, node)}: inject a fake instead"
            assert name != "time.sleep", f"{where(file, node)}: wait for an event, or move the clock"
