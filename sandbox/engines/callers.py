"""Whose an access key is: an execution environment's, or a session's of a role."""

from __future__ import annotations

from sandbox.model.call import Caller
from sandbox.model.ports import CallerDirectory


class Callers:
    """Asks several directories, one after the other; implements `CallerDirectory`.

    Args:
        directories: those who know keys.
    """

    def __init__(self, *directories: CallerDirectory) -> None:
        self._directories = directories

    def lookup(self, access_key: str) -> Caller | None:
        """See `CallerDirectory.lookup`."""
        for directory in self._directories:
            if (caller := directory.lookup(access_key)) is not None:
                return caller
        return None
