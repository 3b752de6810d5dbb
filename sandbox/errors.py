"""Errors a person reads: what happened, why, and what to do about it."""

from __future__ import annotations


class SandboxError(Exception):
    """Something the user can act on.

    Args:
        what: what happened, one sentence.
        why: the cause, as far as it is known.
        remedy: what to do next; never empty.
    """

    #: Exit status of a command that ends with this error.
    exit_code = 1

    def __init__(self, what: str, why: str, remedy: str) -> None:
        super().__init__(what, why, remedy)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n  why: {self.why}\n  do:  {self.remedy}"


class UsageError(SandboxError):
    """The command's words are wrong: nothing was attempted."""

    exit_code = 2


class NotRunningError(SandboxError):
    """No sandbox runs in the state folder."""

    exit_code = 3


class PortTakenError(SandboxError):
    """Another process listens on the port that was asked for."""

    exit_code = 4


class ServerStartError(SandboxError):
    """A server that the sandbox supervises did not become ready."""


class TemplateError(SandboxError):
    """A template cannot be read, or asks for something the sandbox refuses."""

    exit_code = 5


class DependencyError(SandboxError):
    """The dependencies of a function could not be prepared."""


class StoreError(SandboxError):
    """The state folder holds something this version cannot read."""
