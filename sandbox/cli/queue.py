"""`sandbox queue`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sandbox.cli.common import connect, json_option, match_option, state_option
from sandbox.cli.diagnostics import say
from sandbox.cli.inputs import read_attributes, read_text
from sandbox.cli.messagewords import clock_time, show_message
from sandbox.cli.output import emit, emit_json, emit_table
from sandbox.cli.sure import sure, yes_option
from sandbox.model.durations import format_duration
from sandbox.model.safe_text import one_line
from sandbox.model.views.messages import MessageView, QueueView

_BODY = 60


@click.group("queue", short_help="Look into queues without receiving, send, purge.")
def command() -> None:
    """Look into queues without receiving, send messages, purge.

    Example: sandbox queue peek estoque-reserva
    """


@command.command("ls")
@json_option
@state_option
def ls(as_json: bool, state: Path) -> None:
    """List every queue: how full it is, who reads it, where its dead letters go.

    Example: sandbox queue ls
    """
    with connect(state) as client:
        queues = client.call_as(list[QueueView], "queue_ls")
    if as_json:
        emit_json(queues)
        return
    show_queues(queues)
    if not queues:
        say("there is no queue: `sandbox deploy` makes those of a system")


def show_queues(queues: list[QueueView]) -> None:
    """Queues as a table."""
    emit_table(
        ("QUEUE", "VISIBLE", "IN FLIGHT", "DELAYED", "OLDEST", "READ BY", "DEAD LETTERS"),
        [
            (
                one_line(queue.name),
                queue.visible,
                queue.in_flight,
                queue.delayed,
                "-" if queue.oldest_seconds is None else format_duration(queue.oldest_seconds),
                ", ".join(queue.consumers) or "-",
                _dead_letters(queue),
            )
            for queue in queues
        ],
    )


def _dead_letters(queue: QueueView) -> str:
    if queue.is_dead_letter_queue:
        return f"of {queue.gives}"
    if queue.dead_letter_queue is None:
        return "-"
    return f"to {queue.dead_letter_queue} after {queue.max_receives}"


@command.command("peek")
@click.argument("queue")
@click.option("--in", "status", metavar="STATE", help="Only visible, in-flight or delayed ones.")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out so many of the oldest.")
@match_option
@click.option("--full", is_flag=True, help="Show whole bodies and attributes.")
@json_option
@state_option
def peek(
    queue: str,
    status: str | None,
    limit: int,
    offset: int,
    match: str,
    full: bool,
    as_json: bool,
    state: Path,
) -> None:
    """Show messages of QUEUE (its name or a part of it) in order of sending, without receiving them.

    Example: sandbox queue peek estoque-reserva --in in-flight
    """
    with connect(state) as client:
        messages = client.call_as(
            list[MessageView],
            "queue_peek",
            queue=queue,
            state=status,
            limit=limit,
            offset=offset,
            match=match,
        )
        now = float(client.call("clock_show")["now"])
    if as_json:
        emit_json(messages)
        return
    if full:
        for message in messages:
            for line in show_message(message, now):
                emit(line)
    else:
        emit_table(
            ("MESSAGE", "STATE", "SENT", "RECEIVES", "FLOW", "BODY"),
            [
                (
                    message.message_id,
                    message.state,
                    clock_time(message.sent_at),
                    message.receive_count,
                    "-" if message.flow is None else message.flow,
                    one_line(message.body, _BODY),
                )
                for message in messages
            ],
        )
    if not messages:
        say("no such message is in the queue" if status or match or offset else "the queue is empty")


@command.command("send")
@click.argument("queue")
@click.argument("body", metavar="BODY|@FILE|-")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="A String attribute.")
@click.option("--attributes-json", "document", metavar="JSON|@FILE", help="Attributes of any type.")
@click.option("--delay", type=click.IntRange(0, 900), help="Seconds before it is visible.")
@json_option
@state_option
def send(
    queue: str,
    body: str,
    attributes: tuple[str, ...],
    document: str | None,
    delay: int | None,
    as_json: bool,
    state: Path,
) -> None:
    """Send a message to QUEUE. The body is the argument, a file's content, or standard input.

    Example: sandbox queue send estoque-reserva @evento.json
    """
    text = read_text(body)
    given = read_attributes(attributes, document)
    with connect(state) as client:
        answer: dict[str, Any] = client.call(
            "queue_send", queue=queue, body=text, attributes=given, delay=delay
        )
    if as_json:
        emit_json(answer)
    else:
        emit(f"sent {answer['message_id']} to {answer['queue']}")


@command.command("purge")
@click.argument("queue")
@yes_option
@json_option
@state_option
def purge(queue: str, yes: bool, as_json: bool, state: Path) -> None:
    """Delete every message of QUEUE, in flight or not. AWS allows it once in 60 seconds; so does the sandbox.

    Example: sandbox queue purge estoque-reserva --yes
    """
    with connect(state) as client:
        found = client.call_as(QueueView, "queue_find", queue=queue)
        sure(f"Delete every message of {found.name}?", yes=yes)
        answer: dict[str, Any] = client.call("queue_purge", queue=queue)
    if as_json:
        emit_json(answer)
    else:
        emit(f"purged {answer['queue']}: {answer['purged']} messages")
