"""Saves the sandbox into files, and takes it back to them."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.deploy.turns import Told, tell_nobody
from sandbox.engines.base import Loaded
from sandbox.errors import UsageError
from sandbox.session.choosing import near_ids
from sandbox.session.snapshots import container, journalcopy
from sandbox.session.snapshots.container import JOURNAL, STATE, SnapshotError
from sandbox.session.snapshots.manifest import Manifest, SnapshotView
from sandbox.session.world import Moment
from sandbox.store.format import FORMAT as STATE_FORMAT

if TYPE_CHECKING:
    from sandbox.session.session import Session

SUFFIX = ".snapshot"
_CODE = "code"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Snapshots:
    """The snapshots of one sandbox.

    Args:
        session: what is saved and replaced.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- saving ------------------------------------------------------------------------------------------
    async def save(self, name: str, to: Path | None = None, told: Told = tell_nobody) -> SnapshotView:
        """Saves state, databases and journal as they are at one moment; what runs goes on.

        Args:
            name: an older snapshot of the name is replaced.
            to: file to write instead of one in the state folder.
            told: told what is waited for, when that takes long.

        Raises:
            UsageError: this is no name.
            BusyError: something that works on a stack did not end.
            StoreError: it cannot be written.
        """
        file = to or self._file(name)
        async with _folder(self._session.folder.run) as folder:
            manifest = await self._write_all(name, folder, told)
            await asyncio.to_thread(container.write, file, manifest, folder)
        return _view(file)

    async def _write_all(self, name: str, folder: Path, told: Told) -> Manifest:
        """Writes all that belongs to a snapshot into a folder, and says what it is."""
        session = self._session
        begun: list[tuple[Moment, asyncio.Task[int]]] = []

        def begin() -> None:
            """Takes the moment, and begins to write what is of it while the databases are dumped."""
            moment = session.world.moment()
            session.journal.settle()  # its newest hops are in the tables from here on
            writing = asyncio.to_thread(self._write_parts, folder, moment)
            begun.append((moment, asyncio.create_task(writing, name="snapshot")))

        try:
            async with self._alone("`sandbox snapshot save`", told):
                dump = await session.engine.databases.dump(folder, begin)
                virtual, stacks = session.clock.now(), session.deployment.deployer.stacks()
            ((moment, writing),) = begun
            hops = await writing
        finally:
            await asyncio.gather(*(task for _, task in begun), return_exceptions=True)
        return Manifest(
            state_format=STATE_FORMAT,
            sandbox=version("sandbox"),
            name=name,
            saved_at=time.time(),
            virtual=virtual,
            engine=session.engine.name,
            stacks=[stack.name for stack in stacks],
            journal=journalcopy.identity(session.journal.database),
            hop=moment.hop,
            hops=hops,
            databases=dump,
        )

    def _write_parts(self, folder: Path, moment: Moment) -> int:
        with closing(sqlite3.connect(folder / STATE, isolation_level=None)) as state:
            moment.state.backup(state)
        moment.state.close()
        code = self._session.folder.path / _CODE
        if code.is_dir():
            shutil.copytree(code, folder / _CODE, symlinks=True)
        return journalcopy.copy(self._session.folder.journal_db, folder / JOURNAL, moment.hop)

    # --- loading -----------------------------------------------------------------------------------------
    async def load(self, reference: str, cwd: Path, told: Told = tell_nobody) -> Manifest:
        """Takes the sandbox back to a snapshot. It is checked whole before anything is changed.

        Args:
            reference: name of a snapshot, or a file.
            cwd: folder from which a file is looked up.
            told: told what is waited for, when that takes long.

        Raises:
            BusyError: something that works on a stack did not end.
            SnapshotError: no such snapshot; it is damaged, or of another format or
                engine. Nothing was changed.
        """
        session = self._session
        file = self.find(reference, cwd)
        manifest = await asyncio.to_thread(container.read_manifest, file)
        if manifest.engine != session.engine.name:
            raise SnapshotError(
                f"the snapshot {file} is of another engine",
                f"it is of {manifest.engine}, this sandbox runs {session.engine.name}",
                f"load it into a sandbox started with --engine {manifest.engine}",
            )
        async with _folder(session.folder.run) as folder:
            await asyncio.to_thread(container.unpack, file, manifest, folder)
            state = await asyncio.to_thread(_checked, file, folder)
            with closing(state):
                loaded = await session.engine.databases.load(folder, manifest.databases)
                try:
                    async with self._alone("`sandbox snapshot load`", told):
                        await self._put_in_place(manifest, folder, state, loaded)
                finally:
                    await loaded.discard()
        session.warm()
        return manifest

    async def _put_in_place(
        self, manifest: Manifest, folder: Path, state: sqlite3.Connection, loaded: Loaded
    ) -> None:
        session = self._session
        await session.world.replace(
            state,
            databases=loaded.take_over,
            journal=lambda: journalcopy.put_back(
                session.journal, manifest.journal, manifest.hop, folder / JOURNAL
            ),
            rebuilt=self._rebuilt,
            before=lambda: self._add_code(folder / _CODE),
        )

    async def reset(self, told: Told = tell_nobody, begins: Callable[[], None] = lambda: None) -> None:
        """Empties the sandbox: state, databases and journal. The systems are to be deployed again.

        Args:
            told: told what is waited for, when that takes long.
            begins: called when the wait is over.

        Raises:
            BusyError: something that works on a stack did not end.
        """
        session = self._session
        async with self._alone("`sandbox reset`", told):
            begins()
            empty = session.world.moment().state
            with closing(empty):
                _empty(empty)
                await session.world.replace(
                    empty,
                    databases=lambda present: session.engine.databases.put_back("", present),
                    journal=lambda: session.journal.rewind(0),
                    rebuilt=self._rebuilt,
                )

    @asynccontextmanager
    async def _alone(self, what: str, told: Told) -> AsyncIterator[None]:
        """Waits, not for ever, until nothing works on a stack, and lets nothing and nobody in meanwhile."""
        turns = self._session.deployment.turns
        async with turns.alone(what, told, turns.longest), self._session.world.held():
            yield

    async def _rebuilt(self) -> None:
        self._session.deployment.learn_keys()
        await self._session.find_database()
        self._session.counters.rebuilt()

    def _add_code(self, unpacked: Path) -> None:
        """Brings in the packages of functions that are not here; those that are here are the same."""
        if unpacked.is_dir():
            shutil.copytree(unpacked, self._session.folder.path / _CODE, dirs_exist_ok=True, symlinks=True)

    # --- what there is -----------------------------------------------------------------------------------
    def all(self) -> list[SnapshotView]:
        """The snapshots in the state folder, newest first."""
        views = [_view(file) for file in self._session.folder.snapshots.glob(f"*{SUFFIX}")]
        return sorted(views, key=lambda view: (-view.saved_at, view.name))

    def remove(self, names: Sequence[str]) -> None:
        """Removes snapshots from the state folder: all of them, or none.

        Raises:
            SnapshotError: there is none of a name.
        """
        for name in names:
            if not self._file(name).exists():
                raise self._unknown(name)
        for name in names:
            self._file(name).unlink(missing_ok=True)

    def find(self, reference: str, cwd: Path) -> Path:
        """The file of a snapshot, by name or path.

        Raises:
            SnapshotError: there is none.
        """
        if _NAME.fullmatch(reference) and self._file(reference).exists():
            return self._file(reference)
        path = cwd / Path(reference).expanduser()
        if path.is_file():
            return path
        raise self._unknown(reference)

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} is no name for a snapshot",
                "a name has up to 100 letters, digits, dots, hyphens and underscores",
                "name it like before-upgrade; --to FILE says where it goes",
            )
        return self._session.folder.snapshots / f"{name}{SUFFIX}"

    def _unknown(self, name: str) -> SnapshotError:
        known = [view.name for view in self.all()]
        near = near_ids(name, known)
        hint = f"did you mean {', '.join(near)}? " if near else ""
        return SnapshotError(
            f"there is no snapshot {name}",
            f"neither one of that name nor such a file; saved are: {', '.join(known) or 'none'}",
            f"{hint}`sandbox snapshot ls` lists them, `sandbox snapshot save NAME` makes one",
        )


