"""Values known only while the sandbox runs: `{{sandbox:NAME}}` in what is stored, a port in what is used."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.errors import SandboxError
from sandbox.services.issuer.issuer import ISSUER_PATH

_TOKEN = re.compile(r"\{\{sandbox:([^{}]+)\}\}")


class UnknownBindingError(SandboxError):
    """Something stored names a value that this sandbox does not have."""


class LiveBindings:
    """Implements the port `Bindings`.

    Args:
        endpoint: the front door's URL now.
        database: host and port of the PostgreSQL server now, for the function of an ARN or (empty) anybody.
    """

    def __init__(self, endpoint: Callable[[], str], database: Callable[[str], tuple[str, int]]) -> None:
        self._endpoint = endpoint
        self._database = database

    def expand(self, text: str, function: str = "") -> str:
        """Replaces every token in `text` by its value now; see `Bindings.expand`."""
        if "{{sandbox:" not in text:
            return text
        return _TOKEN.sub(lambda match: self._value(match.group(1), function), text)

    def _value(self, name: str, function: str) -> str:
        kind, _, rest = name.partition(":")
        if name == "endpoint":
            return self._endpoint()
        if name == "issuer":
            return f"{self._endpoint()}{ISSUER_PATH}"
        instance, _, wanted = rest.rpartition(":")
        if kind == "rds" and instance and wanted in ("address", "port"):
            host, port = self._database(function)
            return host if wanted == "address" else str(port)
        raise UnknownBindingError(
            f"{{{{sandbox:{name}}}}} means nothing here",
            "the state was written by another version, or the token was typed by hand",
            "deploy the stack again: `sandbox deploy`",
        )
