"""Reads the flows that a failed test left in a file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sandbox.errors import SandboxError, UsageError
from sandbox.model.flow_reference import is_meant
from sandbox.model.views.flowfile import FORMAT, FlowFile
from sandbox.model.views.flows import FlowView

#: Where the pytest plugin leaves them, at the root of the project.
_FAILURES = ".sandbox-failures"


class _Head(msgspec.Struct, frozen=True):
    """What is read first, whatever the format."""

    format: int


def open_flows(file: Path) -> FlowFile:
    """What is in a file; one flow at least.

    Raises:
        UsageError: the file cannot be read, or holds no flow.
        SandboxError: a newer version wrote it.
    """
    try:
        data = file.read_bytes()
        newer = msgspec.json.decode(data, type=_Head).format > FORMAT
        content = None if newer else msgspec.json.decode(data, type=FlowFile)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read",
            error.strerror or type(error).__name__,
            f"a failed test says what its file is called; they are in {_FAILURES}",
        ) from error
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{file} holds no flows", str(error), "name a file that a failed test left behind"
        ) from error
    if content is None:
        raise SandboxError(
            f"{file} was written by a newer sandbox",
            f"this version reads flow files up to format {FORMAT}",
            "update sandbox",
        )
    if not content.flows:
        raise UsageError(
            f"{file} holds no flow",
            "nothing had happened when the test failed",
            "name a file of another test",
        )
    return content


def read_flows(file: Path, reference: str | None) -> list[FlowView]:
    """The flows of a file, or the one that a reference means.

    Args:
        reference: as `is_meant` takes it; None for all.

    Raises:
        UsageError: the file cannot be read, or holds no such flow.
        SandboxError: a newer version wrote it.
    """
    flows = open_flows(file).flows
    found = [flow for flow in flows if reference is None or is_meant(flow, reference)]
    if not found:
        keys = [value for flow in flows for value in flow.summary.keys.values()]
        raise UsageError(
            f"{file} holds no flow known by {reference}",
            f"it has {len(flows)} flows" + (f", of {', '.join(keys[:5])}" if keys else ""),
            "leave ID out to show all of them",
        )
    return found
