"""Databases of an engine put aside as they are at a moment, and put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from sandbox.model.dumps import DatabaseDump


class DatabaseShelf(Protocol):
    """Keeps databases as they are at a moment, and puts them back."""

    async def freeze(self, label: str) -> None:
        """Keeps the databases of all instances as they are now, for quick and frequent returns."""
        ...

    def present(self) -> list[str]:
        """The databases of all instances that are in the store now."""
        ...

    async def put_back(self, label: str, present: Sequence[str]) -> None:
        """Makes the databases what they were when `label` was frozen (none, where nothing was); call it while
        the engine is halted.

        Args:
            present: the databases to replace.
        """
        ...

    async def forget(self, labels: Sequence[str]) -> None:
        """Drops what was frozen."""
        ...

    async def dump(self, folder: Path, moment: Callable[[], None]) -> DatabaseDump:
        """Writes the databases of all instances into files, all as they are at one moment.

        Args:
            moment: called at that moment; what it stores belongs together with the databases.

        Raises:
            StoreError: they could not be written.
        """
        ...

    async def load(self, folder: Path, dump: DatabaseDump) -> Loaded:
        """Makes databases aside out of what `dump` wrote; what there is stays as it is.

        Raises:
            StoreError: they cannot be restored; nothing was kept.
        """
        ...

    async def writes(self) -> int:
        """A number that grows with every transaction that wrote something."""
        ...


class Loaded(Protocol):
    """Databases that were made aside."""

    async def take_over(self, present: Sequence[str]) -> None:
        """Puts them in the place of those that are `present`; call it while the engine is halted."""
        ...

    async def discard(self) -> None:
        """Drops them."""
        ...
