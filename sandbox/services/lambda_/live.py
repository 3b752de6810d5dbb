"""Live folders: what is in them now, found out cheaply enough for every invocation."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.clock import Clock
from sandbox.services.lambda_.watches import Watches

#: Walks of a folder that is not watched cost this share of the time at most: one of 10 ms is taken as good
#: for the next 200 ms. Of one that is watched they are not limited: each follows an edit.
_WALK_SHARE = 0.05
_CHEAP_WALK = 0.002  # real seconds; such a walk is made for every invocation

#: A file below a folder: its name, when it was modified (nanoseconds), its size.
File = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class _Look:
    """What a walk found.

    Attributes:
        cost: real seconds that the walk took.
        until: real seconds of the clock; before that nobody looks again, as walks are dear.
        unheard: it may change without being told, or is too large to be watched: it is walked each time.
    """

    key: str
    files: list[File]
    cost: float
    until: float
    unheard: bool


class LiveFolders:
    """Knows what live folders hold.

    Args:
        clock: measures what walking a folder costs.
        watches: tells of changes.
    """

    def __init__(self, clock: Clock, watches: Watches | None = None) -> None:
        self._clock = clock
        self._watches = watches or Watches()
        self._looks: dict[str, _Look] = {}

    def key(self, folder: str) -> str | None:
        """Stands for a folder's content now; differs whenever it changed. None: it is gone."""
        known = self._looks.get(folder)
        if known is not None and self._watches.unchanged(folder):
            return known.key
        began = self._clock.elapsed()
        if known is not None and began < known.until:
            return known.key
        watched = (known is None or not known.unheard) and self._watches.begin(folder)
        walk = _Walk(folder, self._watches if watched else None)
        files = walk.files
        if not files and not os.path.isdir(folder):  # noqa: PTH112 - quick
            self._looks.pop(folder, None)
            self._watches.end(folder)
            return None
        unheard = walk.linked or walk.folders > self._watches.most
        if unheard:
            self._watches.end(folder)
        key = known.key if known is not None and files == known.files else digest_of(files)
        cost = self._clock.elapsed() - began
        until = began + cost
        if not self._watches.watching(folder):
            until += _rest(cost, known)
        self._looks[folder] = _Look(key, files, cost, until, unheard)
        return key

    def close(self) -> None:
        """Forgets everything."""
        self._looks.clear()
        self._watches.close()


def _rest(cost: float, before: _Look | None) -> float:
    """Real seconds for which a walk is taken as good.

    One dear walk alone says nothing: the disk was cold, or the processor was busy with something else.
    """
    usual = min(cost, before.cost) if before is not None else 0.0
    return usual / _WALK_SHARE if usual > _CHEAP_WALK else 0.0


def fingerprint(folder: Path) -> tuple[str, int]:
    """A digest over the names, sizes and modification times of a folder's files, and their bytes in all.

    Caches (`__pycache__`) and hidden folders do not count.
    """
    files = _Walk(str(folder)).files
    return digest_of(files), sum(size for _, _, size in files)


def digest_of(files: Sequence[File]) -> str:
    """Stands for files as they are."""
    digest = hashlib.blake2b(digest_size=16)
    for name, modified, size in files:
        digest.update(f"{name}\0{modified}\0{size}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


class _Walk:
    """One walk through a folder.

    Args:
        watches: told of each folder below it before that is listed.

    Attributes:
        files: by name.
        linked: one of them, or a folder, has another name.
    """

    def __init__(self, folder: str, watches: Watches | None = None) -> None:
        self.files: list[File] = []
        self.linked = False
        self._folder = folder
        self._watches = watches
        self._seen: set[tuple[int, int]] = set()
        self._walk(folder, "")
        self.files.sort()

    @property
    def folders(self) -> int:
        """How many it has walked."""
        return len(self._seen) + 1

    def _walk(self, folder: str, prefix: str) -> None:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return
        for entry in entries:
            try:
                if entry.is_symlink():
                    self.linked = True
                if not entry.is_dir():
                    status = entry.stat()
                    self.files.append((prefix + entry.name, status.st_mtime_ns, status.st_size))
                    self.linked |= status.st_nlink > 1
                elif entry.name != "__pycache__" and not entry.name.startswith("."):
                    self._enter(entry, f"{prefix}{entry.name}/")
            except OSError:  # gone between listing and looking, or a dangling link
                continue

    def _enter(self, entry: os.DirEntry[str], prefix: str) -> None:
        status = entry.stat()
        # A link back up must not make the walk endless.
        if (status.st_dev, status.st_ino) in self._seen:
            return
        self._seen.add((status.st_dev, status.st_ino))
        if self._watches is not None:
            self._watches.add(self._folder, entry.path, status.st_dev)
        self._walk(entry.path, prefix)
