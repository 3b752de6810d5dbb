"""Rules and their targets, as AWS's user guide of EventBridge has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.behaviour.aws import put, queue, received, rule
from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox
from tests.e2e.waiting import eventually

_EVENT = {
    "id": "1",
    "detail-type": "Teste",
    "source": "loja.vendas",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"valor": 150, "cliente": {"nome": "Ana"}, "itens": ["a", "b"]},
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({"source": [{"prefix": "loja."}]}, True),
        ({"source": [{"suffix": ".vendas"}]}, True),
        ({"source": [{"anything-but": ["loja.vendas"]}]}, False),
        ({"detail": {"valor": [{"numeric": [">", 100, "<=", 150]}]}}, True),
        ({"detail": {"desconto": [{"exists": False}]}}, True),
        ({"detail": {"itens": ["b"]}}, True),
        ({"detail": {"cliente": {"nome": [{"equals-ignore-case": "ANA"}]}}}, True),
        ({"source": [{"wildcard": "loja.*das"}]}, True),
        ({"$or": [{"source": ["outra"]}, {"detail": {"valor": [150]}}]}, True),
    ],
)
def test_a_pattern_matches_as_documented(nfe: Sandbox, pattern: dict[str, Any], matches: bool) -> None:
    answer = nfe.aws("events").test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(_EVENT))
    assert answer["Result"] is matches


def test_each_target_gets_what_its_input_says(nfe: Sandbox, names: Namer) -> None:
    queues = [queue(nfe, names("alvo")) for _ in range(4)]
    whole, path, constant, made = ({"Arn": arn} for _, arn in queues)
    transformer = {
        "InputPathsMap": {"nome": "$.detail.nome"},
        "InputTemplate": '{"para": <nome>, "texto": "olá <nome>"}',
    }
    rule(
        nfe,
        names("regra"),
        {"source": ["alvos"], "detail": {"nome": ["Ana"]}},
        whole,
        {**path, "InputPath": "$.detail"},
        {**constant, "Input": '{"fixo": true}'},
        {**made, "InputTransformer": transformer},
    )
    event = put(nfe, "alvos", {"nome": "Ana"})
    bodies = [json.loads(received(nfe, url)[0]["Body"]) for url, _ in queues]
    assert (bodies[0]["id"], bodies[0]["detail"]) == (event, {"nome": "Ana"})
    assert bodies[1:] == [{"nome": "Ana"}, {"fixo": True}, {"para": "Ana", "texto": "olá Ana"}]


def test_an_event_that_no_rule_wants_goes_nowhere(nfe: Sandbox, names: Namer) -> None:
    url, arn = queue(nfe, names("alvo"))
    rule(nfe, names("regra"), {"source": ["querida"]}, {"Arn": arn})
    put(nfe, "outra", {})
    put(nfe, "querida", {"n": 1})
    (message,) = received(nfe, url)
    assert json.loads(message["Body"])["detail"] == {"n": 1}


@pytest.mark.differs(
    "docker",
    "LocalStack delivers for disabled rules that have a pattern",
    "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html:"
    " a disabled rule does not match any events",
)
def test_a_disabled_rule_delivers_nothing(nfe: Sandbox, names: Namer) -> None:
    (off, off_arn), (on, on_arn) = (queue(nfe, names("alvo")) for _ in range(2))
    name = names("regra")
    rule(nfe, name, {"source": ["desligada"]}, {"Arn": off_arn})
    rule(nfe, names("regra"), {"source": ["desligada"]}, {"Arn": on_arn})
    nfe.aws("events").disable_rule(Name=name)
    put(nfe, "desligada", {})
    received(nfe, on)
    nfe.aws("events").enable_rule(Name=name)
    put(nfe, "desligada", {"n": 2})
    assert [json.loads(message["Body"])["detail"] for message in received(nfe, off)] == [{"n": 2}]


def test_an_entry_without_a_source_fails_alone(nfe: Sandbox) -> None:
    whole = {"Source": "s", "DetailType": "T", "Detail": "{}"}
    answer = nfe.aws("events").put_events(Entries=[whole, {**whole, "Detail": "no json"}])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["EventId"]
    assert answer["Entries"][1]["ErrorCode"] == "MalformedDetail"


def test_what_a_target_refuses_goes_to_its_dead_letter_queue(nfe: Sandbox, names: Namer) -> None:
    letters, letters_arn = queue(nfe, names("cartas"))
    gone, gone_arn = queue(nfe, names("some"))
    arn = rule(
        nfe,
        names("regra"),
        {"source": ["perdas"]},
        {"Arn": gone_arn, "DeadLetterConfig": {"Arn": letters_arn}},
    )
    nfe.aws("sqs").delete_queue(QueueUrl=gone)
    event = put(nfe, "perdas", {})
    (letter,) = received(nfe, letters)
    assert json.loads(letter["Body"])["id"] == event
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (told["RULE_ARN"], told["TARGET_ARN"], told["ERROR_CODE"]) == (arn, gone_arn, "NO_RESOURCE")


@pytest.mark.differs(
    "docker",
    "LocalStack fails to replay an archive that holds an event: refused by name; --service events=native can",
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html:"
    " the events of the archive are sent to the bus again, with replay-name",
)
def test_an_archive_is_replayed(nfe: Sandbox, names: Namer) -> None:
    events = nfe.aws("events")
    url, arn = queue(nfe, names("alvo"))
    rule(nfe, names("regra"), {"source": ["arquivada"]}, {"Arn": arn})
    bus = events.describe_event_bus()["Arn"]
    archive = events.create_archive(
        ArchiveName=names("arquivo"), EventSourceArn=bus, EventPattern='{"source": ["arquivada"]}'
    )["ArchiveArn"]
    put(nfe, "arquivada", {"n": 1})
    received(nfe, url)
    now = datetime.now(UTC)
    replay = names("replay")
    events.start_replay(
        ReplayName=replay,
        EventSourceArn=archive,
        EventStartTime=now - timedelta(hours=1),
        EventEndTime=now + timedelta(hours=1),
        Destination={"Arn": bus},
    )
    (again,) = received(nfe, url)
    assert json.loads(again["Body"])["replay-name"] == replay
    eventually(
        lambda: events.describe_replay(ReplayName=replay)["State"],
        lambda state: state == "COMPLETED",
        what="the end of the replay",
    )