def _view(file: Path) -> SnapshotView:
    size, name = file.stat().st_size, file.name.removesuffix(SUFFIX)
    try:
        manifest = container.read_manifest(file)
    except SnapshotError as error:
        return SnapshotView(name=name, path=str(file), bytes=size, problem=error.why)
    return SnapshotView(
        name=name,
        path=str(file),
        bytes=size,
        saved_at=manifest.saved_at,
        virtual=manifest.virtual,
        sandbox=manifest.sandbox,
        stacks=manifest.stacks,
    )


def _checked(file: Path, folder: Path) -> sqlite3.Connection:
    """The state of an unpacked snapshot, after a look at all parts that SQLite can read."""
    journalcopy.check(folder / JOURNAL)
    return read_state(file, folder / STATE)


def read_state(file: Path, unpacked: Path) -> sqlite3.Connection:
    """The state of a snapshot, in memory, after SQLite has looked at all of it."""
    state = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        with closing(sqlite3.connect(unpacked)) as stored:
            stored.backup(state)
        (verdict,) = state.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        state.close()
        raise SnapshotError(
            f"the snapshot {file} is damaged",
            f"its state: {verdict}",
            "save another one; nothing was changed",
        )
    return state


def _empty(state: sqlite3.Connection) -> None:
    tables = state.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in tables.fetchall():
        state.execute(f'DELETE FROM "{table}"')
    state.commit()


@asynccontextmanager
async def _folder(base: Path) -> AsyncIterator[Path]:
    """A folder of its own that goes at the end."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="snapshot-", dir=base))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
