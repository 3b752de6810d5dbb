"""Tokens in what the long tail kept: the address of a database changes with a start, so what a template knows
of it is kept as a token, and whoever reads it gets what the token stands for now.

This is done at the front door, not before the long tail itself: what the deployer reads in process
(references to secrets, secrets that get the address of their database) is stored again, and must stay a
token.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sandbox.errors import SandboxError
from sandbox.model.http import HttpResponse

#: Services that keep what a template knows of a database.
_KEEPERS = frozenset({"secretsmanager", "ssm"})
_TOKEN = b"{{sandbox:"


def expanded(
    service: str, response: HttpResponse, function: str, expand: Callable[[str, str], str]
) -> HttpResponse:
    """An answer with the values that tokens in it stand for now.

    Args:
        service: whose answer it is.
        function: ARN of the function that asked; empty for anybody else.
        expand: see `Bindings.expand`.
    """
    if service not in _KEEPERS or _TOKEN not in response.body:
        return response
    try:
        body = expand(response.body.decode(), function).encode()
    except (SandboxError, UnicodeDecodeError):
        return response  # what looks like a token is the user's own
    return msgspec.structs.replace(response, body=body)
