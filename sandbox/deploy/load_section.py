"""The part `[load]` of a `sandbox.toml`: the request that `sandbox load` sends to a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.deploy.system_file import Toml

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """A request of load; `{n}` in path and body is its number, `{n%500}` that number modulo 500.

    Attributes:
        output: the output of the stack that is the API's base URL.
        scopes: of the token that it carries; none: it carries no token.
    """

    path: str
    method: str = "POST"
    output: str = "ApiUrl"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()


def read_load(toml: Toml) -> LoadSpec | None:
    """What a file says about load; None: nothing.

    Raises:
        TemplateError: a key is unknown or has another type.
    """
    if "load" not in toml.data:
        return None
    section = toml.section("load")
    toml.only(section, "method", "output", "path", "body", "headers", "scopes", place="load")
    method = toml.text(section, "method", place="load", default="POST").upper()
    if method not in METHODS:
        raise toml.error("method", f"{method} is not a method", f"use one of {', '.join(METHODS)}")
    headers, scopes = section.get("headers", {}), section.get("scopes", [])
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise toml.error("headers", "headers is not a table of texts", 'write { "X-Name" = "value" }')
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise toml.error("scopes", "scopes is not a list of texts", 'write ["orders:write"]')
    return LoadSpec(
        toml.text(section, "path", place="load"),
        method,
        toml.text(section, "output", place="load", default="ApiUrl"),
        toml.text(section, "body", place="load", default=""),
        headers,
        tuple(scopes),
    )
