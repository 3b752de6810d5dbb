"""What instances may not share, because all of them are databases of one server."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.services.rds.errors import invalid_combination
from sandbox.services.rds.instances import Instance

_WHY = "the sandbox runs one PostgreSQL server for all instances"


def check_new(instance: Instance, others: Iterable[Instance]) -> None:
    """Whether a new instance fits beside the others.

    Raises:
        AwsError: InvalidParameterCombination: the database is taken, or its user has another password.
    """
    for other in others:
        if other.database == instance.database:
            raise invalid_combination(
                f"The database {instance.database} belongs to the DB instance {other.identifier} already:"
                f" {_WHY}. Give each its own DBName."
            )
        if other.username == instance.username and other.password != instance.password:
            raise invalid_combination(
                f"The user {instance.username} belongs to the DB instance {other.identifier} already, with"
                f" another password: {_WHY}. Give each its own MasterUsername, or all the same password."
            )


def check_new_password(instance: Instance, others: Iterable[Instance]) -> None:
    """Whether the master user's password can change without changing another instance's.

    Raises:
        AwsError: InvalidParameterCombination: another instance has the same user.
    """
    for other in others:
        if other.username == instance.username and other.arn != instance.arn:
            raise invalid_combination(
                f"The user {instance.username} is also the master user of the DB instance"
                f" {other.identifier}: {_WHY}, and a new password would change both."
            )
