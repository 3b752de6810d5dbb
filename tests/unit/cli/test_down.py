"""`sandbox down` waits for the daemon's end, whoever reaps it."""

from __future__ import annotations

import subprocess
import sys

from sandbox.cli.down import ended


def test_a_process_that_nobody_has_reaped_yet_has_ended() -> None:
    # A container whose first process reaps nobody keeps the daemon as a zombie for good.
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        assert ended(child.pid, 20.0)
        assert child.returncode is None
    finally:
        child.wait()


def test_a_process_that_is_gone_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert ended(child.pid, 0.0)


def test_a_process_that_runs_on_has_not() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert not ended(child.pid, 0.05)
        child.communicate(b"\n")
