"""The parts of the service, wired: what every group of operations works with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping as SourceMapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from sandbox.model.arn import function_arn
from sandbox.model.lambda_errors import stale_revision
from sandbox.model.lambda_limits import CONCURRENCY
from sandbox.model.lambda_names import parse_function_name
from sandbox.model.ports import AwsHttp, Bindings, Deliverer, EventSource, Executor, LogSink, StreamSource
from sandbox.model.scope import Scope
from sandbox.services.base import Answer, Kit, Params, Service
from sandbox.services.lambda_.asynchronous import AsyncQueue
from sandbox.services.lambda_.batches import Batches
from sandbox.services.lambda_.code import CodeStore
from sandbox.services.lambda_.concurrency import Concurrency
from sandbox.services.lambda_.configuration import describe
from sandbox.services.lambda_.destinations import Destinations
from sandbox.services.lambda_.functions import Functions
from sandbox.services.lambda_.invocation import Invocations
from sandbox.services.lambda_.layers import Layers
from sandbox.services.lambda_.mapping_sources import MappingSources
from sandbox.services.lambda_.mappings import Mappings
from sandbox.services.lambda_.objects import Objects
from sandbox.services.lambda_.poller import Poller
from sandbox.services.lambda_.provisioning import Provisioning
from sandbox.services.lambda_.qualified import Qualified
from sandbox.services.lambda_.records import SCHEMA, Function, Mapping
from sandbox.services.lambda_.specs import Dependencies, Specs
from sandbox.services.lambda_.stream_batches import StreamBatches
from sandbox.services.lambda_.stream_poller import StreamPoller
from sandbox.services.lambda_.tasks import Tasks
from sandbox.services.lambda_.versions import Versions
from sandbox.services.lambda_.waking import SourcePoller


class LambdaParts(Service):
    """Holds the state of the service and starts and stops it.

    Args:
        executor: runs code.
        sources: the queues that mappings read.
        logs: where the functions' log lines go.
        bindings: replaces tokens in the functions' variables.
        deliverer: takes results to destinations and dead-letter queues; without one they are refused by name.
        code_folder: where packages are kept; made where missing.
        streams: the streams that mappings read, by the service part of their ARNs.
        aws: reaches S3, where packages may lie; without it buckets are refused by name.
        dependencies: resolves `requirements.txt`; without one every package brings its own.
        concurrency: concurrent invocations per account and region.
    """

    name: ClassVar[str] = "lambda"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(
        self,
        kit: Kit,
        executor: Executor,
        sources: EventSource,
        logs: LogSink,
        bindings: Bindings,
        deliverer: Deliverer | None,
        code_folder: Path,
        *,
        streams: SourceMapping[str, StreamSource] = MappingProxyType({}),
        aws: AwsHttp | None = None,
        dependencies: Dependencies | None = None,
        concurrency: int = CONCURRENCY,
    ) -> None:
        super().__init__(kit)
        self.executor = executor
        self.tasks = Tasks()
        self.functions = Functions(kit)
        self.code = CodeStore(code_folder, kit.clock, kit.ids, Objects(aws))
        self.layers = Layers(kit, self.code)
        self.specs = Specs(self.code, self.layers, executor, bindings, dependencies)
        self.versions = Versions(kit, self.functions, self.code, self.specs)
        self.concurrency = Concurrency(self.functions.of_scope, concurrency)
        self.invocations = Invocations(kit, self.functions, executor, logs, self.specs, self.concurrency)
        self.provisioning = Provisioning(self.functions, self.specs, executor, logs, self.tasks)
        self.destinations = Destinations(kit, deliverer)
        self.events = AsyncQueue(kit, self.functions, self.invocations, self.destinations)
        batches = Batches(kit, sources, self.invocations)

        stream_batches = StreamBatches(kit, self.invocations.in_slot, self.destinations)
        self.streams = streams

        def poller(mapping: Mapping) -> SourcePoller:
            stream = streams.get(mapping.source_arn.service)
            if stream is None:
                return Poller(kit, mapping, self.functions, sources, self.concurrency, batches)
            return StreamPoller(kit, mapping, self.functions, stream, self.concurrency, stream_batches)

        self.mappings = Mappings(kit, MappingSources(sources, streams).check, poller)

    @property
    def running(self) -> int:
        """How much runs now: at none, nothing happens here without a timer, a message or a call."""
        return self.concurrency.total + self.events.running + self.mappings.running

    def work(self) -> set[asyncio.Task[Any]]:
        """The tasks of what runs; see `Service.work`."""
        return self.tasks.all() | self.events.tasks() | self.mappings.tasks()

    async def start(self) -> None:
        """Reads functions and mappings, takes up queued events, and begins to feed functions from queues."""
        await self.code.clean()
        self.functions.load()
        self.layers.load()
        self.specs.forget()
        self.concurrency.reset()
        self.events.start()
        self.mappings.start()
        self.provisioning.start(self.functions.scopes())

    def recall(self) -> None:
        """Reads functions and mappings anew; see `Service.recall`."""
        self.functions.load()
        self.layers.load()
        self.events.recall()
        self.mappings.recall()

    async def stop(self) -> None:
        """Ends every invocation; what was leased and not handed to a function goes back to its queue."""
        await self.mappings.stop()
        await self.events.stop()
        await self.tasks.stop()
        self.code.close()

    # --- what operations share ---------------------------------------------------------------------------
    def _qualified(self, params: Params, scope: Scope) -> Qualified:
        """The function that `FunctionName` and `Qualifier` of a request mean.

        Raises:
            AwsError: malformed name, or no such function, version or alias.
        """
        return self.functions.qualified(
            parse_function_name(params["FunctionName"], scope, params.get("Qualifier"))
        )

    def _show(self, function: Function, arn: str = "") -> Answer:
        layers = self.layers.of(function.layers)
        return describe(function, self.specs.environment(function), layers, arn)

    def _show_version(self, function: Function) -> Answer:
        """As `_show`, with the version in the ARN of `$LATEST` too."""
        arn = function_arn(function.scope, function.name, function.version)
        return self._show(function, str(arn))


def check_revision(revision: str, params: Params) -> None:
    """Checks the `RevisionId` of a request against the one there is.

    Raises:
        AwsError: `PreconditionFailedException`.
    """
    if params.get("RevisionId") not in (None, revision):
        raise stale_revision()
