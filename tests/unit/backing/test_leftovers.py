"""Pid files: what is ours is ended, what is not is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sandbox.backing.leftovers import end_leftover, processes_in, start_mark, write_record

_COMMAND = (sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()")


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(_COMMAND, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_recorded_process_is_ended(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    file = tmp_path / "server.pid"
    write_record(file, sleeper.pid, _COMMAND)
    assert end_leftover(file) == [sleeper.pid]
    assert start_mark(sleeper.pid) is None
    assert not file.exists()


@pytest.mark.parametrize("change", [{"started": "another boot:1"}, {"command": ["/bin/other"]}])
def test_a_process_that_merely_has_the_id_is_left_alone(
    sleeper: subprocess.Popen[bytes], tmp_path: Path, change: dict[str, object]
) -> None:
    file = tmp_path / "server.pid"
    write_record(file, sleeper.pid, _COMMAND)
    record = msgspec.json.decode(file.read_bytes())
    file.write_bytes(msgspec.json.encode({**record, **change}))
    assert end_leftover(file) == []
    assert sleeper.poll() is None
    assert not file.exists()


@pytest.mark.parametrize("content", [b"", b"123", b"{}", b'{"pid": "x"}'])
def test_a_broken_pid_file_is_removed(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "server.pid"
    file.write_bytes(content)
    assert end_leftover(file) == []
    assert not file.exists()


def test_no_pid_file_means_nothing_to_do(tmp_path: Path) -> None:
    assert end_leftover(tmp_path / "server.pid") == []


def test_a_process_that_is_gone_is_no_leftover(tmp_path: Path) -> None:
    process = subprocess.Popen((sys.executable, "-c", ""))
    file = tmp_path / "server.pid"
    write_record(file, process.pid, _COMMAND)
    process.wait()
    assert end_leftover(file) == []


def test_start_marks_tell_processes_apart(sleeper: subprocess.Popen[bytes]) -> None:
    assert start_mark(os.getpid()) == start_mark(os.getpid())
    assert start_mark(os.getpid()) != start_mark(sleeper.pid)


def test_processes_are_found_by_their_folder(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert [process.pid for process in processes_in(tmp_path.resolve(), "python")] == [sleeper.pid]
    assert processes_in(tmp_path / "elsewhere", "python") == []
