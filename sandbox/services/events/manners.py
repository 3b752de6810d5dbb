"""How rules deliver: where to, what is tried again, what dead letters say, and what is made to fail."""

from __future__ import annotations

from sandbox.model.awserror import AwsError
from sandbox.model.delivering import Failure, classify
from sandbox.model.event_patterns import decode
from sandbox.model.ports import FaultPoint
from sandbox.services.events.letters import dead_letter_attributes
from sandbox.services.events.outlets import Outlets
from sandbox.services.events.pending import Pending
from sandbox.services.handover import Manners


def event_manners(outlets: Outlets, faults: FaultPoint) -> Manners[Pending]:
    """How EventBridge delivers.

    Args:
        outlets: deliver to every kind of target.
        faults: has targets refuse events.
    """

    def injected(pending: Pending, hop: int) -> Failure | None:
        if not faults.planned("fail-delivery"):
            return None
        fault = faults.check(
            "fail-delivery",
            pending.scope,
            service="events",
            cause=hop,
            rule=pending.rule,
            target=pending.target,
            event=str(decode(pending.event)["detail-type"]),
        )
        if fault is None:
            return None
        return classify(AwsError(fault.settings["code"], "Injected fault", status=fault.settings["status"]))

    return Manners(
        service="events",
        deliver=outlets.deliver,
        classify=classify,
        attributes=lambda pending, failure, retries, exhausted: dead_letter_attributes(
            pending.rule, pending.target, failure, retries, exhausted
        ),
        injected=injected,
    )
