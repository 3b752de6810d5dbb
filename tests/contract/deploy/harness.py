"""A deployer over a fake AWS, and templates written as text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from sandbox.clock import Clock
from sandbox.deploy.deployer import Deployer
from sandbox.deploy.judging import Judge, accept
from sandbox.deploy.plan import Plan
from sandbox.deploy.progress import DeployEvent
from sandbox.deploy.record import Stack
from sandbox.deploy.system import System
from sandbox.model.ids import Ids
from sandbox.store.database import Database
from tests.contract.deploy.fake_aws import FakeAws, FakeBindings


class Bench:
    """Writes templates into a folder and deploys them; the record outlives a deployer, as on a restart."""

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self.folder = folder
        self.aws = FakeAws()
        self.events: list[DeployEvent] = []
        self.database = Database(None)
        self.cache = cache
        self.parameters: Mapping[str, str] = {}
        self.refusal: Judge = accept
        self.unsupported: Judge = accept
        #: Seconds that the deployer waited, in order.
        self.paused: list[float] = []

    def system(self, text: str, name: str = "demo") -> System:
        """A system with this template."""
        template = self.folder / f"{name}.yaml"
        template.write_text(dedent(text))
        return System(name, self.folder, template, self.parameters)

    def deployer(self) -> Deployer:
        """A deployer on the store."""
        clock = Clock(start=1_700_000_000, speed=0)
        bindings, ids = FakeBindings(), Ids(7)
        return Deployer(
            self.aws, self.database, bindings, clock, ids,
            answers=self.aws.open_door(clock),
            cache=self.cache, unsupported=self.unsupported, refusal=self.refusal, pause=self._pause,
        )  # fmt: skip

    def deploy(self, text: str, name: str = "demo", *, roll_back: bool = True) -> Stack:
        """Deploys a template."""
        return self.run(self.system(text, name), roll_back=roll_back)

    def run(self, system: System, *, roll_back: bool = True) -> Stack:
        """Deploys a system."""
        self.events = []
        return asyncio.run(self.deployer().deploy(system, on_event=self.events.append, roll_back=roll_back))

    def plan(self, text: str, name: str = "demo") -> Plan:
        """What deploying would do."""
        return asyncio.run(self.deployer().plan(self.system(text, name)))

    def delete(self, name: str = "demo") -> None:
        """Deletes a stack."""
        asyncio.run(self.deployer().delete(name))

    def actions(self) -> list[tuple[str, str]]:
        """What the last deployment did to which resource, in order."""
        return [
            (event.action, event.subject)
            for event in self.events
            if event.phase == "done" and "::" in event.kind
        ]

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
