"""What a failed test leaves behind: its flows, in a file."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from sandbox.model.views.flowfile import FlowFile
from sandbox.model.views.flows import FlowSummary, FlowView
from sandbox.testing.control import Control

_MOST = 200
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


def write_flows(control: Control, folder: Path, title: str) -> Path:
    """Writes all flows of the sandbox into a file that `sandbox flow show --file` reads.

    Args:
        folder: where files of failed tests are kept; made where missing.
        title: name of the test.

    Raises:
        SandboxError: the sandbox does not answer.
        OSError: the file cannot be written.
    """
    newest = msgspec.convert(control.call("flow_ls", limit=_MOST, schedules=True), list[FlowSummary])
    flows = [
        msgspec.convert(control.call("flow_show", reference=str(summary.id)), FlowView)
        for summary in reversed(newest)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    file = folder / f"{_OTHER.sub('-', title).strip('-')[-120:]}.flows.json"
    file.write_bytes(msgspec.json.encode(FlowFile(title=title, flows=flows)))
    return file
