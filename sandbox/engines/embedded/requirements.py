"""Joins the Lambda service's wish for dependencies to the runtime that knows interpreters and caches."""

from __future__ import annotations

from pathlib import Path

from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.families import Family, family_of, python_version
from sandbox.runtime.interpreters import Interpreters


class FunctionRequirements:
    """Resolves a function's `requirements.txt` for the interpreter of its runtime."""

    def __init__(self, interpreters: Interpreters, dependencies: Dependencies) -> None:
        self._interpreters = interpreters
        self._dependencies = dependencies

    async def resolve(self, code_dir: Path, runtime: str) -> tuple[str, ...]:
        """Folders to put on `sys.path`; none where the runtime is not Python's.

        Raises:
            DependencyError: they could not be prepared.
        """
        if family_of(runtime) is not Family.PYTHON:
            return ()
        interpreter = await self._interpreters.find(python_version(runtime))
        folder = await self._dependencies.resolve(code_dir / "requirements.txt", interpreter)
        return (folder,) if folder else ()
