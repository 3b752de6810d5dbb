"""What stands in the way of containers, each with its remedy."""

from __future__ import annotations

from sandbox.errors import SandboxError, ServerStartError, UsageError


class DockerUnavailableError(SandboxError):
    """No Docker daemon can be used from here."""


class NoRoomError(SandboxError):
    """Memory or disk are too small for the containers."""


class ImageError(SandboxError):
    """An image is not on the machine and cannot be fetched."""


class ImageRefusedError(UsageError):
    """An image is named in a way that does not say which one it is."""


class ComposeFileError(UsageError):
    """The compose file asks for something that this engine does not do."""


class ContainerError(ServerStartError):
    """A container could not be made, ended, or never became ready."""
