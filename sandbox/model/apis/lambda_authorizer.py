"""What a Lambda authorizer answered: a policy, or (HTTP APIs) simply whether the request may pass.

Follows "Output from an API Gateway Lambda authorizer" and "Control access to HTTP APIs with AWS Lambda
authorizers" of the API Gateway Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox.model.apis.access import PolicyError, allows


class AuthorizerFailureError(Exception):
    """The authorizer failed or its answer is none: API Gateway answers 500."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An authorizer's answer; one that is cached serves other methods too, so a policy is kept whole.

    Attributes:
        principal: `principalId`.
        policy: the policy document, or None for a simple answer.
        simple: what a simple answer says.
        context: passed on to the integration.
        usage_key: `usageIdentifierKey`, an API key.
    """

    principal: str = ""
    policy: Mapping[str, Any] | None = None
    simple: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    usage_key: str = ""

    def lets_in(self, resource: str) -> bool:
        """Whether a request may pass.

        Args:
            resource: ARN of the method or route.

        Raises:
            AuthorizerFailureError: the policy is none.
        """
        if self.policy is None:
            return self.simple
        try:
            return allows(self.policy, resource)
        except PolicyError as error:
            raise AuthorizerFailureError(str(error)) from error


def read_policy_answer(payload: bytes, *, flat: bool) -> Verdict:
    """The answer of an authorizer that returns a policy.

    Args:
        flat: values of the context must be texts, numbers and booleans (REST APIs).

    Raises:
        AuthorizerFailureError: it is not one.
    """
    answer = _object(payload)
    principal = answer.get("principalId")
    if not isinstance(principal, str | int) or isinstance(principal, bool) or principal == "":
        raise AuthorizerFailureError("principalId must be a text")
    policy = answer.get("policyDocument")
    if not isinstance(policy, Mapping):
        raise AuthorizerFailureError("policyDocument must be an object")
    context = _context(answer, flat=flat)
    return Verdict(
        str(principal), policy, context=context, usage_key=str(answer.get("usageIdentifierKey") or "")
    )


def read_simple_answer(payload: bytes) -> Verdict:
    """The answer `{"isAuthorized": true, "context": {…}}`.

    Raises:
        AuthorizerFailureError: it is not one.
    """
    answer = _object(payload)
    allowed = answer.get("isAuthorized")
    if not isinstance(allowed, bool):
        raise AuthorizerFailureError("isAuthorized must be true or false")
    return Verdict(simple=allowed, context=_context(answer, flat=False))


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        answer = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise AuthorizerFailureError("the authorizer did not return JSON") from error
    if not isinstance(answer, Mapping):
        raise AuthorizerFailureError("the authorizer must return an object")
    return answer


def _context(answer: Mapping[str, Any], *, flat: bool) -> Mapping[str, Any]:
    context = answer.get("context")
    if context is None:
        return {}
    if not isinstance(context, Mapping):
        raise AuthorizerFailureError("context must be an object")
    if flat and any(isinstance(value, list | Mapping) for value in context.values()):
        raise AuthorizerFailureError("values of context must be texts, numbers or booleans")
    return context
