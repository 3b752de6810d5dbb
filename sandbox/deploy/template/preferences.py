"""`DeploymentPreference` of SAM's functions: on AWS, CodeDeploy shifts an alias to a version in steps.

Here the alias moves at once, which is where every preference ends; that is told. Follows
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-deploymentpreference.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEY = "DeploymentPreference"


def without_preferences(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document without the preferences, which would become resources of CodeDeploy."""
    made = {**data, "Resources": {name: _without(body) for name, body in data["Resources"].items()}}
    if _of_globals(data):
        functions = {key: value for key, value in data["Globals"]["Function"].items() if key != _KEY}
        made["Globals"] = {**data["Globals"], "Function": functions}
    return made


def preference_notices(data: Mapping[str, Any]) -> list[str]:
    """What of the preferences does not happen here, a sentence for each function that has one."""
    common = _of_globals(data)
    notices = []
    for name, body in data["Resources"].items():
        properties = _properties(body)
        if properties is None or not (properties.get("AutoPublishAlias") or _alias_of_globals(data)):
            continue
        own = properties.get(_KEY)
        preference = {**common, **(own if isinstance(own, dict) else {})}
        if preference and str(preference.get("Enabled", True)).lower() != "false":
            kind = preference.get("Type")
            shown = f" {kind}" if isinstance(kind, str) else ""
            notices.append(
                f"{name}: {_KEY}{shown}: its alias moves to a new version at once; "
                "no hooks run and no alarms are watched"
            )
    return notices


def _properties(body: Any) -> Mapping[str, Any] | None:
    if not isinstance(body, dict) or body.get("Type") != "AWS::Serverless::Function":
        return None
    properties = body.get("Properties")
    return properties if isinstance(properties, dict) else None


def _without(body: Any) -> Any:
    properties = _properties(body)
    if properties is None or _KEY not in properties:
        return body
    return {**body, "Properties": {key: value for key, value in properties.items() if key != _KEY}}


def _globals(data: Mapping[str, Any]) -> Mapping[str, Any]:
    section = data.get("Globals")
    functions = section.get("Function") if isinstance(section, dict) else None
    return functions if isinstance(functions, dict) else {}


def _of_globals(data: Mapping[str, Any]) -> Mapping[str, Any]:
    preference = _globals(data).get(_KEY)
    return preference if isinstance(preference, dict) else {}


def _alias_of_globals(data: Mapping[str, Any]) -> bool:
    return bool(_globals(data).get("AutoPublishAlias"))
