"""Which file systems write in place: those that say so, and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.store.filesystems import has_mounts, is_local, overwrites_in_place


def mounted(folder: Path, kind: str, device: str = "") -> Path:
    """A list of mounts in which the folder's device has a file system of a kind."""
    number = folder.stat().st_dev
    device = device or f"{os.major(number)}:{os.minor(number)}"
    mounts = folder / "mountinfo"
    mounts.write_text(
        "22 27 0:0 / /proc rw,relatime - proc proc rw\n"
        f"27 1 {device} / / rw,relatime shared:3 master:1 - {kind} /dev/vda rw,discard\n"
    )
    return mounts


@pytest.mark.parametrize(
    ("kind", "in_place"),
    [("ext4", True), ("xfs", True), ("tmpfs", True), ("btrfs", False), ("zfs", False), ("overlay", False)],
)
def test_a_file_system_is_known_by_its_kind(tmp_path: Path, kind: str, in_place: bool) -> None:
    assert overwrites_in_place(tmp_path, mounted(tmp_path, kind)) is in_place


@pytest.mark.parametrize(
    ("kind", "local"),
    [("ext4", True), ("btrfs", True), ("tmpfs", True), ("nfs4", False), ("virtiofs", False), ("9p", False)],
)
def test_what_others_serve_may_change_unheard(tmp_path: Path, kind: str, local: bool) -> None:
    assert is_local(tmp_path.stat().st_dev, mounted(tmp_path, kind)) is local


def test_what_nobody_says_is_not_taken_for_granted(tmp_path: Path) -> None:
    assert not overwrites_in_place(tmp_path, mounted(tmp_path, "ext4", "9999:1"))
    assert not overwrites_in_place(tmp_path, tmp_path / "nothing")
    (tmp_path / "odd").write_text("\n - ext4\nx y\n")
    assert not overwrites_in_place(tmp_path, tmp_path / "odd")


@pytest.mark.parametrize(
    ("point", "found"),
    [
        ("code/common.py", True),
        ("code/lib/deep", True),
        ("code", False),
        ("code2/common.py", False),
        ("", False),
    ],
)
def test_what_is_mounted_below_a_folder_is_found(tmp_path: Path, point: str, found: bool) -> None:
    root = tmp_path / "a folder"
    (root / "code").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root / "code")
    mounts = mounted(tmp_path, "ext4")
    escaped = str(root / point).replace(" ", r"\040")
    with mounts.open("a") as lines:
        lines.write(f"31 27 8:1 /src/common.py {escaped} rw,relatime - ext4 /dev/vda rw\n")
    assert has_mounts(str(root / "code"), mounts) is found
    assert has_mounts(str(tmp_path / "link"), mounts) is found
    assert not has_mounts(str(root / "code"), tmp_path / "nothing")
