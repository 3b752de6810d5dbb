"""Live folders: an edit counts from the next look on, told by the kernel or found by a walk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.services.lambda_.live import LiveFolders
from sandbox.services.lambda_.watches import Watches


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `current` points to: a folder in a folder of a release."""
    code = tmp_path / "v1" / "code"
    (code / "pkg" / "deep").mkdir(parents=True)
    for name in ("app.py", "pkg/a.py", "pkg/deep/b.py"):
        (code / name).write_text("a")
    other = tmp_path / "v2" / "code"
    other.mkdir(parents=True)
    (other / "app.py").write_text("other")
    (tmp_path / "current").symlink_to("v1")
    return tmp_path / "current" / "code"


class Walks:
    """A clock's seconds that never pass; each walk asks for them twice."""

    def __init__(self) -> None:
        self._asked = 0

    def __call__(self) -> float:
        self._asked += 1
        return 0.0

    @property
    def made(self) -> int:
        return self._asked // 2


class Dear:
    """A clock's seconds on which each walk takes 10 ms, more than the folder is worth.

    Attributes:
        cost: seconds that pass between two looks at the clock.
        waited: seconds that passed besides.
    """

    def __init__(self) -> None:
        self.cost = 0.01
        self.waited = 0.0
        self._now = 0.0

    def __call__(self) -> float:
        self._now += self.cost
        return self._now + self.waited


def live_folders(monotonic: Callable[[], float], **options: Any) -> LiveFolders:
    clock = Clock(start=0.0, speed=0, monotonic=monotonic)
    return LiveFolders(clock, Watches(**{"local": lambda device: True, **options}))


@pytest.fixture(
    params=[{}, {"local": lambda device: False}, {"mounted": lambda folder: True}, {"usable": False}],
    ids=["told", "foreign", "mounted below", "no inotify"],
)
def known(request: pytest.FixtureRequest) -> Iterator[LiveFolders]:
    with closing(live_folders(Walks(), **request.param)) as folders:
        yield folders


def swap(folder: Path) -> None:
    (folder.parents[1] / "v1").rename(folder.parents[1] / "old")
    (folder.parents[1] / "v2").rename(folder.parents[1] / "v1")


def point_elsewhere(folder: Path) -> None:
    (folder.parents[1] / "next").symlink_to("v2")
    (folder.parents[1] / "next").replace(folder.parents[1] / "current")


def replaced(folder: Path) -> None:
    (folder / "new").write_text("another")
    (folder / "new").replace(folder / "app.py")


def folder_with_file(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "c.py").write_text("c")


