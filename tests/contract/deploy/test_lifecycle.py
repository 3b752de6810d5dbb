"""A stack's life: created, changed, replaced, failed, continued, deleted."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sandbox.deploy.errors import DeployError
from sandbox.deploy.plan import Action
from sandbox.errors import TemplateError, UsageError
from sandbox.model.awserror import AwsError
from tests.contract.deploy.harness import Bench

QUEUES = """
    Resources:
      Fila:
        Type: AWS::SQS::Queue
        Properties:
          VisibilityTimeout: 90
          RedrivePolicy: {deadLetterTargetArn: !GetAtt Morta.Arn, maxReceiveCount: 3}
      Morta:
        Type: AWS::SQS::Queue
    Outputs:
      Url: {Value: !Ref Fila}
"""


def test_resources_come_after_what_they_need_and_go_before_it(bench: Bench) -> None:
    bench.deploy(QUEUES)
    assert bench.actions() == [("create", "Morta"), ("create", "Fila")]
    bench.delete()
    deleted = [call["QueueUrl"] for call in bench.aws.made("DeleteQueue")]
    assert ["Fila" in url for url in deleted] == [True, False]
    assert bench.aws.things == {}


def test_names_are_made_as_cloudformation_makes_them(bench: Bench) -> None:
    bench.deploy(QUEUES)
    assert all(
        name.startswith(("demo-Fila-", "demo-Morta-")) and len(name.rsplit("-", 1)[1]) == 12
        for name in bench.aws.names("queue")
    )


def test_an_unchanged_template_makes_no_call(bench: Bench) -> None:
    first = bench.deploy(QUEUES)
    calls = len(bench.aws.calls)
    again = bench.deploy(QUEUES)
    assert len(bench.aws.calls) == calls
    assert (again.stack_id, again.outputs) == (first.stack_id, first.outputs)


def test_a_changed_property_is_changed_in_place(bench: Bench) -> None:
    bench.deploy(QUEUES)
    bench.deploy(QUEUES.replace("90", "30"))
    assert bench.actions() == [("update", "Fila")]
    assert bench.aws.made("SetQueueAttributes")[-1]["Attributes"] == {"VisibilityTimeout": "30"}


def test_a_removed_property_takes_its_default_again(bench: Bench) -> None:
    bench.deploy(QUEUES)
    bench.deploy(QUEUES.replace("          VisibilityTimeout: 90\n", ""))
    assert bench.aws.made("SetQueueAttributes")[-1]["Attributes"] == {"VisibilityTimeout": "30"}


def test_a_replaced_resource_is_made_before_the_old_one_goes_and_dependents_follow(bench: Bench) -> None:
    bench.deploy(QUEUES)
    old = {name for name in bench.aws.names("queue") if "Morta" in name}
    named = QUEUES.replace("Outputs:", "    Properties: {QueueName: morta}\n    Outputs:")
    bench.deploy(named)
    assert bench.actions() == [("replace", "Morta"), ("update", "Fila"), ("delete", "Morta")]
    assert "morta" in bench.aws.names("queue")
    assert not old & bench.aws.names("queue")


def test_a_named_resource_cannot_be_replaced_under_its_name(bench: Bench) -> None:
    text = "Resources: {F: {Type: AWS::SQS::Queue, Properties: {QueueName: f.fifo, FifoQueue: %s}}}"
    bench.deploy(text % "true")
    with pytest.raises(TemplateError, match="QueueName"):
        bench.deploy(text % "false")


def test_a_resource_that_left_the_template_is_deleted_or_retained(bench: Bench) -> None:
    text = """
        Resources:
          A: {Type: AWS::SQS::Queue, Properties: {QueueName: a}}
          B: {Type: AWS::SQS::Queue, Properties: {QueueName: b}, DeletionPolicy: Retain}
          C: {Type: AWS::SQS::Queue, Properties: {QueueName: c}}
    """
    bench.deploy(text)
    bench.deploy("Resources: {C: {Type: AWS::SQS::Queue, Properties: {QueueName: c}}}")
    assert bench.actions() == [("retain", "B"), ("delete", "A")]
    assert bench.aws.names("queue") == {"b", "c"}


def test_a_first_deployment_that_fails_is_rolled_back(bench: Bench) -> None:
    text = """
        Resources:
          Fila: {Type: AWS::SQS::Queue}
          Grupo: {Type: AWS::Logs::LogGroup, DependsOn: Fila}
    """
    bench.aws.refuse["CreateLogGroup"] = AwsError("LimitExceededException", "too many groups")
    with pytest.raises(DeployError, match="Grupo") as caught:
        bench.deploy(text)
    assert "LimitExceededException: too many groups" in caught.value.why
    assert "demo.yaml:4" in caught.value.what
    assert bench.aws.things == {}
    assert bench.deployer().stacks() == []
    assert ("roll back", "Fila") in bench.actions()


def test_what_was_there_before_a_failed_creation_is_not_taken_for_ours(bench: Bench) -> None:
    asyncio.run(bench.aws.call("logs", "CreateLogGroup", {"logGroupName": "theirs"}))
    with pytest.raises(DeployError, match="another name"):
        bench.deploy("Resources: {G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: theirs}}}")
    asyncio.run(bench.aws.call("sqs", "CreateQueue", {"QueueName": "theirs"}))
    with pytest.raises(DeployError, match="belongs to no resource of this stack"):
        bench.deploy("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: theirs}}}")
    assert bench.aws.names("group") == bench.aws.names("queue") == {"theirs"}


def test_a_later_deployment_that_fails_keeps_what_was_done_and_continues(bench: Bench) -> None:
    bench.deploy("Resources: {Fila: {Type: AWS::SQS::Queue}}")
    more = """
        Resources:
          Fila: {Type: AWS::SQS::Queue}
          Outra: {Type: AWS::SQS::Queue}
          Grupo: {Type: AWS::Logs::LogGroup, DependsOn: Outra}
    """
    bench.aws.refuse["CreateLogGroup"] = AwsError("ServiceUnavailable", "later")
    with pytest.raises(DeployError):
        bench.deploy(more)
    assert bench.deployer().stack("demo").status == "failed"
    assert len(bench.aws.names("queue")) == 2
    bench.aws.refuse.clear()
    assert bench.deploy(more).status == "deployed"
    assert bench.actions() == [("create", "Grupo")]


def test_a_replacement_that_fails_leaves_the_old_one_in_place(bench: Bench) -> None:
    text = "Resources: {G: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: %s}}}"
    bench.deploy(text % "one")
    bench.aws.refuse["CreateLogGroup"] = AwsError("ServiceUnavailable", "later")
    with pytest.raises(DeployError):
        bench.deploy(text % "two")
    assert bench.deployer().resources("demo") == {"G": ("AWS::Logs::LogGroup", "one")}
    bench.aws.refuse.clear()
    bench.deploy(text % "two")
    assert bench.aws.names("group") == {"two"}


def test_a_creation_that_was_cut_off_half_way_is_begun_again(bench: Bench) -> None:
    text = "Resources: {G: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}}"
    bench.aws.refuse["PutRetentionPolicy"] = AwsError("ServiceUnavailable", "later")
    with pytest.raises(DeployError):
        bench.deploy(text, roll_back=False)
    (left,) = bench.aws.names("group")
    bench.aws.refuse.clear()
    bench.deploy(text)
    assert bench.aws.names("group") == {left}
    assert bench.aws.operations()[-3:] == ["DeleteLogGroup", "CreateLogGroup", "PutRetentionPolicy"]


def test_two_stacks_cannot_own_one_queue(bench: Bench) -> None:
    text = "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: fila}}}"
    bench.deploy(text, "um")
    with pytest.raises(TemplateError, match="belongs to Q of the stack um"):
        bench.deploy(text, "dois")
    assert [stack.name for stack in bench.deployer().stacks()] == ["um"]


def test_two_resources_cannot_have_one_name(bench: Bench) -> None:
    queue = "{Type: AWS::SQS::Queue, Properties: {QueueName: fila}}"
    with pytest.raises(TemplateError, match="same name"):
        bench.deploy(f"Resources: {{A: {queue}, B: {queue}}}")
    assert bench.aws.calls == []


def test_a_plan_changes_nothing(bench: Bench) -> None:
    plan = bench.plan(QUEUES)
    assert [(change.logical_id, change.action) for change in plan.changes] == [
        ("Morta", Action.CREATE),
        ("Fila", Action.CREATE),
    ]
    assert bench.aws.calls == []
    bench.deploy(QUEUES)
    assert bench.plan(QUEUES).is_empty
    changed = bench.plan(QUEUES.replace("90", "60")).changes[1]
    assert (changed.action, changed.properties) == (Action.UPDATE, ("VisibilityTimeout",))


def test_unsupported_types_are_told_all_at_once_before_anything_is_created(bench: Bench) -> None:
    with pytest.raises(TemplateError) as caught:
        bench.deploy(
            """
            Resources:
              Fila: {Type: AWS::SQS::Queue}
              Fluxo: {Type: AWS::StepFunctions::StateMachine}
              Errada: {Type: AWS::SQS::Que}
            """
        )
    for part in (
        "Fluxo",
        "state machines are not implemented",
        "Did you mean AWS::SQS::Queue?",
        "demo.yaml:4",
    ):
        assert part in caught.value.why
    assert bench.aws.calls == []


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("VisibilityTimout: 3", "Did you mean VisibilityTimeout?"),
        ("VisibilityTimeout: soon", "not a whole number"),
        ("Tags: [{Key: a}]", "has no Value"),
        ("FifoQueue: talvez", "neither true nor false"),
        ("RedrivePolicy: 3", "not a document"),
        ("DelaySeconds: !GetAtt R.Nada", "no attribute Nada"),
        ("DelaySeconds: !Ref Nada", "no parameter or resource Nada"),
    ],
)
def test_wrong_properties_are_told_by_name_and_line(bench: Bench, properties: str, expected: str) -> None:
    text = f"""
        Resources:
          Q:
            Type: AWS::SQS::Queue
            Properties:
              {properties}
          R: {{Type: AWS::SQS::Queue}}
    """
    with pytest.raises(TemplateError, match=r"demo\.yaml:6.*resource Q") as caught:
        bench.deploy(text)
    assert expected in caught.value.why
    assert bench.aws.calls == []


def test_exports_join_stacks(bench: Bench) -> None:
    exporting = """
        Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: fila}}}
        Outputs: {Arn: {Value: !GetAtt Q.Arn, Export: {Name: !Sub "${AWS::StackName}-arn"}}}
    """
    importing = """
        Resources:
          P:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Name: p, Value: !ImportValue um-arn}
    """
    with pytest.raises(TemplateError, match="no stack exports um-arn"):
        bench.deploy(importing, "dois")
    bench.deploy(exporting, "um")
    bench.deploy(importing, "dois")
    assert bench.aws.things[("parameter", "p")]["Value"] == "arn:aws:sqs:us-east-1:000000000000:fila"
    with pytest.raises(DeployError, match="cannot be deleted") as caught:
        bench.delete("um")
    assert "dois" in caught.value.why
    bench.delete("dois")
    bench.delete("um")
    assert bench.aws.things == {}


def test_dynamic_references_are_read_when_used_and_not_recorded(bench: Bench) -> None:
    asyncio.run(bench.aws.call("ssm", "PutParameter", {"Name": "tempo", "Value": "77", "Type": "String"}))
    asyncio.run(
        bench.aws.call("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": '{"k": "segredo"}'})
    )
    text = """
        Resources:
          Q:
            Type: AWS::SQS::Queue
            Properties: {QueueName: q, KmsMasterKeyId: "{{resolve:ssm:tempo}}"}
          P:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Name: p, Value: "x{{resolve:secretsmanager:s:SecretString:k}}y"}
    """
    bench.deploy(text)
    assert bench.aws.things[("queue", "q")]["KmsMasterKeyId"] == "77"
    assert bench.aws.things[("parameter", "p")]["Value"] == "xsegredoy"
    recorded = str([tuple(row) for row in bench.database.rows("SELECT properties FROM deploy_resources")])
    assert "segredo" not in recorded
    with pytest.raises(TemplateError, match="ausente"):
        bench.deploy(text.replace("tempo", "ausente"))


def test_secrets_are_neither_recorded_nor_shown(bench: Bench) -> None:
    text = """
        Parameters: {Senha: {Type: String, NoEcho: true}}
        Resources:
          P:
            Type: AWS::SSM::Parameter
            Properties: {Type: String, Name: p, Value: !Sub "user:${Senha}"}
        Outputs: {Tudo: {Value: !Join ["", [a, !Ref Senha]]}}
    """
    bench.parameters = {"Senha": "hunter22"}
    stack = bench.deploy(text)
    value = bench.aws.things[("parameter", "p")]["Value"]
    assert (value, type(value)) == ("user:hunter22", str)
    assert stack.outputs[0].value == "****"
    assert stack.parameters == {"Senha": "****"}
    everything = [
        tuple(row)
        for table in ("deploy_stacks", "deploy_resources")
        for row in bench.database.rows(f"SELECT * FROM {table}")
    ]
    assert "hunter22" not in str(everything)
    bench.deploy(text)
    assert bench.actions() == []
    bench.parameters = {"Senha": "hunter23"}
    bench.deploy(text)
    assert bench.actions() == [("update", "P")]


def test_conditions_leave_resources_and_outputs_out(bench: Bench) -> None:
    text = """
        Parameters: {Com: {Type: String, Default: "nao"}}
        Conditions: {Sim: !Equals [!Ref Com, sim]}
        Resources:
          A: {Type: AWS::SQS::Queue, Properties: {QueueName: a}}
          B: {Type: AWS::SQS::Queue, Properties: {QueueName: b}, Condition: Sim}
        Outputs:
          B: {Value: !Ref B, Condition: Sim}
    """
    assert bench.deploy(text).outputs == ()
    assert bench.aws.names("queue") == {"a"}
    bench.parameters = {"Com": "sim"}
    assert [output.name for output in bench.deploy(text).outputs] == ["B"]
    bench.parameters = {}
    bench.deploy(text)
    assert bench.aws.names("queue") == {"a"}


def test_a_parameter_of_the_store_is_read(bench: Bench) -> None:
    asyncio.run(bench.aws.call("ssm", "PutParameter", {"Name": "/nome", "Value": "fila", "Type": "String"}))
    bench.deploy(
        """
        Parameters: {Nome: {Type: AWS::SSM::Parameter::Value<String>, Default: /nome}}
        Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nome}}}
        """
    )
    assert bench.aws.names("queue") == {"fila"}


def test_what_a_system_takes_for_granted_is_in_the_parameter_store_before_it(bench: Bench) -> None:
    text = """
        Parameters:
          Nome: {Type: AWS::SSM::Parameter::Value<String>, Default: /nome}
          Redes: {Type: AWS::SSM::Parameter::Value<CommaDelimitedList>, Default: /redes}
        Resources:
          Q:
            Type: AWS::SQS::Queue
            Properties: {QueueName: !Ref Nome, DelaySeconds: !Select [1, !Ref Redes]}
    """
    with pytest.raises(TemplateError) as caught:
        bench.deploy(text)
    assert "in sandbox.toml under [parameter-store]" in caught.value.remedy
    granted: dict[str, str | tuple[str, ...]] = {"/nome": "fila", "/redes": ("7", "8")}
    bench.run(replace(bench.system(text), parameter_store=granted))
    (made,) = bench.aws.made("CreateQueue")
    assert (made["QueueName"], made["Attributes"]["DelaySeconds"]) == ("fila", "8")
    assert [call["Type"] for call in bench.aws.made("PutParameter")] == ["String", "StringList"]
    bench.run(replace(bench.system(text), parameter_store=granted))
    assert len(bench.aws.made("PutParameter")) == 2
    bench.run(replace(bench.system(text), parameter_store={**granted, "/nome": "outra"}))
    assert bench.aws.names("queue") == {"outra"}


def test_a_snapshot_policy_is_said_to_keep_nothing(bench: Bench) -> None:
    text = """
        Resources:
          D:
            Type: AWS::RDS::DBInstance
            DeletionPolicy: Snapshot
            Properties: {Engine: postgres, DBInstanceClass: db.t4g.micro}
    """
    bench.deploy(text)
    notices = [event.detail for event in bench.events if event.kind == "notice"]
    assert notices == ["D: no snapshot is taken here; deleting the stack deletes its data"]


def test_outputs_carry_tokens_and_are_rendered_for_an_endpoint(bench: Bench) -> None:
    bench.deploy(
        """
        Resources:
          D:
            Type: AWS::RDS::DBInstance
            Properties: {DBInstanceIdentifier: Banco, Engine: postgres, DBInstanceClass: db.t4g.micro}
        Outputs:
          Where: {Value: !GetAtt D.Endpoint.Address}
          Api: {Value: !Sub "https://abc123.execute-api.${AWS::Region}.amazonaws.com/dev/x"}
        """
    )
    assert bench.deployer().stack("demo").outputs[0].value == "{{sandbox:rds:banco:address}}"
    assert bench.deployer().outputs("demo", "http://127.0.0.1:4566") == {
        "Where": "<banco:5.5.5.5>",
        "Api": "http://127.0.0.1:4566/_aws/execute-api/abc123/dev/x",
    }


def test_unknown_stacks_and_parameters_get_a_hint(bench: Bench) -> None:
    bench.deploy("Resources: {Q: {Type: AWS::SQS::Queue}}", "vendas")
    with pytest.raises(UsageError, match="Did you mean vendas"):
        bench.deployer().stack("venda")
    bench.parameters = {"Nada": "1"}
    with pytest.raises(UsageError, match="no parameter Nada"):
        bench.deploy("Resources: {Q: {Type: AWS::SQS::Queue}}", "vendas")


def test_resources_that_need_each_other_are_refused(bench: Bench) -> None:
    with pytest.raises(TemplateError, match="A -> B -> A"):
        bench.deploy(
            """
            Resources:
              A: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: k, Value: !Ref B}]}}
              B: {Type: AWS::SQS::Queue, DependsOn: A}
            """
        )
