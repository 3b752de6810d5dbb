"""The execution log of one request, at the level that its stage asks for.

Follows "Set up CloudWatch logging for REST APIs" of the API Gateway Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Characters of a line in CloudWatch.
LONGEST_LINE = 1024


@dataclass(slots=True)
class ExecutionLog:
    """What is said of one request.

    Attributes:
        informs: lines that are no failures are wanted.
        traces: bodies and headers are wanted too.
        failures: what went wrong; kept at any level, for the journal.
    """

    informs: bool = False
    traces: bool = False
    lines: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """A line of level INFO."""
        if self.informs:
            self.lines.append(line)

    def show(self, line: str) -> None:
        """A line with data of the request or answer."""
        if self.traces:
            self.lines.append(line)

    def fail(self, line: str) -> None:
        """A line of level ERROR."""
        self.lines.append(line)
        self.failures.append(line)

    @property
    def error(self) -> str:
        """What went wrong last; empty where nothing did."""
        return self.failures[-1] if self.failures else ""


def shown_map(values: Mapping[str, str]) -> str:
    """A map as these logs write it: `{a=1, b=2}`."""
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"
