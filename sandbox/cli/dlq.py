"""`sandbox dlq`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from sandbox.cli.common import connect, json_option, match_option, state_option
from sandbox.cli.diagnostics import say, show_count
from sandbox.cli.inputs import read_attributes, read_text
from sandbox.cli.messagewords import show_dead_letter, show_move
from sandbox.cli.output import emit, emit_json
from sandbox.cli.queue import show_queues
from sandbox.cli.sure import sure, yes_option
from sandbox.errors import UsageError
from sandbox.model.views.messages import DeadLetter, MoveProgress, MoveResult, QueueView


@click.group("dlq", short_help="Dead letters: why they are there, redrive, edit and resend, drop.")
def command() -> None:
    """Dead letters: why each landed there; send them back, edited or not; drop them.

    Example: sandbox dlq show estoque-reserva-dlq
    """


@command.command("ls")
@json_option
@state_option
def ls(as_json: bool, state: Path) -> None:
    """List the dead-letter queues, and who sends there.

    Queues, rules, schedules, subscriptions, functions and mappings of streams do.

    Example: sandbox dlq ls
    """
    with connect(state) as client:
        queues = client.call_as(list[QueueView], "dlq_ls")
    if as_json:
        emit_json(queues)
        return
    show_queues(queues)
    if not queues:
        say(
            "no queue is a dead-letter queue: a RedrivePolicy of another queue or of a subscription makes it"
            " one, a DeadLetterConfig, or an on-failure destination"
        )


@command.command("show")
@click.argument("queue")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out so many of the oldest.")
@match_option
@json_option
@state_option
def show(queue: str, limit: int, offset: int, match: str, as_json: bool, state: Path) -> None:
    """Show the dead letters of QUEUE, each with the last exception and the flow it belongs to.

    Example: sandbox dlq show estoque-reserva-dlq
    """
    with connect(state) as client:
        letters = client.call_as(
            list[DeadLetter], "dlq_show", queue=queue, limit=limit, offset=offset, match=match
        )
        now = float(client.call("clock_show")["now"])
    if as_json:
        emit_json(letters)
        return
    for letter in letters:
        for line in show_dead_letter(letter, now):
            emit(line)
    if not letters:
        say("no dead letters")


@command.command("redrive")
@click.argument("queue")
@click.argument("message_ids", nargs=-1, metavar="[MESSAGE]...")
@click.option("--all", "everything", is_flag=True, help="All that are there now.")
@click.option("--rate", type=float, metavar="N", help="At most N messages per second of the sandbox's time.")
@json_option
@state_option
def redrive(
    queue: str, message_ids: tuple[str, ...], everything: bool, rate: float | None, as_json: bool, state: Path
) -> int:
    """Send dead letters of QUEUE back to where they came from. MESSAGE is an id or the beginning of one.

    Each leaves the queue and is sent anew in one step: interrupted half way, none is lost or doubled, and the
    rest stays. As on AWS it gets a new id and no receives; the journal joins both lives. What rules,
    schedules, subscriptions and functions gave up came from no queue: see `dlq resend`.

    Example: sandbox dlq redrive estoque-reserva-dlq --all --rate 10
    """
    if everything == bool(message_ids):
        raise UsageError(
            "no dead letter was redriven",
            "either messages are named, or --all is said",
            f"write `sandbox dlq redrive {queue} --all`, or name ids that `sandbox dlq show {queue}` lists",
        )
    wanted = None if everything else list(message_ids)
    with connect(state) as client:
        told = client.stream("dlq_redrive", queue=queue, message_ids=wanted, rate=rate)
        result = _followed(msgspec.convert(item, MoveProgress) for item in told)
    return _tell(result, "redriven", as_json=as_json)


@command.command("resend")
@click.argument("queue")
@click.argument("message_id", metavar="MESSAGE")
@click.option("--body", metavar="TEXT|@FILE|-", help="The body that takes the place of its own.")
@click.option("--edit", is_flag=True, help="Edit the body in $EDITOR first.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="A String attribute.")
@click.option("--attributes-json", "document", metavar="JSON|@FILE", help="Attributes of any type.")
@click.option("--delay", type=click.IntRange(0, 900), help="Seconds before it is visible.")
@json_option
@state_option
def resend(
    queue: str,
    message_id: str,
    body: str | None,
    edit: bool,
    attributes: tuple[str, ...],
    document: str | None,
    delay: int | None,
    as_json: bool,
    state: Path,
) -> int:
    """Edit a dead letter and send it back to where it came from. The journal keeps what it was.

    What a rule or a schedule gave up is sent to its target, and what a function failed on to the function.

    Attributes that are given take the place of all of its own.

    Example: sandbox dlq resend estoque-reserva-dlq 7f6c2a0e --body @corrigido.json
    """
    given = read_attributes(attributes, document)
    text = None if body is None else read_text(body)
    with connect(state) as client:
        if edit:
            text = _edited(client.call_as(list[DeadLetter], "dlq_show", queue=queue, limit=1000), message_id)
        result = client.call_as(
            MoveResult,
            "dlq_resend",
            queue=queue,
            message_id=message_id,
            body=text,
            attributes=given,
            delay=delay,
        )
    return _tell(result, "resent", as_json=as_json)


@command.command("drop")
@click.argument("queue")
@click.argument("message_ids", nargs=-1, required=True, metavar="MESSAGE...")
@yes_option
@json_option
@state_option
def drop(queue: str, message_ids: tuple[str, ...], yes: bool, as_json: bool, state: Path) -> int:
    """Delete dead letters of QUEUE for good.

    Example: sandbox dlq drop estoque-reserva-dlq 7f6c2a0e --yes
    """
    with connect(state) as client:
        found = client.call_as(QueueView, "queue_find", queue=queue)
        sure(f"Delete {len(message_ids)} of {found.name} for good?", yes=yes)
        result = client.call_as(MoveResult, "dlq_drop", queue=queue, message_ids=list(message_ids))
    return _tell(result, "dropped", as_json=as_json)


def _followed(told: Iterable[MoveProgress]) -> MoveResult:
    """Shows how far a redrive is; returns what came of it."""
    result = MoveResult(moved=0)
    for progress in told:
        show_count(progress.done, progress.of, "redriven")
        result = progress.result or result
    return result


def _tell(result: MoveResult, done: str, *, as_json: bool) -> int:
    """Says what was done; 1 when something stayed that was asked for."""
    if as_json:
        emit_json(result)
    else:
        for line in show_move(result, done):
            emit(line)
    return 1 if result.kept else 0


def _edited(letters: list[DeadLetter], message_id: str) -> str:
    """The body of a message after an editor was closed.

    Raises:
        UsageError: there is no such message, or it was left as it was.
    """
    found = [letter.message for letter in letters if letter.message.message_id.startswith(message_id)]
    if len(found) != 1:
        raise UsageError(
            f"{message_id} is {'no message' if not found else 'the beginning of several ids'} of the queue",
            "one message is edited at a time",
            "copy an id from `sandbox dlq show`",
        )
    edited = click.edit(found[0].body, extension=".json")
    if edited is None or edited.rstrip("\n") == found[0].body.rstrip("\n"):
        raise UsageError(
            "nothing was sent",
            "the body was not changed",
            "`sandbox dlq redrive` sends a message back as it is",
        )
    return edited.rstrip("\n")
