"""What the objects of a test ask the sandbox through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class Control(Protocol):
    """A connection to the control socket of a sandbox."""

    def call(self, method: str, **params: Any) -> Any:
        """Calls a control method and returns its answer.

        Raises:
            SandboxError: what the sandbox answered instead.
        """
        ...

    def stream(self, method: str, **params: Any) -> Iterator[Any]:
        """Calls a control method that answers with a stream."""
        ...
