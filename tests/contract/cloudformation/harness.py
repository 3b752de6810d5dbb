"""CloudFormation over the real deployer, which makes resources in an AWS in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from sandbox.deploy.deployer import Deployer
from sandbox.deploy.stacks import DeployedStacks, Tell
from sandbox.deploy.system import System
from sandbox.deploy.turns import Turns
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.model.stacks import StackRequest, StackStep
from sandbox.services.base import Kit
from sandbox.services.cloudformation.service import CloudFormationService
from tests.contract.deploy.fake_aws import FakeAws, FakeBindings
from tests.support.world import World


class Buckets:
    """Answers GetObject for the objects it was given, by path."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def send(self, service: str, request: HttpRequest, call: Call, action: str = "") -> HttpResponse:
        assert (service, request.method, action) == ("s3", "GET", "GetObject")
        found = self.objects.get(request.path)
        return HttpResponse(404, [], b"") if found is None else HttpResponse(200, [], found)


class HeldAws(FakeAws):
    """Lets calls wait on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        await self.gate.wait()
        return await super().call(service, operation, params, call)


class HeardStacks(DeployedStacks):
    """Keeps what stacks are told to wait for."""

    def __init__(self, deployer: Callable[[Scope, int | None], Deployer], turns: Turns) -> None:
        super().__init__(deployer, lambda: turns)
        self.waits = asyncio.Queue[str]()

    async def deploy(self, request: StackRequest, tell: Tell) -> bool:
        def hear(step: StackStep) -> None:
            tell(step)
            if step.action == "wait":
                self.waits.put_nowait(step.detail)

        return await super().deploy(request, hear)


class Stacks(World[CloudFormationService]):
    """The service, and what its stacks are made of."""

    def __init__(self, path: Path | None = None) -> None:
        self.aws = HeldAws()
        #: What caused the deployments, in order.
        self.causes: list[int | None] = []
        self.turns = Turns(patience=0.01, again=0.01)
        self.buckets = Buckets()
        super().__init__(self._make, path)
        self.door = self.aws.open_door(self.clock)

    def create(self, template: str, name: str = "filas", **params: Any) -> dict[str, Any]:
        """Creates a stack; returns it as it is in the end."""
        self.call("CreateStack", StackName=name, TemplateBody=dedent(template), **params)
        return self.stack(name)

    def update(self, template: str, name: str = "filas", **params: Any) -> dict[str, Any]:
        """Updates a stack; returns it as it is in the end."""
        self.call("UpdateStack", StackName=name, TemplateBody=dedent(template), **params)
        return self.stack(name)

    def stack(self, name: str = "filas") -> dict[str, Any]:
        """A stack, once nothing works on it."""
        found: dict[str, Any] = self.call("DescribeStacks", StackName=name)["Stacks"][0]
        return found

    def statuses(self, name: str = "filas", logical_id: str = "") -> list[str]:
        """The statuses of a stack's events, or of one of its resources', oldest first."""
        events = reversed(self.call("DescribeStackEvents", StackName=name)["StackEvents"])
        return [e["ResourceStatus"] for e in events if e["LogicalResourceId"] == (logical_id or name)]

    def hold(self) -> asyncio.Event:
        """Lets the resources of stacks wait until the event is set."""
        self.aws.gate.clear()
        return self.aws.gate

    def release(self) -> None:
        """Lets them be made again."""
        self.do(self.aws.gate.set)

    def deploy_files(self, folder: Path, template: str, name: str) -> None:
        """Deploys a template file, as `sandbox up` does."""
        file = folder / "template.yaml"
        file.write_text(dedent(template))
        system = System(name, folder, file, {})
        self.run(lambda: self._deployer(Scope(), None).deploy(system))

    def _make(self, kit: Kit) -> CloudFormationService:
        self.deployed = HeardStacks(self._deployer, self.turns)
        return CloudFormationService(kit, self.deployed, self.buckets)

    def _deployer(self, scope: Scope, cause: int | None) -> Deployer:
        self.causes.append(cause)
        return Deployer(
            self.aws, self.database, FakeBindings(), self.clock, Ids(11), answers=self.door, scope=scope
        )
