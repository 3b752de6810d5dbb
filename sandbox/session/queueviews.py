"""Queues as people see them: how full, who reads them, where their dead letters go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.engines.base import ForeignQueue
from sandbox.errors import SandboxError
from sandbox.flow.counters import Counters
from sandbox.model.arn import Arn, parse_arn, queue_url
from sandbox.model.hops import HopKind
from sandbox.model.views.messages import QueueView
from sandbox.services.sqs.service import PeekedMessage, SqsService
from sandbox.session.topology import Topology

if TYPE_CHECKING:
    from sandbox.session.session import Session


def sqs_service(session: Session) -> SqsService:
    """SQS as it runs here.

    Raises:
        SandboxError: this engine has none of its own.
    """
    service = session.engine.services.get("sqs")
    if not isinstance(service, SqsService):
        raise SandboxError(
            "the queues cannot be looked into",
            f"the engine {session.engine.name} has no SQS of its own",
            "use --engine embedded, or an AWS client",
        )
    return service


async def queue_views(session: Session, topology: Topology) -> list[QueueView]:
    """Every queue, by name.

    Args:
        topology: who reads the queues, and who beside queues sends dead letters to them.
    """
    queues = await _queues(session)
    sources: dict[str, list[str]] = {}
    senders = topology.dead_letter_senders()
    for queue in queues:
        if queue.depth.dead_letter_target is not None:
            sources.setdefault(str(queue.depth.dead_letter_target), []).append(queue.depth.queue.resource)
    now = session.clock.now()
    return [_view(session, queue, sources, senders, topology.mappings, now) for queue in queues]


async def queue_arns(session: Session) -> list[Arn]:
    """The ARN of every queue."""
    return [queue.depth.queue for queue in await _queues(session)]


async def peeked(
    session: Session, queue: Arn, state: str | None, limit: int, offset: int, match: str
) -> list[PeekedMessage]:
    """Messages of a queue in order of sending, see `SqsService.peek`."""
    if session.engine.queues is None:
        return sqs_service(session).peek(queue, state, limit, offset, match)
    found = [
        message
        for message in await session.engine.queues.peek(queue)
        if state in (None, message.state) and (match in message.body or match in message.message_id)
    ]
    return found[offset : offset + limit]


async def _queues(session: Session) -> list[ForeignQueue]:
    if session.engine.queues is not None:
        return await session.engine.queues.queues()
    sqs = sqs_service(session)
    found = []
    for depth in sqs.depths():
        settings = sqs.queue_by_arn(depth.queue).settings
        most = None if settings.redrive is None else settings.redrive.max_receives
        found.append(ForeignQueue(depth, settings.visibility, settings.retention, most))
    return found


def _view(
    session: Session,
    queue: ForeignQueue,
    sources: Mapping[str, list[str]],
    senders: Mapping[str, list[str]],
    mappings: Mapping[str, tuple[str, ...]],
    now: float,
) -> QueueView:
    depth = queue.depth
    arn = str(depth.queue)
    counters: Counters = session.counters
    return QueueView(
        name=depth.queue.resource,
        arn=arn,
        url=queue_url(depth.queue.scope, depth.queue.resource, session.endpoint),
        visible=depth.counts.visible,
        in_flight=depth.counts.in_flight,
        delayed=depth.counts.delayed,
        oldest_seconds=None if depth.counts.oldest is None else max(0.0, now - depth.counts.oldest),
        dead_letter_queue=None if depth.dead_letter_target is None else depth.dead_letter_target.resource,
        sources=sources.get(arn, []),
        senders=senders.get(arn, []),
        consumers=[parse_arn(function).name for function in mappings.get(arn, ())],
        visibility_timeout=queue.visibility,
        retention=queue.retention,
        max_receives=queue.max_receives,
        # A dead letter arrives without being sent.
        sent=counters.count(HopKind.MESSAGE_SENT, arn) + counters.count(HopKind.DEAD_LETTERED, arn),
        received=counters.count(HopKind.MESSAGE_RECEIVED, arn),
        deleted=counters.count(HopKind.MESSAGE_DELETED, arn),
    )
