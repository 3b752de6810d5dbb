"""Which of the answers that were recorded on AWS are restated by tests of this project.

`recorded/<service>.txt` holds the names of the recorded tests, one a line; what stands after ` # ` is the
reason why a name is not restated. `@recorded("sqs", "test_x")` says that a test restates `test_x`, or
`test_x[sqs]` and `test_x[sqs_query]` where it runs in both protocols: its parameters have the recorded ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).with_name("recorded")
#: Ids of the protocols come first in recorded names.
PROTOCOLS = ("sqs_query", "sqs")

recorded = pytest.mark.recorded


def services() -> list[str]:
    """The services that have recorded names."""
    return sorted(file.stem for file in _FOLDER.glob("*.txt"))


def names(service: str) -> Mapping[str, str]:
    """The recorded names of a service, each with the reason why it is not restated, or nothing."""
    lines = (_FOLDER / f"{service}.txt").read_text().splitlines()
    split = (line.partition(" # ") for line in lines if line)
    return {name: reason for name, _, reason in split}


def restated(item: pytest.Item) -> list[tuple[str, str]]:
    """Service and recorded name of everything that a test restates."""
    found = []
    for mark in item.iter_markers("recorded"):
        service, *stems = mark.args
        found += [(service, f"{stem}{_parameters(item)}") for stem in stems]
    return found


def _parameters(item: pytest.Item) -> str:
    call: Any = getattr(item, "callspec", None)
    if call is None:
        return ""
    ids: str = call.id
    for protocol in PROTOCOLS:
        if ids == protocol:
            return f"[{ids}]"
        if ids.endswith(f"-{protocol}"):
            return f"[{protocol}-{ids.removesuffix(f'-{protocol}')}]"
    return f"[{ids}]"
