"""Folders of this machine that functions' containers mount: their code as it is edited, and what it imports.

LocalStack mounts a folder as `/var/task`
(https://docs.localstack.cloud/aws/tooling/lambda-tools/hot-reloading/); that it was edited is noticed here
(`edits.py`). What the code imports lies beside it, in a folder of the sandbox's that every function's
container mounts.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docker.errors import DockerException
from docker.types import Mount

#: Where containers mount the folder of libraries.
INSIDE = "/opt/sandbox"


class Mounts:
    """What can be mounted, and the libraries of each function.

    Args:
        root: the folder of libraries, on this machine.
        project: the label of whatever is made.
    """

    def __init__(self, root: Path, project: str) -> None:
        self.root = root
        self._project = project
        self._client: Any = None
        self._image = ""
        self._known: dict[Path, bool] = {}

    @property
    def flags(self) -> str:
        """What LocalStack adds to the command line of a function's container."""
        return f"--volume {self.root}:{INSIDE}:ro" if self._speakable(self.root) else ""

    def prepare(self, client: Any, image: str) -> None:
        """Makes the folder of libraries.

        Args:
            client: the Docker SDK's. image: one that is there.
        """
        self._client, self._image = client, image
        self.root.mkdir(parents=True, exist_ok=True)

    def sees(self, folder: Path) -> bool:
        """Whether the daemon has the folder: one in a virtual machine has what is shared with it alone."""
        if not self._speakable(self.root) or self._client is None:
            return False
        if folder not in self._known:
            self._known[folder] = self._tried(folder) and (folder == self.root or self.sees(self.root))
        return self._known[folder]

    def provide(self, function: str, folders: Sequence[Path]) -> str:
        """Puts what a function imports where its container finds it; returns the path there.

        Args:
            folders: their contents, the first before those after it.
        """
        target = self.root / function
        fresh = Path(tempfile.mkdtemp(dir=self.root, prefix=f".{function}-"))
        for folder in reversed(folders):
            shutil.copytree(folder, fresh, dirs_exist_ok=True)
        fresh.chmod(0o755)
        old = fresh.with_name(f"{fresh.name}.old")
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
        return f"{INSIDE}/{function}"

    def clear(self) -> None:
        """Removes the folder of libraries."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _tried(self, folder: Path) -> bool:
        mount = Mount("/seen", str(folder), type="bind", read_only=True)
        labels = {"dev.sandbox.project": self._project, "dev.sandbox.role": "probe"}
        try:
            made = self._client.containers.create(self._image, mounts=[mount], labels=labels)
            made.remove(force=True, v=True)
        except DockerException:
            return False
        return True

    @staticmethod
    def _speakable(path: Path) -> bool:
        """LocalStack splits its flags at spaces, and a mount at colons."""
        return not any(mark in str(path) for mark in " :'\"")
