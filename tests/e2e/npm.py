"""Clients from npm: their packages as their lock files say, kept between runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_MANIFEST = ("package.json", "package-lock.json", ".npmrc")


def installed(client: Path, what: str) -> Path:
    """The folder with the packages of a client's lock file.

    Args:
        client: the folder with the lock file.
        what: is not tried where node or npm is missing; said when the test is skipped.
    """
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{what} was NOT tried: {tool} is missing on this machine")
    digest = hashlib.sha256(b"".join((client / name).read_bytes() for name in _MANIFEST)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sandbox" / "test-clients"
    folder = cache / f"{client.name}-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            target = Path(made) / "client"
            target.mkdir()
            for name in _MANIFEST:
                shutil.copy(client / name, target)
            done = subprocess.run(
                ["npm", "ci", "--ignore-scripts"],
                cwd=target,
                capture_output=True,
                text=True,
                timeout=100,
                check=False,
            )
            assert done.returncode == 0, f"npm ci failed:\n{done.stderr[-2000:]}"
            try:
                target.rename(folder)
            except OSError:  # another process was quicker
                assert folder.exists()
    return folder
