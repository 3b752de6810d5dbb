"""Whether there is room for the containers: what is too little ends in failures that name something else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from sandbox.engines.docker.errors import NoRoomError

_GB = 1024**3
#: What the three containers and a handful of functions need: measured, and rounded up.
_MEMORY = 1.5 * _GB
_DISK = 1 * _GB
#: The three images and that of a runtime, unpacked.
_IMAGES = 5 * _GB


def check_room(
    info: Mapping[str, Any],
    *,
    images: bool,
    available: Callable[[], int] = lambda: int(psutil.virtual_memory().available),
    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> None:
    """Refuses to start where memory or disk are too small.

    Args:
        info: the daemon's own account of itself (`docker info`).
        images: whether some must be fetched.
        available: bytes of memory that this machine has to spare.
        free: bytes of disk that are free where a folder is.

    Raises:
        NoRoomError: with what there is, and what is needed.
    """
    total = int(info.get("MemTotal") or 0)
    if total and total < _MEMORY:
        raise NoRoomError(
            f"Docker has {_gb(total)} of memory, and the containers need {_gb(_MEMORY)}",
            "the daemon (or its virtual machine) was given no more",
            "give Docker Desktop more memory (Settings, Resources), or use the embedded engine",
        )
    root = Path(str(info.get("DockerRootDir") or ""))
    if "Docker Desktop" in str(info.get("OperatingSystem", "")) or not root.is_dir():
        return  # what is free in its virtual machine is not known from here
    spare = available()
    if spare < _MEMORY:
        raise NoRoomError(
            f"this machine has {_gb(spare)} of memory to spare, and the containers need {_gb(_MEMORY)}",
            "other programs use the rest",
            "end some of them (`docker ps` shows other containers), or use the embedded engine",
        )
    left, needed = free(root), _DISK + (_IMAGES if images else 0)
    if left < needed:
        raise NoRoomError(
            f"{root} has {_gb(left)} of disk free, and {_gb(needed)} are needed",
            "images that are not there must be fetched" if images else "databases and code are written there",
            "free some: `docker system df` shows what Docker holds, `docker system prune` removes the unused",
        )


def _gb(number: float) -> str:
    return f"{number / _GB:.1f} GB"
