"""`--service events=native`: the sandbox's own EventBridge in front of LocalStack's queues and functions."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.behaviour.aws import received
from tests.docker.harness import DockerSandbox
from tests.e2e.harness import NFE
from tests.e2e.nfe_client import FINAL, issue, nota, product, stock
from tests.e2e.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerSandbox]:
    """The NF-e system with EventBridge of the sandbox's own."""
    sandbox = DockerSandbox(tmp_path_factory.mktemp("e"))
    try:
        sandbox.up(str(NFE), "--service", "events=native")
        yield sandbox
    finally:
        sandbox.close()


def _settled(native: DockerSandbox, identifier: str) -> str:
    assert native.invoke("nfe-outbox-dev")["error"] is None
    found = eventually(
        lambda: nota(native.http, identifier),
        lambda invoice: invoice["status"] in FINAL,
        what="the end of the saga",
        seconds=60,
    )
    return str(found["status"])


def test_an_archive_that_holds_events_is_replayed_and_changes_nothing(native: DockerSandbox) -> None:
    """The consumers are idempotent: what is delivered again with `replay-name` takes no stock twice."""
    produto = product(native.http, 10)
    identifier = issue(native.http, produto, 3)
    assert _settled(native, identifier) == "CONFIRMADA"
    (archive,) = native.cli("bus", "archives", "--json").json
    assert (archive["retention_days"], archive["events"] >= 2) == (90, True)
    replay = native.cli("bus", "replay", archive["name"], "--json").json
    done = eventually(
        lambda: {one["name"]: one for one in native.cli("bus", "replays", "--json").json}[replay["name"]],
        lambda one: one["state"] == "COMPLETED",
        what="the end of the replay",
    )
    assert done["replayed"] >= 2
    eventually(
        lambda: [hop for hop in native.hops(identifier, "replayed") if hop["status"] == "ok"],
        lambda hops: len(hops) >= 2,
        what="the replayed events in the flow of the invoice",
    )
    assert (nota(native.http, identifier)["status"], stock(native.http, produto)) == ("CONFIRMADA", 7)
    assert native.cli("saga", "check").code == 0


def test_every_event_is_written_to_the_log_group_of_its_rule(native: DockerSandbox) -> None:
    produto = product(native.http, 1)
    identifier = issue(native.http, produto, 2)
    assert _settled(native, identifier) == "ERRO_ESTOQUE"

    def written() -> set[str]:
        group = "/aws/events/nfe-events-dev"
        found = native.aws("logs").filter_log_events(logGroupName=group)["events"]
        events = [json.loads(one["message"]) for one in found]
        return {one["detail-type"] for one in events if one["detail"].get("notaFiscalId") == identifier}

    eventually(written, lambda kinds: kinds == {"NotaFiscalCriada", "ReservaFalhou"}, what="the log lines")


def test_an_event_that_a_target_refuses_goes_to_the_dead_letter_queue_of_the_target(
    native: DockerSandbox,
) -> None:
    """As AWS: a queue that is gone is not tried again; whatever retry policy there is."""
    sqs, events = native.aws("sqs"), native.aws("events")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("some", "cartas")}
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    events.put_rule(Name="perdida", EventPattern='{"source": ["perdas"]}')
    target = {"Id": "1", "Arn": arns["some"], "DeadLetterConfig": {"Arn": arns["cartas"]}}
    assert events.put_targets(Rule="perdida", Targets=[target])["FailedEntryCount"] == 0
    sqs.delete_queue(QueueUrl=urls["some"])
    entry = {"Source": "perdas", "DetailType": "T", "Detail": "{}"}
    event = events.put_events(Entries=[entry])["Entries"][0]["EventId"]
    (letter,) = received(native, urls["cartas"])
    assert json.loads(letter["Body"])["id"] == event
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (told["ERROR_CODE"], told["RETRY_ATTEMPTS"]) == ("NO_RESOURCE", "0")


def test_what_localstack_lacks_of_events_is_not_told(native: DockerSandbox) -> None:
    """At a deployment everything that differs is a notice; of EventBridge nothing does now."""
    said = native.cli("deploy", str(NFE)).err
    assert "method settings" in said
    assert "dead-letter queues of targets" not in said
    assert "replay" not in said
