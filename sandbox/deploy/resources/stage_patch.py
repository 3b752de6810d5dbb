"""Patch operations of API Gateway: what `UpdateStage` and `UpdateRestApi` take.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.deploy.template.values import as_text

#: What a path is set to when its property is removed; paths that are not here are removed themselves.
_DEFAULTS = {
    "/cacheClusterEnabled": "false",
    "/description": "",
    "/disableExecuteApiEndpoint": "false",
    "/apiKeySource": "HEADER",
    "/policy": "",
    "/tracingEnabled": "false",
}


def stage_values(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as texts; those that are None are left out."""
    return {path: as_text(value) for path, value in values.items() if value is not None}


def patches(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, str]]:
    """The operations that lead from one set of values to the other."""
    operations = [
        {
            "op": "replace" if path in before or "binaryMediaTypes" not in path else "add",
            "path": path,
            "value": value,
        }
        for path, value in after.items()
        if before.get(path) != value
    ]
    for operation in operations:
        if operation["op"] == "add":
            del operation["value"]
    for path in before.keys() - after.keys():
        if path in _DEFAULTS:
            operations.append({"op": "replace", "path": path, "value": _DEFAULTS[path]})
        else:
            operations.append({"op": "remove", "path": path})
    return sorted(operations, key=lambda operation: operation["path"])
