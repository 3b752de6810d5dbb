"""Which execution environment holds a connection."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from sandbox.runtime.environment import Environment


def holder_of(environments: Iterable[Environment], port: int) -> Environment | None:
    """The environment whose processes hold the connection from a port of this machine, or None."""
    alive = [environment for environment in environments if environment.pid is not None]
    if len(alive) == 1:
        return alive[0]
    return next((one for one in alive if one.pid is not None and port in _ports(one.pid)), None)


def _ports(pid: int) -> set[int]:
    """The ports from which a process and its children are connected."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return {one.laddr.port for member in family for one in member.net_connections("tcp") if one.laddr}
    except psutil.Error:
        return set()
