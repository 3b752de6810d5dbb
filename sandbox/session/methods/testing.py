"""What tests need besides: checkpoints to return to, settling, and what lies in queues."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.control.server import Method
from sandbox.errors import SandboxError, UsageError
from sandbox.flow.payloads import is_whole
from sandbox.model.arn import parse_arn
from sandbox.model.scope import DEFAULT_ACCOUNT, Scope
from sandbox.services.sqs.service import QueueDepth
from sandbox.session.effects import Effects
from sandbox.session.methods.time import must_be_virtual
from sandbox.session.queueviews import peeked, sqs_service
from sandbox.session.quiet import Quiet
from sandbox.session.rules import events_service, read_event, scope_of_bus
from sandbox.session.settling import Settled, Settler
from sandbox.session.world import Moment

if TYPE_CHECKING:
    from sandbox.session.session import Session

_SHOWN = 20
_MEMBERS = ("id", "source", "detail-type", "time", "detail")
#: Real seconds to wait for one piece of work.
_PATIENCE = 60.0
_DATABASE = "AWS::RDS::DBInstance"


class Testing:
    """Methods for the fixtures."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._moments: dict[str, Moment] = {}
        self._quiet = Quiet(session.engine, session.gate)
        self._settler = Settler(session.clock, self._quiet, Effects(session.engine, session.journal))

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {
            "test_keep": self.test_keep,
            "test_return": self.test_return,
            "test_forget": self.test_forget,
            "test_stack": self.test_stack,
            "test_advance": self.test_advance,
            "test_hop_after": self.test_hop_after,
            "test_publish": self.test_publish,
            "test_event": self.test_event,
            "test_queues": self.test_queues,
            "test_messages": self.test_messages,
            "flow_settle": self.flow_settle,
        }

    # --- checkpoints -------------------------------------------------------------------------------------
    async def test_keep(self, label: str) -> dict[str, Any]:
        """Keeps everything as it is now under a label; what runs is ended, as by a crash."""
        session = self._session
        await self._must_be_quiet()
        async with session.world.held():
            await session.engine.halt()
            try:
                await session.gate.end_all()
                await session.engine.databases.freeze(label)
                self._moments[label] = session.world.moment()
            finally:
                await session.engine.go_on()
        return {"label": label, "hop": self._moments[label].hop}

    async def test_return(self, label: str) -> dict[str, Any]:
        """Takes everything back to what was kept under the label."""
        session = self._session
        moment = self._moments.get(label)
        if moment is None:
            raise UsageError(
                f"nothing was kept as {label}",
                f"kept are: {', '.join(self._moments) or 'none'}",
                "keep it first; a sandbox that was restarted has kept nothing",
            )
        async with session.world.held():
            await session.world.replace(
                moment.state,
                databases=lambda present: session.engine.databases.put_back(label, present),
                journal=lambda: session.journal.rewind(moment.hop),
                rebuilt=session.find_database,
            )
            session.journal.declare_keys(moment.keys)
            session.counters.rebuilt()
            self._settler.forget()
        return {"hop": session.journal.newest}

    async def test_forget(self, labels: list[str]) -> None:
        """Drops what was kept."""
        for label in labels:
            moment = self._moments.pop(label, None)
            if moment is not None:
                moment.state.close()
        await self._session.engine.databases.forget(labels)

    # --- settling ----------------------------------------------------------------------------------------
    async def flow_settle(self, horizon: float, patience: float) -> dict[str, Any]:
        """Moves time until nothing is due and nothing runs; see `Settler`.

        Returns:
            How it went, and what is there when it did not.
        """
        clock, engine = self._session.clock, self._session.engine
        if not engine.virtual_time:
            raise UsageError(
                "the flow cannot be settled",
                f"the {engine.name} engine lives in real time",
                "wait for what you expect with flows.wait_for(…)",
            )
        if clock.speed != 0:
            raise UsageError(
                "the flow cannot be settled",
                f"time runs by itself ({clock.speed:g} times as fast as outside)",
                "stop it (`sandbox clock pause`), or wait for what you expect with flows.wait_for(…)",
            )
        outcome = await self._settler.settle(horizon, patience)
        await self._session.database.committed()
        return {"outcome": outcome, "picture": None if outcome.settled else self._picture(outcome)}

    async def test_advance(self, seconds: float) -> dict[str, Any]:
        """Moves time from timer to timer; what each of them starts ends before the next one fires.

        Returns:
            The time then, and what does not end, if anything.
        """
        must_be_virtual(self._session.engine)
        clock = self._session.clock
        try:
            clock.check_advance(seconds)
        except ValueError as error:
            raise UsageError("the clock was not moved", str(error), "give a duration above zero") from error
        target = clock.now() + seconds
        running: list[str] = []
        while not running and (due := clock.next_due()) is not None and due <= target:
            await clock.advance(max(0.0, due - clock.now()))
            running = [] if await self._quiet.wait(_PATIENCE) else self._quiet.work()
        if not running:
            await clock.advance(max(0.0, target - clock.now()))
        await self._session.database.committed()
        return {"now": clock.now(), "running": running}

    async def test_hop_after(self, hop: int, seconds: float) -> int:
        """Waits until a hop after `hop` is recorded, at most so many real seconds; returns the newest."""
        journal = self._session.journal
        if journal.newest <= hop:
            came = asyncio.Event()
            end = journal.subscribe(lambda _: came.set())
            try:
                async with asyncio.timeout(seconds):
                    await came.wait()
            except TimeoutError:
                return journal.newest
            finally:
                end()
        return journal.newest

    async def test_stack(self, name: str, account: str = DEFAULT_ACCOUNT) -> dict[str, Any]:
        """A deployed stack: outputs, seeds, resources by logical id, and its first database.

        Raises:
            UsageError: no such stack.
        """
        deployment = self._session.deployment
        resources = deployment.of_account(account).resources(name)
        databases = [physical for kind, physical in resources.values() if kind == _DATABASE]
        view = next(view for view in deployment.views(account) if view.name == name)
        engine = self._session.engine
        return {
            "stack": view,
            "resources": resources,
            "database": engine.database(databases[0], Scope(account)) if databases else None,
        }

    def _picture(self, outcome: Settled) -> dict[str, Any]:
        clock = self._session.clock
        now = clock.now()
        return {
            "running": self._quiet.work(),
            "timers": [
                {"label": timer.label, "kind": timer.kind.value, "in_seconds": round(timer.when - now, 3)}
                for timer in clock.pending()[:_SHOWN]
            ],
            "queues": [
                queue
                for queue in self._queues()
                if queue["visible"] or queue["in_flight"] or queue["delayed"]
            ],
        }

    # --- events ------------------------------------------------------------------------------------------
    async def test_publish(self, document: str, bus: str) -> dict[str, int]:
        """Hands an event document to the rules of a bus under its own id; returns its hop.

        Raises:
            UsageError: the document is no event.
            AwsError: there is no such bus.
        """
        scope, name = scope_of_bus(bus)
        event = read_event(document)
        missing = [member for member in _MEMBERS if member not in event]
        if missing:
            raise UsageError(
                "this is no event", f"it has no {', '.join(missing)}", f"an event has {', '.join(_MEMBERS)}"
            )
        hop = await events_service(self._session).publisher.repeat(scope, name, document)
        await self._session.database.committed()
        return {"hop": hop}

    async def test_event(self, reference: str, account: str = DEFAULT_ACCOUNT) -> dict[str, str]:
        """The newest event of an id or detail type that was published, and its bus.

        Raises:
            UsageError: none is known, or the journal has not kept all of it.
        """
        rows = self._session.journal.database.rows(
            "SELECT event_id, resource, payload, detail FROM hops"
            " WHERE kind = 'event-put' AND account = ? ORDER BY id DESC",
            (account,),
        )
        known = [(row, msgspec.json.decode(row["detail"] or "{}").get("detailType", "")) for row in rows]
        found = next((row for row, kind in known if reference in (row["event_id"], kind)), None)
        if found is None:
            kinds = ", ".join(dict.fromkeys(kind for _, kind in known)) or "none"
            raise UsageError(
                f"no event {reference} was published", f"published were: {kinds}", "give the event itself"
            )
        payload: str = found["payload"]
        if not is_whole(payload):
            raise UsageError(
                f"the event {reference} cannot be repeated",
                "the journal masks secrets and cuts long payloads, and this event has one",
                "give the event itself",
            )
        return {"document": payload, "bus": found["resource"]}

    # --- queues ------------------------------------------------------------------------------------------
    async def test_queues(self, account: str = DEFAULT_ACCOUNT) -> list[dict[str, Any]]:
        """Every queue of an account with its messages counted."""
        source = self._session.engine.queues
        if source is not None:
            return _shown([queue.depth for queue in await source.queues()], account)
        return self._queues(account)

    async def test_messages(self, queue: str, limit: int) -> list[dict[str, Any]]:
        """Messages of a queue, without receiving them, oldest first.

        Args:
            queue: its ARN.
        """
        now = self._session.clock.now()
        return [
            {
                "message_id": one.message_id,
                "body": one.body,
                "attributes": one.attributes,
                "state": one.state,
                "receive_count": one.receive_count,
                "visible_in": round(one.visible_at - now, 3),
                "source": one.source,
                "hop": one.hop,
            }
            for one in await peeked(self._session, parse_arn(queue), None, limit, 0, "")
        ]

    def _queues(self, account: str | None = None) -> list[dict[str, Any]]:
        return _shown(sqs_service(self._session).depths(), account)

    async def _must_be_quiet(self) -> None:
        if not await self._quiet.wait(30.0):
            raise SandboxError(
                "the sandbox cannot be kept as it is",
                f"it does not come to rest: {', '.join(self._quiet.work())}",
                "wait until what runs has ended",
            )


def _shown(depths: Sequence[QueueDepth], account: str | None) -> list[dict[str, Any]]:
    targets = {str(depth.dead_letter_target) for depth in depths if depth.dead_letter_target}
    return [
        {
            "name": depth.queue.resource,
            "arn": str(depth.queue),
            "visible": depth.counts.visible,
            "in_flight": depth.counts.in_flight,
            "delayed": depth.counts.delayed,
            "holds_dead_letters": str(depth.queue) in targets,
        }
        for depth in depths
        if account in (None, depth.queue.account)
    ]
