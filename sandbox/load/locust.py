"""Hands the load over to locust, for those who have it: it carries the load beyond one machine.

Page: https://docs.locust.io/en/stable/running-without-web-ui.html
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.errors import UsageError
from sandbox.load.run import Target


def run_locust(file: Path, target: Target, words: Sequence[str]) -> int:
    """Runs a locust file without its web page; its own report is printed.

    The file finds `SANDBOX_LOAD_URL` (the API's address with its path) and `SANDBOX_LOAD_AUTHORIZATION` in
    its environment.

    Returns:
        locust's exit status: 0, or 1 when a request failed.

    Raises:
        UsageError: locust is not installed.
    """
    command = _locust()
    if command is None:
        raise UsageError(
            "locust is not installed",
            "--locust runs it, and the sandbox does not bring it",
            "`pip install locust` into the sandbox's environment, or leave --locust out",
        )
    split = urlsplit(target.url)
    environment = {
        **os.environ,
        "SANDBOX_LOAD_URL": target.url,
        "SANDBOX_LOAD_AUTHORIZATION": target.headers.get("Authorization", ""),
    }
    arguments = ["-f", str(file), "--headless", "--host", f"{split.scheme}://{split.netloc}", *words]
    return subprocess.run([*command, *arguments], env=environment, check=False).returncode


def _locust() -> list[str] | None:
    if find_spec("locust") is not None:
        return [sys.executable, "-m", "locust"]
    found = shutil.which("locust")
    return None if found is None else [found]
