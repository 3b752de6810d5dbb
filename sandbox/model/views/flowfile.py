"""Flows in a file: what a failed test leaves behind, to be looked at when its sandbox is gone."""

from __future__ import annotations

import msgspec

from sandbox.model.views.flows import FlowView

#: Raise when the file changes in a way that older versions cannot read.
FORMAT = 1


class FlowFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file, JSON.

    Attributes:
        title: what it is of: the name of a test.
        flows: oldest first.
    """

    format: int = FORMAT
    title: str
    flows: list[FlowView]
