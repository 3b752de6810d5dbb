"""Whether a resource policy lets an AWS service do something: principals, actions, resources, wildcards.

Conditions are met when they name the source account or source ARN of what asks.
Page: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import Any


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What a service wants to do.

    Attributes:
        principals: names of the service that asks (`events.amazonaws.com`); one of them is enough.
        action: `logs:PutLogEvents`.
        resource: the ARN it is done to.
        context: values of condition keys, by name in lower case (`aws:sourcearn`).
    """

    principals: tuple[str, ...]
    action: str
    resource: str
    context: Mapping[str, str]


def allows(policies: Iterable[str], request: ServiceRequest) -> bool:
    """Whether a statement allows the request and none denies it.

    Args:
        policies: policy documents, JSON; what is no policy says nothing.
    """
    effects = {
        statement.get("Effect")
        for policy in policies
        for statement in _statements(policy)
        if _applies(statement, request)
    }
    return "Allow" in effects and "Deny" not in effects


def _statements(policy: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(policy)
    except ValueError:
        return []
    found = document.get("Statement", []) if isinstance(document, dict) else []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _applies(statement: Mapping[str, Any], request: ServiceRequest) -> bool:
    principal = statement.get("Principal")
    named = _texts(principal.get("Service")) if isinstance(principal, dict) else _texts(principal)
    return (
        ("*" in named or any(name in named for name in request.principals))
        and any(_like(action, request.action, ignore_case=True) for action in _texts(statement.get("Action")))
        and any(_like(resource, request.resource) for resource in _texts(statement.get("Resource")))
        and all(
            _holds(operator, keys, request.context)
            for operator, keys in (statement.get("Condition") or {}).items()
        )
    )


def _holds(operator: str, keys: Any, context: Mapping[str, str]) -> bool:
    """Whether a condition holds; operators that are not known here never do."""
    if operator not in ("StringEquals", "StringLike", "ArnEquals", "ArnLike") or not isinstance(keys, dict):
        return False
    exact = operator == "StringEquals"
    return all(
        any(
            value == context.get(key.lower()) if exact else _like(value, context.get(key.lower(), ""))
            for value in _texts(wanted)
        )
        for key, wanted in keys.items()
    )


def _like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    # Brackets are themselves in a policy.
    expression = translate(pattern.replace("[", "[[]"))
    return re.match(expression, text, re.IGNORECASE if ignore_case else 0) is not None


def _texts(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value]) if each is not None]
