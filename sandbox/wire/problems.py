"""What is wrong with a request, and where in it."""

from __future__ import annotations


class ShapeError(ValueError):
    """A value of a request cannot be read as its shape says.

    Args:
        message: what is wrong, in AWS's wording.
        unknown: the name of a member that the shape does not have, where that is the problem.
    """

    def __init__(self, message: str, *, unknown: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.unknown = unknown
        self._path: list[str] = []

    def within(self, step: str) -> None:
        """Adds one step of the way to the value, innermost first."""
        self._path.append(step)

    @property
    def path(self) -> str:
        """The way to the value from the top: `Entries[0].Id`."""
        text = ""
        for step in reversed(self._path):
            text += step if step.startswith("[") or not text else f".{step}"
        return text


class MalformedBodyError(ValueError):
    """The body is not what its protocol is made of (not JSON, not UTF-8, not XML, not CBOR)."""


class AnswerError(TypeError):
    """A service answered something that its own model does not have: a defect of the service."""
