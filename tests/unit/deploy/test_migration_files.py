"""Which migrations are pending, and which folders are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.deploy.errors import MigrationError
from sandbox.deploy.migrations import pending, read_migrations


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text(f"-- {name}")
    return folder


def test_files_are_read_in_order(tmp_path: Path) -> None:
    found = read_migrations(write(tmp_path, "0002_b.sql", "0001_a.sql", "README.md"))
    assert [migration.name for migration in found] == ["0001_a", "0002_b"]


def test_line_ends_do_not_change_a_checksum(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_bytes(b"a\r\nb\r\n")
    (tmp_path / "0002_b.sql").write_bytes(b"a\nb\n")
    first, second = read_migrations(tmp_path)
    assert first.checksum == second.checksum


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["1_a.sql"], "not named like"), (["0001_a.sql", "0001_b.sql"], "the number 0001")],
)
def test_unclear_folders_are_refused(tmp_path: Path, names: list[str], expected: str) -> None:
    with pytest.raises(MigrationError, match=expected):
        read_migrations(write(tmp_path, *names))


def test_only_new_ones_are_pending(tmp_path: Path) -> None:
    found = read_migrations(write(tmp_path, "0001_a.sql", "0002_b.sql"))
    applied = {"0001_a": found[0].checksum}
    assert pending(found, applied) == [found[1]]
    assert pending(found, {}) == found


def test_history_cannot_be_changed(tmp_path: Path) -> None:
    found = read_migrations(write(tmp_path, "0001_a.sql", "0002_b.sql"))
    with pytest.raises(MigrationError, match="was changed after"):
        pending(found, {"0001_a": "other"})
    with pytest.raises(MigrationError, match="is gone"):
        pending(found[1:], {"0001_a": "x"})
    with pytest.raises(MigrationError, match="comes before 0002_b"):
        pending(found, {"0002_b": found[1].checksum})
