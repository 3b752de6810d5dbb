"""Every command explains itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click
import pytest

from sandbox.cli.app import cli as root
from tests.cli.harness import Cli, golden


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(root))
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}


@pytest.mark.parametrize("path", ALL, ids="-".join)
def test_help(cli: Cli, path: tuple[str, ...]) -> None:
    said = cli(*path, "--help")
    assert (said.code, said.err) == (0, "")
    golden(f"help-{'-'.join(path)}.txt", said.out)


def test_help_of_all(cli: Cli) -> None:
    said = cli("--help")
    assert (said.code, said.err) == (0, "")
    golden("help.txt", said.out)
    assert cli("-h").out == said.out


@pytest.mark.parametrize("path", ALL, ids="-".join)
def test_every_command_has_an_example_of_itself(path: tuple[str, ...]) -> None:
    text = inspect.cleandoc(ALL[path].help or "")
    assert "Example: " in text
    assert f"sandbox {' '.join(path)}" in text.split("Example: ")[1]


@pytest.mark.parametrize("path", LEAVES, ids="-".join)
def test_every_command_takes_a_state_folder_and_json(path: tuple[str, ...]) -> None:
    options = {option for parameter in LEAVES[path].params for option in parameter.opts}
    assert "--state" in options
    assert path in _FOR_EYES or "--json" in options


#: Commands that only draw: there is nothing to give to a program.
_FOR_EYES = {("tui",)}


@pytest.mark.parametrize("path", ALL, ids="-".join)
def test_the_list_and_the_command_say_the_same(path: tuple[str, ...]) -> None:
    assert ALL[path].short_help or ALL[path].help


def test_the_version(cli: Cli) -> None:
    said = cli("--version")
    assert said.code == 0
    assert said.out.startswith("sandbox ")
