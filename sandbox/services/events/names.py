"""What the parameters of EventBridge name: buses by name or ARN, rules by ARN."""

from __future__ import annotations

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.scope import Scope
from sandbox.services.events.errors import invalid
from sandbox.services.events.store import DEFAULT_BUS


def bus_reference(scope: Scope, reference: str | None) -> tuple[Scope, str]:
    """The scope and name of the bus that a parameter names; none names the default bus.

    Raises:
        AwsError: ValidationException, it is an ARN but not of a bus.
    """
    if not reference:
        return scope, DEFAULT_BUS
    if not is_arn(reference):
        return scope, reference
    arn = parse_arn(reference)
    kind, _, name = arn.resource.partition("/")
    if arn.service != "events" or kind != "event-bus" or not name:
        raise invalid(f"Parameter {reference} is not valid. Reason: Provided Arn is not in correct format.")
    return arn.scope, name


def resource_reference(reference: str) -> tuple[Scope, str, str | None]:
    """The scope, bus and (for a rule) rule name that the ARN of a tagged resource names.

    Raises:
        AwsError: ValidationException, it is no ARN of a bus or a rule.
    """
    if is_arn(reference):
        arn = parse_arn(reference)
        kind, _, path = arn.resource.partition("/")
        if arn.service == "events" and kind == "event-bus" and path:
            return arn.scope, path, None
        if arn.service == "events" and kind == "rule" and path:
            bus, slash, name = path.rpartition("/")
            return arn.scope, bus if slash else DEFAULT_BUS, name
    raise invalid(f"Parameter {reference} is not valid. Reason: Provided Arn is not in correct format.")
