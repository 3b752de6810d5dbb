"""Snapshots: save, load, list, compare, remove; and reset."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.control.protocol import Note, Progress, Result
from sandbox.control.server import Method
from sandbox.deploy.turns import Told
from sandbox.session.snapshots import container
from sandbox.session.snapshots.comparison import Difference, compare_databases, compare_states
from sandbox.session.snapshots.manifest import Manifest, SnapshotView
from sandbox.session.snapshots.shelf import Snapshots as Shelf
from sandbox.session.snapshots.shelf import read_state
from sandbox.session.tasks import step, with_notes

if TYPE_CHECKING:
    from sandbox.session.session import Session

_NOW = "now"


class Snapshots:
    """Methods about snapshots."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shelf = Shelf(session)

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "snapshot_save": self.snapshot_save,
            "snapshot_load": self.snapshot_load,
            "snapshot_ls": self.snapshot_ls,
            "snapshot_diff": self.snapshot_diff,
            "snapshot_rm": self.snapshot_rm,
            "reset": self.reset,
        }

    def snapshot_save(self, name: str, to: str | None = None, cwd: str = ".") -> AsyncIterator[Note | Result]:
        """Saves everything under a name, or into a file; answers a `SnapshotView`."""
        file = None if to is None else Path(cwd) / to
        return with_notes(lambda told: self._shelf.save(name, file, told))

    def snapshot_load(self, reference: str, cwd: str) -> AsyncIterator[Note | Result]:
        """Takes everything back to a snapshot, by name or file."""

        async def load(told: Told) -> dict[str, Any]:
            manifest = await self._shelf.load(reference, Path(cwd), told)
            return {
                "name": manifest.name,
                "saved_at": manifest.saved_at,
                "virtual": manifest.virtual,
                "stacks": manifest.stacks,
            }

        return with_notes(load)

    async def snapshot_ls(self) -> list[SnapshotView]:
        """The snapshots of the state folder, newest first."""
        return await asyncio.to_thread(self._shelf.all)

    async def snapshot_rm(self, names: list[str]) -> None:
        """Removes snapshots from the state folder."""
        self._shelf.remove(names)

    def snapshot_diff(self, before: str, after: str | None, cwd: str) -> AsyncIterator[Note | Result]:
        """What differs between two snapshots; without a second one, between the first and now."""
        return with_notes(lambda told: self._differing(before, after, cwd, told))

    async def _differing(self, before: str, after: str | None, cwd: str, told: Told) -> list[Difference]:
        with tempfile.TemporaryDirectory(dir=self._session.folder.run) as folder:
            left = Path(folder) / "left"
            right = Path(folder) / "right"
            first = await self._unpacked(before, Path(cwd), left)
            if after is None:
                saved = await self._shelf.save(_NOW, Path(folder) / "now.snapshot", told)
                after = saved.path
            second = await self._unpacked(after, Path(cwd), right)
            return await asyncio.to_thread(_differences, first, left, second, right)

    async def reset(self, seed: bool = True) -> AsyncIterator[Progress]:
        """Empties everything, and deploys the same systems again."""
        channel: asyncio.Queue[Progress | None] = asyncio.Queue()
        begun = asyncio.Event()

        def told(text: str) -> None:
            channel.put_nowait(Progress("reset", "note", text=text))

        async def work() -> None:
            systems = []

            def begins() -> None:
                systems.extend(self._session.deployment.recorded())
                begun.set()

            try:
                with step(channel.put_nowait, "reset"):
                    await self._shelf.reset(told, begins)
                await self._session.deployment.up(systems, seed=seed, report=channel.put_nowait)
                await self._session.find_database()
                self._session.warm()
                await self._session.database.committed()
            finally:
                channel.put_nowait(None)

        task = asyncio.create_task(work())
        try:
            while (progress := await channel.get()) is not None:
                yield progress
            await task
        finally:
            # What was emptied is filled again, even when nobody listens any more; what waits is not begun.
            if not begun.is_set():
                task.cancel()
            await asyncio.gather(asyncio.shield(task), return_exceptions=True)

    async def _unpacked(self, reference: str, cwd: Path, folder: Path) -> Manifest:
        file = self._shelf.find(reference, cwd)
        manifest = await asyncio.to_thread(container.read_manifest, file)
        await asyncio.to_thread(container.unpack, file, manifest, folder)
        return manifest


def _differences(first: Manifest, left: Path, second: Manifest, right: Path) -> list[Difference]:
    with (
        closing(read_state(left, left / "state.db")) as old,
        closing(read_state(right, right / "state.db")) as new,
    ):
        states = compare_states(old, new)
    before = {name: one.tables for name, one in first.databases.databases.items()}
    after = {name: one.tables for name, one in second.databases.databases.items()}
    return [*states, *compare_databases(before, after)]
