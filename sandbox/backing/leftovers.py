"""What a crashed sandbox left running: found by its pid file, and ended only when it is surely ours."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import psutil

_PROC = Path("/proc")
#: Seconds a leftover gets to end by itself, and then to vanish after SIGKILL.
_GRACE = 3.0


class Record(msgspec.Struct, frozen=True):
    """The content of a pid file: what identifies one process for good, however often ids are used again."""

    pid: int
    started: str
    command: tuple[str, ...]


def start_mark(pid: int) -> str | None:
    """When the process started, in a form no other process with this id ever has; None when it is gone."""
    stat = _PROC / str(pid) / "stat"
    try:
        if stat.exists():
            # The name in parentheses may hold blanks; field 22, counted from 1, is the start in ticks.
            ticks = stat.read_text().rpartition(")")[2].split()[19]
            return f"{(_PROC / 'sys/kernel/random/boot_id').read_text().strip()}:{ticks}"
        return str(psutil.Process(pid).create_time())
    except (OSError, IndexError, psutil.Error):
        return None


def write_record(file: Path, pid: int, command: Sequence[str]) -> None:
    """Writes the pid file of a process that was just started."""
    record = Record(pid, start_mark(pid) or "", tuple(command))
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".new")
    partial.write_bytes(msgspec.json.encode(record))
    partial.replace(file)


def end_leftover(file: Path, polite: signal.Signals = signal.SIGTERM) -> list[int]:
    """Ends the process that a pid file records, with its descendants; removes the file. Blocks: use a thread.

    A process counts as ours only when its id, its start time and its command are the recorded ones.

    Args:
        polite: what it gets first; it gets KILL when it does not end.

    Returns:
        The ids of the processes that were ended.
    """
    try:
        record = msgspec.json.decode(file.read_bytes(), type=Record)
    except FileNotFoundError:
        return []
    except (msgspec.MsgspecError, OSError):
        file.unlink(missing_ok=True)
        return []
    ours = _ours(record)
    ended = [] if ours is None else end_processes([ours], polite)
    file.unlink(missing_ok=True)
    return ended


def end_processes(processes: Iterable[psutil.Process], polite: signal.Signals) -> list[int]:
    """Ends processes and all their descendants, at last by KILL; waits until they are gone. Blocks."""
    family = family_of(processes)
    for number in (polite, signal.SIGKILL):
        _signal(family, number)
        _, family_left = psutil.wait_procs(family, timeout=_GRACE)
        if not family_left:
            break
    return [process.pid for process in family]


def family_of(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The processes and all their descendants, each once."""
    family: dict[int, psutil.Process] = {}
    for process in processes:
        family[process.pid] = process
        try:
            family.update((child.pid, child) for child in process.children(recursive=True))
        except psutil.Error:
            continue
    return list(family.values())


def processes_in(folder: Path, program: str) -> list[psutil.Process]:
    """The processes named `program` whose working folder is `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith(program) and process.cwd() == str(folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _ours(record: Record) -> psutil.Process | None:
    mark = start_mark(record.pid)
    if mark is None or mark != record.started:
        return None
    try:
        process = psutil.Process(record.pid)
        command = process.cmdline()
    except psutil.Error:
        return None
    # The launcher that becomes the command carries the whole of it behind its own arguments.
    return process if tuple(command[-len(record.command) :]) == record.command else None


def _signal(family: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in family:
        try:
            process.send_signal(number)
        except psutil.Error:
            continue
