"""Queues, as AWS was recorded to answer: attributes, errors, tags, permissions, pages."""

from __future__ import annotations

import json

from tests.conformance.recorded import recorded
from tests.conformance.sqs_words import FRESH, URL, attributes, bodies, made, receive, send
from tests.contract.sqs.harness import World
from tests.support.speaking import Speaker

EXISTS = "A queue already exists with the same name and a different value for attribute "
PERMISSION = {"AWSAccountIds": ["111122223333"], "Actions": ["ReceiveMessage"]}


@recorded("sqs", "test_create_queue_with_different_attributes_raises_exception")
def test_a_second_creation_must_agree_with_the_queue_as_it_is_now(sqs: Speaker) -> None:
    url = made(sqs, ReceiveMessageWaitTimeSeconds="3", DelaySeconds="4")
    assert made(sqs) == made(sqs, DelaySeconds="4") == url
    refusal = ("QueueAlreadyExists", f"{EXISTS}DelaySeconds")
    create = {"QueueName": "vendas"}
    other = {"ReceiveMessageWaitTimeSeconds": "3", "DelaySeconds": "5"}
    assert sqs.refused("CreateQueue", **create, Attributes=other) == refusal
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "5"})
    assert sqs("CreateQueue", **create, Attributes=other)["QueueUrl"] == url
    assert sqs.refused("CreateQueue", **create, Attributes={**other, "DelaySeconds": "4"}) == refusal


@recorded("sqs", "test_create_fifo_queue_with_different_attributes_raises_error")
def test_so_must_that_of_a_fifo_queue(sqs: Speaker) -> None:
    made(sqs, "vendas.fifo", ContentBasedDeduplication="true")
    other = {"FifoQueue": "true", "ContentBasedDeduplication": "false"}
    assert sqs.refused("CreateQueue", QueueName="vendas.fifo", Attributes=other) == (
        "QueueAlreadyExists",
        f"{EXISTS}ContentBasedDeduplication",
    )


@recorded("sqs", "test_create_and_update_queue_attributes")
def test_attributes_are_as_they_were_given_and_changed(sqs: Speaker) -> None:
    given = {
        "MessageRetentionPeriod": "86400",
        "ReceiveMessageWaitTimeSeconds": "7",
        "VisibilityTimeout": "45",
    }
    url = made(sqs, **given)
    assert attributes(sqs, url) == {**FRESH, **given}
    changes = {"MaximumMessageSize": "4096", "VisibilityTimeout": "77", "DelaySeconds": "300"}
    sqs("SetQueueAttributes", QueueUrl=url, Attributes=changes)
    assert attributes(sqs, url) == {**FRESH, **given, **changes}


@recorded("sqs", "test_set_queue_attributes_default_values")
def test_an_empty_key_takes_its_encryption_away_and_brings_no_other_back(sqs: Speaker) -> None:
    url = made(sqs)
    assert attributes(sqs, url) == FRESH
    key = {"KmsMasterKeyId": "alias/notas", "KmsDataKeyReusePeriodSeconds": "600"}
    sqs("SetQueueAttributes", QueueUrl=url, Attributes=key)
    assert attributes(sqs, url) == {**FRESH, **key, "SqsManagedSseEnabled": "false"}
    nothing = {"KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "300"}
    sqs("SetQueueAttributes", QueueUrl=url, Attributes=nothing)
    assert attributes(sqs, url) == {**FRESH, "SqsManagedSseEnabled": "false"}


@recorded("sqs", "test_sse_queue_attributes")
def test_encryption_attributes_are_answered_by_name(sqs: Speaker) -> None:
    names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
    url, plain = made(sqs), made(sqs, "planas")
    key = {
        "KmsMasterKeyId": "chave",
        "KmsDataKeyReusePeriodSeconds": "900",
        "SqsManagedSseEnabled": "false",
    }
    sqs("SetQueueAttributes", QueueUrl=url, Attributes=key)
    assert sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=names)["Attributes"] == key
    managed = {"SqsManagedSseEnabled": "true"}
    sqs("SetQueueAttributes", QueueUrl=plain, Attributes=managed)
    assert sqs("GetQueueAttributes", QueueUrl=plain, AttributeNames=names)["Attributes"] == managed


@recorded("sqs", "test_sse_kms_and_sqs_are_mutually_exclusive")
def test_one_encryption_at_a_time(sqs: Speaker) -> None:
    both = {"KmsMasterKeyId": "chave", "SqsManagedSseEnabled": "true"}
    assert sqs.refused("SetQueueAttributes", QueueUrl=made(sqs), Attributes=both) == (
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. "
        "You can either enable KMS SSE or SQS SSE.",
    )


