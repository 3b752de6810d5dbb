"""Supervised processes: readiness, evidence, ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from sandbox.backing.process import SupervisedProcess
from sandbox.backing.restart import KeptRunning
from sandbox.errors import ServerStartError
from tests.contract.backing.support import is_alive, python_spec, started

_PAUSE = "import signal; print('ready'); signal.pause()"
_DEAF = "import signal; signal.signal(15, signal.SIG_IGN); print('ready')\nwhile True: signal.pause()"
_FAMILY = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
print(f"ready {child.pid}")
signal.pause()
"""


def test_a_server_is_ready_when_its_probe_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        process = await started(python_spec(tmp_path, _PAUSE))
        pid = process.pid
        assert pid is not None
        assert is_alive(pid)
        assert (tmp_path / "server.pid").exists()
        assert os.getsid(pid) == pid
        await process.stop()
        assert process.pid is None
        assert not is_alive(pid)
        assert not (tmp_path / "server.pid").exists()

    asyncio.run(scenario())


def test_a_server_that_exits_while_it_is_awaited_is_reported_with_its_last_words(tmp_path: Path) -> None:
    spec = python_spec(tmp_path, "print('the disk is full'); raise SystemExit(7)", remedy="free some space")
    with pytest.raises(ServerStartError) as caught:
        asyncio.run(started(spec))
    error = caught.value
    assert "test server" in error.what
    assert "status 7" in error.why
    assert "the line 'ready'" in error.why
    assert "the disk is full" in error.why
    assert error.remedy == "free some space"
    assert not (tmp_path / "server.pid").exists()


def test_a_server_that_is_killed_while_it_is_awaited_is_reported_by_signal(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError, match="did not become ready") as caught:
        asyncio.run(started(python_spec(tmp_path, "import os; os.kill(os.getpid(), 9)")))
    assert "SIGKILL" in caught.value.why


def test_a_server_that_never_gets_ready_is_ended(tmp_path: Path) -> None:
    async def scenario() -> None:
        process = SupervisedProcess(python_spec(tmp_path, "import signal; print('up'); signal.pause()"))
        pids: list[int] = []

        async def never(run: SupervisedProcess) -> None:
            await run.log.wait_for("up")
            assert run.pid is not None
            pids.append(run.pid)
            await asyncio.get_running_loop().create_future()

        with pytest.raises(ServerStartError) as caught:
            await process.start(never, expected="a wonder", within=0.5)
        assert "a wonder" in caught.value.why
        assert "still runs" in caught.value.why
        assert not any(is_alive(pid) for pid in pids)

    asyncio.run(scenario())


def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ServerStartError) as caught:
        asyncio.run(started(python_spec(tmp_path, "", command=("/no/such/program",))))
    assert "/no/such/program" in caught.value.why


def test_a_server_deaf_to_term_is_killed(tmp_path: Path) -> None:
    async def scenario() -> int:
        process = await started(python_spec(tmp_path, _DEAF, stop_signals=((signal.SIGTERM, 0.05),)))
        await process.stop()
        return await process.wait()

    assert asyncio.run(scenario()) == -signal.SIGKILL


def test_descendants_in_sessions_of_their_own_end_too(tmp_path: Path) -> None:
    async def scenario() -> int:
        process = await started(python_spec(tmp_path, _FAMILY))
        pid = int(process.log.last()[-1].split()[1])
        assert is_alive(pid)
        await process.stop()
        return pid

    assert not is_alive(asyncio.run(scenario()))


def test_a_server_inherits_nothing_of_ours(tmp_path: Path) -> None:
    script = "import os; print(sorted(os.environ)); print(os.listdir('/proc/self/fd')); print('ready')"

    async def scenario() -> list[str]:
        process = await started(python_spec(tmp_path, script + "; import signal; signal.pause()"))
        await process.stop()
        return process.log.last()

    environment, descriptors, _ = asyncio.run(scenario())
    assert "HOME" not in environment
    assert len(descriptors.split(",")) == 4


def test_the_next_start_ends_what_a_crash_left(tmp_path: Path) -> None:
    async def scenario() -> None:
        first = await started(python_spec(tmp_path, _PAUSE))
        pid = first.pid
        assert pid is not None
        # A second sandbox on the same folder, as after a crash of the first: it knows the pid file alone.
        second = await started(python_spec(tmp_path, _PAUSE))
        assert not is_alive(pid)
        assert second.pid != pid
        await second.stop()
        await first.stop()

    asyncio.run(scenario())


def test_a_server_dies_with_the_sandbox(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import asyncio
        from pathlib import Path
        from tests.contract.backing.support import python_spec, started

        async def main():
            process = await started(python_spec(Path({str(tmp_path)!r}), {_PAUSE!r}))
            print(process.pid, flush=True)
            await process.wait()

        asyncio.run(main())
        """
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        (sys.executable, "-c", script), stdout=subprocess.PIPE, cwd=root, env={"PYTHONPATH": str(root)}
    ) as daemon:
        assert daemon.stdout is not None
        server = psutil.Process(int(daemon.stdout.readline()))
        daemon.kill()
        psutil.wait_procs([server], timeout=30)
        assert not is_alive(server.pid)


def test_a_server_that_dies_is_started_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        told: list[str] = []
        paused: list[float] = []

        async def pause(seconds: float) -> None:
            paused.append(seconds)

        kept = KeptRunning(
            "test server",
            lambda: started(python_spec(tmp_path, _PAUSE)),
            report=told.append,
            pause=pause,
        )
        await kept.start()
        for count in (1, 2, 3):
            assert kept.process is not None
            pid = kept.process.pid
            kept.process.signal(signal.SIGKILL)
            await kept.restarted(count)
            assert kept.process.pid not in (None, pid)
        # Runs that do not last are followed by longer pauses.
        assert paused == sorted(paused)
        assert paused[0] < paused[-1]
        assert "exited with -9" in told[0]
        await kept.stop()
        assert kept.process is None

    asyncio.run(scenario())


def test_a_server_that_cannot_be_started_again_is_given_up(tmp_path: Path) -> None:
    async def scenario() -> None:
        scripts = [_PAUSE]

        async def pause(_: float) -> None:
            return

        async def start() -> SupervisedProcess:
            return await started(python_spec(tmp_path, scripts.pop() if scripts else "raise SystemExit(3)"))

        kept = KeptRunning("test server", start, pause=pause)
        await kept.start()
        assert kept.process is not None
        kept.process.signal(signal.SIGKILL)
        await kept.restarted(1)
        assert kept.process is None
        assert kept.failure is not None
        assert "status 3" in kept.failure.why
        await kept.stop()

    asyncio.run(scenario())
