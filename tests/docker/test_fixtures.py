"""The pytest fixtures on the Docker engine: a stack deployed for each test, faults at the front door."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.fixtures.project import Project

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "pedidos"
TESTS = """
    import time

    import pytest
    from botocore.exceptions import ClientError

    pytestmark = pytest.mark.sandbox("template.yaml")


    def test_faults_at_the_front_door(stack, aws, http, faults):
        cooked = {"Source": "s", "DetailType": "A", "EventBusName": "cardapio", "Detail": "{}"}
        failing = faults.fail_entries(event="A")
        answer = aws.client("events").put_events(Entries=[cooked, {**cooked, "DetailType": "B"}])
        assert answer["FailedEntryCount"] == 1
        assert "EventId" in answer["Entries"][1]
        failing.assert_struck(1)
        faults.throttle(service="sqs", operation="ListQueues")
        with pytest.raises(ClientError, match="RequestThrottled"):
            aws.client("sqs").list_queues()
        assert aws.client("sqs").list_queues()["QueueUrls"]
        assert http.post("/pedidos", json={"prato": "moqueca"}).status_code == 202
        # The kitchen is at work when the stack goes; the next test has it again.
        until = time.monotonic() + 60
        while [message.state for message in stack.queue("pedidos").messages()] != ["in-flight"]:
            assert time.monotonic() < until


    def test_queues_are_looked_into_without_receiving(stack):
        stack.assert_no_dead_letters()
        letters = stack.queue("pedidos-dlq")
        letters.send("um")
        (message,) = letters.messages()
        assert (message.body, message.state, message.receive_count) == ("um", "visible", 0)
        with pytest.raises(AssertionError, match="pedidos-dlq"):
            stack.assert_no_dead_letters()
        stack.aws.client("sqs").purge_queue(QueueUrl=letters.url)


    def test_what_cannot_be_had_is_refused_by_name(stack, flows, faults, clock):
        for ask, told in (
            (lambda: faults.kill(function="cozinha"), "does not pass the front door"),
            (flows.settle, "lives in real time"),
            (lambda: clock.advance(60), "lives in real time"),
        ):
            with pytest.raises(Exception, match=told):
                ask()
"""


def test_an_example_on_containers(tmp_path: Path) -> None:
    project = Project(tmp_path)
    shutil.copytree(EXAMPLE, project.folder, dirs_exist_ok=True)
    project.write("tests/test_pedidos.py", "")
    project.write("test_docker.py", TESTS)
    outcome = project.pytest("test_docker.py", "--sandbox-engine", "docker")
    assert outcome.counts == {"passed": 3}, outcome.text
