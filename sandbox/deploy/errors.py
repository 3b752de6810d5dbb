"""What a deployment fails with when the template itself is right."""

from __future__ import annotations

from sandbox.errors import SandboxError


class DeployError(SandboxError):
    """A resource could not be created, changed or deleted, or two stacks are in each other's way."""


class CleanUpError(DeployError):
    """All is as it shall be, but something that is no longer wanted could not be removed."""


class BusyError(SandboxError):
    """What must be alone with the stacks waited in vain for something that works on one of them."""


class MigrationError(SandboxError):
    """A migration could not be applied, or was changed after it had been."""


class SeedError(SandboxError):
    """A seeder failed, or did not answer as a seeder must."""
