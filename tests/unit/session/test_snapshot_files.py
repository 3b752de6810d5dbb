"""Snapshot files: whole or not at all, checked before they are used."""

from __future__ import annotations

import contextlib
import sqlite3
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.model.dumps import DatabaseDump, DumpedDatabase
from sandbox.session.snapshots import container
from sandbox.session.snapshots.comparison import compare_databases, compare_states
from sandbox.session.snapshots.container import SnapshotError
from sandbox.session.snapshots.manifest import FORMAT, Manifest
from sandbox.store.format import FORMAT as STATE_FORMAT

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
    databases=DatabaseDump(databases={"loja": DumpedDatabase(file="database-1.dump", owner="loja")}),
)
PARTS = {
    "state.db": b"state" * 100,
    "journal.db": b"journal" * 30,
    "database-1.dump": b"PGDMP" * 20,
    "code/app.py": b"code",
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A snapshot with a few parts."""
    return save(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the file of a snapshot has in it."""
    return save(tmp_path_factory.mktemp("whole")).read_bytes()


def save(folder: Path) -> Path:
    for name, content in PARTS.items():
        part = folder / "parts" / name
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
    file = folder / "a.snapshot"
    container.write(file, MANIFEST, folder / "parts")
    return file


def read(file: Path, target: Path) -> dict[str, bytes]:
    """The parts, as a load has them."""
    container.unpack(file, container.read_manifest(file), target)
    return {str(one.relative_to(target)): one.read_bytes() for one in target.rglob("*") if one.is_file()}


def test_what_is_written_is_read(saved: Path, tmp_path: Path) -> None:
    manifest = container.read_manifest(saved)
    assert manifest.stacks == ["nfe"]
    assert read(saved, tmp_path / "again") == PARTS
    assert saved.stat().st_mode & 0o777 == 0o600, "it holds data and password hashes"
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="there is no snapshot"):
        container.read_manifest(tmp_path / "none")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(keep=st.integers(0, 10_000))
def test_a_file_that_was_cut_anywhere(whole: bytes, tmp_path: Path, keep: int) -> None:
    file = tmp_path / "cut.snapshot"
    file.write_bytes(whole[: keep % len(whole)])
    with pytest.raises(SnapshotError, match="is damaged") as refused:
        read(file, tmp_path / "out")
    assert "nothing was changed" in refused.value.remedy


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_file_that_was_damaged_anywhere(whole: bytes, tmp_path: Path, place: int, bit: int) -> None:
    damaged = bytearray(whole)
    damaged[place % len(whole)] ^= 1 << bit
    file = tmp_path / "damaged.snapshot"
    file.write_bytes(damaged)
    with contextlib.suppress(SnapshotError):
        assert read(file, tmp_path / "out") == PARTS, "only what means nothing may differ, such as a date"


@pytest.mark.parametrize("missing", ["state.db", "journal.db", "database-1.dump"])
def test_a_part_that_the_manifest_does_not_know(tmp_path: Path, saved: Path, missing: str) -> None:
    target = tmp_path / "less.snapshot"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(target, "w") as new:
        manifest = msgspec.json.decode(old.read("manifest.json"))
        del manifest["digests"][missing]
        new.writestr("manifest.json", msgspec.json.encode(manifest))
    with pytest.raises(SnapshotError, match="is damaged") as refused:
        container.read_manifest(target)
    assert f"its parts {missing} are missing" in refused.value.why


@pytest.mark.parametrize(("by", "whose"), [(1, "a newer"), (-1, "an older")])
@pytest.mark.parametrize("field", ["format", "state_format"])
def test_a_file_of_another_format(tmp_path: Path, field: str, by: int, whose: str) -> None:
    own = {"format": FORMAT, "state_format": STATE_FORMAT}
    other = {**own, field: own[field] + by, "sandbox": "9.9", "anything": "else"}
    file = tmp_path / "other.snapshot"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", msgspec.json.encode(other))
    with pytest.raises(SnapshotError, match=rf"saved by {whose} sandbox \(9.9\)"):
        container.read_manifest(file)
    assert file.exists()


def test_a_part_that_would_lie_outside(tmp_path: Path) -> None:
    file = tmp_path / "evil.snapshot"
    digests = {**dict.fromkeys(PARTS, "0"), "../outside": "0"}
    manifest = msgspec.structs.replace(MANIFEST, digests=dict(sorted(digests.items())))
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
