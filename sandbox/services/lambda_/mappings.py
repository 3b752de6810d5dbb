"""The event source mappings: stored, validated as AWS does, and each with a poller while it is enabled.

Reference: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.model.lambda_errors import conflict, resource_not_found
from sandbox.model.lambda_filters import RecordFilter
from sandbox.services.again import Again
from sandbox.services.base import Kit
from sandbox.services.lambda_.checkpoints import Checkpoints
from sandbox.services.lambda_.records import Function, Mapping
from sandbox.services.lambda_.waking import SourcePoller


class Mappings:
    """Keeps the mappings of every scope.

    Args:
        check_source: refuses a mapping that its queue or stream does not allow.
        poller: makes the poller of a mapping.
    """

    def __init__(
        self,
        kit: Kit,
        check_source: Callable[[Mapping, Function], None],
        poller: Callable[[Mapping], SourcePoller],
    ) -> None:
        self._kit = kit
        self._check_source = check_source
        self._poller = poller
        self._known: dict[str, Mapping] = {}
        self._pollers: dict[str, SourcePoller] = {}
        self._leaving: list[SourcePoller] = []
        self._again = Again(kit.clock, self._look_again, "event source mappings: look again")

    @property
    def running(self) -> int:
        """Batches of every mapping that run now."""
        return sum(poller.running for poller in (*self._pollers.values(), *self._leaving))

    def tasks(self) -> set[asyncio.Task[Any]]:
        """The tasks that run those batches."""
        pollers = (*self._pollers.values(), *self._leaving)
        return {task for poller in pollers for task in poller.tasks()}

    def start(self) -> None:
        """Reads the mappings from the store and starts the enabled ones."""
        self._known = self._stored()
        for mapping in self._known.values():
            self._begin(mapping)

    def recall(self) -> None:
        """Reads the mappings anew: those that differ start anew, the others look again after a while; see
        `Service.recall`.
        """
        known, self._known = self._known, self._stored()
        for uuid in {*known, *self._known}:
            if (mapping := self._known.get(uuid)) != known.get(uuid):
                self._leave(uuid)
                if mapping is not None:
                    self._begin(mapping)
        self._again.soon()

    async def stop(self) -> None:
        """Stops every poller; messages no function has seen go back to their queues."""
        self._again.stop()
        pollers = [*self._pollers.values(), *self._leaving]
        self._pollers.clear()
        self._leaving.clear()
        for poller in pollers:
            await poller.stop()

    def wake(self, function: Function) -> None:
        """The function exists again, or changed: its mappings look at their queues."""
        for uuid, poller in self._pollers.items():
            mapping = self._known[uuid]
            if (mapping.scope, mapping.function) == (function.scope, function.name):
                poller.wake()

    def get(self, uuid: str) -> Mapping:
        """The mapping of that id.

        Raises:
            AwsError: `ResourceNotFoundException`.
        """
        mapping = self._known.get(uuid)
        if mapping is None:
            raise resource_not_found()
        return mapping

    def all(self) -> list[Mapping]:
        """Every mapping, in the order of ids."""
        return sorted(self._known.values(), key=lambda mapping: mapping.uuid)

    def last_result(self, mapping: Mapping) -> str:
        """How the mapping's last batch went since the start; empty when there was none."""
        poller = self._pollers.get(mapping.uuid)
        return poller.last_result if poller else ""

    def put(self, mapping: Mapping) -> None:
        """Stores a new or changed mapping; a changed one starts anew, batches that run end as they began."""
        self._kit.database.execute(
            "INSERT OR REPLACE INTO lambda_mappings VALUES (?, ?)",
            (mapping.uuid, msgspec.json.encode(mapping)),
        )
        self._known[mapping.uuid] = mapping
        self._leave(mapping.uuid)
        self._begin(mapping)

    def amend(self, mapping: Mapping) -> None:
        """Stores what does not touch the poller (tags)."""
        self._kit.database.execute(
            "UPDATE lambda_mappings SET document = ? WHERE uuid = ?",
            (msgspec.json.encode(mapping), mapping.uuid),
        )
        self._known[mapping.uuid] = mapping

    def delete(self, mapping: Mapping) -> None:
        """Forgets a mapping; batches that run end as they began."""
        self._kit.database.execute("DELETE FROM lambda_mappings WHERE uuid = ?", (mapping.uuid,))
        del self._known[mapping.uuid]
        self._leave(mapping.uuid)
        checkpoints = Checkpoints(self._kit, mapping.uuid)
        checkpoints.forget()
        self._when_quiet(mapping.uuid, checkpoints.forget)

    def check(self, mapping: Mapping, function: Function) -> None:
        """Checks a mapping against its source, its function and the other mappings.

        Raises:
            AwsError: `InvalidParameterValueException` or `ResourceConflictException`.
        """
        RecordFilter(mapping.filters, bodies=mapping.source_arn.service == "sqs")
        self._check_source(mapping, function)
        for other in self._known.values():
            same = (other.source, other.function_arn) == (mapping.source, mapping.function_arn)
            if same and other.uuid != mapping.uuid:
                raise conflict(
                    f'The event source arn (" {mapping.source} ") and function (" {mapping.function} ") '
                    "provided mapping already exists. Please update or delete the existing mapping "
                    f"with UUID {other.uuid}"
                )

    def _stored(self) -> dict[str, Mapping]:
        decode = msgspec.json.Decoder(Mapping).decode
        rows = self._kit.database.rows("SELECT document FROM lambda_mappings")
        return {mapping.uuid: mapping for mapping in (decode(row["document"]) for row in rows)}

    def _look_again(self) -> None:
        for poller in self._pollers.values():
            poller.wake()

    def _begin(self, mapping: Mapping) -> None:
        if mapping.enabled:
            poller = self._pollers[mapping.uuid] = self._poller(mapping)
            if poller.in_order:
                self._when_quiet(mapping.uuid, lambda: self._start(poller))
            else:
                poller.start()

    def _start(self, poller: SourcePoller) -> None:
        if self._pollers.get(poller.uuid) is poller:  # not stopped or changed meanwhile
            poller.start()

    def _leave(self, uuid: str) -> None:
        self._leaving = [poller for poller in self._leaving if poller.running]
        if (poller := self._pollers.pop(uuid, None)) is not None:
            poller.detach()
            self._leaving.append(poller)

    def _when_quiet(self, uuid: str, then: Callable[[], None]) -> None:
        """Calls `then` when no batch of a former poller of that mapping runs any more: at once, or later."""
        left = {task for poller in self._leaving if poller.uuid == uuid for task in poller.tasks()}
        if not left:
            then()
            return

        def ended(task: asyncio.Task[Any]) -> None:
            left.discard(task)
            if not left:
                then()

        for task in tuple(left):
            task.add_done_callback(ended)
