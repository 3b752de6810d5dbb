"""The source files of the project, parsed."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SANDBOX = ROOT / "sandbox"


def python_files(*folders: str) -> list[Path]:
    """Python files below folders of the project."""
    return sorted(
        file
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in file.parts
    )


@cache
def parsed(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(), str(file))


def where(file: Path, node: ast.AST) -> str:
    """File and line, for messages."""
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def imports(file: Path) -> Iterator[tuple[str, ast.AST]]:
    """The full names of the modules that a file imports, wherever it does."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}", node


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an expression made of names and attributes; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def committed_files() -> list[Path]:
    """The text files that git knows, or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    files = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()[:4096]]
