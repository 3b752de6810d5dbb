"""What resources there are and how they are wired, asked of the services; nothing of how they do.

It is asked anew only when a call may have changed it, and asking leaves no hop in the journal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.model.arn import bare
from sandbox.model.letters import Giver, called
from sandbox.session.present import ask, ask_all, mappings
from sandbox.session.wires import Wire, read_wires, without_stream

if TYPE_CHECKING:
    from sandbox.session.session import Session

_MARKER = ("Marker", "NextMarker")
_POSITION, _NEXT = ("position", "position"), ("NextToken", "NextToken")
_FUNCTION = re.compile(r"functions/(arn:[^/]+)/invocations")
_DISABLED = ("Disabled", "Disabling", "Deleting")


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule: its description as EventBridge answers it, and the ARNs of its targets.

    Attributes:
        dead_letters: ARNs of the queues that get what cannot be delivered to a target.
    """

    arn: str
    name: str
    bus: str
    description: Mapping[str, Any]
    targets: tuple[str, ...]
    dead_letters: tuple[str, ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether it is in force."""
        return bool(self.description.get("State", "ENABLED") == "ENABLED")


@dataclass(frozen=True, slots=True)
class ApiFacts:
    """An API and the functions that its routes lead to."""

    id: str
    name: str
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """The resources of the default account and region.

    Attributes:
        functions: configurations as Lambda answers them. reserved: concurrency of those that reserve some.
        on_failure: ARNs of functions -> where they send what asynchronous invocations failed on.
        given_up: the same of their mappings of streams.
        mappings: enabled event source mappings: queue ARN -> function ARNs.
        buses: name -> ARN.
        wires: topics, schedules of EventBridge Scheduler, tables of DynamoDB, buckets that tell of objects.
        databases: identifiers of database instances, with the names of their databases.
        stacks: the stack of each resource, by the last part of its physical id.
    """

    functions: tuple[Mapping[str, Any], ...] = ()
    reserved: Mapping[str, int] = field(default_factory=dict)
    on_failure: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    given_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mappings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buses: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[RuleFacts, ...] = ()
    apis: tuple[ApiFacts, ...] = ()
    databases: Mapping[str, str] = field(default_factory=dict)
    wires: tuple[Wire, ...] = ()
    stacks: Mapping[str, str] = field(default_factory=dict)

    def dead_letter_senders(self) -> dict[str, list[str]]:
        """Who but queues sends what could not be delivered or processed to a queue, in words, by its ARN."""
        senders: dict[str, dict[str, None]] = {}
        for giver, name, queues in self._givers():
            for queue in queues:
                senders.setdefault(queue, {})[called(giver, name)] = None
        return {queue: list(names) for queue, names in senders.items()}

    def _givers(self) -> Iterator[tuple[Giver, str, Iterable[str]]]:
        for rule in self.rules:
            yield Giver.RULE, rule.name, rule.dead_letters
        for wire in self.wires:
            giver = Giver.SCHEDULE if wire.kind == "schedule" else Giver.SUBSCRIPTION
            yield giver, wire.name, wire.dead_letters
        for function in self.functions:
            name, arn = function["FunctionName"], function["FunctionArn"]
            dead = function.get("DeadLetterConfig", {}).get("TargetArn")
            yield Giver.FUNCTION, name, (dead,) if dead else ()
            yield Giver.DESTINATION, name, self.on_failure.get(arn, ())
            yield Giver.MAPPING, name, self.given_up.get(arn, ())


class TopologyBook:
    """Remembers the topology until something may have changed it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: Topology | None = None
        self._at = -1

    async def now(self) -> Topology:
        """The topology as it is. Where nothing is recorded nobody tells what changed: it is asked anew."""
        if not self._session.options.keep_hops:
            return await read_topology(self._session)
        configured = self._session.counters.configured
        if self._known is None or self._at != configured:
            self._known = await read_topology(self._session)
            self._at = configured
        return self._known


async def read_topology(session: Session) -> Topology:
    """Asks the services.

    Raises:
        AwsError: what one of them answers instead.
    """
    functions = await ask_all(session, "lambda", "ListFunctions", {}, "Functions", token=_MARKER)
    fed: dict[str, tuple[str, ...]] = {}
    given_up: dict[str, tuple[str, ...]] = {}
    for mapping in await mappings(session):
        if target := _on_failure(mapping):
            function = bare(str(mapping["FunctionArn"]))
            given_up[function] = (*given_up.get(function, ()), target)
        if mapping.get("State") not in _DISABLED:
            source = without_stream(str(mapping.get("EventSourceArn", "")))
            fed[source] = (*fed.get(source, ()), str(mapping["FunctionArn"]))
    buses = {
        bus["Name"]: bus["Arn"]
        for bus in await ask_all(session, "events", "ListEventBuses", {}, "EventBuses")
    }
    return Topology(
        functions=tuple(functions),
        reserved=await _reserved(session, functions),
        on_failure=await _destinations(session, functions),
        given_up=given_up,
        mappings=fed,
        buses=buses,
        rules=tuple([rule for bus in buses for rule in await _rules(session, bus)]),
        apis=tuple(await _apis(session)),
        databases=await _databases(session),
        wires=await read_wires(session),
        stacks=_stacks(session),
    )


def api_node(api_id: str) -> str:
    """How an API is called on the map."""
    return f"api:{api_id}"


def api_of_arn(text: str) -> str:
    """The id of the API in a counted resource (an execute-api ARN, cut at its first slash)."""
    return text.rsplit(":", 1)[-1]


async def _reserved(session: Session, functions: list[dict[str, Any]]) -> dict[str, int]:
    reserved: dict[str, int] = {}
    for function in functions:
        name = {"FunctionName": function["FunctionName"]}
        answer = await ask(session, "lambda", "GetFunctionConcurrency", name)
        if answer.get("ReservedConcurrentExecutions") is not None:
            reserved[function["FunctionArn"]] = answer["ReservedConcurrentExecutions"]
    return reserved


async def _destinations(session: Session, functions: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Where each function sends what its asynchronous invocations failed on, of any version."""
    found = {}
    for function in functions:
        params = {"FunctionName": function["FunctionName"]}
        configs = await ask_all(
            session,
            "lambda",
            "ListFunctionEventInvokeConfigs",
            params,
            "FunctionEventInvokeConfigs",
            token=_MARKER,
        )
        targets = tuple(dict.fromkeys(target for config in configs if (target := _on_failure(config))))
        if targets:
            found[function["FunctionArn"]] = targets
    return found


def _on_failure(described: Mapping[str, Any]) -> str:
    """The on-failure destination of a function's or a mapping's configuration; empty where there is none."""
    return str(((described.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or "")


async def _rules(session: Session, bus: str) -> list[RuleFacts]:
    found = []
    for rule in await ask_all(session, "events", "ListRules", {"EventBusName": bus}, "Rules"):
        params = {"Rule": rule["Name"], "EventBusName": bus}
        targets = await ask_all(session, "events", "ListTargetsByRule", params, "Targets")
        dead = (target.get("DeadLetterConfig", {}).get("Arn") for target in targets)
        found.append(
            RuleFacts(
                arn=rule["Arn"],
                name=rule["Name"],
                bus=bus,
                description=rule,
                targets=tuple(target["Arn"] for target in targets),
                dead_letters=tuple(dict.fromkeys(arn for arn in dead if arn)),
            )
        )
    return found


async def _apis(session: Session) -> list[ApiFacts]:
    found = []
    for api in await ask_all(session, "apigateway", "GetRestApis", {}, "items", token=_POSITION):
        params = {"restApiId": api["id"], "embed": ["methods"]}
        resources = await ask_all(session, "apigateway", "GetResources", params, "items", token=_POSITION)
        uris = [
            str((method.get("methodIntegration") or {}).get("uri", ""))
            for resource in resources
            for method in (resource.get("resourceMethods") or {}).values()
        ]
        found.append(ApiFacts(api["id"], api["name"], _functions(uris)))
    for api in await ask_all(session, "apigatewayv2", "GetApis", {}, "Items", token=_NEXT):
        params = {"ApiId": api["ApiId"]}
        integrations = await ask_all(session, "apigatewayv2", "GetIntegrations", params, "Items", token=_NEXT)
        uris = [str(one.get("IntegrationUri", "")) for one in integrations]
        found.append(ApiFacts(api["ApiId"], api["Name"], _functions(uris)))
    return found


def _functions(uris: list[str]) -> tuple[str, ...]:
    """The functions that integrations invoke, each once."""
    named = (match.group(1) if (match := _FUNCTION.search(uri)) else uri for uri in uris)
    return tuple(dict.fromkeys(name for name in named if ":function:" in name))


async def _databases(session: Session) -> dict[str, str]:
    answer = await ask_all(
        session, "rds", "DescribeDBInstances", {}, "DBInstances", token=("Marker", "Marker")
    )
    return {one["DBInstanceIdentifier"]: one.get("DBName") or "postgres" for one in answer}


def _stacks(session: Session) -> dict[str, str]:
    deployer = session.deployment.deployer
    return {
        physical.rsplit("/", 1)[-1].rsplit("|", 1)[-1]: stack.name
        for stack in deployer.stacks()
        for _, physical in deployer.resources(stack.name).values()
        if physical
    }
