"""What clients are told when something of ours fails."""

from __future__ import annotations

from sandbox.errors import ServerStartError, StoreError
from sandbox.gateway.dispatch import internal_failure


def test_a_full_disk_is_an_unavailable_service_with_what_to_do() -> None:
    failure = StoreError("could not store a change", "disk is full", "free some disk space")
    error = internal_failure("PutEvents of events", "r1", failure)
    assert (error.code, error.status) == ("ServiceUnavailable", 503)
    assert error.message == "could not store a change: disk is full. free some disk space"


def test_other_failures_are_internal_and_name_the_request() -> None:
    known = internal_failure("X of y", "r1", ServerStartError("a", "b", "c"))
    assert (known.code, known.status, known.message) == (
        "InternalFailure",
        500,
        "a: b. To do: c. (Request r1.)",
    )
    defect = internal_failure("X of y", "r2", ZeroDivisionError("secret detail"))
    assert (defect.code, defect.status) == ("InternalFailure", 500)
    assert "request r2" in defect.message
    assert "secret detail" not in defect.message
