"""Filter policies: which messages a subscription gets, by their attributes or by their body.

The language is that of event patterns, with limits of its own.
Page: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.model.awserror import AwsError
from sandbox.model.event_patterns import (
    EventPattern,
    InvalidEventPatternError,
    MalformedJsonError,
    Mismatch,
    decode,
    flatten,
)
from sandbox.model.sns_errors import invalid

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"
MAX_KEYS = 5
MAX_COMBINATIONS = 150
_OR = "$or"


class FilterPolicy:
    """A compiled filter policy.

    Args:
        text: the policy, JSON.
        scope: `MessageAttributes` or `MessageBody`.

    Raises:
        AwsError: InvalidParameter.
    """

    def __init__(self, text: str, scope: str) -> None:
        if scope not in (ATTRIBUTES, BODY):
            raise invalid(
                f"FilterPolicyScope: Invalid value [{scope}]. Please use either {BODY} or {ATTRIBUTES}"
            )
        self._scope = scope
        policy = _checked(text, scope)
        try:
            self._pattern = EventPattern(text if scope == BODY else json.dumps(_with_absence(policy)))
        except InvalidEventPatternError as error:
            raise invalid(f"FilterPolicy: {error}") from error

    def mismatch(self, attributes: Mapping[str, Mapping[str, Any]], body: str) -> Mismatch | None:
        """The first part of the policy that a message does not pass, or None when it passes."""
        try:
            document = decode(attribute_document(attributes) if self._scope == ATTRIBUTES else body)
            if not isinstance(document, dict):
                return _NOT_AN_OBJECT
            return self._pattern.explain(flatten(document))
        except MalformedJsonError:
            return _NOT_AN_OBJECT


_NOT_AN_OBJECT = Mismatch("", "a JSON object", (), "the message is not a JSON object")


def attribute_document(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Message attributes as the document that a policy is matched against, JSON; bytes cannot be matched."""
    members = []
    for name, attribute in attributes.items():
        kind, value = attribute["DataType"], attribute.get("StringValue")
        if value is None:
            continue
        if kind == "String.Array" or (kind.startswith("Number") and _is_json(value)):
            members.append(f"{json.dumps(name)}:{value}")
        else:
            members.append(f"{json.dumps(name)}:{json.dumps(value)}")
    return "{" + ",".join(members) + "}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _with_absence(policy: Any) -> Any:
    """A policy on attributes in which `null` stands for an attribute that is not there."""
    if isinstance(policy, dict):
        return {name: _with_absence(value) for name, value in policy.items()}
    if isinstance(policy, list):
        values = [_with_absence(value) if isinstance(value, dict) else value for value in policy]
        return [*values, {"exists": False}] if None in policy else values
    return policy


def _checked(text: str, scope: str) -> dict[str, Any]:
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("FilterPolicy: failed to parse JSON") from None
    if not isinstance(policy, dict):
        raise invalid("FilterPolicy: failed to parse JSON. Filter is not an object")
    keys, combinations = _measure(policy, scope, 1)
    if keys > MAX_KEYS:
        raise invalid(f"FilterPolicy: Filter policy can not have more than {MAX_KEYS} keys")
    if combinations > MAX_COMBINATIONS:
        raise invalid("FilterPolicy: Filter policy is too complex")
    return policy


def _measure(policy: Mapping[str, Any], scope: str, depth: int) -> tuple[int, int]:
    """Keys with conditions, and combinations: the product of conditions, each as often as it is nested."""
    keys, combinations = 0, 1
    for name, value in policy.items():
        if name == _OR and isinstance(value, list):
            inner = [_measure(choice, scope, depth) for choice in value if isinstance(choice, dict)]
            keys += sum(found[0] for found in inner)
            combinations *= max(1, sum(found[1] for found in inner))
        elif isinstance(value, dict):
            if scope == ATTRIBUTES:
                raise _nested()
            found = _measure(value, scope, depth + 1)
            keys, combinations = keys + found[0], combinations * found[1]
        elif isinstance(value, list):
            keys, combinations = keys + 1, combinations * max(1, len(value)) * depth
    return keys, combinations


def _nested() -> AwsError:
    return invalid(
        "FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy"
    )