EDITS: dict[str, Callable[[Path], object]] = {
    "written": lambda folder: (folder / "app.py").write_text("bb"),
    "written below": lambda folder: (folder / "pkg/deep/b.py").write_text("bb"),
    "touched": lambda folder: os.utime(folder / "pkg/a.py", ns=(1, 1)),
    "replaced": replaced,
    "new": lambda folder: (folder / "pkg/c.py").write_text(""),
    "removed": lambda folder: (folder / "pkg/a.py").unlink(),
    "renamed": lambda folder: (folder / "pkg/a.py").rename(folder / "pkg/z.py"),
    "a new folder": folder_with_file,
    "a renamed folder": lambda folder: (folder / "pkg").rename(folder / "kgp"),
    "another folder above": swap,
    "a link above": point_elsewhere,
    "a link": lambda folder: (folder / "pkg/l.py").symlink_to("../../../v2/code/app.py"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_edit_counts_at_once(known: LiveFolders, folder: Path, edit: Callable[[Path], object]) -> None:
    path = str(folder)
    first = known.key(path)
    assert known.key(path) == first
    edit(folder)
    second = known.key(path)
    assert second not in (None, first)
    assert known.key(path) == second


def test_edit_after_edit_counts(known: LiveFolders, folder: Path) -> None:
    folder_with_file(folder)
    keys = {known.key(str(folder))}
    for text in ("1", "22", "333"):
        for name in ("app.py", "more/c.py"):
            (folder / name).write_text(text)
            keys.add(known.key(str(folder)))
    assert len(keys) == 7


def test_what_a_link_leads_to_counts_as_well(known: LiveFolders, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    outside = tmp_path / "shared" / "common.py"
    outside.write_text("a")
    (folder / "common.py").symlink_to(outside)
    (folder / "shared").symlink_to(outside.parent)
    (tmp_path / "elsewhere.py").hardlink_to(folder / "app.py")
    keys = {known.key(str(folder)), known.key(str(folder))}
    outside.write_text("bb")
    keys.add(known.key(str(folder)))
    (tmp_path / "elsewhere.py").write_text("bb")
    keys.add(known.key(str(folder)))
    (outside.parent / "new.py").write_text("bb")
    keys.add(known.key(str(folder)))
    assert len(keys) == 4


def test_a_folder_that_is_gone_and_comes_back(known: LiveFolders, folder: Path) -> None:
    first = known.key(str(folder))
    folder.rename(folder.with_name("away"))
    assert known.key(str(folder)) is None
    assert known.key(str(folder)) is None
    folder.with_name("away").rename(folder)
    assert known.key(str(folder)) == first
    (folder / "app.py").write_text("bb")
    assert known.key(str(folder)) != first


def test_a_folder_in_a_folder_is_known_as_well(known: LiveFolders, folder: Path) -> None:
    outer, inner = str(folder), str(folder / "pkg")
    first = known.key(outer), known.key(inner)
    (folder / "pkg" / "a.py").write_text("bb")
    second = known.key(outer), known.key(inner)
    (folder / "app.py").write_text("bb")
    third = known.key(outer), known.key(inner)
    assert len({first[0], second[0], third[0]}) == 3
    assert first[1] != second[1] == third[1]


def test_a_walk_that_is_dear_is_not_made_every_time(folder: Path) -> None:
    clock = Dear()
    with closing(live_folders(clock, usable=False)) as known:
        known.key(str(folder))
        first = known.key(str(folder))
        (folder / "app.py").write_text("bb")
        assert known.key(str(folder)) == first
        clock.waited = 1.0
        assert known.key(str(folder)) != first


def test_one_dear_walk_among_cheap_ones_says_nothing_of_the_folder(folder: Path) -> None:
    """It was the first one, of a cold disk, or the processor was busy meanwhile."""
    clock = Dear()
    with closing(live_folders(clock, usable=False)) as known:
        keys = {known.key(str(folder))}
        for text, cost in (("1", 0.0), ("22", 0.01), ("333", 0.0), ("4444", 0.01), ("55555", 0.0)):
            clock.cost = cost
            (folder / "app.py").write_text(text)
            keys.add(known.key(str(folder)))
        assert len(keys) == 6


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/sys/fs/inotify").is_dir(), reason="no inotify here")
class TestTold:
    @pytest.fixture
    def walks(self) -> Walks:
        return Walks()

    @pytest.fixture
    def known(self, walks: Walks) -> Iterator[LiveFolders]:
        with closing(live_folders(walks)) as folders:
            yield folders

    def test_a_folder_is_walked_again_only_after_a_change(
        self, known: LiveFolders, folder: Path, walks: Walks
    ) -> None:
        for _ in range(3):
            known.key(str(folder))
        assert walks.made == 1
        (folder / "app.py").write_text("bb")
        for _ in range(3):
            known.key(str(folder))
        assert walks.made == 2
        (folder / "app.py").read_text()
        (folder / "__pycache__").mkdir()
        known.key(str(folder))
        (folder / "__pycache__" / "app.pyc").write_text("")
        known.key(str(folder))
        assert walks.made == 3

    def test_an_edit_that_was_told_counts_at_once_however_dear_walks_are(self, folder: Path) -> None:
        with closing(live_folders(Dear())) as known:
            keys = {known.key(str(folder))}
            for text in ("1", "22", "333", "4444"):
                (folder / "app.py").write_text(text)
                keys.add(known.key(str(folder)))
            assert len(keys) == 5

    def test_what_has_too_many_folders_is_walked(self, folder: Path, walks: Walks) -> None:
        with closing(live_folders(walks, most=2)) as known:
            assert known.key(str(folder)) == known.key(str(folder))
            assert walks.made == 2
            shutil.rmtree(folder / "pkg" / "deep")
            for _ in range(3):  # it is found small enough, watched, and walked no more
                known.key(str(folder))
            assert walks.made == 4

    def test_what_has_files_that_lie_elsewhere_is_walked(self, folder: Path, walks: Walks) -> None:
        mounted = {str(folder)}
        with closing(live_folders(walks, mounted=mounted.__contains__)) as known:
            for _ in range(3):
                known.key(str(folder))
            assert walks.made == 3
            mounted.clear()
            for _ in range(3):
                known.key(str(folder))
            assert walks.made == 4

    def test_more_changes_than_the_kernel_keeps_end_the_watch(
        self, known: LiveFolders, folder: Path, walks: Walks
    ) -> None:
        known.key(str(folder))
        most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        for count in range(most // 2 + 2):
            os.utime(folder / ("app.py", "pkg/a.py")[count % 2], ns=(count, count))
            os.utime(folder / "pkg/deep/b.py", ns=(count, count))
        last = known.key(str(folder))
        assert known.key(str(folder)) == last
        assert walks.made == 2

    def test_nothing_is_left_open(self, known: LiveFolders, folder: Path, walks: Walks) -> None:
        before = descriptors()
        for _ in range(3):
            known.key(str(folder))
            assert descriptors() == before + 1
            known.close()
            assert descriptors() == before
        assert walks.made == 3