@recorded("sqs", "test_set_unsupported_attribute_standard")
def test_a_standard_queue_never_becomes_a_fifo_queue(sqs: Speaker) -> None:
    url = made(sqs)
    for value in ("true", "false"):
        assert sqs.refused("SetQueueAttributes", QueueUrl=url, Attributes={"FifoQueue": value}) == (
            "InvalidAttributeName",
            "Unknown Attribute FifoQueue.",
        )


@recorded("sqs", "test_set_unsupported_attribute_fifo")
def test_a_fifo_queue_stays_one(sqs: Speaker) -> None:
    standard, fifo = made(sqs), made(sqs, "vendas.fifo")
    yes, no = {"FifoQueue": "true"}, {"FifoQueue": "false"}
    assert sqs.refused("SetQueueAttributes", QueueUrl=standard, Attributes=yes)[0] == "InvalidAttributeName"
    sqs("SetQueueAttributes", QueueUrl=fifo, Attributes=yes)
    assert sqs.refused("SetQueueAttributes", QueueUrl=fifo, Attributes=no) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    )


@recorded("sqs", "test_create_standard_queue_with_fifo_attribute_raises_error")
def test_attributes_of_fifo_queues_are_unknown_to_standard_ones(sqs: Speaker) -> None:
    only = "You can specify the {} only when FifoQueue is set to true."
    for name, value, message in (
        ("FifoQueue", "false", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "true", "Unknown Attribute ContentBasedDeduplication."),
        ("DeduplicationScope", "queue", only.format("DeduplicationScope")),
        ("FifoThroughputLimit", "perQueue", only.format("FifoThroughputLimit")),
    ):
        given = {"QueueName": "vendas", "Attributes": {name: value}}
        assert sqs.refused("CreateQueue", **given) == ("InvalidAttributeName", message)


@recorded("sqs", "test_set_empty_redrive_policy")
def test_an_empty_redrive_policy_is_none(sqs: Speaker, world: World) -> None:
    made(sqs, "mortas")
    target = world.attributes(f"{URL}mortas", "QueueArn")["QueueArn"]
    url = made(sqs)
    # A queue's name does for its URL.
    sqs("SetQueueAttributes", QueueUrl="vendas", Attributes={"RedrivePolicy": ""})
    assert attributes(sqs, url) == FRESH
    policy = {"deadLetterTargetArn": target, "maxReceiveCount": "7"}
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    assert target in attributes(sqs, url)["RedrivePolicy"]
    sqs("SetQueueAttributes", QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert attributes(sqs, url) == FRESH


@recorded("sqs", "test_invalid_dead_letter_arn_rejected_before_lookup")
def test_a_dead_letter_target_that_is_no_arn(json_sqs: Speaker) -> None:
    policy = json.dumps({"deadLetterTargetArn": "mortas", "maxReceiveCount": 3})
    reason = "Invalid value for deadLetterTargetArn."
    assert json_sqs.refused("CreateQueue", QueueName="vendas", Attributes={"RedrivePolicy": policy}) == (
        "InvalidParameterValue",
        f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}",
    )


@recorded("sqs", "test_non_existent_queue")
def test_a_queue_that_is_gone(json_sqs: Speaker, query_sqs: Speaker) -> None:
    url = made(json_sqs)
    json_sqs("DeleteQueue", QueueUrl=url)
    code, message = "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."
    assert json_sqs.refused("GetQueueAttributes", QueueUrl=url) == (code, message)
    assert json_sqs.refused("GetQueueUrl", QueueName="vendas") == (code, message)
    assert query_sqs.refused("GetQueueAttributes", QueueUrl=url) == (
        code,
        "The specified queue does not exist for this wsdl version.",
    )


@recorded("sqs", "test_list_queues_pagination")
def test_pages_of_queues_have_a_token_only_where_a_page_was_asked_for(json_sqs: Speaker) -> None:
    urls = [made(json_sqs, f"loja-{number}") for number in range(7)]
    asked = {"QueueNamePrefix": "loja-"}
    assert json_sqs("ListQueues", **asked) == {"QueueUrls": urls}
    first = json_sqs("ListQueues", **asked, MaxResults=3)
    assert first["QueueUrls"] == urls[:3]
    assert json_sqs("ListQueues", **asked, NextToken=first["NextToken"]) == {"QueueUrls": urls[3:]}


