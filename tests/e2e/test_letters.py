"""Dead letters of everything that is no queue: who sends them, why, and what can be done about each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import Aws, Flows, Sandbox
from tests.e2e.conftest import Maker
from tests.support.commands import Commands

pytestmark = [pytest.mark.e2e, pytest.mark.sandbox("letters.yaml")]


def letter(cli: Commands, queue: str) -> dict[str, Any]:
    """The one dead letter of a queue."""
    (found,) = cli("dlq", "show", queue, "--json").json
    assert isinstance(found, dict)
    return found


def identifier(shown: dict[str, Any]) -> str:
    return str(shown["message"]["message_id"])


def test_every_queue_is_listed_with_who_sends_there(cli: Commands) -> None:
    listed = {one["name"]: (one["sources"], one["senders"]) for one in cli("dlq", "ls", "--json").json}
    assert listed == {
        "registros": ([], ["function falha"]),
        "eventos": ([], ["function falha"]),
        "lotes": ([], ["mapping to function falha"]),
        "regras": ([], ["rule regra"]),
        "agendas": ([], ["schedule agenda"]),
        "avisos": ([], ["subscription of topic topico"]),
        "comum": (["origem"], ["rule regra"]),
    }
    assert "of origem, rule regra" in cli("dlq", "ls").out
    assert cli("lint", "--json").json == []


def test_what_a_function_failed_on_is_shown_and_sent_to_it_again(
    aws: Aws, flows: Flows, cli: Commands
) -> None:
    aws.client("lambda").invoke(FunctionName="falha", InvocationType="Event", Payload=b'{"n": 1}')
    flows.settle()
    for queue in ("registros", "eventos"):
        shown = letter(cli, queue)
        # A function's dead letter does not tell how often it was tried; a record does.
        tries = 1 if queue == "registros" else 0
        assert (shown["sender"], shown["attempts"]) == ("function falha", tries)
        assert "ValueError: errado" in shown["error"]
        assert "given up" in cli("dlq", "show", queue).out
        said = cli("dlq", "redrive", queue, "--all", code=2).err
        assert "AWS redrives dead letters of queues alone" in said
        assert f"sandbox dlq resend {queue}" in said
        body = '{"certo": true}'
        assert cli("dlq", "resend", queue, identifier(shown), "--body", body, "--json").json["moved"] == 1
        flows.settle()
        assert cli("dlq", "show", queue, "--json").json == []
    aws.client("lambda").invoke(FunctionName="falha", InvocationType="Event", Payload=b'{"n": 3}')
    flows.settle()
    shown = letter(cli, "eventos")
    out = cli("dlq", "resend", "eventos", identifier(shown), "--body", "{torto", code=1).out
    assert "falha takes JSON alone" in out
    assert letter(cli, "eventos") == shown
    kept = cli("dlq", "resend", "eventos", "nenhum", code=1).out
    assert "it is not in the queue" in kept


def test_a_record_that_was_not_mended_comes_back(aws: Aws, flows: Flows, cli: Commands) -> None:
    aws.client("lambda").invoke(FunctionName="falha", InvocationType="Event", Payload=b'{"n": 2}')
    flows.settle()
    first = letter(cli, "registros")
    assert cli("dlq", "resend", "registros", identifier(first), "--json").json["moved"] == 1
    flows.settle()
    again = letter(cli, "registros")
    assert json.loads(again["message"]["body"])["requestPayload"] == {"n": 2}
    assert identifier(again) != identifier(first)
    assert again["message"]["flow"] == first["message"]["flow"], "one chain"


def test_an_event_that_a_rule_could_not_deliver(aws: Aws, flows: Flows, cli: Commands) -> None:
    entry = {"Source": "teste", "DetailType": "t", "Detail": '{"n": 1}'}
    aws.client("events").put_events(Entries=[entry])
    flows.settle()
    shown = letter(cli, "regras")
    assert shown["sender"] == "rule regra"
    assert shown["facts"]["target"].endswith(":ausente")
    assert "QueueDoesNotExist" in shown["error"]
    out = cli("dlq", "show", "regras").out
    assert "by rule regra" in out
    assert "target: arn:aws:sqs" in out
    assert "there is no queue ausente" in cli("dlq", "resend", "regras", identifier(shown), code=1).out
    aws.client("sqs").create_queue(QueueName="ausente")
    moved = cli("dlq", "resend", "regras", identifier(shown), "--json").json
    assert moved["moved"] == 1
    (message,) = cli("queue", "peek", "ausente", "--json").json
    assert json.loads(message["body"])["detail"] == {"n": 1}
    assert message["message_id"] == moved["message_ids"][0]
    # A queue that others share: its letters of queues are redriven, the rule's stay.
    sent = cli("queue", "send", "comum", "x", "--json").json["message_id"]
    redriven = cli("dlq", "redrive", "comum", "--all", "--json", code=1).json
    assert redriven["moved"] == 1
    assert sent not in redriven["kept"]
    assert "rule regra gave it up" in next(iter(redriven["kept"].values()))


def test_an_event_that_a_rule_changes_for_its_target_is_not_sent_as_it_was(
    aws: Aws, flows: Flows, cli: Commands
) -> None:
    events = aws.client("events")
    (first, *_) = events.list_targets_by_rule(Rule="regra")["Targets"]
    events.put_targets(Rule="regra", Targets=[{**first, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": "teste", "DetailType": "t", "Detail": "{}"}])
    flows.settle()
    out = cli("dlq", "resend", "regras", identifier(letter(cli, "regras")), code=1).out
    assert "rule regra changes events for this target" in out


def test_a_letter_goes_to_the_message_group_of_its_target_as_long_as_the_rule_has_that(
    aws: Aws, flows: Flows, cli: Commands
) -> None:
    events = aws.client("events")
    (first, *others) = events.list_targets_by_rule(Rule="regra")["Targets"]
    events.remove_targets(Rule="regra", Ids=[one["Id"] for one in others])
    fifo = {"Arn": f"{first['Arn']}.fifo", "SqsParameters": {"MessageGroupId": "grupo"}}
    events.put_targets(Rule="regra", Targets=[{**first, **fifo}])
    events.put_events(Entries=[{"Source": "teste", "DetailType": "t", "Detail": "{}"}])
    flows.settle()
    shown = identifier(letter(cli, "regras"))
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    aws.client("sqs").create_queue(QueueName="ausente.fifo", Attributes=attributes)
    events.remove_targets(Rule="regra", Ids=[first["Id"]])
    out = cli("dlq", "resend", "regras", shown, code=1).out
    assert "rule regra sends nothing there any more" in out
    events.put_targets(Rule="regra", Targets=[{**first, **fifo}])
    assert cli("dlq", "resend", "regras", shown, "--json").json["moved"] == 1
    (message,) = cli("queue", "peek", "ausente.fifo", "--json").json
    assert message["group_id"] == "grupo"


def test_a_schedule_whose_target_is_not_there(
    sandbox: Sandbox, aws: Aws, flows: Flows, cli: Commands
) -> None:
    cli("clock", "advance", "26h")
    flows.settle()
    shown = cli("dlq", "show", "agendas", "--json").json[0]
    assert shown["sender"] == "schedule agenda"
    assert shown["facts"]["target"].endswith(":nenhuma")
    aws.client("sqs").create_queue(QueueName="nenhuma")
    assert cli("dlq", "resend", "agendas", identifier(shown), "--json").json["moved"] == 1
    (message,) = cli("queue", "peek", "nenhuma", "--json").json
    assert message["body"] == '{"hora": 1}'


def test_a_letter_of_a_schedule_goes_to_the_message_group_that_the_schedule_names(
    sandbox: Sandbox, aws: Aws, flows: Flows, cli: Commands
) -> None:
    scheduler = aws.client("scheduler")
    target = scheduler.get_schedule(Name="agenda")["Target"]
    fifo = {
        **target,
        "Arn": f"{target['Arn']}.fifo",
        "Input": '{"hora": 2}',
        "SqsParameters": {"MessageGroupId": "hora"},
    }
    timing = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    scheduler.create_schedule_group(Name="turnos")
    scheduler.delete_schedule(Name="agenda")
    scheduler.create_schedule(Name="grupos", GroupName="turnos", Target=fifo, **timing)
    cli("clock", "advance", "26h")
    flows.settle()
    shown = cli("dlq", "show", "agendas", "--json").json[0]
    assert shown["sender"] == "schedule grupos"
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    aws.client("sqs").create_queue(QueueName="nenhuma.fifo", Attributes=attributes)
    scheduler.update_schedule(
        Name="grupos", GroupName="turnos", Target={**fifo, "Arn": f"{target['Arn']}2.fifo"}, **timing
    )
    out = cli("dlq", "resend", "agendas", identifier(shown), code=1).out
    assert "schedule grupos sends nothing there any more" in out
    scheduler.update_schedule(Name="grupos", GroupName="turnos", Target=fifo, **timing)
    assert cli("dlq", "resend", "agendas", identifier(shown), "--json").json["moved"] == 1
    (message,) = cli("queue", "peek", "nenhuma.fifo", "--json").json
    assert (message["body"], message["group_id"]) == ('{"hora": 2}', "hora")
    scheduler.delete_schedule(Name="grupos", GroupName="turnos")
    others = cli("dlq", "show", "agendas", "--json").json
    if others:
        out = cli("dlq", "resend", "agendas", identifier(others[0]), code=1).out
        assert "schedule grupos sends nothing there any more" in out


def test_a_message_that_a_topic_could_not_deliver(aws: Aws, flows: Flows, cli: Commands) -> None:
    topic = aws.client("sns").create_topic(Name="topico")["TopicArn"]
    aws.client("sns").publish(TopicArn=topic, Message="oi")
    flows.settle()
    shown = letter(cli, "avisos")
    assert shown["sender"] == "subscription of topic topico"
    assert shown["facts"]["subscription"].startswith(topic)
    assert shown["message"]["body"] == "oi"
    out = cli("dlq", "resend", "avisos", identifier(shown), code=1).out
    assert "publish it anew to topico" in out


def test_records_of_a_stream_that_were_given_up(aws: Aws, flows: Flows, cli: Commands) -> None:
    aws.client("dynamodb").put_item(TableName="itens", Item={"id": {"S": "1"}})
    flows.settle()
    shown = letter(cli, "lotes")
    assert (shown["sender"], shown["attempts"]) == ("mapping to function falha", 1)
    assert {"stream", "shardId", "startSequenceNumber", "batchSize"} <= shown["facts"].keys()
    assert "ValueError: errado" in shown["error"]
    out = cli("dlq", "resend", "lotes", identifier(shown), code=1).out
    assert "read them with GetRecords" in out


def test_where_nothing_is_recorded_the_queues_are_listed_all_the_same(sandboxes: Maker) -> None:
    made = sandboxes()
    made.up("--keep-hops", "0")
    assert made.cli("dlq", "ls", "--json").json == []
    made.cli("deploy", str(Path(__file__).with_name("letters.yaml")))
    assert len(made.cli("dlq", "ls", "--json").json) == 7
