"""Dynamic references: `{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:secretsmanager:…}}`.

They are read when a resource is created or changed; the record keeps the reference, never the value. Follows
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox.deploy.template.problem import Path, Problem
from sandbox.model.awserror import AwsError

_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^{}]+)\}\}")

Caller = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]


async def expand_references(value: Any, call: Caller, path: Path) -> Any:
    """`value` with every dynamic reference replaced by what it names.

    Args:
        call: runs an AWS operation `(service, operation, parameters)`.

    Raises:
        Problem: a reference is malformed, or what it names does not exist.
    """
    if isinstance(value, dict):
        return {key: await expand_references(item, call, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [await expand_references(item, call, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value
    text, end = "", 0
    for match in _REFERENCE.finditer(value):
        text += value[end : match.start()] + await _read(match[1], match[2], call, path)
        end = match.end()
    return text + value[end:]


async def _read(service: str, reference: str, call: Caller, path: Path) -> str:
    try:
        if service in {"ssm", "ssm-secure"}:
            name = reference
            head, _, version = reference.rpartition(":")
            if head and version.isdigit():
                name = f"{head}:{version}"
            answer = await call(
                "ssm", "GetParameter", {"Name": name, "WithDecryption": service == "ssm-secure"}
            )
            return str(answer["Parameter"]["Value"])
        if service == "secretsmanager":
            return await _secret(reference, call, path)
    except AwsError as error:
        raise Problem(
            path,
            f"{{{{resolve:{service}:{reference}}}}} cannot be read: {error}",
            "create it before deploying",
        ) from error
    raise Problem(
        path, f"{service} is not a service of dynamic references", "use ssm, ssm-secure or secretsmanager"
    )


async def _secret(reference: str, call: Caller, path: Path) -> str:
    # An ARN as the secret's id has colons of its own: seven parts.
    parts = reference.split(":")
    size = 7 if parts[0] == "arn" else 1
    secret, rest = ":".join(parts[:size]), parts[size:]
    kind, key, stage, version = [*rest, "", "", "", ""][:4]
    if kind not in {"", "SecretString"}:
        raise Problem(path, f"{kind} of a secret is not implemented, only SecretString", "write SecretString")
    ask: dict[str, Any] = {"SecretId": secret}
    if stage:
        ask["VersionStage"] = stage
    if version:
        ask["VersionId"] = version
    text = str((await call("secretsmanager", "GetSecretValue", ask))["SecretString"])
    if not key:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(
            path, f"the secret {secret} has no JSON key {key}", "name a key of the secret"
        ) from error
