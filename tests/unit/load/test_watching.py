"""What a load counts as its own: its system's functions and queues, and what came to pass since it began."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.load.watching import Watch, Watcher

BEGAN = 1_000.0


class Sandbox:
    """The control API of a sandbox with two systems, one of which is under load."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.throttles = {"pedidos-api": 3, "outra-api": 0}
        self.running = {"pedidos-api": 0, "outra-api": 1}
        self.timers: list[str] = []
        self.letters = {"dlq": [BEGAN - 5], "outra-dlq": [BEGAN - 5]}
        self.queued = {"fila": (7, 92.7), "outra-fila": (50, 500.0)}

    def call(self, method: str, **params: Any) -> Any:
        self.calls.append(method)
        return getattr(self, f"_{method}")(**params)

    def _map(self) -> Any:
        names = {"function": list(self.throttles), "queue": list(self.queued), "dlq": list(self.letters)}
        return {
            "nodes": [
                {"kind": kind, "name": name, "stack": "outra" if name.startswith("outra") else "pedidos"}
                for kind, group in names.items()
                for name in group
            ]
        }

    def _status(self) -> Any:
        return {"clock": {"now": BEGAN, "next": [{"label": label} for label in self.timers]}, "processes": []}

    def _functions_stats(self) -> Any:
        return [
            {"name": name, "throttles": count, "running": self.running[name]}
            for name, count in self.throttles.items()
        ]

    def _queue_ls(self) -> Any:
        read = [
            {
                "name": name, "visible": count, "in_flight": 0, "delayed": 0, "consumers": ["f"],
                "oldest_seconds": age,
            }
            for name, (count, age) in self.queued.items()
        ]  # fmt: skip
        return read + [{"name": name, "arn": name, "sources": ["q"]} for name in self.letters]

    def _queue_peek(self, queue: str, limit: int) -> Any:
        return [{"sent_at": at} for at in self.letters[queue]]

    def _failures(self, since: int) -> Any:
        return {"position": 4, "failures": []}


def watched(sandbox: Sandbox, meanwhile: Any, at: float = 60.0) -> Watch:
    async def run() -> Watch:
        watcher = Watcher(sandbox, "pedidos")
        await watcher.begin()
        meanwhile()
        await watcher.look(at)
        await watcher.drain(0.0, asyncio.get_running_loop().time())
        return await watcher.end()

    return asyncio.run(run())


def test_other_systems_and_what_was_before_do_not_count() -> None:
    sandbox = Sandbox()

    def meanwhile() -> None:
        sandbox.letters["dlq"] += [BEGAN + 1, BEGAN + 2]
        sandbox.letters["outra-dlq"] += [BEGAN + 1]
        sandbox.throttles = {"pedidos-api": 5, "outra-api": 9}

    watch = watched(sandbox, meanwhile)
    assert watch.dead == {"dlq": 2}
    assert watch.throttles == {"pedidos-api": 2}
    assert watch.before == 7
    # What waited before the load is not older than the load.
    assert (watch.looks[0].waiting, watch.looks[0].oldest) == (7, 60.0)
    assert watch.drained is None


def test_it_has_drained_when_nothing_of_the_system_is_on_its_way() -> None:
    sandbox = Sandbox()

    def empty() -> None:
        sandbox.queued["fila"] = (0, 0.0)

    assert watched(sandbox, empty).drained is not None
    sandbox.timers = ["batching window"]
    assert watched(sandbox, empty).drained is None
    sandbox.timers, sandbox.running["pedidos-api"] = [], 1
    assert watched(sandbox, empty).drained is None
