"""What exists in the AWS in memory."""

from __future__ import annotations

import itertools
from typing import Any

from sandbox.model.awserror import AwsError

Params = dict[str, Any]


class Things:
    """Keeps resources by `(kind, name)`.

    Attributes:
        ending: how often a deleted event source mapping is looked at until it is gone.
    """

    def __init__(self) -> None:
        self.ending = 0
        self.things: dict[tuple[str, str], Params] = {}
        self._ids = itertools.count(1)

    def names(self, kind: str) -> set[str]:
        """The names of what exists of a kind."""
        return {name for held, name in self.things if held == kind}

    def _add(self, kind: str, name: str, what: Params) -> None:
        if (kind, name) in self.things:
            raise AwsError(f"{kind}AlreadyExists", f"{name} exists")
        self.things[(kind, name)] = what

    def _find(self, kind: str, name: str, code: str = "ResourceNotFoundException") -> Params:
        if (kind, name) not in self.things:
            raise AwsError(code, f"no {kind} {name}")
        return self.things[(kind, name)]

    def _drop(self, kind: str, name: str, code: str = "ResourceNotFoundException") -> None:
        self._find(kind, name, code)
        del self.things[(kind, name)]
