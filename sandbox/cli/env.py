"""`sandbox env`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, state_option
from sandbox.cli.output import emit, emit_json
from sandbox.control.protocol import StatusView
from sandbox.model.scope import DEFAULT_REGION


@click.command("env", short_help="Print exports for a shell: endpoint, keys, region, PG*.")
@json_option
@state_option
def command(as_json: bool, state: Path) -> None:
    """Print exports for a shell, so that AWS and PostgreSQL clients reach the sandbox.

    Example: eval "$(sandbox env)" && aws lambda list-functions
    """
    with connect(state) as client:
        status = client.call_as(StatusView, "status")
    variables = {
        "AWS_ENDPOINT_URL": status.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": DEFAULT_REGION,
        "AWS_DEFAULT_REGION": DEFAULT_REGION,
        # A few operations are asked of a host of their own (`stream-127.0.0.1`), which nobody can find.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    database = status.postgres
    if database is not None:
        variables |= {
            "PGHOST": database.host,
            "PGPORT": str(database.port),
            "PGDATABASE": database.database,
            "PGUSER": database.user,
            "PGPASSWORD": database.password,
        }
    if as_json:
        emit_json(variables)
        return
    for name, value in variables.items():
        emit(f"export {name}={shlex.quote(value)}")
