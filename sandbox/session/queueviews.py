"""Queues as people see them: how full, who reads them, where their dead letters go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.flow.counters import Counters
from sandbox.model.arn import parse_arn, queue_url
from sandbox.model.hops import HopKind
from sandbox.model.views.messages import QueueView
from sandbox.services.sqs.service import QueueDepth, SqsService
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
            "queues cannot be looked into",
            f"the engine {session.engine.name} has no SQS of its own",
            "use --engine embedded, or an AWS client: `aws --endpoint-url … sqs receive-message`",
        )
    return service


def queue_views(session: Session, topology: Topology) -> list[QueueView]:
    """Every queue, by name.

    Args:
        topology: who reads the queues, and who else sends dead letters to them.
    """
    sqs = sqs_service(session)
    depths = sqs.depths()
    sources = topology.dead_letter_sources()
    for depth in depths:
        if depth.dead_letter_target is not None:
            sources.setdefault(str(depth.dead_letter_target), []).append(depth.queue.resource)
    now = session.clock.now()
    return [
        _view(session, sqs, depth, sources.get(str(depth.queue), []), topology.mappings, now)
        for depth in depths
    ]


def _view(
    session: Session,
    sqs: SqsService,
    depth: QueueDepth,
    sources: list[str],
    mappings: Mapping[str, tuple[str, ...]],
    now: float,
) -> QueueView:
    arn = str(depth.queue)
    settings = sqs.queue_by_arn(depth.queue).settings
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
        sources=sources,
        consumers=[parse_arn(function).name for function in mappings.get(arn, ())],
        visibility_timeout=settings.visibility,
        retention=settings.retention,
        max_receives=None if settings.redrive is None else settings.redrive.max_receives,
        # A dead letter arrives without being sent.
        sent=counters.count(HopKind.MESSAGE_SENT, arn) + counters.count(HopKind.DEAD_LETTERED, arn),
        received=counters.count(HopKind.MESSAGE_RECEIVED, arn),
        deleted=counters.count(HopKind.MESSAGE_DELETED, arn),
    )
