"""Reads the flows that a failed test left in a file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sandbox.errors import SandboxError, UsageError
from sandbox.model.views.flowfile import FORMAT, FlowFile
from sandbox.model.views.flows import FlowView


class _Head(msgspec.Struct, frozen=True):
    """What is read first, whatever the format."""

    format: int


def read_flows(file: Path, reference: str | None) -> list[FlowView]:
    """The flows of a file, or the one that a reference means.

    Args:
        reference: id of a flow, or of a hop, event, message or request in it; or a business key's value.

    Raises:
        UsageError: the file cannot be read, or holds no such flow.
    """
    try:
        data = file.read_bytes()
        newer = msgspec.json.decode(data, type=_Head).format > FORMAT
        content = None if newer else msgspec.json.decode(data, type=FlowFile)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{file} holds no flows", str(error), "name a file that a failed test left behind"
        ) from error
    if content is None:
        raise SandboxError(
            f"{file} was written by a newer sandbox",
            f"this version reads flow files up to format {FORMAT}",
            "update sandbox",
        )
    found = [flow for flow in content.flows if reference is None or _is_meant(flow, reference)]
    if not found:
        keys = [value for flow in content.flows for value in flow.summary.keys.values()]
        raise UsageError(
            f"{file} holds no flow known by {reference}" if reference else f"{file} holds no flow",
            f"it has {len(content.flows)} flows" + (f", of {', '.join(keys[:5])}" if keys else ""),
            "leave ID out to show all of them",
        )
    return found


def _is_meant(flow: FlowView, reference: str) -> bool:
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
