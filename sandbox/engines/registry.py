"""The engines by name: the only place that names a concrete one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

from sandbox.engines.base import Engine, EngineKit
from sandbox.errors import UsageError


def _embedded(kit: EngineKit) -> Engine:
    from sandbox.engines.embedded.engine import EmbeddedEngine

    return EmbeddedEngine(kit)


def _docker(kit: EngineKit) -> Engine:
    from sandbox.engines.docker.engine import DockerEngine

    return DockerEngine(kit)


_ENGINES: dict[str, Callable[[EngineKit], Engine]] = {"embedded": _embedded, "docker": _docker}
DEFAULT = "embedded"


def known(name: str) -> str:
    """The name itself.

    Raises:
        UsageError: there is no engine of that name.
    """
    if name not in _ENGINES:
        near = get_close_matches(name, _ENGINES, n=1)
        raise UsageError(
            f"there is no engine called {name}",
            f"this version has: {', '.join(_ENGINES)}",
            f"say --engine {near[0] if near else DEFAULT}",
        )
    return name


async def sweep(name: str, folder: Path) -> Sequence[str]:
    """Ends what a sandbox that runs no more has left behind outside its state folder.

    Args:
        name: its engine. folder: its state folder.

    Returns:
        The names of what was removed; the embedded engine's processes end at its next start.
    """
    if name != "docker":
        return ()
    from sandbox.engines.docker.engine import sweep

    return await sweep(folder)


def container_daemon() -> tuple[str, bool]:
    """The daemon that the Docker engine would use, in words, and whether the engine is tested with its kind.

    Raises:
        SandboxError: there is none.
    """
    from sandbox.engines.docker.daemon import connect

    daemon = connect()
    daemon.client.close()
    return daemon.words, not (daemon.podman or daemon.desktop)


def create(name: str, kit: EngineKit) -> Engine:
    """Makes an engine.

    Raises:
        UsageError: there is none of that name.
    """
    return _ENGINES[known(name)](kit)
