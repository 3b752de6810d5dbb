"""The event source mappings of streams, which LocalStack cannot read: batches are made here, and run there.

Mappings of queues are LocalStack's own; whoever asks for mappings gets both.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from sandbox.engines.docker.lambda_api import LambdaApi
from sandbox.engines.docker.streams import PACE, Ask, Changed, ContainerStream, Pace
from sandbox.model.arn import parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.lambda_errors import invalid
from sandbox.model.lambda_names import FunctionRef, parse_function_name
from sandbox.model.lambda_streams import STREAM_BATCH
from sandbox.model.ports import Deliverer, Invoker, InvokeResult
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Kit, Params, Service, operation
from sandbox.services.lambda_.concurrency import Concurrency
from sandbox.services.lambda_.destinations import Destinations
from sandbox.services.lambda_.invocation_hops import Origin
from sandbox.services.lambda_.mapping_answers import mapping_answer
from sandbox.services.lambda_.mapping_operations import MAPPING_MEMBERS
from sandbox.services.lambda_.mapping_parameters import changes, position_of, source_of
from sandbox.services.lambda_.mapping_sources import check_stream
from sandbox.services.lambda_.mappings import Mappings
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import SCHEMA, Function, Mapping, Package
from sandbox.services.lambda_.stream_batches import StreamBatches
from sandbox.services.lambda_.stream_poller import StreamPoller

_PATH = "event-source-mappings/"
_STREAMS = frozenset({"dynamodb"})
#: Seconds until a batch that LocalStack had no room for is tried again; it is no failure of the batch.
_THROTTLED = 1.0
_CODE_OF_NOBODY = Package(live=False, sha256="", size=0, key="")


@dataclass(frozen=True, slots=True)
class Feeding:
    """What mappings work with.

    Attributes:
        functions: LocalStack's Lambda.
        invoker: invokes its functions.
        deliverer: takes what is given up to its destination.
        streams: asks DynamoDB Local.
        changed: tells the journal of records.
        pace: how often streams are asked.
    """

    functions: LambdaApi
    invoker: Invoker
    deliverer: Deliverer
    streams: Ask
    changed: Changed
    pace: Pace = PACE


class MappingService(Service):
    """Lambda's operations on event source mappings; all others are LocalStack's.

    Page: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    """

    name: ClassVar[str] = "lambda"
    SCHEMA: ClassVar[str] = SCHEMA
    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "mappings of queues are LocalStack's; those of streams are the sandbox's, and invoke its functions",
    )

    def __init__(self, kit: Kit, around: Feeding) -> None:
        super().__init__(kit)
        self._around = around
        self._fed: dict[tuple[Scope, str], Function] = {}
        self._sources: dict[str, ContainerStream] = {}
        self._destinations = Destinations(kit, around.deliverer)
        self._concurrency = Concurrency(lambda _: ())
        self._batches = StreamBatches(kit, self._run, self._destinations)
        self._mappings = Mappings(kit, self._check_source, self._poller)

    async def start(self) -> None:
        """Begins without mappings: functions and streams are gone with their containers."""
        self._fed.clear()
        self._mappings.start()

    def recall(self) -> None:
        """Reads the mappings anew; see `Service.recall`."""
        self._mappings.recall()

    async def stop(self) -> None:
        """Ends every batch."""
        await self._mappings.stop()

    # --- operations --------------------------------------------------------------------------------------
    @operation(
        "CreateEventSourceMapping",
        f"EventSourceArn StartingPosition StartingPositionTimestamp Tags {MAPPING_MEMBERS}",
    )
    async def create_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """Has a stream feed a function; a queue is LocalStack's to read."""
        if ":dynamodb:" not in str(params.get("EventSourceArn", "")):
            if ":sqs:" not in str(params.get("EventSourceArn", "")):
                _refuse_parallel(params)
            return await self._localstack(call, "CreateEventSourceMapping", "POST", "", params)
        source = source_of(params, _STREAMS)
        given = {"BatchSize": STREAM_BATCH, **params}
        fields = {**position_of(given, source), **changes(given, source, self._destinations)}
        function, qualifier = await self._function(params["FunctionName"], call.scope)
        mapping = Mapping(
            uuid=self.kit.ids.uuid(),
            account=function.account,
            region=function.region,
            function=function.name,
            qualifier=qualifier,
            source=str(source),
            modified=self.clock.now(),
            tags=dict(params.get("Tags") or {}),
            **fields,
        )
        stream = self._stream(mapping)
        try:
            await stream.look(mapping.position)
        except AwsError as error:
            raise invalid(f"Stream not found: {mapping.source} ({error.message})") from error
        self._sources[mapping.uuid] = stream
        try:
            self._mappings.check(mapping, function)
        except AwsError:
            del self._sources[mapping.uuid]
            raise
        self._mappings.put(mapping)
        return self._answer(mapping, "Creating")

    @operation("GetEventSourceMapping", "UUID")
    async def get_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """One mapping, also one that is being deleted: LocalStack finds that no more, and still has it."""
        mapping = self._mine(params["UUID"])
        if mapping is not None:
            return self._answer(mapping)
        try:
            return await self._localstack(call, "GetEventSourceMapping", "GET", params["UUID"])
        except AwsError as error:
            ending = await self._ending(call, params["UUID"]) if error.status == 404 else None
            if ending is None:
                raise
            return ending

    @operation("ListEventSourceMappings", "EventSourceArn FunctionName Marker MaxItems")
    async def list_event_source_mappings(self, call: Call, params: Params) -> Answer:
        """LocalStack's mappings, page by page, and with its last page those of streams."""
        query = urlencode({name: value for name, value in params.items() if value is not None})
        answer = await self._localstack(call, "ListEventSourceMappings", "GET", "", query=query)
        if answer.get("NextMarker"):
            return answer
        name, source = params.get("FunctionName"), params.get("EventSourceArn")
        wanted = parse_function_name(name, call.scope) if name else None
        found = [
            self._answer(mapping)
            for mapping in self._mappings.all()
            if mapping.scope == call.scope
            and (not source or mapping.source == source)
            and (wanted is None or str(mapping.function_arn) == wanted.named_arn)
        ]
        return {**answer, "EventSourceMappings": [*(answer.get("EventSourceMappings") or ()), *found]}

    @operation("UpdateEventSourceMapping", f"UUID {MAPPING_MEMBERS}")
    async def update_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """Changes what the request names of a mapping."""
        mapping = self._mine(params["UUID"])
        if mapping is None:
            _refuse_parallel(params)
            rest = {name: value for name, value in params.items() if name != "UUID"}
            return await self._localstack(call, "UpdateEventSourceMapping", "PUT", params["UUID"], rest)
        name = params.get("FunctionName") or str(mapping.function_arn)
        function, qualifier = await self._function(name, mapping.scope)
        changed = msgspec.structs.replace(
            mapping,
            function=function.name,
            qualifier=qualifier,
            modified=self.clock.now(),
            **changes(params, mapping.source_arn, self._destinations),
        )
        self._mappings.check(changed, function)
        self._sources[mapping.uuid] = self._stream(changed)
        self._mappings.put(changed)
        return self._answer(changed, "Updating")

    @operation("DeleteEventSourceMapping", "UUID")
    async def delete_event_source_mapping(self, call: Call, params: Params) -> Answer:
        """Deletes a mapping."""
        mapping = self._mine(params["UUID"])
        if mapping is None:
            return await self._localstack(call, "DeleteEventSourceMapping", "DELETE", params["UUID"])
        self._mappings.delete(mapping)
        self._sources.pop(mapping.uuid, None)
        return self._answer(mapping, "Deleting")

    # --- for the pollers ---------------------------------------------------------------------------------
    def find(self, ref: FunctionRef) -> Qualified | None:
        """The function that a mapping names, as it was when the mapping was made or changed last."""
        function = self._fed.get((ref.scope, ref.name))
        return None if function is None else Qualified(function, function, ref.qualifier)

    async def _run(self, function: Qualified, event: bytes, origin: Origin) -> InvokeResult:
        while True:
            try:
                return await self._around.invoker.invoke(
                    parse_arn(function.arn), event, cause=origin.cause, links=origin.links, trace=origin.trace
                )
            except AwsError as error:
                if error.code != "TooManyRequestsException":
                    raise
            await self.clock.sleep(_THROTTLED, label="a batch that was throttled")

    def _poller(self, mapping: Mapping) -> StreamPoller:
        source = self._sources.setdefault(mapping.uuid, self._stream(mapping))
        return StreamPoller(self.kit, mapping, self, source, self._concurrency, self._batches)

    def _check_source(self, mapping: Mapping, function: Function) -> None:
        check_stream(self._sources[mapping.uuid], mapping)

    # --- inside ------------------------------------------------------------------------------------------
    def _stream(self, mapping: Mapping) -> ContainerStream:
        around = self._around
        return ContainerStream(
            mapping.source_arn, mapping.region, around.streams, around.changed, around.pace
        )

    def _mine(self, uuid: str) -> Mapping | None:
        return next((mapping for mapping in self._mappings.all() if mapping.uuid == uuid), None)

    def _answer(self, mapping: Mapping, state: str = "") -> Answer:
        return mapping_answer(mapping, self._mappings.last_result(mapping), state)

    async def _function(self, name: str, scope: Scope) -> tuple[Function, str | None]:
        """What is known of a function of LocalStack's, and the qualifier that was named.

        Raises:
            AwsError: there is no such function.
        """
        ref = parse_function_name(name, scope)
        told = await self._around.functions.configuration(ref.named_arn, ref.scope)
        if not told:
            raise invalid("Function does not exist")
        function = Function(
            account=ref.scope.account,
            region=ref.scope.region,
            name=ref.name,
            runtime=told.get("Runtime", ""),
            handler=told.get("Handler", ""),
            role=told.get("Role", ""),
            package=_CODE_OF_NOBODY,
            modified=self.clock.now(),
            revision=told.get("RevisionId", ""),
            timeout=int(told.get("Timeout", 3)),
        )
        self._fed[function.scope, function.name] = function
        return function, ref.qualifier

    async def _ending(self, call: Call, uuid: str) -> Answer | None:
        """A deleted mapping that LocalStack still lists: its poller has not ended yet."""
        marker = ""
        while True:
            query = urlencode({"Marker": marker}) if marker else ""
            page = await self._localstack(call, "ListEventSourceMappings", "GET", "", query=query)
            for one in page.get("EventSourceMappings") or ():
                if one["UUID"] == uuid:
                    return {**one, "State": "Deleting"}
            marker = page.get("NextMarker") or ""
            if not marker:
                return None

    async def _localstack(
        self,
        call: Call,
        operation_name: str,
        method: str,
        uuid: str,
        body: AnyMapping[str, Any] | None = None,
        *,
        query: str = "",
    ) -> Answer:
        return await self._around.functions.ask(
            operation_name, method, f"{_PATH}{uuid}", body, query=query, scope=call.scope, hop=call.hop
        )


def _refuse_parallel(params: Params) -> None:
    """Refuses what LocalStack would take and do nothing about: it runs one batch of a stream at a time."""
    if params.get("ParallelizationFactor", 1) != 1:
        raise NotImplementedByName(
            "lambda",
            "parameter ParallelizationFactor",
            "LocalStack runs one batch of a stream at a time; DynamoDB's streams are read by the sandbox.",
        )
