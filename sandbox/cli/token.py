"""`sandbox token`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json
from sandbox.errors import UsageError
from sandbox.model.durations import parse_duration


@click.command("token", short_help="Make a token for APIs with a JWT authorizer.")
@click.option("--sub", required=True, help="Whom the token is about.")
@click.option("--scope", "scopes", multiple=True, help="A scope that it grants; may be repeated.")
@click.option(
    "--audience",
    "audiences",
    multiple=True,
    help="Whom it is for; may be repeated. Without it: all that deployed JWT authorizers ask for.",
)
@click.option("--ttl", default="1h", show_default=True, help="How long it is valid, of the sandbox's time.")
@json_option
@state_option
def command(
    sub: str, scopes: tuple[str, ...], audiences: tuple[str, ...], ttl: str, as_json: bool, state: Path
) -> None:
    """Make a token of the sandbox's own issuer and print it, and nothing else.

    Its keys are at {{sandbox:issuer}}/.well-known/jwks.json: use {{sandbox:issuer}} as the issuer of a JWT
    authorizer.

    Example: sandbox token --sub ana --scope pedidos:read --scope pedidos:write
    """
    try:
        seconds = parse_duration(ttl)
    except ValueError as error:
        raise UsageError("no token was made", str(error), "write --ttl 1h") from error
    with connect(state) as client:
        made: dict[str, Any] = client.call(
            "token", sub=sub, scopes=list(scopes), audiences=list(audiences), ttl=seconds
        )
    if as_json:
        emit_json(made)
    else:
        emit(made["token"])
