"""The errors of EventBridge, in AWS's wording.

Page: https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError


def invalid(message: str) -> AwsError:
    """A request that breaks a rule of the service."""
    return AwsError("ValidationException", message)


def not_found(message: str) -> AwsError:
    """A resource that is not there."""
    return AwsError("ResourceNotFoundException", message)


def no_bus(name: str) -> AwsError:
    """No event bus of that name."""
    return not_found(f"Event bus {name} does not exist.")


def no_rule(name: str, bus: str) -> AwsError:
    """No rule of that name on the bus."""
    return not_found(f"Rule {name} does not exist on EventBus {bus}.")


def no_archive(name: str) -> AwsError:
    """No archive of that name."""
    return not_found(f"Archive {name} does not exist.")


def no_replay(name: str) -> AwsError:
    """No replay of that name."""
    return not_found(f"Replay {name} does not exist.")


def already_exists(kind: str, name: str) -> AwsError:
    """Something of that kind and name is there already."""
    return AwsError("ResourceAlreadyExistsException", f"{kind} {name} already exists.")


def limit_exceeded() -> AwsError:
    """More than AWS allows, whatever quota one asks for."""
    return AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
