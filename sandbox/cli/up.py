"""`sandbox up`: in the foreground, or detached."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sandbox.cli.common import connect, json_option, parameter_option, read_parameters, state_option
from sandbox.cli.diagnostics import say, show_progress
from sandbox.cli.output import emit_json
from sandbox.cli.summary import last_words, show_status, what_stays
from sandbox.control.protocol import Progress, StatusView
from sandbox.errors import NotRunningError, SandboxError
from sandbox.session.options import DEFAULT_HOPS, DEFAULT_PAYLOAD, DEFAULT_PORT, Options

_FEWEST_HOPS = 1_000


def _hops(value: int) -> int:
    """A number of hops that makes sense.

    Raises:
        BadParameter: so few that what is looked at is gone before it is shown.
    """
    if 0 < value < _FEWEST_HOPS:
        raise click.BadParameter(f"{value} is too few: say {_FEWEST_HOPS} or more, or 0 for none.")
    return value


@click.command("up", short_help="Start the sandbox and deploy systems into it.")
@click.argument("systems", nargs=-1, metavar="[SYSTEM|TEMPLATE]...")
@click.option("--detach", "-d", is_flag=True, help="Return when everything is ready; it runs on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    envvar="SANDBOX_PORT",
    help="Port of the front door; 0 takes a free one.",
)
@click.option(
    "--engine",
    default=None,
    show_default="that of sandbox.toml or of the state folder, else embedded",
    envvar="SANDBOX_ENGINE",
    help="Engine that runs the services: embedded or docker.",
)
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="NAME=URL|native",
    envvar="SANDBOX_SERVICE",
    help="Have a service answered by a server of your own (dynamodb=http://127.0.0.1:8000); on the Docker"
    " engine also by the sandbox itself (events=native).",
)
@click.option("--keep", is_flag=True, help="Docker engine: leave the containers when the sandbox ends.")
@click.option("--fresh", is_flag=True, help="Begin empty: throw away the state folder's content.")
@click.option("--tui", is_flag=True, help="Start it detached, unless it runs already, and watch it live.")
@parameter_option
@click.option("--no-seed", is_flag=True, help="Leave the systems' seeders out.")
@click.option(
    "--keep-hops",
    type=click.IntRange(min=0),
    callback=lambda _context, _parameter, value: _hops(value),
    default=DEFAULT_HOPS,
    show_default=True,
    envvar="SANDBOX_KEEP_HOPS",
    help="Steps of events that are kept, 1000 or more; the oldest go first. With 0 nothing is recorded:"
    " flows, sagas and the dashboard have nothing to show.",
)
@click.option(
    "--keep-payload",
    type=click.IntRange(min=0),
    default=DEFAULT_PAYLOAD,
    show_default=True,
    envvar="SANDBOX_KEEP_PAYLOAD",
    help="Characters of each payload that are kept.",
)
@json_option
@state_option
def command(
    systems: tuple[str, ...],
    detach: bool,
    port: int,
    engine: str | None,
    services: tuple[str, ...],
    keep: bool,
    fresh: bool,
    tui: bool,
    parameters: tuple[str, ...],
    no_seed: bool,
    keep_hops: int,
    keep_payload: int,
    as_json: bool,
    state: Path,
) -> int:
    """Start the sandbox and deploy systems into it.

    A SYSTEM is a name (looked up as handlers/NAME from here upwards, then among those that sandbox ships),
    a folder, or a SAM or CloudFormation template. Without one: what the sandbox.toml or template.yaml here
    names, and the stacks that the state folder has.

    Example: sandbox up nfe --detach
    """
    options = Options(
        state=os.path.abspath(state),  # noqa: PTH100 - resolve() would follow symlinks
        cwd=str(Path.cwd()),
        systems=systems,
        parameters=read_parameters(parameters),
        port=port,
        engine=engine or _default_engine(state),
        services=services,
        keep=keep,
        fresh=fresh,
        seed=not no_seed,
        keep_hops=keep_hops,
        keep_payload=keep_payload,
    )
    running = _running(state)
    if tui and running is not None:
        return _watch(options)
    if running is not None:
        return _show_running(running, as_json=as_json)
    if detach or tui:
        from sandbox.cli.detach import start_detached

        status = start_detached(options, _quiet if as_json else show_progress)
        if tui:
            return _watch(options)
        _show(status, as_json=as_json)
        return 0
    from sandbox.cli.foreground import run_foreground

    code = run_foreground(
        options,
        report=_quiet if as_json else show_progress,
        ready=lambda status: _show(status, as_json=as_json, foreground=True, keep=keep),
    )
    if not as_json:
        say(last_words(options.engine, keep=keep))
    return code


def _default_engine(state: Path) -> str:
    from sandbox.session.workspace import default_engine

    return default_engine(Path.cwd(), state)


def _watch(options: Options) -> int:
    from sandbox.cli.tui import dashboard

    dashboard("run")(options.folder)
    return 0


def _running(state: Path) -> StatusView | None:
    try:
        with connect(state) as client:
            return client.call_as(StatusView, "status")
    except NotRunningError:
        return None


def _show_running(status: StatusView, *, as_json: bool) -> int:
    error = SandboxError(
        f"a sandbox is running in {status.state} already",
        f"process {status.pid} serves {status.endpoint} since {status.uptime_seconds:.0f} s",
        "`sandbox deploy SYSTEM` deploys into it, `sandbox down` stops it, --state DIR starts another",
    )
    if as_json:
        emit_json(status)
    else:
        show_status(status)
    error.exit_code = 6
    raise error


def _show(status: StatusView, *, as_json: bool, foreground: bool = False, keep: bool = False) -> None:
    if as_json:
        emit_json(status)
        return
    show_status(status, notices=False)
    if foreground:
        say(f"Ctrl-C stops the sandbox; {what_stays(status.engine, keep=keep)}.")


def _quiet(progress: Progress) -> None:
    """With --json, notices alone are said."""
    if progress.state == "note":
        show_progress(progress)
