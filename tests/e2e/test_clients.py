"""The unmodified AWS command line, boto3 on the long tail, and the walls between accounts and regions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import Maker
from tests.e2e.harness import BIN, NFE, Sandbox

pytestmark = pytest.mark.e2e


def awslocal(sandbox: Sandbox, *words: str, code: int = 0) -> Any:
    """Runs the AWS CLI; returns what it printed."""
    extra = {"AWS_ENDPOINT_URL": sandbox.endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    done = sandbox.run(str(BIN / "awslocal"), *words, extra=extra, code=code)
    return json.loads(done.out) if code == 0 and done.out.strip() else done.err


def test_the_aws_cli_works_unmodified(nfe: Sandbox) -> None:
    url = nfe.aws("sqs").create_queue(QueueName="da-cli")["QueueUrl"]
    assert awslocal(nfe, "sts", "get-caller-identity")["Account"] == "000000000000"
    awslocal(nfe, "sqs", "send-message", "--queue-url", url, "--message-body", "olá")
    (message,) = awslocal(nfe, "sqs", "receive-message", "--queue-url", url)["Messages"]
    assert message["Body"] == "olá"
    rules = awslocal(nfe, "events", "list-rules", "--event-bus-name", "nfe-events-dev")["Rules"]
    assert "nfe-nota-fiscal-criada-dev" in {rule["Name"] for rule in rules}
    missing = awslocal(nfe, "sqs", "get-queue-url", "--queue-name", "none", code=255)
    assert "QueueDoesNotExist" in missing or "NonExistentQueue" in missing
    nfe.aws("sqs").delete_queue(QueueUrl=url)


def test_the_aws_cli_invokes_functions_and_reads_their_logs(nfe: Sandbox) -> None:
    out = nfe.folder / "out.json"
    answer = awslocal(nfe, "lambda", "invoke", "--function-name", "nfe-outbox-dev", str(out))
    assert answer["StatusCode"] == 200
    assert "publicados" in json.loads(out.read_text())
    group = "/aws/lambda/nfe-outbox-dev"
    events = awslocal(nfe, "logs", "filter-log-events", "--log-group-name", group)["events"]
    assert any(event["message"].startswith("REPORT RequestId") for event in events)


def test_the_long_tail_works_and_survives_a_restart(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    sandbox.up()
    s3, ssm = sandbox.aws("s3"), sandbox.aws("ssm")
    s3.create_bucket(Bucket="arquivos")
    s3.put_object(Bucket="arquivos", Key="notas/á.xml", Body=b"<nfe/>" * 1000)
    ssm.put_parameter(Name="/nfe/limite", Value="7", Type="String")
    secret = sandbox.aws("secretsmanager").create_secret(Name="senha", SecretString="s3nha")
    sandbox.down()
    sandbox.up()
    found = sandbox.aws("s3").get_object(Bucket="arquivos", Key="notas/á.xml")["Body"].read()
    assert found == b"<nfe/>" * 1000
    parameter = sandbox.aws("ssm").get_parameter(Name="/nfe/limite")["Parameter"]
    assert (parameter["Value"], parameter["Version"]) == ("7", 1)
    again = sandbox.aws("secretsmanager").get_secret_value(SecretId="senha")
    assert (again["SecretString"], again["ARN"]) == ("s3nha", secret["ARN"])
    # and a crash of the server behind it
    (moto,) = [process for process in sandbox.processes() if process.pid == sandbox.pid("moto")]
    moto.kill()
    moto.wait(10)
    assert sandbox.aws("ssm").get_parameter(Name="/nfe/limite")["Parameter"]["Value"] == "7"


def test_accounts_and_regions_are_separate_worlds(nfe: Sandbox) -> None:
    other, north = "111122223333", "sa-east-1"
    nfe.aws("sqs").create_queue(QueueName="mundo")
    for account, region in ((other, "us-east-1"), ("test", north)):
        sqs = nfe.aws("sqs", account=account, region=region)
        assert "QueueUrls" not in sqs.list_queues()
        with pytest.raises(ClientError, match=r"NonExistentQueue|QueueDoesNotExist"):
            sqs.get_queue_url(QueueName="mundo")
        assert nfe.aws("lambda", account=account, region=region).list_functions()["Functions"] == []
    url = nfe.aws("sqs", account=other).create_queue(QueueName="mundo")["QueueUrl"]
    assert url.endswith(f"/{other}/mundo")
    nfe.aws("sqs", account=other).send_message(QueueUrl=url, MessageBody="daqui")
    mine = nfe.aws("sqs").get_queue_url(QueueName="mundo")["QueueUrl"]
    assert "Messages" not in nfe.aws("sqs").receive_message(QueueUrl=mine)
    nfe.aws("sqs").delete_queue(QueueUrl=mine)
    nfe.aws("sqs", account=other).delete_queue(QueueUrl=url)
    assert nfe.aws("sts", account=other).get_caller_identity()["Account"] == other
    for account, region in (("test", "us-east-1"), (other, "us-east-1"), ("test", north)):
        nfe.aws("ssm", account=account, region=region).put_parameter(
            Name="mundo", Value=f"{account}/{region}", Type="String"
        )
    seen = {
        nfe.aws("ssm", account=account, region=region).get_parameter(Name="mundo")["Parameter"]["Value"]
        for account, region in (("test", "us-east-1"), (other, "us-east-1"), ("test", north))
    }
    assert len(seen) == 3


def test_bad_requests_get_errors_in_the_shape_of_aws(nfe: Sandbox) -> None:
    sqs = nfe.aws("sqs")
    with pytest.raises(ClientError) as missing:
        sqs.send_message(QueueUrl=f"{nfe.endpoint}/000000000000/none", MessageBody="x")
    assert missing.value.response["Error"]["Code"] in (
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    )
    headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    for wrong, body in (
        (headers, "{"),
        ({**headers, "X-Amz-Target": "AmazonSQS.Dance"}, "{}"),
        (headers, json.dumps({"MaxResults": "many"})),
    ):
        answer = nfe.http.post(nfe.endpoint, headers=wrong, content=body)
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json().keys() >= {"__type"}
        assert "Traceback" not in answer.text


def test_a_stack_belongs_to_the_account_that_deployed_it(nfe: Sandbox) -> None:
    assert NFE.name == nfe.view["stacks"][0]["name"]
    bus = nfe.aws("events").describe_event_bus(Name="nfe-events-dev")
    assert bus["Arn"] == "arn:aws:events:us-east-1:000000000000:event-bus/nfe-events-dev"
