"""Functions, as AWS's developer guide of Lambda has them."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.behaviour.aws import PATIENCE, attribute, invoke, queue, received
from tests.behaviour.conftest import Namer
from tests.e2e.harness import Sandbox
from tests.e2e.waiting import eventually


def test_a_function_answers_and_its_log_comes_along(nfe: Sandbox, eco: dict[str, str]) -> None:
    answer = invoke(nfe, "eco", {"a": "ç"}, LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["Payload"] == {"event": {"a": "ç"}}
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "linha" in log
    assert "REPORT RequestId" in log


def test_a_function_knows_its_variables_and_its_context(nfe: Sandbox, eco: dict[str, str]) -> None:
    about = invoke(nfe, "eco", {"do": "about"})["Payload"]
    assert about == {
        "cor": "azul",
        "name": "eco",
        "memory": 256,
        "arn": "arn:aws:lambda:us-east-1:000000000000:function:eco",
    }


def test_a_function_in_a_network_shows_it_and_runs(nfe: Sandbox, eco: dict[str, str]) -> None:
    ec2, functions = nfe.aws("ec2"), nfe.aws("lambda")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="funcoes", Description="d", VpcId=vpc)["GroupId"]

    def move(subnets: list[str], groups: list[str]) -> dict[str, Any]:
        inside = {"SubnetIds": subnets, "SecurityGroupIds": groups}
        functions.update_function_configuration(FunctionName="eco", VpcConfig=inside)
        functions.get_waiter("function_updated_v2").wait(
            FunctionName="eco", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        shown: dict[str, Any] = functions.get_function_configuration(FunctionName="eco").get("VpcConfig", {})
        return shown

    shown = move([subnet], [group])
    assert (shown["SubnetIds"], shown["SecurityGroupIds"]) == ([subnet], [group])
    assert invoke(nfe, "eco", {"a": 1})["Payload"] == {"event": {"a": 1}}
    assert not move([], []).get("SubnetIds")


def test_an_exception_is_an_answer_with_its_type(nfe: Sandbox, eco: dict[str, str]) -> None:
    answer = invoke(nfe, "eco", {"do": "fail"})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert answer["Payload"]["errorType"] == "ValueError"
    assert answer["Payload"]["errorMessage"] == "como pedido"
    assert "stackTrace" in answer["Payload"]


def test_a_function_that_takes_too_long_is_ended(nfe: Sandbox, eco: dict[str, str]) -> None:
    answer = invoke(nfe, "eco", {"do": "wait"})
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 2.00 seconds" in answer["Payload"]["errorMessage"]


def test_an_event_that_fails_goes_to_the_destination(nfe: Sandbox, eco: dict[str, str]) -> None:
    answer = invoke(nfe, "eco", {"do": "fail"}, InvocationType="Event")
    assert answer["StatusCode"] == 202
    (message,) = received(nfe, eco["FalhasUrl"])
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert (told["requestPayload"], told["responsePayload"]["errorType"]) == ({"do": "fail"}, "ValueError")


def test_a_dry_run_runs_nothing(nfe: Sandbox, eco: dict[str, str]) -> None:
    assert invoke(nfe, "eco", {}, InvocationType="DryRun")["StatusCode"] == 204


def test_a_function_that_is_not_there_is_named_by_its_error(nfe: Sandbox) -> None:
    with pytest.raises(ClientError) as found:
        nfe.aws("lambda").invoke(FunctionName="nenhuma")
    assert found.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_only_what_failed_of_a_batch_comes_back(nfe: Sandbox, eco: dict[str, str]) -> None:
    sqs = nfe.aws("sqs")
    entries = [{"Id": body, "MessageBody": body} for body in ("boa", "ruim")]
    sqs.send_message_batch(QueueUrl=eco["EntradaUrl"], Entries=entries)
    (letter,) = received(nfe, eco["CartasUrl"])
    assert letter["Body"] == "ruim"
    eventually(
        lambda: attribute(nfe, eco["EntradaUrl"], "ApproximateNumberOfMessages"),
        lambda count: count == "0",
        what="an empty queue",
        seconds=PATIENCE,
    )


def test_an_api_hands_the_request_to_its_function(nfe: Sandbox, eco: dict[str, str]) -> None:
    """The answer is no proxy response: AWS says 502, Internal server error."""
    answer = httpx.post(eco["EcoUrl"], json={"a": 1}, trust_env=False, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})


def test_an_api_is_reached_by_its_host_name(nfe: Sandbox, eco: dict[str, str]) -> None:
    """The first part of the path is the stage then."""
    path = httpx.URL(eco["EcoUrl"]).path
    api = path.split("/")[3]
    headers = {"Host": f"{api}.execute-api.localhost"}
    answer = httpx.post(f"{nfe.endpoint}/v1/eco", headers=headers, json={}, trust_env=False, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (502, {"message": "Internal server error"})
    headers["Host"] = f"nenhuma.{headers['Host'].partition('.')[2]}"
    answer = httpx.post(f"{nfe.endpoint}/v1/eco", headers=headers, trust_env=False, timeout=PATIENCE)
    assert answer.status_code in (403, 404)


def test_an_api_knows_its_routes_alone(nfe: Sandbox, eco: dict[str, str]) -> None:
    answer = httpx.post(f"{eco['EcoUrl']}/mais", trust_env=False, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.differs(
    "docker",
    "LocalStack takes the method settings of a stage and throttles nothing",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html:"
    " requests above the burst get 429 Too Many Requests",
)
def test_a_request_above_the_burst_of_the_stage_is_throttled(nfe: Sandbox, eco: dict[str, str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda _: httpx.post(eco["LentaUrl"], trust_env=False, timeout=PATIENCE), range(16)
        )
    assert 429 in {answer.status_code for answer in answers}


def test_log_lines_are_in_the_log_group_of_the_function(nfe: Sandbox, eco: dict[str, str]) -> None:
    invoke(nfe, "eco", {"marca": "m-1"})
    eventually(
        lambda: nfe.aws("logs").filter_log_events(logGroupName="/aws/lambda/eco")["events"],
        lambda events: any("m-1" in event["message"] for event in events),
        what="the line in the log group",
    )


def test_a_mapping_that_was_deleted_is_gone_and_made_again(
    nfe: Sandbox, eco: dict[str, str], names: Namer
) -> None:
    """AWS: it is being deleted for some seconds, a disabled one too; until then its like is refused."""
    functions = nfe.aws("lambda")
    _, arn = queue(nfe, names("refeita"))

    def states() -> list[str]:
        listed = functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        return [one["State"] for one in listed]

    for enabled in (False, True, False):
        asked = {"FunctionName": "eco", "EventSourceArn": arn, "Enabled": enabled}
        uuid = functions.create_event_source_mapping(**asked)["UUID"]
        assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
        eventually(states, lambda found: found == [], what="the end of the mapping", seconds=PATIENCE)
        with pytest.raises(ClientError) as found:
            functions.get_event_source_mapping(UUID=uuid)
        assert found.value.response["Error"]["Code"] == "ResourceNotFoundException"
