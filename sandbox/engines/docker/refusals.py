"""What the rest of the sandbox may ask of an engine and this one cannot give, refused by name."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.engines.shelf import DatabaseShelf
from sandbox.errors import UsageError


class NotOnDockerError(UsageError):
    """Something was asked that needs an engine of which the sandbox owns every part."""


class NoReturn:
    """The part of `Engine` that takes the world back in time, or waits until it stands still."""

    async def halt(self) -> None:
        """Refused.

        Raises:
            NotOnDockerError: always.
        """
        raise _refused("the sandbox was not taken back", "LocalStack cannot be halted")

    async def go_on(self) -> None:
        """Refused; see `halt`.

        Raises:
            NotOnDockerError: always.
        """
        raise _refused("the sandbox was not taken back", "LocalStack cannot be halted")

    async def quiet(self) -> None:
        """Refused.

        Raises:
            NotOnDockerError: always.
        """
        raise _refused("the sandbox cannot tell when it is quiet", "LocalStack does not tell")

    def work(self) -> Sequence[str]:
        """Nothing that is known of."""
        return ()

    @property
    def waiting(self) -> int:
        """None that are known of."""
        return 0

    @property
    def databases(self) -> DatabaseShelf:
        """Refused.

        Raises:
            NotOnDockerError: always.
        """
        raise _refused("the databases were not kept", "resets and snapshots need the state of LocalStack too")


def _refused(what: str, why: str) -> NotOnDockerError:
    return NotOnDockerError(
        what,
        f"on the Docker engine {why}",
        "start anew (`sandbox down`, `sandbox up --engine docker`), or use the embedded engine",
    )
