"""ARNs of instances and subnet groups, and their tags in the form of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.model.arn import parse_arn
from sandbox.model.scope import Scope
from sandbox.services.rds.errors import invalid_value, not_found
from sandbox.services.rds.subnet_groups import subnet_group_arn


def instance_of_arn(text: str, scope: Scope) -> str:
    """The identifier in the ARN of an instance.

    Raises:
        AwsError: InvalidParameterValue: not the ARN of an instance; DBInstanceNotFound: in another account or
            region.
    """
    try:
        arn = parse_arn(text)
    except ValueError as error:
        raise invalid_value(f"Invalid resource name: {text}") from error
    kind, _, identifier = arn.resource.partition(":")
    if arn.service != "rds" or kind != "db" or not identifier:
        raise invalid_value(f"Invalid resource name: {text}")
    if arn.scope != scope:
        raise not_found(identifier)
    return identifier


def subnet_group_of_arn(text: str, scope: Scope) -> str | None:
    """The name in the ARN of a subnet group of an account and region; None where it is no such ARN."""
    begin = str(subnet_group_arn(scope, ""))
    return text.removeprefix(begin) if text.startswith(begin) else None


def tags_of(listed: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a mapping."""
    return {tag.get("Key") or "": tag.get("Value") or "" for tag in listed}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
