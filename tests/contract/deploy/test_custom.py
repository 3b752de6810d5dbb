"""Custom resources of a system: what a person sees of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.deploy.answers import PREFIX, AnswerDoor
from sandbox.deploy.errors import DeployError
from sandbox.errors import TemplateError
from sandbox.store.database import Database
from tests.contract.deploy.harness import Bench

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:fabrica"
TEMPLATE = f"""
    Resources:
      Coisa: {{Type: Custom::Coisa, Properties: {{ServiceToken: "{FUNCTION}"}}}}
"""


def test_a_provider_that_takes_long_is_named(bench: Bench) -> None:
    requests: list[dict[str, Any]] = []

    def hear(request: dict[str, Any]) -> None:
        requests.append(request)

    bench.aws.patience = 0.01
    bench.aws.providers[FUNCTION] = hear

    async def run() -> None:
        system, told = bench.system(TEMPLATE), asyncio.Event()
        deployer = bench.deployer()

        def listen(event: Any) -> None:
            bench.events.append(event)
            if event.kind == "notice":
                told.set()

        deploying = asyncio.create_task(deployer.deploy(system, on_event=listen))
        await told.wait()
        (request,) = requests
        same = {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
        body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "c", **same}).encode()
        path = request["ResponseURL"].removeprefix("http://127.0.0.1:1")
        assert bench.aws.door.take(path, body)
        assert not bench.aws.door.take(path, body), "one answer"
        await deploying

    asyncio.run(run())
    (notice,) = [event.detail for event in bench.events if event.kind == "notice"]
    assert notice.startswith("Coisa waits for fabrica to answer (Create); `sandbox logs fabrica` shows")
    assert "3600 s of the sandbox's clock" in notice


def test_a_failure_is_told_in_the_words_of_the_provider(bench: Bench) -> None:
    bench.aws.providers[FUNCTION] = lambda request: {
        "Status": "FAILED" if request["RequestType"] == "Create" else "SUCCESS",
        "Reason": "sem tinta",
        "PhysicalResourceId": "c",
    }
    with pytest.raises(DeployError, match=r"Coisa \(Custom::Coisa\)") as caught:
        bench.deploy(TEMPLATE)
    assert caught.value.why.startswith("Received response status [FAILED] from custom resource")
    assert "sem tinta" in caught.value.why


def test_nobody_takes_what_was_not_asked_for() -> None:
    door = AnswerDoor(Clock(start=0, speed=0), lambda: "http://127.0.0.1:1")
    assert not door.take(f"{PREFIX}abc", b"{}")


SECRET = f"""{TEMPLATE}
      Aviso: {{Type: AWS::SNS::Topic, Properties: {{TopicName: aviso, DisplayName: !GetAtt Coisa.Senha}}}}
"""


def test_an_answer_sealed_in_another_state_folder_is_refused_where_it_is_used(
    bench: Bench, tmp_path: Path
) -> None:
    bench.database = Database(tmp_path / "state.db")
    bench.aws.providers[FUNCTION] = lambda _: {
        "Status": "SUCCESS",
        "PhysicalResourceId": "c",
        "NoEcho": True,
        "Data": {"Senha": "segredo"},
    }
    bench.deploy(SECRET)
    before = list(bench.aws.calls)
    (tmp_path / "noecho.key").unlink()
    for text in (SECRET, SECRET.replace("Custom::Coisa,", "Custom::Coisa, DeletionPolicy: Retain,"), SECRET):
        with pytest.raises(TemplateError, match="Senha") as caught:
            bench.deploy(text)
        assert "another state folder" in caught.value.why
    assert bench.aws.calls == before
    bench.deploy(SECRET.replace("ServiceToken:", "Vez: 2, ServiceToken:"))
    assert "****" not in str(bench.aws.calls)
    bench.database.close()
