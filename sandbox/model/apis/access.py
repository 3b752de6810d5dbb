"""Whether the policy that a Lambda authorizer returned lets a request in.

Follows "Output from an API Gateway Lambda authorizer" of the API Gateway Developer Guide: the statement's
resources are ARNs of execute-api with `*` and `?`; a denial wins, and what nothing allows is denied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_INVOKE = "execute-api:invoke"


class PolicyError(Exception):
    """The document is no policy: API Gateway answers 500 and invokes nothing."""


def allows(policy: Any, resource: str) -> bool:
    """Whether a policy document allows to invoke a resource.

    Args:
        policy: the document (`Version`, `Statement`).
        resource: the method's or route's ARN.

    Raises:
        PolicyError: it is not one, or uses what is not evaluated here (conditions).
    """
    if not isinstance(policy, Mapping):
        raise PolicyError("policyDocument must be an object")
    statements = policy.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError("policyDocument.Statement must be a list")
    allowed = denied = False
    for statement in statements:
        effect, applies = _read(statement, resource)
        allowed |= applies and effect == "Allow"
        denied |= applies and effect == "Deny"
    return allowed and not denied


def _read(statement: Any, resource: str) -> tuple[str, bool]:
    if not isinstance(statement, Mapping):
        raise PolicyError("a statement must be an object")
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError("Effect must be Allow or Deny")
    if statement.get("Condition"):
        raise PolicyError("conditions in an authorizer's policy are not evaluated by the sandbox")
    actions = _listed(statement, "Action", "NotAction")
    resources = _listed(statement, "Resource", "NotResource")
    acts = any(_pattern(action.lower()).fullmatch(_INVOKE) for action in actions) != (
        "NotAction" in statement
    )
    covers = any(_pattern(one).fullmatch(resource) for one in resources) != ("NotResource" in statement)
    return effect, acts and covers


def _listed(statement: Mapping[str, Any], name: str, other: str) -> list[str]:
    value = statement.get(name, statement.get(other))
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        raise PolicyError(f"{name} must be a text or a list of texts")
    return values


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(
        "".join(".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in text), re.DOTALL
    )
