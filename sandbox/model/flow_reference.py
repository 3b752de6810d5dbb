"""What a flow may be referred to by."""

from __future__ import annotations

from sandbox.model.views.flows import FlowView


def is_meant(flow: FlowView, reference: str) -> bool:
    """Whether a reference means a flow.

    Args:
        reference: id of a flow, or of a hop, event, message or request in it; or a business key's value.
    """
    if str(flow.summary.id) == reference or reference in flow.summary.keys.values():
        return True
    branches = [*flow.tree]
    while branches:
        branch = branches.pop()
        hop = branch.hop
        if reference in (str(hop.id), hop.event_id, hop.message_id, hop.request_id):
            return True
        branches += branch.children
    return False
