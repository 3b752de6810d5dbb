"""Runs a Python command and samples where its main thread spends processor time.

    python tests/perf/sampling.py FILE COMMAND [ARGUMENT...]

FILE gets, when the command ends, the lines and the functions that were running, by their share, and the
stacks in the collapsed form that flame graphs are drawn from. A sample is taken for every few milliseconds of
processor time of the whole process, so that waiting counts for nothing and the command runs at close to its
full speed; the time that C code and the kernel take is counted to the line that called them. SIGUSR1 has it
forget what it has seen: the start, where only what comes after it is of interest.
"""

from __future__ import annotations

import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

#: Seconds of processor time; the kernel's own tick may make it more.
_INTERVAL = 0.001
_DEPTH = 60
_SHOWN = 60

_Place = tuple[CodeType, int]


class Sampler:
    """Counts stacks of the main thread, one each time the timer of the process's processor time fires."""

    def __init__(self) -> None:
        self._stacks: Counter[tuple[_Place, ...]] = Counter()

    def start(self) -> None:
        """Takes samples from now on."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.signal(signal.SIGUSR1, lambda *_: self._stacks.clear())
        for number in (signal.SIGPROF, signal.SIGUSR1):
            signal.siginterrupt(number, False)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def stop(self) -> None:
        """Takes none any more."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def write(self, path: Path) -> None:
        """Writes what was seen."""
        total = sum(self._stacks.values()) or 1
        lines: Counter[str] = Counter()
        functions: Counter[str] = Counter()
        with_callees: Counter[str] = Counter()
        collapsed: Counter[str] = Counter()
        for stack, count in self._stacks.items():
            names = [_name(code) for code, _ in stack]
            lines[f"{names[0]}:{stack[0][1]}"] += count
            functions[names[0]] += count
            for name in set(names):
                with_callees[name] += count
            collapsed[";".join(reversed(names))] += count
        with path.open("w") as file:
            for title, counts in (
                ("by line", lines),
                ("by function", functions),
                ("by function, with what it called", with_callees),
            ):
                file.write(f"# {title}: {total} samples\n")
                file.writelines(
                    f"{count / total:7.2%}  {name}\n" for name, count in counts.most_common(_SHOWN)
                )
            file.write("# stacks\n")
            file.writelines(f"{stack} {count}\n" for stack, count in collapsed.most_common())

    def _sample(self, _: int, frame: FrameType | None) -> None:
        stack: list[_Place] = []
        while frame is not None and len(stack) < _DEPTH:
            stack.append((frame.f_code, frame.f_lineno))
            frame = frame.f_back
        if stack:
            self._stacks[tuple(stack)] += 1


def _name(code: CodeType) -> str:
    """File (its last two parts) and function."""
    return f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_qualname}"


def main(words: list[str]) -> None:
    """Runs the command that `words` name after the file; ends as it does."""
    target, command = Path(words[0]), words[1:]
    sys.argv = command
    sampler = Sampler()
    sampler.start()
    try:
        runpy.run_path(command[0], run_name="__main__")
    finally:
        sampler.stop()
        sampler.write(target)


if __name__ == "__main__":
    main(sys.argv[1:])
