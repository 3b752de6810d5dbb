"""An AWS in memory for the deployer: remembers what exists, and checks calls against botocore's models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from sandbox.clock import Clock
from sandbox.deploy.answers import AnswerDoor
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from tests.contract.deploy import fake_ec2
from tests.contract.deploy.fake_apis import FakeApis
from tests.contract.deploy.fake_events import FakeEvents
from tests.contract.deploy.fake_functions import FakeFunctions
from tests.contract.deploy.fake_messaging import FakeMessaging
from tests.contract.deploy.fake_stores import FakeStores
from tests.contract.deploy.fake_things import Params


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class FakeBindings:
    """Expands the tokens of databases to an address of documentation."""

    def expand(self, text: str, function: str = "") -> str:
        return text.replace(":address}}", ":5.5.5.5}}").replace("{{sandbox:rds:", "<").replace("}}", ">")


#: Makes custom resources: from a request to what its answer says besides the ids of the request; None for
#: no answer at all.
Provider = Callable[[Params], Params | None]


class FakeAws(FakeMessaging, FakeFunctions, FakeEvents, FakeApis, FakeStores):
    """Keeps what exists and every call in order.

    Attributes:
        providers: makers of custom resources, by the ARN of their function or topic.
        requests: what they were asked, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.providers: dict[str, Provider] = {}
        self.requests: list[Params] = []
        #: Set once one was asked.
        self.asked = asyncio.Event()
        #: Real seconds until it is told that an answer takes long.
        self.patience = 60.0
        self._door: AnswerDoor | None = None
        self.calls: list[tuple[str, str, Params]] = []
        self.refuse: dict[str, AwsError] = {}

    def open_door(self, clock: Clock) -> AnswerDoor:
        """A new door that the providers answer at."""
        self._door = AnswerDoor(clock, lambda: "http://127.0.0.1:1", self.patience)
        return self._door

    @property
    def door(self) -> AnswerDoor:
        """Where the providers answer."""
        assert self._door is not None
        return self._door

    def _provide(self, token: str, text: str | bytes) -> None:
        request = json.loads(text)
        self.requests.append(request)
        self.asked.set()
        answer = self.providers[token](request)
        if answer is not None:
            same = {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
            path = request["ResponseURL"].removeprefix("http://127.0.0.1:1")
            body = json.dumps({"Status": "SUCCESS", **same, **answer}).encode()
            asyncio.get_running_loop().call_soon(self.door.take, path, body)

    def _lambda_Invoke(self, p: Params) -> None:  # noqa: N802
        if p["FunctionName"] not in self.providers:
            raise AwsError("ResourceNotFoundException", f"Function not found: {p['FunctionName']}")
        self._provide(p["FunctionName"], p["Payload"])

    def _sns_Publish(self, p: Params) -> None:  # noqa: N802
        self._provide(p["TopicArn"], p["Message"])

    # --- the port ----------------------------------------------------------------------------------------
    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        given = dict(params)
        shape = service_model(service).operation_model(operation).input_shape
        report = ParamValidator().validate(given, shape)
        if report.has_errors():
            raise AssertionError(f"{service}.{operation}: {report.generate_report()}")
        self.calls.append((service, operation, given))
        if (error := self.refuse.get(operation)) is not None:
            raise error
        if service == "ec2":
            return fake_ec2.answer(self.things, next(self._ids), operation, given) or {}
        handler: Callable[[Params], Params | None] = getattr(self, f"_{service}_{operation}", self._nothing)
        return handler(given) or {}

    def made(self, *operations: str) -> list[Params]:
        """The parameters of all calls of these operations."""
        return [params for _, operation, params in self.calls if operation in operations]

    def operations(self) -> list[str]:
        """The names of the operations called, in order, without those that only read."""
        return [op for _, op, _ in self.calls if not op.startswith(("Get", "Describe", "List"))]

    def _nothing(self, params: Params) -> None:
        return None
