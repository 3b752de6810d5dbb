"""The state folder: taken by one, emptied only when it is ours."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.backing.leftovers import write_record
from sandbox.errors import StoreError
from sandbox.session.statefolder import AlreadyRunningError, StateFolder


def test_is_made_for_its_user_alone_and_ignored_by_git(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "a" / ".sandbox")
    folder.claim(fresh=False)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert (folder.path / ".gitignore").read_text() == "*\n"
    assert folder.run.is_dir()
    folder.release()
    assert not folder.run.exists()


def test_two_cannot_have_it(tmp_path: Path) -> None:
    one, two = StateFolder(tmp_path / "s"), StateFolder(tmp_path / "s")
    assert not two.is_held()
    one.claim(fresh=False)
    assert two.is_held()
    assert two.daemon_pid() == os.getpid()
    with pytest.raises(AlreadyRunningError, match="is running in") as caught:
        two.claim(fresh=True)
    assert str(os.getpid()) in caught.value.why
    one.release()
    assert not two.is_held()
    two.claim(fresh=False)
    two.release()


def test_a_crashed_daemon_leaves_it_free(tmp_path: Path) -> None:
    state = tmp_path / "s"
    code = (
        "import os, sys; from pathlib import Path; from sandbox.session.statefolder import StateFolder; "
        "folder = StateFolder(Path(sys.argv[1])); folder.claim(fresh=False); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(state)], check=False).returncode == 9
    folder = StateFolder(state)
    assert folder.daemon_pid() is not None
    assert not folder.is_held()
    folder.claim(fresh=False)
    assert folder.daemon_pid() == os.getpid()
    folder.release()


def test_fresh_throws_away_what_it_held(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "s")
    folder.claim(fresh=False)
    (folder.path / "code").mkdir()
    (folder.path / "code" / "app.py").write_text("x")
    folder.state_db.write_text("x")
    folder.log.write_text("kept: it is being written")
    folder.release()
    folder.claim(fresh=True)
    assert not folder.state_db.exists()
    assert not (folder.path / "code").exists()
    assert folder.log.exists()
    folder.release()


def test_fresh_ends_the_servers_of_a_crashed_sandbox_first(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "s")
    folder.claim(fresh=False)
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        write_record(folder.path / "moto" / "server.pid", server.pid, command)
        folder.release()
        folder.claim(fresh=True)
        assert not psutil.pid_exists(server.pid)
        server.wait()
    folder.release()


@pytest.mark.parametrize("fresh", [True, False])
def test_somebody_elses_folder_is_left_alone(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "important.txt").write_text("x")
    with pytest.raises(StoreError, match="is not a sandbox's state folder"):
        StateFolder(tmp_path).claim(fresh=fresh)
    assert [entry.name for entry in tmp_path.iterdir()] == ["important.txt"]


def test_a_file_is_no_state_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(StoreError, match="cannot be a state folder") as caught:
        StateFolder(file).prepare()
    assert "--state DIR" in caught.value.remedy
    assert "Errno" not in caught.value.why
    assert str(file) in caught.value.why


def test_what_a_daemon_left_may_be_unreadable(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "s")
    folder.claim(fresh=False)
    (folder.run / "daemon.json").write_text("{")
    assert folder.daemon_pid() is None
    folder.describe({"endpoint": "http://127.0.0.1:1"})
    assert folder.daemon_pid() == os.getpid()
    folder.release()
    assert folder.daemon_pid() is None
