"""Custom resources: what their providers are told, and what becomes of what they answer.

Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from tests.contract.cloudformation.harness import Stacks

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:fabrica"
TOPIC = "arn:aws:sns:us-east-1:000000000000:fabrica"
CUSTOM = f"""
    Parameters:
      Cor: {{Type: String, Default: azul}}
      Quebra: {{Type: String, Default: nao}}
    Conditions: {{Quebra: !Equals [!Ref Quebra, sim]}}
    Resources:
      Coisa:
        Type: Custom::Coisa
        Properties: {{ServiceToken: "{FUNCTION}", Cor: !Ref Cor, Numeros: [1, true, {{N: 2.5}}]}}
      Fila: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Sub "fila-${{Coisa.Nome}}"}}}}
      T: {{Type: AWS::SNS::Topic, Condition: Quebra, DependsOn: Fila}}
    Outputs:
      Id: {{Value: !Ref Coisa}}
      Nome: {{Value: !GetAtt Coisa.Nome}}
"""
PLAIN = f"""
    Resources:
      Coisa: {{Type: Custom::Coisa, Properties: {{ServiceToken: "{FUNCTION}"}}}}
"""


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def named(request: dict[str, Any]) -> dict[str, Any]:
    """Answers with an id that never changes, and the colour as the name."""
    return {"PhysicalResourceId": "a-coisa", "Data": {"Nome": request["ResourceProperties"].get("Cor", "x")}}


def coloured(request: dict[str, Any]) -> dict[str, Any]:
    """Answers with an id that is the colour: another colour is another thing."""
    colour = request["ResourceProperties"]["Cor"]
    return {"PhysicalResourceId": colour, "Data": {"Nome": colour}}


def told(stacks: Stacks) -> list[tuple[str, str, str]]:
    """What the provider was asked: kind, physical id, colour."""
    return [
        (
            request["RequestType"],
            request.get("PhysicalResourceId", ""),
            request["ResourceProperties"].get("Cor", ""),
        )
        for request in stacks.aws.requests
    ]


def begin(stacks: Stacks, template: str) -> None:
    """Has a stack created until the provider has its request."""
    stacks.call("CreateStack", StackName="filas", TemplateBody=template.replace("\n    ", "\n"))
    stacks.run(stacks.aws.asked.wait)


def reason(stacks: Stacks, logical_id: str, status: str, name: str = "filas") -> str:
    """Why a resource came into a status."""
    events = stacks.call("DescribeStackEvents", StackName=name)["StackEvents"]
    found = next(e for e in events if (e["LogicalResourceId"], e["ResourceStatus"]) == (logical_id, status))
    return str(found.get("ResourceStatusReason", ""))


def test_a_provider_is_told_all_about_what_it_is_to_make(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = named
    found = stacks.create(CUSTOM)
    assert found["StackStatus"] == "CREATE_COMPLETE"
    (request,) = stacks.aws.requests
    url = request.pop("ResponseURL")
    assert url.startswith("http://127.0.0.1:1/_sandbox/custom-resources/")
    assert len(url.rsplit("/", 1)[1]) >= 43
    assert len(request.pop("RequestId")) == 36
    assert request == {
        "RequestType": "Create",
        "ServiceToken": FUNCTION,
        "StackId": found["StackId"],
        "LogicalResourceId": "Coisa",
        "ResourceType": "Custom::Coisa",
        "ResourceProperties": {
            "ServiceToken": FUNCTION,
            "Cor": "azul",
            "Numeros": ["1", "true", {"N": "2.5"}],
        },
    }
    (call,) = stacks.aws.made("Invoke")
    assert call["InvocationType"] == "Event"
    assert {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]} == {
        "Id": "a-coisa",
        "Nome": "azul",
    }
    assert stacks.aws.names("queue") == {"fila-azul"}
    one = stacks.call("DescribeStackResource", StackName="filas", LogicalResourceId="Coisa")
    detail = one["StackResourceDetail"]
    assert (detail["ResourceType"], detail["PhysicalResourceId"]) == ("Custom::Coisa", "a-coisa")


def test_it_is_told_of_changes_and_of_the_end(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = named
    stacks.create(CUSTOM)
    assert stacks.update(CUSTOM, Parameters=given(Cor="verde"))["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.aws.requests[-1]["OldResourceProperties"]["Cor"] == "azul"
    assert stacks.aws.names("queue") == {"fila-verde"}
    stacks.update(CUSTOM + "      Mais: {Value: x}\n", Parameters=given(Cor="verde"))
    stacks.call("DeleteStack", StackName="filas")
    assert stacks.call("DescribeStacks")["Stacks"] == []
    assert told(stacks) == [
        ("Create", "", "azul"),
        ("Update", "a-coisa", "verde"),
        ("Delete", "a-coisa", "verde"),
    ]


def test_another_physical_id_is_another_resource_and_the_old_one_goes_in_the_end(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = coloured
    stacks.create(CUSTOM)
    stacks.update(CUSTOM, Parameters=given(Cor="verde"))
    assert told(stacks)[1:] == [("Update", "azul", "verde"), ("Delete", "azul", "azul")]
    stacks.call("DeleteStack", StackName="filas")
    assert told(stacks)[3:] == [("Delete", "verde", "verde")]


def test_going_back_deletes_the_new_one_and_keeps_the_old(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = coloured
    stacks.create(CUSTOM)
    stacks.aws.refuse["CreateTopic"] = AwsError("AccessDenied", "não")
    found = stacks.update(CUSTOM, Parameters=given(Cor="verde", Quebra="sim"))
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert told(stacks)[1:] == [("Update", "azul", "verde"), ("Delete", "verde", "verde")]
    assert stacks.aws.names("queue") == {"fila-azul"}


def test_going_back_changes_what_kept_its_id_back(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = named
    stacks.create(CUSTOM)
    stacks.aws.refuse["CreateTopic"] = AwsError("AccessDenied", "não")
    found = stacks.update(CUSTOM, Parameters=given(Cor="verde", Quebra="sim"))
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert told(stacks)[1:] == [("Update", "a-coisa", "verde"), ("Update", "a-coisa", "azul")]
    assert stacks.aws.requests[-1]["OldResourceProperties"]["Cor"] == "verde"


def test_a_creation_that_fails_says_why_and_is_taken_back(stacks: Stacks) -> None:
    def refuse(request: dict[str, Any]) -> dict[str, Any]:
        if request["RequestType"] == "Delete":
            return {"PhysicalResourceId": request["PhysicalResourceId"]}
        return {"Status": "FAILED", "Reason": "sem tinta", "PhysicalResourceId": "meio-feita"}

    stacks.aws.providers[FUNCTION] = refuse
    found = stacks.create(CUSTOM)
    assert found["StackStatus"] == "ROLLBACK_COMPLETE"
    said = reason(stacks, "Coisa", "CREATE_FAILED")
    identity = stacks.aws.requests[0]["RequestId"]
    assert said == (
        "Received response status [FAILED] from custom resource. Message returned: sem tinta "
        f"(RequestId: {identity})"
    )
    assert told(stacks) == [("Create", "", "azul"), ("Delete", "meio-feita", "azul")]


def test_a_change_that_fails_is_changed_back(stacks: Stacks) -> None:
    def choosy(request: dict[str, Any]) -> dict[str, Any]:
        if request["ResourceProperties"]["Cor"] == "verde":
            return {"Status": "FAILED", "Reason": "verde não", "PhysicalResourceId": "a-coisa"}
        return named(request)

    stacks.aws.providers[FUNCTION] = choosy
    stacks.create(CUSTOM)
    found = stacks.update(CUSTOM, Parameters=given(Cor="verde"))
    assert found["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "verde não" in reason(stacks, "Coisa", "UPDATE_FAILED")
    assert told(stacks)[1:] == [("Update", "a-coisa", "verde"), ("Update", "a-coisa", "azul")]


def test_a_provider_that_does_not_answer_is_waited_for_an_hour_of_the_clock(stacks: Stacks) -> None:
    answered: list[str] = []

    def silent(request: dict[str, Any]) -> dict[str, Any] | None:
        answered.append(request["RequestType"])
        return None if request["RequestType"] == "Create" else {}

    stacks.aws.providers[FUNCTION] = silent
    begin(stacks, PLAIN)
    stacks.advance(3599)
    assert stacks.call("ListStacks")["StackSummaries"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    stacks.advance(2)
    assert stacks.stack()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "did not receive a response from your Custom Resource" in reason(stacks, "Coisa", "CREATE_FAILED")
    assert answered == ["Create", "Delete"]
    assert stacks.aws.requests[1]["PhysicalResourceId"].startswith("filas-Coisa-")


def test_a_template_can_say_how_long_to_wait(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = lambda request: None if request["RequestType"] == "Create" else {}
    begin(stacks, PLAIN.replace("ServiceToken", "ServiceTimeout: 5, ServiceToken"))
    stacks.advance(6)
    assert stacks.stack()["StackStatus"] == "ROLLBACK_COMPLETE"


def test_what_is_marked_noecho_is_used_and_neither_shown_nor_readable(tmp_path: Path) -> None:
    template = f"""
    Parameters: {{Nome: {{Type: String, Default: um}}}}
    Resources:
      Coisa: {{Type: Custom::Coisa, Properties: {{ServiceToken: "{FUNCTION}"}}}}
      T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !GetAtt Coisa.Senha, TopicName: !Ref Nome}}}}
    Outputs: {{S: {{Value: !GetAtt Coisa.Senha}}}}
    """
    secret = "muito-secreta"
    file = tmp_path / "state.db"
    with Stacks(file) as stacks:
        stacks.aws.providers[FUNCTION] = lambda _: {
            "PhysicalResourceId": "c",
            "NoEcho": True,
            "Data": {"Senha": secret},
        }
        found = stacks.create(template)
        assert found["Outputs"][0]["OutputValue"] == "****"
        assert stacks.aws.made("CreateTopic")[0]["Attributes"]["DisplayName"] == secret
        stacks.database.commit()
        for kept in tmp_path.glob("state.db*"):
            assert secret.encode() not in kept.read_bytes()
    with Stacks(file) as again:
        again.aws.providers[FUNCTION] = named
        changed = again.update(template, Parameters=given(Nome="dois"))
        assert changed["StackStatus"] == "UPDATE_COMPLETE"
        assert again.aws.made("CreateTopic")[0]["Attributes"]["DisplayName"] == secret


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"Data": {}}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": "c", "Data": {"x": "y" * 5000}}, "Response object is too long."),
        ({"PhysicalResourceId": "c", "Data": 7}, "Invalid response object"),
        ({"PhysicalResourceId": "c", "RequestId": "outro"}, "its RequestId is outro"),
    ],
)
def test_answers_that_cannot_be_taken_fail_with_their_reason(
    stacks: Stacks, answer: dict[str, Any], said: str
) -> None:
    stacks.aws.providers[FUNCTION] = lambda request: answer if request["RequestType"] == "Create" else {}
    assert stacks.create(PLAIN)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert said in reason(stacks, "Coisa", "CREATE_FAILED")


def test_an_attribute_that_was_not_answered_fails_who_asks_for_it(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = lambda _: {"PhysicalResourceId": "c"}
    assert stacks.create(CUSTOM)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "has no Nome" in reason(stacks, "Fila", "CREATE_FAILED")


def test_a_new_attribute_may_come_with_the_change_that_uses_it(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = lambda request: {
        "PhysicalResourceId": "c",
        "Data": {"Extra": "e"} if request["ResourceProperties"].get("V") else {},
    }
    stacks.create(PLAIN)
    more = (
        PLAIN.replace("}}", ", V: 2}}", 1)
        + "      F: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Coisa.Extra}}\n"
    )
    assert stacks.update(more)["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.aws.names("queue") == {"e"}


def test_topics_are_providers_too(stacks: Stacks) -> None:
    stacks.aws.providers[TOPIC] = named
    template = CUSTOM.replace(FUNCTION, TOPIC).replace("Custom::Coisa", "AWS::CloudFormation::CustomResource")
    assert stacks.create(template)["StackStatus"] == "CREATE_COMPLETE"
    (sent,) = stacks.aws.made("Publish")
    assert sent["Subject"] == "AWS CloudFormation custom resource request"
    assert stacks.aws.requests[0]["ResourceType"] == "AWS::CloudFormation::CustomResource"


def test_the_provider_of_a_resource_stays(stacks: Stacks) -> None:
    stacks.aws.providers |= {FUNCTION: named, TOPIC: named}
    stacks.create(CUSTOM)
    other = CUSTOM.replace(FUNCTION, TOPIC).replace("\n    ", "\n")
    error = stacks.refused("UpdateStack", StackName="filas", TemplateBody=other)
    assert "Modifying service token is not allowed." in error.message


def test_a_provider_that_is_not_there_fails_the_resource(stacks: Stacks) -> None:
    assert stacks.create(PLAIN)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Function not found" in reason(stacks, "Coisa", "CREATE_FAILED")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("{}", "needs ServiceToken"),
        ("{ServiceToken: x}", "neither the ARN of a function nor of a topic"),
        (f'{{ServiceToken: "{FUNCTION}", ServiceTimeout: 3601}}', "3601 is not in 1 to 3600 seconds"),
    ],
)
def test_what_is_wrong_with_one_is_told_at_once(stacks: Stacks, properties: str, said: str) -> None:
    template = f"Resources: {{C: {{Type: Custom::Coisa, Properties: {properties}}}}}"
    assert said in stacks.refused("CreateStack", StackName="filas", TemplateBody=template).message


def test_names_of_types_are_letters_digits_and_few_signs(stacks: Stacks) -> None:
    template = "Resources: {C: {Type: 'Custom::com espaço'}}"
    assert "after Custom::" in stacks.refused("CreateStack", StackName="x", TemplateBody=template).message


def test_a_silent_provider_holds_up_no_other_stack(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = lambda _: None
    begin(stacks, PLAIN)
    other = stacks.create("Resources: {Fila: {Type: AWS::SQS::Queue}}", name="outra")
    assert other["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.statuses() == ["CREATE_IN_PROGRESS"]


def test_who_waits_for_a_stack_is_told_where_it_is(stacks: Stacks) -> None:
    stacks.aws.providers[FUNCTION] = lambda _: None
    begin(stacks, PLAIN)
    told = asyncio.Queue[str]()

    async def waits() -> None:
        async with stacks.turns.alone("the reset", told.put_nowait):
            pass

    async def ask() -> str:
        waiting = asyncio.create_task(waits())
        text = await told.get()
        waiting.cancel()
        return text

    text = stacks.run(ask)
    assert text.startswith("waits for the deployment of the stack filas, which began")
    assert text.endswith("it is at Coisa (Custom::Coisa)")


def test_a_stack_whose_turn_has_not_come_says_why_in_its_reason(stacks: Stacks) -> None:
    async def hold() -> None:
        async with stacks.turns.alone("`sandbox snapshot save`"):
            held.set()
            await asyncio.Event().wait()

    held = asyncio.Event()
    holding: list[asyncio.Task[None]] = []

    async def begin_to_hold() -> None:
        holding.append(asyncio.create_task(hold()))
        await held.wait()

    stacks.run(begin_to_hold)
    stacks.call("CreateStack", StackName="filas", TemplateBody="Resources: {T: {Type: AWS::SNS::Topic}}")

    stacks.run(stacks.deployed.waits.get)
    newest = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"][0]
    assert newest["ResourceStatus"] == "CREATE_IN_PROGRESS"
    assert newest["ResourceStatusReason"].startswith("This waits for `sandbox snapshot save`, which began")
    stacks.do(holding[0].cancel)
    assert stacks.stack()["StackStatus"] == "CREATE_COMPLETE"


def test_a_stack_says_whose_answer_it_waits_for(stacks: Stacks) -> None:
    stacks.aws.patience = 0.01
    stacks.door = stacks.aws.open_door(stacks.clock)
    stacks.aws.providers[FUNCTION] = lambda _: None
    begin(stacks, PLAIN)
    stacks.run(stacks.deployed.waits.get)
    newest = stacks.call("DescribeStackEvents", StackName="filas")["StackEvents"][0]
    assert newest["LogicalResourceId"] == "filas"
    assert newest["ResourceStatusReason"].startswith("Coisa waits for fabrica to answer (Create)")
