"""What a sandbox is started with."""

from __future__ import annotations

from pathlib import Path

import msgspec

DEFAULT_PORT = 4566
DEFAULT_HOPS = 1_000_000
DEFAULT_PAYLOAD = 32 * 1024


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `sandbox up`, as they go to a daemon.

    Attributes:
        state: the state folder, absolute.
        cwd: folder from which systems are looked up.
        systems: systems or templates to deploy; none deploys what the state or the folder names.
        parameters: values for parameters of their templates.
        port: of the front door; 0 takes a free one.
        engine: name of the engine.
        services: services that are served elsewhere, each `NAME=URL`.
        keep: leave the engine's containers when the sandbox ends.
        fresh: begin empty.
        seed: run the seeders of the systems.
        keep_hops: hops that the journal keeps.
        keep_payload: characters of each payload that it keeps.
    """

    state: str
    cwd: str
    systems: tuple[str, ...] = ()
    parameters: dict[str, str] = {}
    port: int = DEFAULT_PORT
    engine: str = "embedded"
    services: tuple[str, ...] = ()
    keep: bool = False
    fresh: bool = False
    seed: bool = True
    keep_hops: int = DEFAULT_HOPS
    keep_payload: int = DEFAULT_PAYLOAD

    @property
    def folder(self) -> Path:
        """The state folder."""
        return Path(self.state)
