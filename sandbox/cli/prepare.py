"""Makes ahead of need what first starts would wait for: `python -m sandbox.cli.prepare FOLDER...`.

The functions' dependencies, and the transformed templates. `scripts/prepare` runs it for the reference
systems, so that `sandbox up` needs no network and is ready at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

from sandbox.cli.diagnostics import fail
from sandbox.deploy.system import find_system
from sandbox.deploy.warming import warm
from sandbox.errors import SandboxError
from sandbox.runtime.dependencies import Dependencies
from sandbox.runtime.families import python_version
from sandbox.runtime.interpreters import Interpreters
from sandbox.store.folders import cache_folder


def main(folders: list[str]) -> int:
    """Prepares every system below the folders."""
    try:
        asyncio.run(_prepare([Path(folder) for folder in folders]))
    except SandboxError as error:
        return fail(error, debug=False)
    return 0


async def _prepare(folders: Iterable[Path]) -> None:
    # That an interpreter is missing is told by the start, which comes right after.
    interpreters, dependencies = Interpreters(lambda _: None), Dependencies()
    for folder in folders:
        for template in sorted(folder.rglob("template.yaml")):
            system = find_system(str(template.parent), Path.cwd())
            runtimes = frozenset() if system is None else await warm(system, cache_folder() / "templates")
            for version in sorted(python_version(one) for one in runtimes if one.startswith("python")):
                interpreter = await interpreters.find(version)
                await dependencies.base_set(interpreter)
                for requirements in sorted(template.parent.rglob("requirements.txt")):
                    await dependencies.resolve(requirements, interpreter)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
