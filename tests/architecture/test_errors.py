"""Every error of ours says what to do: nobody makes one with an empty remedy."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.architecture.sources import dotted, parsed, python_files, where

FILES = python_files("sandbox", "tui")
#: Position of the remedy in SandboxError(what, why, remedy).
_REMEDY = 2


@cache
def classes() -> dict[str, ast.ClassDef]:
    """Every class of the library by its name."""
    return {
        node.name: node for file in FILES for node in ast.walk(parsed(file)) if isinstance(node, ast.ClassDef)
    }


@cache
def error_classes() -> frozenset[str]:
    """SandboxError and everything that descends from it."""
    known, found = classes(), {"SandboxError"}
    while True:
        more = {
            name
            for name, node in known.items()
            if name not in found and any(dotted(base).rpartition(".")[2] in found for base in node.bases)
        }
        if not more:
            return frozenset(found)
        found |= more


@cache
def with_own_arguments(names: frozenset[str]) -> set[str]:
    """Those of the classes whose constructor takes something else and fills the three in by itself."""
    known = classes()
    return {
        name
        for name in names
        if name != "SandboxError"
        and any(isinstance(item, ast.FunctionDef) and item.name == "__init__" for item in known[name].body)
    }


def may_be_empty(node: ast.expr) -> bool:
    """Whether an expression is an empty text, or has one as an outcome that can be seen."""
    match node:
        case ast.Constant(value=str(text)):
            return not text.strip()
        case ast.Constant(value=None):
            return True
        case ast.JoinedStr(values=values):
            return not values
        case ast.IfExp(body=body, orelse=orelse):
            return may_be_empty(body) or may_be_empty(orelse)
        case ast.BoolOp(op=ast.Or(), values=values):
            return may_be_empty(values[-1])
        case _:
            return False


def remedies(file: Path, names: frozenset[str]) -> list[tuple[ast.Call, ast.expr | None]]:
    """Every construction of an error in a file, with its remedy where it is given on the spot."""
    own = with_own_arguments(names)
    found: list[tuple[ast.Call, ast.expr | None]] = []
    for node in ast.walk(parsed(file)):
        if not isinstance(node, ast.Call):
            continue
        library, _, name = dotted(node.func).rpartition(".")
        if library in ("click", "pytest"):  # theirs have names like ours
            continue
        is_super = isinstance(node.func, ast.Attribute) and node.func.attr == "__init__" and name == ""
        if name not in names - own or is_super or any(isinstance(arg, ast.Starred) for arg in node.args):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        remedy = node.args[_REMEDY] if len(node.args) > _REMEDY else given.get("remedy")
        found.append((node, remedy))
    return found


def test_the_errors_are_found() -> None:
    names = error_classes()
    assert {"StoreError", "NotRunningError", "RemoteError", "DeployError", "KeyPathError"} <= names
    assert len(names) > 15


def test_every_error_has_a_remedy() -> None:
    wrong = [
        where(file, node)
        for file in FILES
        for node, remedy in remedies(file, error_classes())
        if remedy is None or may_be_empty(remedy)
    ]
    assert wrong == []


def test_the_check_sees_what_it_looks_for() -> None:
    for text, wanted in (
        ("''", True),
        ("' '", True),
        ("f''", True),
        ("None", True),
        ("'x' if a else ''", True),
        ("a or ''", True),
        ("'x'", False),
        ("f'{a}'", False),
        ("a or 'x'", False),
    ):
        expression = ast.parse(text, mode="eval").body
        assert may_be_empty(expression) is wanted, text
