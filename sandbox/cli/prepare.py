"""Prepares the dependencies of functions ahead of need: `python -m sandbox.cli.prepare FOLDER...`.

`scripts/prepare` runs it for the reference systems, so that `sandbox up` needs no network.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from sandbox.cli.diagnostics import fail, say
from sandbox.errors import SandboxError
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.interpreters import Interpreters

_RUNTIME = re.compile(r"Runtime:\s*[\"']?python(3\.\d+)")


def main(folders: list[str]) -> int:
    """Resolves every `requirements.txt` below the folders, for the runtimes their templates name."""
    try:
        asyncio.run(_prepare([Path(folder) for folder in folders]))
    except SandboxError as error:
        return fail(error, debug=False)
    return 0


async def _prepare(folders: Iterable[Path]) -> None:
    interpreters, dependencies = Interpreters(say), Dependencies()
    for folder in folders:
        for template in sorted(folder.rglob("template.yaml")):
            versions = sorted(set(_RUNTIME.findall(template.read_text())))
            for version in versions:
                interpreter = await interpreters.find(version)
                await dependencies.base_set(interpreter)
                for requirements in sorted(template.parent.rglob("requirements.txt")):
                    await dependencies.resolve(requirements, interpreter)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
