"""The errors of CloudFormation, in its words."""

from __future__ import annotations

from sandbox.model.awserror import AwsError


def invalid(message: str) -> AwsError:
    """What CloudFormation says of nearly everything that is wrong with a request."""
    return AwsError("ValidationError", message)


def no_stack(name: str) -> AwsError:
    """The AWS CLI knows by these words that a stack is to be created."""
    return invalid(f"Stack with id {name} does not exist")


def exists(name: str) -> AwsError:
    """A living stack has the name."""
    return AwsError("AlreadyExistsException", f"Stack [{name}] already exists")


def no_change_set(name: str) -> AwsError:
    """No change set has the name or ARN."""
    return AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)


def lacking(capabilities: str) -> AwsError:
    """The template makes what has to be acknowledged."""
    return AwsError("InsufficientCapabilitiesException", lacking_words(capabilities))


def lacking_words(capabilities: str) -> str:
    """The same as the reason of a change set that failed."""
    return f"Requires capabilities : [{capabilities}]"
