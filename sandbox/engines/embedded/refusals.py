"""Properties of templates that Lambda refuses by name here, known before anything is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def refusal(type_: str, properties: Mapping[str, Any]) -> str | None:
    """Why a resource with these properties, evaluated, cannot be deployed, or None."""
    if type_ == "AWS::Lambda::Function":
        return _of_function(properties)
    if type_ == "AWS::Lambda::EventSourceMapping" and properties.get("TumblingWindowInSeconds", 0) != 0:
        return f"TumblingWindowInSeconds of {type_} is not implemented"
    return None


def _of_function(properties: Mapping[str, Any]) -> str | None:
    if properties.get("KmsKeyArn"):
        return "KmsKeyArn of a function is not implemented: its variables lie in the state folder as they are"
    if (properties.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        return "SnapStart of a function is not implemented"
    return None
