"""The command `sandbox` and its subcommands, each imported only when it is run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

from sandbox.cli.diagnostics import INTERRUPTED, crash, fail
from sandbox.errors import SandboxError

#: Command -> (module, help in one line). The order is the one of `--help`.
_COMMANDS = {
    "up": ("up", "Start the sandbox and deploy systems into it."),
    "down": ("down", "Stop the sandbox; its state stays."),
    "status": ("status", "Show what is running."),
    "deploy": ("deploy", "Deploy a system, or its changes, into the running sandbox."),
    "env": ("env", "Print exports for a shell: endpoint, keys, region, PG*."),
    "services": ("services", "What each AWS service does here: native, long tail, refused."),
    "invoke": ("invoke", "Invoke a function."),
    "token": ("token", "Make a token for APIs with a JWT authorizer."),
    "logs": ("logs", "Show log lines of functions, and follow them."),
    "clock": ("clock", "Show, move, stop or speed up the sandbox's time."),
    "flow": ("flow", "Follow events from cause to effect."),
    "queue": ("queue", "Look into queues without receiving, send, purge."),
    "dlq": ("dlq", "Dead letters: why, redrive, edit and resend, drop."),
    "bus": ("bus", "Event buses: rules, recent events, what matched."),
    "rule": ("rule", "Test rules and patterns against an event."),
    "saga": ("saga", "Follow sagas: state, step, timeline, invariants."),
    "faults": ("faults", "Inject faults: duplicates, throttling, kills, lost connections."),
    "load": ("load", "Send load to a system and explain what was lost."),
    "tui": ("tui", "Watch the sandbox live: queues, dead letters, sagas, flows, logs."),
    "lint": ("lint", "Lessons about the deployed system, each with its AWS page."),
    "snapshot": ("snapshot", "Save the whole sandbox, and go back to what was saved."),
    "reset": ("reset", "Go back to freshly deployed systems, or to a snapshot."),
    "doctor": ("doctor", "Check what the sandbox needs on this machine."),
}


class _LazyGroup(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"sandbox.cli.{_COMMANDS[name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(
        self, context: click.Context, words: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if words and words[0] not in _COMMANDS and not words[0].startswith("-"):
            near = get_close_matches(words[0], _COMMANDS, n=1)
            hint = f" Did you mean `sandbox {near[0]}`?" if near else " `sandbox --help` lists the commands."
            raise click.UsageError(f"There is no command {words[0]!r}.{hint}", context)
        return super().resolve_command(context, words)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, envvar="SANDBOX_DEBUG", help="Show stack traces of errors.")
@click.version_option(package_name="sandbox", message="sandbox %(version)s")
def cli(debug: bool) -> None:
    """A full local AWS for event-driven systems, in one command.

    Example: sandbox up nfe
    """


def run(words: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    debug = "--debug" in words[:1] or os.environ.get("SANDBOX_DEBUG", "") not in ("", "0", "false")
    try:
        result: Any = cli.main(list(words), prog_name="sandbox", standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SandboxError as error:
        return fail(error, debug=debug)
    except Exception as error:
        return crash(error, debug=debug)
    return result if isinstance(result, int) else 0