@recorded("sqs", "test_tag_untag_queue")
def test_tags(sqs: Speaker) -> None:
    url = made(sqs)
    tags = {"equipe": "fiscal", "ambiente": "teste", "vazia": ""}
    sqs("TagQueue", QueueUrl=url, Tags=tags)
    assert sqs("ListQueueTags", QueueUrl=url) == {"Tags": tags}
    sqs("UntagQueue", QueueUrl=url, TagKeys=["equipe", "vazia"])
    assert sqs("ListQueueTags", QueueUrl=url) == {"Tags": {"ambiente": "teste"}}
    sqs("UntagQueue", QueueUrl=url, TagKeys=["ambiente"])
    assert sqs("ListQueueTags", QueueUrl=url) == {}


@recorded("sqs", "test_sqs_permission_lifecycle")
def test_permissions_are_statements_of_the_policy(sqs: Speaker, world: World) -> None:
    url = made(sqs)
    queue = world.attributes(url, "QueueArn")["QueueArn"]

    def statement(label: str, *accounts: str) -> dict[str, object]:
        roots = [f"arn:aws:iam::{account}:root" for account in accounts]
        return {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": roots[0] if len(roots) == 1 else roots},
            "Action": "SQS:ReceiveMessage",
            "Resource": queue,
        }

    def policy() -> object:
        found = sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["Policy"])
        return json.loads(found["Attributes"]["Policy"]) if found else None

    def expected(*statements: dict[str, object]) -> object:
        identity = f"{queue}/SQSDefaultPolicy"
        return {"Version": "2008-10-17", "Id": identity, "Statement": list(statements)}

    two = {"AWSAccountIds": ["111122223333", "444455556666"], "Actions": ["ReceiveMessage"]}
    sqs("AddPermission", QueueUrl=url, Label="parceiros", **two)
    assert policy() == expected(statement("parceiros", "111122223333", "444455556666"))
    sqs("RemovePermission", QueueUrl=url, Label="parceiros")
    assert policy() is None
    sqs("AddPermission", QueueUrl=url, Label="parceiros", **PERMISSION)
    assert sqs.refused("AddPermission", QueueUrl=url, Label="parceiros", **PERMISSION) == (
        "InvalidParameterValue",
        "Value parceiros for parameter Label is invalid. Reason: Already exists.",
    )
    sqs("AddPermission", QueueUrl=url, Label="outros", **PERMISSION)
    first, second = statement("parceiros", "111122223333"), statement("outros", "111122223333")
    assert policy() == expected(first, second)
    sqs("RemovePermission", QueueUrl=url, Label="parceiros")
    assert policy() == expected(second)
    sqs("RemovePermission", QueueUrl=url, Label="outros")
    assert policy() is None
    assert sqs.refused("RemovePermission", QueueUrl=url, Label="outros") == (
        "InvalidParameterValue",
        "Value outros for parameter Label is invalid. Reason: can't find label.",
    )


@recorded("sqs", "test_successive_purge_calls_fail")
def test_one_purge_a_minute(sqs: Speaker) -> None:
    url = made(sqs)
    sqs("PurgeQueue", QueueUrl=url)
    assert sqs.refused("PurgeQueue", QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        "Only one PurgeQueue operation on vendas is allowed every 60 seconds.",
    )


def counts(sqs: Speaker, url: str) -> tuple[str, str, str]:
    found = attributes(sqs, url)
    prefix = "ApproximateNumberOfMessages"
    return found[prefix], found[f"{prefix}NotVisible"], found[f"{prefix}Delayed"]


@recorded("sqs", "test_approximate_number_of_messages_not_visible")
def test_messages_in_flight_are_counted(sqs: Speaker, world: World) -> None:
    url = made(sqs, VisibilityTimeout="20")
    for number in range(4):
        send(sqs, url, f"nota {number}")
    receive(sqs, url, 1)
    assert counts(sqs, url) == ("3", "1", "0")
    world.advance(20)
    assert counts(sqs, url) == ("4", "0", "0")


@recorded("sqs", "test_fifo_approximate_number_of_messages_not_visible")
def test_messages_behind_one_in_flight_count_as_visible(sqs: Speaker, world: World) -> None:
    url = made(sqs, "vendas.fifo", ContentBasedDeduplication="True", VisibilityTimeout="20")
    for number in range(6):
        send(sqs, url, f"nota {number}", f"cliente {number // 2}".replace(" ", "-"))
    assert bodies(receive(sqs, url, 1)) + bodies(receive(sqs, url, 1)) == ["nota 0", "nota 2"]
    assert counts(sqs, url) == ("4", "2", "0")
    world.advance(20)
    assert counts(sqs, url) == ("6", "0", "0")
