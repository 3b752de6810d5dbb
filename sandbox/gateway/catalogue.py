"""What the sandbox does and does not do, service by service, for `sandbox services`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sandbox.gateway.dispatch import Dispatcher, Native
from sandbox.model.awserror import AwsError
from sandbox.wire.wire import Wire

#: What holds for every service.
NOT_CHECKED_ANYWHERE = (
    "Signatures are not verified: of a signature only access key, region and service are read.",
    "Permissions are not checked.",
)


class Provision(StrEnum):
    """How an operation is done."""

    NATIVE = "native"
    LONG_TAIL = "long tail"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OperationEntry:
    """One operation.

    Attributes:
        refused_parameters: members of the model that a native operation refuses by name.
        reason: why the operation is refused, empty where it is not.
    """

    name: str
    provision: Provision
    refused_parameters: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service.

    Attributes:
        native: whether a service of the sandbox's own does it (at least in part).
        not_checked: what it stores or accepts, but does not check yet.
        elsewhere: the URL of the user's server that answers it, or nothing.
    """

    name: str
    native: bool
    operations: tuple[OperationEntry, ...]
    not_checked: tuple[str, ...]
    elsewhere: str = ""

    def count(self, provision: Provision) -> int:
        """How many of its operations are done that way."""
        return sum(entry.provision is provision for entry in self.operations)


class Catalogue:
    """Reads off what a gateway would do with every operation.

    Args:
        dispatcher, wire: the gateway's own.
    """

    def __init__(self, dispatcher: Dispatcher, wire: Wire) -> None:
        self._dispatcher = dispatcher
        self._wire = wire

    def names(self) -> list[str]:
        """Every service that AWS's SDK knows (a few hundred)."""
        return list(self._wire.models)

    def entries(self, names: Iterable[str] | None = None) -> list[ServiceEntry]:
        """The services named, or the native ones.

        Raises:
            UnknownServiceError: there is no service of that name.
        """
        return [self.entry(name) for name in sorted(names if names is not None else self._shown())]

    def entry(self, name: str) -> ServiceEntry:
        """One service with all its operations.

        Raises:
            UnknownServiceError: there is no service of that name.
        """
        native = self._dispatcher.services.get(name)
        model = self._wire.models[name]
        return ServiceEntry(
            name,
            native is not None,
            tuple(self._operation(name, operation) for operation in sorted(model.operations)),
            tuple(getattr(native, "NOT_CHECKED", ())),
            str(getattr(self._dispatcher.elsewhere.get(name), "url", "")),
        )

    def _shown(self) -> set[str]:
        return {*self._dispatcher.services, *self._dispatcher.elsewhere}

    def _operation(self, service: str, operation: str) -> OperationEntry:
        try:
            who = self._dispatcher.find(service, operation)
        except AwsError as refusal:
            return OperationEntry(operation, Provision.REFUSED, reason=refusal.message)
        if not isinstance(who, Native):
            return OperationEntry(operation, Provision.LONG_TAIL)
        shape = self._wire.models[service].input_shape(operation)
        members = shape.members if shape else {}
        refused = tuple(member for member in members if member not in who.spec.accepts)
        return OperationEntry(operation, Provision.NATIVE, refused)
