"""Changes to a stage, as patch operations name them.

Follows "Patch operations" of the API Gateway REST API Reference for UpdateStage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.model.apis.access_log import check_format
from sandbox.model.apis.throttle import ACCOUNT_BURST, ACCOUNT_RATE
from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.services.apigateway.live import MethodSettings, method_key

_LEVELS = ("OFF", "ERROR", "INFO")


@dataclass(slots=True)
class StageChange:
    """A stage as it will be."""

    deployment: str
    description: str
    variables: dict[str, str]
    settings: dict[str, MethodSettings]
    tracing: bool
    access_log: dict[str, str]


def apply_patch(stage: sqlite3.Row, patches: Sequence[Mapping[str, Any]]) -> StageChange:
    """The stage after the patches.

    Raises:
        AwsError: `BadRequestException` for a malformed patch; one not implemented is refused by name.
    """
    change = StageChange(
        deployment=stage["deployment"],
        description=stage["description"],
        variables=msgspec.json.decode(stage["variables"]),
        settings=msgspec.json.decode(stage["settings"], type=dict[str, MethodSettings]),
        tracing=bool(stage["tracing"]),
        access_log=msgspec.json.decode(stage["access_log"]),
    )
    for patch in patches:
        _apply(change, patch.get("op", ""), patch.get("path", ""), patch.get("value", ""))
    if change.access_log:
        _check_access_log(change.access_log)
    return change


def settings_view(settings: Mapping[str, MethodSettings]) -> dict[str, Any]:
    """Method settings as stages show them."""
    return {
        key: {
            "metricsEnabled": False,
            "loggingLevel": setting.log_level,
            "dataTraceEnabled": setting.data_trace,
            "throttlingRateLimit": ACCOUNT_RATE if setting.rate is None else setting.rate,
            "throttlingBurstLimit": int(ACCOUNT_BURST if setting.burst is None else setting.burst),
            "cachingEnabled": False,
            "cacheTtlInSeconds": 300,
            "cacheDataEncrypted": False,
        }
        for key, setting in settings.items()
    }


def _apply(change: StageChange, kind: str, path: str, value: str) -> None:
    if kind not in ("replace", "add", "remove"):
        raise AwsError("BadRequestException", f"Invalid patch operation {kind!r}: replace, add or remove")
    if path == "/deploymentId":
        change.deployment = value
    elif path == "/description":
        change.description = value
    elif path == "/tracingEnabled":
        change.tracing = value == "true"
    elif path.startswith("/accessLogSettings"):
        _set_access_log(change, kind, path, value)
    elif path in ("/cacheClusterEnabled",) and value == "false":
        return  # what it asks for is how it is
    elif path.startswith("/variables/"):
        _set_variable(change, kind, path.removeprefix("/variables/"), value)
    else:
        _set_method(change, kind, path, value)


def _set_access_log(change: StageChange, kind: str, path: str, value: str) -> None:
    name = path.removeprefix("/accessLogSettings").removeprefix("/")
    if kind == "remove":
        if name:
            change.access_log.pop(name, None)
        else:
            change.access_log.clear()
    elif name in ("destinationArn", "format"):
        change.access_log[name] = value
    else:
        raise NotImplementedByName("apigateway", f"patch {kind} {path} of UpdateStage")


def _check_access_log(settings: Mapping[str, str]) -> None:
    """Refuses access logs that are none; those that lack a half are still being set up."""
    arn = settings.get("destinationArn")
    if arn is not None and (not is_arn(arn) or parse_arn(arn).service not in ("logs", "firehose")):
        raise AwsError("BadRequestException", f"Invalid ARN specified in the request: {arn}")
    if arn is not None and parse_arn(arn).service == "firehose":
        raise NotImplementedByName("apigateway", "access logs to Firehose")
    if "format" in settings:
        check_format(settings["format"])


def _set_variable(change: StageChange, kind: str, name: str, value: str) -> None:
    if kind == "remove":
        change.variables.pop(name, None)
    else:
        change.variables[name] = value


def _set_method(change: StageChange, kind: str, path: str, value: str) -> None:
    parts = path.strip("/").split("/")
    if kind == "remove" and len(parts) == 2:
        change.settings.pop(method_key(*parts), None)
        return
    if kind not in ("replace", "remove") or len(parts) < 4:
        raise NotImplementedByName("apigateway", f"patch {kind} {path} of UpdateStage")
    key, name = method_key("~1".join(parts[:-3]), parts[-3]), "/".join(parts[-2:])
    setting = change.settings.get(key, MethodSettings())
    change.settings[key] = _changed(setting, path, name, None if kind == "remove" else value)


def _changed(setting: MethodSettings, path: str, name: str, value: str | None) -> MethodSettings:
    """Settings with one of them changed; None takes it back to what it is by itself."""
    replace = msgspec.structs.replace
    match name:
        case "throttling/rateLimit":
            return replace(setting, rate=None if value is None else _number(path, value))
        case "throttling/burstLimit":
            return replace(setting, burst=None if value is None else _number(path, value))
        case "logging/loglevel" if value in (None, *_LEVELS):
            return replace(setting, log_level=value or "OFF")
        case "logging/dataTrace":
            return replace(setting, data_trace=value == "true")
        case "metrics/enabled" | "caching/enabled" if value in (None, "false"):
            return setting  # what it asks for is how it is
    raise NotImplementedByName("apigateway", f"patch {path} = {value!r} of UpdateStage")


def _number(path: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1
    if number < 0:
        raise AwsError("BadRequestException", f"Invalid value {value!r} for {path}: a number, not negative")
    return number
