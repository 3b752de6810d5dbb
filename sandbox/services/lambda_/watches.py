"""Whether something below a folder may have changed: asked of the kernel, where it can be relied on.

inotify tells of a change before the call that made it returns, so whoever changes a file and invokes then is
heard in that order. It does not tell of what comes through another name of a file (hard and symbolic links,
files that are mounted), nor from another machine: such folders are not watched, and have to be looked at. Of
another name that a file gets elsewhere while it is watched nobody hears. Who writes through a map of a file
is heard when it is closed.
Reference: https://man7.org/linux/man-pages/man7/inotify.7.html
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
from collections.abc import Callable
from contextlib import suppress

from sandbox.store.filesystems import has_mounts, is_local

#: Written, attributes, closed after writing, moved from or to, made, deleted, itself deleted or moved.
_CHANGES = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
_ONLY_FOLDERS = 0x01000000
_OVERFLOW = 0x4000
_EVENT = struct.Struct("iIII")
#: Folders that are watched for one, itself included: the system has a limit for all programs of a user.
_MOST_FOLDERS = 64
#: Bytes of events that are read at a time.
_READ = 65_536

#: Device and inode.
_Identity = tuple[int, int]


class Watches:
    """Watches folders with all that is below them.

    Args:
        usable: whether there is inotify.
        local: says of a device whether all its changes go through this machine's kernel.
        mounted: says of a folder whether something is mounted below it.
        most: folders that are watched for one, itself included.
    """

    def __init__(
        self,
        *,
        usable: bool = sys.platform == "linux",
        local: Callable[[int], bool] = is_local,
        mounted: Callable[[str], bool] = has_mounts,
        most: int = _MOST_FOLDERS,
    ) -> None:
        self.most = most
        self._is_local = local
        self._has_mounts = mounted
        self._descriptor = -1
        self._poll = select.poll()
        self._library: ctypes.CDLL | None = None
        self._usable = usable
        #: By folder: what it is, and the numbers of the watches of it and of what is below it.
        self._watched: dict[str, tuple[_Identity, set[int]]] = {}
        #: The folders that a watch tells of: one may lie in another.
        self._tells: dict[int, set[str]] = {}
        self._local: dict[int, bool] = {}

    def begin(self, folder: str) -> bool:
        """Watches a folder alone, anew; `add` follows for each one below it. What is walked afterwards holds
        while `unchanged` says so.
        """
        self.end(folder)
        if not self._usable or not self._open():
            return False
        try:
            status = os.stat(folder)  # noqa: PTH116 - quick
        except OSError:
            return False
        device = status.st_dev
        if device not in self._local:
            self._local[device] = self._is_local(device)
        if not self._local[device] or self._has_mounts(folder):
            return False
        self._watched[folder] = (device, status.st_ino), set()
        return self.add(folder, folder, device)

    def add(self, folder: str, below: str, device: int) -> bool:
        """Watches one more folder below `folder`, before it is listed.

        Args:
            device: what it lies on.

        Returns:
            Whether it can be; otherwise none of `folder` is watched any more.
        """
        known = self._watched.get(folder)
        if known is None:
            return False
        (root, _), numbers = known
        if device == root and len(numbers) < self.most and self._library is not None:
            number = self._library.inotify_add_watch(
                self._descriptor, os.fsencode(below), _CHANGES | _ONLY_FOLDERS
            )
            if number >= 0:
                numbers.add(number)
                self._tells.setdefault(number, set()).add(folder)
                return True
        self.end(folder)
        return False

    def unchanged(self, folder: str) -> bool:
        """Whether a watched folder is what it was when it was walked; False where it is not watched."""
        if not self._watched:
            return False
        if self._poll.poll(0):
            self._read()
        known = self._watched.get(folder)
        if known is None:
            return False
        try:  # another folder may have taken its name: one above it was moved, or a link points elsewhere
            status = os.stat(folder)  # noqa: PTH116 - quick
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == known[0]

    def watching(self, folder: str) -> bool:
        """Whether a folder is watched, as far as is known without asking the kernel."""
        return folder in self._watched

    def end(self, folder: str) -> None:
        """Watches a folder no longer."""
        _, numbers = self._watched.pop(folder, (None, ()))
        for number in numbers:
            tells = self._tells.get(number, set())
            tells.discard(folder)
            if not tells:
                self._tells.pop(number, None)
                if self._library is not None:  # the kernel has removed those of folders that are gone
                    self._library.inotify_rm_watch(self._descriptor, number)

    def close(self) -> None:
        """Watches nothing any more; it may begin again."""
        self._watched.clear()
        self._tells.clear()
        if self._descriptor >= 0:
            self._poll.unregister(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> bool:
        if self._descriptor >= 0:
            return True
        try:
            self._library = self._library or ctypes.CDLL(None)
            self._descriptor = self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, AttributeError):
            self._descriptor = -1
        if self._descriptor < 0:  # the user's programs have as many as may be; asking each time is no use
            self._usable = False
            return False
        self._poll.register(self._descriptor, select.POLLIN)
        return True

    def _read(self) -> None:
        """Ends the watching of what has changed."""
        changed: set[str] = set()
        with suppress(BlockingIOError):
            while data := os.read(self._descriptor, _READ):
                at = 0
                while at < len(data):
                    number, mask, _, length = _EVENT.unpack_from(data, at)
                    at += _EVENT.size + length
                    changed.update(self._watched if mask & _OVERFLOW else self._tells.get(number, ()))
        for folder in changed:
            self.end(folder)
