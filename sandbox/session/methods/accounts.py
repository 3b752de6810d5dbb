"""Accounts of their own for tests in a sandbox that was there before them: nothing else in it is touched."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.control.server import Method
from sandbox.deploy.given import with_given
from sandbox.deploy.system import find_system
from sandbox.errors import SandboxError, UsageError

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Accounts:
    """Methods about the accounts of tests."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._vacating: set[asyncio.Task[None]] = set()

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "test_account": self.test_account,
            "test_deploy": self.test_deploy,
            "test_remove": self.test_remove,
        }

    async def test_account(self) -> AsyncIterator[str]:
        """Gives the id of an account that nobody uses, and takes everything out of it when the asker goes."""
        account = f"{secrets.randbelow(9 * 10**11) + 10**11}"
        try:
            yield account
            await asyncio.Event().wait()
        finally:
            # The asker is gone, maybe killed: what it had is removed by somebody who is not.
            task = asyncio.create_task(self._vacate(account), name=f"vacate {account}")
            self._vacating.add(task)
            task.add_done_callback(self._vacating.discard)

    async def _vacate(self, account: str) -> None:
        session = self._session
        for stack in session.deployment.of_account(account).outermost():
            try:
                await self.test_remove(stack.name, account)
            except SandboxError as error:
                session.notice(f"the stack {stack.name} of the test account {account} stays: {error}")

    async def test_deploy(
        self, system: str, cwd: str, seed: bool, account: str, parameters: dict[str, str] | None = None
    ) -> str:
        """Deploys a system into an account; returns the name of its stack.

        Args:
            parameters: values for parameters of its template, instead of those of `sandbox.toml`.

        Raises:
            SandboxError: it cannot be deployed; what was made of it is removed again.
        """
        found = find_system(system, Path(cwd))
        session = self._session
        if found is None:
            raise UsageError("no system is named", "`none` deploys nothing", "name a system or a template")
        (found,) = with_given([found], parameters or {})
        await session.deployment.up([found], seed=seed, report=lambda _: None, account=account)
        await session.database.committed()
        return found.name

    async def test_remove(self, name: str, account: str) -> None:
        """Removes a stack of an account, and the faults that are planned for it."""
        session = self._session
        session.faults.clear(account)
        await session.deployment.remove(name, account)
        await session.database.committed()
