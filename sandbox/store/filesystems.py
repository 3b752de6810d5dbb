"""What is known of the file system that a file is on."""

from __future__ import annotations

import os
import re
from pathlib import Path

#: Those that write what a file has already where it lies, so that space which was taken once stays there.
_IN_PLACE = frozenset({"ext2", "ext3", "ext4", "xfs", "tmpfs"})
#: Those of this machine's own disks and memory: nothing changes in them but through its kernel.
_LOCAL = _IN_PLACE | {"btrfs", "f2fs"}
_MOUNTS = Path("/proc/self/mountinfo")
#: How the list of mounts writes blanks and backslashes in names.
_ESCAPED = re.compile(r"\\([0-7]{3})")


def overwrites_in_place(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether bytes that a file has can surely be written again when the disk is full.

    On others, copy on write ones above all (btrfs, ZFS), every write needs new space. Written through a map
    of the file, it fails when there is nobody left to tell: the process ends with SIGBUS.

    Args:
        path: the file.
        mounts: the list of what is mounted: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html.

    Returns:
        False where nobody can say: on macOS, and on file systems that are not known here.
    """
    return _kind(path.stat().st_dev, mounts) in _IN_PLACE


def is_local(device: int, mounts: Path = _MOUNTS) -> bool:
    """Whether all changes of the files on a device surely go through this machine's kernel, which can tell
    of them: not those that others serve (NFS, the folders of a virtual machine's host).

    Args:
        device: as `os.stat` gives it.
        mounts: the list of what is mounted.
    """
    return _kind(device, mounts) in _LOCAL


def has_mounts(folder: str, mounts: Path = _MOUNTS) -> bool:
    """Whether something is mounted below a folder: such a file or folder is one that lies elsewhere, and
    changes there, even where it is on the same device.

    Args:
        mounts: the list of what is mounted.
    """
    below = str(Path(folder).resolve()).rstrip("/") + "/"
    for line in _lines(mounts):
        fields = line.split(" ", 5)
        if len(fields) > 5 and _ESCAPED.sub(_plain, fields[4]).startswith(below):
            return True
    return False


def _plain(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 8))


def _lines(mounts: Path) -> list[str]:
    try:
        return mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []


def _kind(device: int, mounts: Path) -> str | None:
    """The kind of the file system on a device, or None where nobody says."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in _lines(mounts):
        about, _, mounted = line.partition(" - ")
        if about.split(" ")[2:3] == [wanted]:
            return mounted.split(" ")[0]
    return None
