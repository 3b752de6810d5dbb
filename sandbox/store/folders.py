"""Folders of the user that outlive a state folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where what is expensive to make, and can be made again, is kept across sandboxes of a user.

    Standard: XDG Base Directory Specification, `XDG_CACHE_HOME`. Without a home it is a temporary folder.
    """
    base, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if base.startswith("/"):
        return Path(base, "sandbox")
    if home.startswith("/"):
        return Path(home, ".cache", "sandbox")
    return Path(tempfile.gettempdir(), f"sandbox-cache-{os.getuid()}")
