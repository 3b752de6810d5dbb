"""Queues: names, attributes, tags, permissions, as AWS answers them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.call import Call
from sandbox.model.scope import Scope
from tests.contract.sqs.harness import ENDPOINT, START, World, arn


def test_creating_a_queue_answers_its_url_below_the_endpoint_of_the_caller(world: World) -> None:
    assert world.queue("estoque-reserva") == f"{ENDPOINT}/000000000000/estoque-reserva"


def test_a_fresh_queue_has_the_defaults_of_aws(world: World) -> None:
    url = world.queue()
    assert world.attributes(url) == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": str(int(START)),
        "DelaySeconds": "0",
        "LastModifiedTimestamp": str(int(START)),
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:reserva",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }


def test_creating_it_again_with_what_it_has_answers_the_same_queue(world: World) -> None:
    url = world.queue(VisibilityTimeout="90")
    assert world.queue(VisibilityTimeout="90") == url
    assert world.queue(DelaySeconds="0") == url
    assert world.queue() == url


def test_creating_it_again_otherwise_is_refused_by_the_attribute(world: World) -> None:
    world.queue(DelaySeconds="1")
    error = world.refused("CreateQueue", QueueName="reserva", Attributes={"DelaySeconds": "2"})
    assert error.code == "QueueNameExists"
    assert error.message == (
        "A queue already exists with the same name and a different value for attribute DelaySeconds"
    )


@pytest.mark.parametrize("name", ["com espaço", "a" * 81, "ponto.", "barra/barra", "x.fifo.fifo"])
def test_bad_names_are_refused(world: World, name: str) -> None:
    error = world.refused("CreateQueue", QueueName=name)
    assert error.code == "InvalidParameterValue"
    assert "alphanumeric" in error.message


def test_fifo_attributes_of_a_standard_queue_are_refused_in_the_words_of_aws(world: World) -> None:
    def message(name: str, value: str) -> tuple[str, str]:
        error = world.refused("CreateQueue", QueueName="padrao", Attributes={name: value})
        return error.code, error.message

    assert message("FifoQueue", "false") == ("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    assert message("ContentBasedDeduplication", "true") == (
        "InvalidAttributeName",
        "Unknown Attribute ContentBasedDeduplication.",
    )
    assert message("DeduplicationScope", "queue") == (
        "InvalidAttributeName",
        "You can specify the DeduplicationScope only when FifoQueue is set to true.",
    )


def test_attributes_change_and_go_back_to_their_defaults(world: World) -> None:
    url = world.queue()
    world.advance(5)
    world.call(
        "SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "69", "DelaySeconds": "420"}
    )
    changed = world.attributes(url, "VisibilityTimeout", "DelaySeconds", "LastModifiedTimestamp")
    assert changed == {
        "VisibilityTimeout": "69",
        "DelaySeconds": "420",
        "LastModifiedTimestamp": str(int(START) + 5),
    }
    world.call("SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": ""})
    assert world.attributes(url, "VisibilityTimeout") == {"VisibilityTimeout": "30"}


def test_unknown_attributes_and_values_out_of_range_are_refused(world: World) -> None:
    url = world.queue()
    asked = world.refused("GetQueueAttributes", QueueUrl=url, AttributeNames=["Cor"])
    assert (asked.code, asked.message) == ("InvalidAttributeName", "Unknown Attribute Cor.")
    value = world.refused("SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "43201"})
    assert (value.code, value.message) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter VisibilityTimeout.",
    )
    assert world.call("GetQueueAttributes", QueueUrl=url) == {}


def test_kms_and_sqs_encryption_replace_one_another(world: World) -> None:
    url = world.queue()
    both = {"KmsMasterKeyId": "chave", "SqsManagedSseEnabled": "true"}
    assert world.refused("SetQueueAttributes", QueueUrl=url, Attributes=both).code == "InvalidAttributeName"
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    world.call("SetQueueAttributes", QueueUrl=url, Attributes={"KmsMasterKeyId": "chave"})
    assert world.attributes(url, *names) == {
        "KmsMasterKeyId": "chave",
        "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false",
    }
    world.call("SetQueueAttributes", QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert world.attributes(url, *names) == {"SqsManagedSseEnabled": "true"}


def test_a_queue_that_is_not_there(world: World) -> None:
    url = world.queue()
    world.call("DeleteQueue", QueueUrl=url)
    for operation, params in (
        ("GetQueueUrl", {"QueueName": "reserva"}),
        ("DeleteQueue", {"QueueUrl": url}),
        ("SendMessage", {"QueueUrl": url, "MessageBody": "x"}),
        ("ReceiveMessage", {"QueueUrl": url}),
    ):
        error = world.refused(operation, **params)
        assert (error.code, error.message) == ("QueueDoesNotExist", "The specified queue does not exist.")


def test_the_name_of_a_deleted_queue_rests_for_a_minute(world: World) -> None:
    url = world.queue()
    world.send(url)
    world.call("DeleteQueue", QueueUrl=url)
    world.advance(59)
    error = world.refused("CreateQueue", QueueName="reserva")
    assert (error.code, error.message) == (
        "QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    )
    # A stack waits the minute out on AWS; here it need not.
    made = world.run(lambda: world.sqs.call("CreateQueue", Call(), {"QueueName": "reserva"}))
    assert made["QueueUrl"].endswith("/000000000000/reserva")
    world.run(lambda: world.sqs.call("DeleteQueue", Call(), {"QueueUrl": url}))
    world.advance(1)
    assert world.queue() == url
    assert world.depth(url) == (0, 0, 0)


def test_what_is_not_a_queue_url(world: World) -> None:
    assert world.refused("PurgeQueue", QueueUrl="http://127.0.0.1/x/y/z").code == "InvalidAddress"
    missing = world.refused("PurgeQueue")
    assert (missing.code, missing.message) == (
        "MissingParameter",
        "The request must contain the parameter QueueUrl.",
    )


def test_urls_of_any_host_mean_the_same_queue(world: World) -> None:
    world.queue()
    world.send("https://sqs.us-east-1.amazonaws.com/000000000000/reserva", "oi")
    assert world.depth("http://localhost:9999/000000000000/reserva") == (1, 0, 0)


def test_accounts_and_regions_are_separate_worlds(world: World) -> None:
    world.queue()
    elsewhere = Scope("111122223333", "eu-west-1")
    url = world.call("CreateQueue", scope=elsewhere, QueueName="reserva")["QueueUrl"]
    assert url == f"{ENDPOINT}/queue/eu-west-1/111122223333/reserva"
    world.send(url, "lá")
    assert world.depth(url) == (1, 0, 0)
    assert world.depth(f"{ENDPOINT}/000000000000/reserva") == (0, 0, 0)
    assert world.call("ListQueues", scope=elsewhere) == {"QueueUrls": [url]}
    named = world.call(
        "GetQueueUrl",
        scope=Scope("000000000000", "eu-west-1"),
        QueueName="reserva",
        QueueOwnerAWSAccountId="111122223333",
    )
    assert named == {"QueueUrl": url}


def test_listing_by_prefix_and_page(world: World) -> None:
    assert world.call("ListQueues") == {}
    for name in ("b-2", "a-1", "b-1", "b-3"):
        world.queue(name)
    first = world.call("ListQueues", QueueNamePrefix="b-", MaxResults=2)
    assert [url.rsplit("/", 1)[1] for url in first["QueueUrls"]] == ["b-1", "b-2"]
    second = world.call("ListQueues", QueueNamePrefix="b-", MaxResults=2, NextToken=first["NextToken"])
    assert [url.rsplit("/", 1)[1] for url in second["QueueUrls"]] == ["b-3"]
    assert "NextToken" not in second
    assert world.refused("ListQueues", MaxResults=0).code == "InvalidParameterValue"
    assert world.refused("ListQueues", NextToken="#").code == "InvalidParameterValue"


def test_tags(world: World) -> None:
    url = world.call("CreateQueue", QueueName="etiquetada", tags={"equipe": "estoque"})["QueueUrl"]
    world.call("TagQueue", QueueUrl=url, Tags={"custo": "42", "vazia": ""})
    assert world.call("ListQueueTags", QueueUrl=url) == {
        "Tags": {"equipe": "estoque", "custo": "42", "vazia": ""}
    }
    world.call("UntagQueue", QueueUrl=url, TagKeys=["equipe", "custo", "vazia", "outra"])
    assert world.call("ListQueueTags", QueueUrl=url) == {}
    many = {f"t{number}": "" for number in range(51)}
    assert world.refused("TagQueue", QueueUrl=url, Tags=many).code == "InvalidParameterValue"


def test_permissions_become_statements_of_the_policy(world: World) -> None:
    url = world.queue()
    given: dict[str, Any] = {
        "QueueUrl": url,
        "Label": "vizinho",
        "AWSAccountIds": ["111122223333"],
        "Actions": ["SendMessage"],
    }
    world.call("AddPermission", **given)
    assert json.loads(world.attributes(url, "Policy")["Policy"]) == {
        "Version": "2008-10-17",
        "Id": f"{arn()}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "vizinho",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "SQS:SendMessage",
                "Resource": str(arn()),
            }
        ],
    }
    again = world.refused("AddPermission", **given)
    assert again.message == "Value vizinho for parameter Label is invalid. Reason: Already exists."
    world.call("RemovePermission", QueueUrl=url, Label="vizinho")
    assert world.attributes(url, "Policy") == {}
    gone = world.refused("RemovePermission", QueueUrl=url, Label="vizinho")
    assert gone.message == "Value vizinho for parameter Label is invalid. Reason: can't find label."


def test_a_policy_has_so_many_statements_and_no_more(world: World) -> None:
    url = world.queue()
    given: dict[str, Any] = {
        "QueueUrl": url,
        "AWSAccountIds": ["111122223333"],
        "Actions": ["SendMessage"],
    }
    for number in range(20):
        world.call("AddPermission", Label=f"p{number}", **given)
    assert world.refused("AddPermission", Label="mais", **given).code == "OverLimit"


def test_purging_takes_everything_and_once_a_minute_only(world: World) -> None:
    url = world.queue()
    for body in "abc":
        world.send(url, body)
    world.send(url, "depois", DelaySeconds=60)
    world.receive(url, 1)
    assert world.depth(url) == (2, 1, 1)
    world.call("PurgeQueue", QueueUrl=url)
    assert world.depth(url) == (0, 0, 0)
    world.advance(59)
    error = world.refused("PurgeQueue", QueueUrl=url)
    assert (error.code, error.message) == (
        "PurgeQueueInProgress",
        "Only one PurgeQueue operation on reserva is allowed every 60 seconds.",
    )
    world.advance(1)
    world.call("PurgeQueue", QueueUrl=url)
