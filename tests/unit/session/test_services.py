"""Why operations are refused, told once for all that have the same reason."""

from __future__ import annotations

import pytest

from sandbox.gateway.catalogue import OperationEntry, Provision
from sandbox.model.awserror import NotImplementedByName
from sandbox.session.services import _why


def refused(text: str) -> OperationEntry:
    return OperationEntry("CreateSession", Provision.REFUSED, reason=text)


NAMED = NotImplementedByName("s3", "operation CreateSession", "Sessions are not kept.").message
MOTO = "sandbox does not do CreateSession of s3: moto cannot. `sandbox services s3` lists what it does."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (NotImplementedByName("s3", "operation CreateSession").message, ""),
        (NAMED, "Sessions are not kept"),
        (MOTO, "moto cannot"),
        ("something else", "something else"),
        ("", ""),
    ],
)
def test_a_reason_is_what_differs(text: str, why: str) -> None:
    assert _why("s3", refused(text)) == why
