"""What `sandbox services` shows, read off the front door itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.deploy.suggest import did_you_mean
from sandbox.errors import UsageError
from sandbox.gateway.catalogue import NOT_CHECKED_ANYWHERE, Catalogue, OperationEntry, Provision, ServiceEntry
from sandbox.gateway.gateway import Gateway


def service_views(gateway: Gateway, names: list[str], notes: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The services named, each with its operations; or the native ones, when none is named.

    Args:
        notes: what the engine says of all services that are not native.

    Raises:
        UsageError: a name is no AWS service.
    """
    catalogue = Catalogue(gateway.dispatcher, gateway.wire)
    known = catalogue.names()
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no AWS service {name}",
                "names are those of the AWS SDK for Python (sqs, events, lambda, …)",
                did_you_mean(name, known).strip() or "`sandbox services` lists the native ones",
            )
    return [_view(entry, notes) for entry in catalogue.entries(names or None)]


def _view(entry: ServiceEntry, notes: Sequence[str]) -> dict[str, Any]:
    return {
        "service": entry.name,
        "native": entry.native,
        "elsewhere": entry.elsewhere,
        "counts": {provision.value: entry.count(provision) for provision in Provision},
        "operations": [
            {
                "name": operation.name,
                "provision": operation.provision.value,
                "refused_parameters": list(operation.refused_parameters),
                "reason": _why(entry.name, operation),
            }
            for operation in entry.operations
        ],
        "not_checked": [*entry.not_checked, *(NOT_CHECKED_ANYWHERE if entry.native else notes)],
    }


def _why(service: str, operation: OperationEntry) -> str:
    """Why an operation is refused, without what the refusal says of every operation; empty where nobody has
    written it.
    """
    text = operation.reason.removesuffix(f"`sandbox services {service}` lists what it does.").rstrip(" .")
    for before in (": ", ", and does not pretend to. "):
        _, found, why = text.partition(f"{operation.name} of {service}{before}")
        if found:
            return why
    return "" if text.endswith("does not pretend to") else text
