"""What a case is given: engines that run, and what to measure on them, turn by turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import uvloop

from tests.perf.errors import BenchError
from tests.perf.furniture import Furniture
from tests.perf.peers import Running
from tests.perf.report import OURS, Measure
from tests.perf.sandbox import ROOT, Sandbox

NFE = ROOT / "handlers" / "nfe"
OWN = Path(__file__).parent / "system"

R = TypeVar("R")
#: Real seconds that a peer has for one turn.
_PATIENCE = 20.0
#: One turn of a case on one engine.
Round = Callable[[], Awaitable[R]]


@dataclass(frozen=True)
class Target:
    """An engine that runs: all that most cases need to know of it.

    Attributes:
        pid: its main process.
        furniture: makes what is measured on.
        keeps_connections: whether it serves more than one request on a connection.
        warming: rounds before the first that is measured.
    """

    engine: str
    pid: int
    endpoint: str
    furniture: Furniture
    keeps_connections: bool = True
    warming: int = 1


@dataclass(frozen=True)
class Bench:
    """One run of one case.

    Attributes:
        runs: how often to start, and how many rounds of load; cases of single calls take multiples of it.
        profile: file for the daemon's profile, or None.
        peers: other engines to run the case on as well.
        engine: of the sandbox's own, the one to measure.
        notes: why an engine has no figure, by its name.
    """

    runs: int
    profile: Path | None = None
    peers: Sequence[Running] = ()
    engine: str = "embedded"
    notes: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def sandbox(self, system: Path, *options: str, profile_start: bool = False) -> Iterator[Sandbox]:
        """A sandbox that is not started yet; stopped and removed whatever happens.

        Args:
            options: further ones of `sandbox up`.
            profile_start: whether a profile shows its start, or what comes after it.
        """
        words = ("--engine", self.engine, *options)
        sandbox = Sandbox(system, *words, profile=self.profile, profile_start=profile_start)
        try:
            yield sandbox
        finally:
            sandbox.close()

    @contextmanager
    def target(self, *options: str, name: str = OURS) -> Iterator[Target]:
        """A fresh sandbox that runs."""
        with self.sandbox(OWN, *options) as sandbox:
            sandbox.up(fresh=True)
            yield Target(name, sandbox.view["pid"], sandbox.endpoint, Furniture(sandbox.endpoint))

    @contextmanager
    def targets(self, *needs: str, service: str = "") -> Iterator[list[Target]]:
        """A fresh sandbox, and the peers that can do what a case needs; why others cannot is noted.

        Args:
            service: the one that the case asks, for peers that are no more than that.
        """
        with ExitStack() as stack:
            found = [stack.enter_context(self.target())]
            for peer in self.peers:
                if peer.peer.service not in ("", service):
                    continue
                why = [peer.peer.cannot[need] for need in needs if need in peer.peer.cannot]
                if why:
                    self.notes[peer.peer.name] = why[0]
                else:
                    found.append(
                        Target(
                            peer.peer.name,
                            peer.pid,
                            peer.endpoint,
                            peer.furniture,
                            peer.peer.keeps_connections,
                            peer.peer.warming,
                        )
                    )
            yield found

    def by_turns(
        self,
        targets: Collection[Target],
        prepare: Callable[[Target], Awaitable[Round[R]]],
        rounds: int = 0,
    ) -> dict[str, list[R]]:
        """Runs rounds on every engine in turn, after one of each (or its `warming`) that is not measured.

        Args:
            prepare: readies an engine, and gives what one round does.
            rounds: how many; as many as there are runs, where it is not said.

        Returns:
            What the rounds gave, by the engine's name. A peer that fails is noted, and left out from there.

        Raises:
            BenchError: the sandbox fails.
        """

        async def work() -> dict[str, list[R]]:
            turns: dict[str, Round[R]] = {}
            results: dict[str, list[R]] = {}
            for target in targets:
                async with self._excused(target.engine, turns):
                    turns[target.engine] = await prepare(target)
                for _ in range(target.warming):
                    if target.engine in turns:
                        async with self._excused(target.engine, turns):
                            await turns[target.engine]()
            for _ in range(rounds or self.runs):
                for engine in list(turns):
                    async with self._excused(engine, turns):
                        results.setdefault(engine, []).append(await turns[engine]())
            return results

        return uvloop.run(work())

    @asynccontextmanager
    async def _excused(self, engine: str, turns: dict[str, Round[R]]) -> AsyncIterator[None]:
        """Leaves a peer out that fails, or takes too long over what the sandbox is asked to do in seconds."""
        name = engine.partition(" ")[0]
        if name not in {peer.peer.name for peer in self.peers}:
            yield
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                yield
        except* TimeoutError:
            self.notes[name] = f"not done after {_PATIENCE:.0f} s"
            turns.pop(engine, None)
        except* (BenchError, OSError) as group:
            self.notes[name] = str(leaves(group)[0])
            turns.pop(engine, None)


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The exceptions of a group, and of the groups in it."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


@dataclass(frozen=True)
class Case:
    """Something to measure.

    Attributes:
        about: what, in a few words.
        not_on: why it says nothing of an engine, by the engine's name.
    """

    name: str
    about: str
    measure: Callable[[Bench], list[Measure]]
    not_on: Mapping[str, str] = field(default_factory=dict)
