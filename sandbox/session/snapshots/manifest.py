"""What a snapshot says of itself."""

from __future__ import annotations

import msgspec

from sandbox.model.dumps import DatabaseDump

#: Raise when files change in a way that older versions cannot read.
FORMAT = 1


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The first member of a snapshot's file.

    Attributes:
        format: of the file. state_format: of the store in it.
        sandbox: version that wrote it.
        name: as it was saved.
        saved_at: wall-clock time, seconds since the epoch. virtual: the sandbox's own time then.
        engine: the engine that it is of.
        stacks: names of the deployed stacks.
        journal: identity of the journal, hop: its newest hop then, hops: how many hops the file carries.
        digests: SHA-256 of each other member.
    """

    format: int = FORMAT
    state_format: int
    sandbox: str
    name: str
    saved_at: float
    virtual: float
    engine: str
    stacks: list[str]
    journal: str
    hop: int
    hops: int
    databases: DatabaseDump
    digests: dict[str, str] = {}


class SnapshotView(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot in a list.

    Attributes:
        path: its file. bytes: its size.
        problem: why it cannot be loaded; empty when it can, as far as its manifest tells.
    """

    name: str
    path: str
    bytes: int
    saved_at: float = 0.0
    virtual: float = 0.0
    sandbox: str = ""
    stacks: list[str] = []
    problem: str = ""
