"""Snapshot files: whole or not at all, checked before they are used."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import msgspec
import pytest

from sandbox.model.dumps import DatabaseDump
from sandbox.session.snapshots import container
from sandbox.session.snapshots.comparison import compare_databases, compare_states
from sandbox.session.snapshots.container import SnapshotError
from sandbox.session.snapshots.manifest import FORMAT, Manifest
from sandbox.store.database import FORMAT as STATE_FORMAT

MANIFEST = Manifest(
    state_format=STATE_FORMAT,
    sandbox="0.1.0",
    name="a",
    saved_at=1.0,
    virtual=2.0,
    engine="embedded",
    stacks=["nfe"],
    journal="j",
    hop=3,
    hops=3,
    databases=DatabaseDump(),
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A snapshot with two parts."""
    parts = tmp_path / "parts"
    (parts / "code").mkdir(parents=True)
    (parts / "state.db").write_bytes(b"state" * 1000)
    (parts / "code" / "app.py").write_text("code")
    file = tmp_path / "a.snapshot"
    container.write(file, MANIFEST, parts)
    return file


def test_what_is_written_is_read(saved: Path, tmp_path: Path) -> None:
    manifest = container.read_manifest(saved)
    assert manifest.stacks == ["nfe"]
    container.unpack(saved, manifest, tmp_path / "again")
    assert (tmp_path / "again" / "code" / "app.py").read_text() == "code"
    assert saved.stat().st_mode & 0o777 == 0o600, "it holds data and password hashes"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="there is no snapshot"):
        container.read_manifest(tmp_path / "none")


@pytest.mark.parametrize("keep", [0, 10, 3000, -1])
def test_a_file_that_was_cut(saved: Path, keep: int) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[:keep])
    with pytest.raises(SnapshotError, match="is damaged"):
        container.read_manifest(saved)


def test_a_part_that_was_changed(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content.replace(b"statestate", b"statestatX", 1))
    manifest = container.read_manifest(saved)
    with pytest.raises(SnapshotError, match="is damaged"):
        container.unpack(saved, manifest, tmp_path / "again")


@pytest.mark.parametrize("field", ["format", "state_format"])
def test_a_newer_file(tmp_path: Path, field: str) -> None:
    newer = {**msgspec.to_builtins(MANIFEST), field: max(FORMAT, STATE_FORMAT) + 1, "sandbox": "9.9"}
    if field == "format":
        newer = {"format": newer["format"], "sandbox": "9.9", "anything": "else"}
    file = tmp_path / "newer.snapshot"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", msgspec.json.encode(newer))
    with pytest.raises(SnapshotError, match=r"saved by a newer sandbox \(9.9\)"):
        container.read_manifest(file)


def test_a_part_that_would_lie_outside(tmp_path: Path) -> None:
    file = tmp_path / "evil.snapshot"
    manifest = msgspec.structs.replace(MANIFEST, digests={"../outside": "0"})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", msgspec.json.encode(manifest))
        archive.writestr("../outside", "x")
    (tmp_path / "in").mkdir()
    with pytest.raises(SnapshotError, match="would lie outside"):
        container.unpack(file, container.read_manifest(file), tmp_path / "in")
    assert not (tmp_path / "outside").exists()


def _state(*rows: int) -> sqlite3.Connection:
    state = sqlite3.connect(":memory:")
    state.execute("CREATE TABLE t (n INTEGER)")
    state.execute("CREATE TABLE session_clock (n REAL)")
    state.executemany("INSERT INTO t VALUES (?)", [(row,) for row in rows])
    state.execute("INSERT INTO session_clock VALUES (?)", (sum(rows),))
    return state


def test_states_are_compared_row_by_row() -> None:
    (found,) = compare_states(_state(1, 2, 3), _state(2, 3, 4, 5))
    assert (found.table, found.before, found.after) == ("t", 3, 4)
    assert (found.added, found.removed) == (2, 1)
    assert compare_states(_state(1, 2), _state(2, 1)) == []


def test_databases_are_compared_by_digests() -> None:
    before = {"nfe": {"a": (1, "x"), "b": (2, "y")}}
    after = {"nfe": {"a": (1, "x"), "b": (2, "z"), "c": (0, "0")}}
    found = compare_databases(before, after)
    assert [(one.table, one.before, one.after) for one in found] == [("b", 2, 2), ("c", None, 0)]
