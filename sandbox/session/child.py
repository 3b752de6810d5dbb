"""A sandbox that belongs to one test run: `python -m sandbox.session.child OPTIONS SPEED`.

Its clock stands still or runs at a speed, its state folder is temporary, and it ends with its parent, however
that ends: the parent holds the other end of its standard input, and says nothing on it. It tells on standard
output, in one line of JSON, that it is ready or why it is not.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sys

import msgspec
import uvloop

from sandbox.control.protocol import ErrorInfo, Progress, StatusView
from sandbox.errors import SandboxError
from sandbox.session.options import Options
from sandbox.session.session import Session
from sandbox.session.views import status_view

_LIFE_LINE = 0


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the child tells its parent."""

    status: StatusView | None = None
    error: ErrorInfo | None = None


def main(words: list[str]) -> int:
    """Runs the sandbox until the parent is gone; returns the exit code."""
    options = msgspec.json.decode(words[0], type=Options)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        uvloop.run(_run(options, float(words[1])))
    except SandboxError as error:
        _tell(Told(error=ErrorInfo(error.what, error.why, error.remedy, error.exit_code)))
        return error.exit_code
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    return 0


async def _run(options: Options, speed: float) -> None:
    session = Session(options, _quiet)
    loop = asyncio.get_running_loop()
    starting = asyncio.create_task(session.start([]))

    def end() -> None:
        session.ask_to_stop()
        starting.cancel()

    def parent_spoke() -> None:
        if not os.read(_LIFE_LINE, 4096):
            loop.remove_reader(_LIFE_LINE)
            end()

    loop.add_reader(_LIFE_LINE, parent_spoke)
    # Ctrl-C reaches the whole group of a terminal: it is the parent's to decide what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        await starting
        session.clock.set_speed(speed)
        _tell(Told(status=status_view(session)))
        await session.run()
    except asyncio.CancelledError:
        return
    finally:
        await session.stop()


def _tell(told: Told) -> None:
    try:
        os.write(sys.stdout.fileno(), msgspec.json.encode(told) + b"\n")
    except OSError:
        return  # nobody listens any more


def _quiet(_: Progress) -> None:
    """Its steps interest nobody; notices are shown by `status`."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
