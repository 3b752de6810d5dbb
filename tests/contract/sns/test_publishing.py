"""Publishing: what a message may hold, what endpoints get, filters, FIFO topics, batches.

Pages: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from sandbox.model.ports import Delivery
from tests.contract.sns.harness import World, function, queue, text, topic

UNSUBSCRIBE = "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn="


# --- what endpoints get ----------------------------------------------------------------------------------
def test_a_queue_gets_a_notification(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, queue())
    answer = world.publish(notas, "olá", Subject="Aviso", MessageAttributes={"loja": text("7")})
    (delivery,) = world.targets.taken
    assert (delivery.target, delivery.attributes, delivery.source) == (queue(), {}, notas)
    document = json.loads(delivery.body)
    signed = {name: document.pop(name) for name in ("Signature", "SigningCertURL", "UnsubscribeURL")}
    assert document == {
        "Type": "Notification",
        "MessageId": answer["MessageId"],
        "TopicArn": notas,
        "Subject": "Aviso",
        "Message": "olá",
        "Timestamp": "2023-11-14T22:13:20.000Z",
        "SignatureVersion": "1",
        "MessageAttributes": {"loja": {"Type": "String", "Value": "7"}},
    }
    assert signed["UnsubscribeURL"] == UNSUBSCRIBE + arn
    assert signed["SigningCertURL"].startswith("https://sns.us-east-1.amazonaws.com/")


@pytest.mark.parametrize(("version", "digest"), [("1", hashlib.sha1), ("2", hashlib.sha256)])
def test_the_signature_is_the_digest_of_what_aws_signs(world: World, version: str, digest: Any) -> None:
    notas = world.topic(SignatureVersion=version)
    world.subscribe(notas, queue())
    world.publish(notas, "olá")
    document = json.loads(world.targets.taken[0].body)
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    signed = "".join(f"{name}\n{document[name]}\n" for name in names)
    assert document["SignatureVersion"] == version
    assert b64decode(document["Signature"]) == digest(signed.encode()).digest()


def test_a_raw_subscription_gets_the_message_and_its_attributes(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, queue(), RawMessageDelivery="true")
    attributes = {"loja": text("7"), "foto": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    world.publish(notas, "olá", Subject="Aviso", MessageAttributes=attributes, MessageGroupId="cliente-1")
    (delivery,) = world.targets.taken
    assert (delivery.body, delivery.attributes, delivery.group_id) == ("olá", attributes, "cliente-1")


def test_a_function_gets_an_event(world: World) -> None:
    notas = world.topic()
    arn = world.subscribe(notas, function())
    answer = world.publish(notas, "olá")
    (delivery,) = world.targets.taken
    assert delivery.target == function()
    (record,) = json.loads(delivery.body)["Records"]
    sns = record.pop("Sns")
    assert record == {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": arn}
    assert set(sns) == {
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertUrl",
        "UnsubscribeUrl",
        "MessageAttributes",
    }
    assert (sns["MessageId"], sns["Subject"], sns["MessageAttributes"]) == (answer["MessageId"], None, {})


def test_an_http_server_gets_a_post(world: World) -> None:
    notas = world.topic()
    url = "http://localhost:9999/a"
    arn = world.subscribe(notas, url)
    token = world.servers.documents()[0]["Token"]
    world.call("ConfirmSubscription", TopicArn=notas, Token=token)
    world.publish(notas, "olá")
    sent, request = world.servers.sent[-1]
    assert (sent, request.header("x-amz-sns-message-type")) == (url, "Notification")
    assert request.header("x-amz-sns-subscription-arn") == arn
    assert request.header("x-amz-sns-rawdelivery") == ""
    document = json.loads(request.body)
    # What is handed over now has links that work; what is stored has AWS's.
    assert document["UnsubscribeURL"].startswith("http://127.0.0.1:4566/?Action=Unsubscribe&")
    given: dict[str, Any] = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    world.call("SetSubscriptionAttributes", SubscriptionArn=arn, **given)
    world.publish(notas, "cru")
    request = world.servers.sent[-1][1]
    assert (request.body, request.header("x-amz-sns-rawdelivery")) == (b"cru", "true")


def test_each_protocol_may_get_a_text_of_its_own(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, queue(), RawMessageDelivery="true")
    world.subscribe(notas, function())
    message = json.dumps({"default": "para todos", "sqs": "para filas", "email": "para ninguém"})
    world.publish(notas, message, MessageStructure="json")
    to_queue, to_function = world.targets.taken
    assert to_queue.body == "para filas"
    assert json.loads(to_function.body)["Records"][0]["Sns"]["Message"] == "para todos"


# --- what a message may hold -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "a" * 262_145}, "Message too long"),
        ({"Message": "a", "Subject": "a" * 101}, "Subject"),
        ({"Message": "a", "Subject": "com\nlinha"}, "Subject"),
        (
            {"Message": "x", "MessageStructure": "json"},
            "Message Structure - JSON message body failed to parse",
        ),
        (
            {"Message": '{"default": "\\ud800"}', "MessageStructure": "json"},
            "Message Structure - JSON message body failed to parse",
        ),
        ({"Message": "{}", "MessageStructure": "json"}, "Message Structure - No default entry"),
        ({"Message": "a", "MessageStructure": "xml"}, "MessageStructure"),
        ({"Message": "a", "MessageDeduplicationId": "1"}, "not valid for this topic type"),
        ({"Message": "a", "TopicArn": "x"}, "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
    ],
)
def test_messages_that_are_refused(world: World, params: dict[str, Any], message: str) -> None:
    error = world.refused("Publish", **{"TopicArn": world.topic(), **params})
    assert error.code == "InvalidParameterException"
    assert message in error.message


@pytest.mark.parametrize(
    ("name", "attribute", "message"),
    [
        (
            "a",
            text(""),
            "must contain non-empty message attribute value for message attribute type 'String'.",
        ),
        ("a", {"DataType": "Binary", "StringValue": "x"}, "with type 'Binary' must use field 'Binary'."),
        ("a", {"DataType": "Number", "BinaryValue": b"1"}, "with type 'Number' must use field 'String'."),
        ("a", text("x", "Texto"), "the set of supported type prefixes is Binary, Number, and String."),
        ("a", text("x", "Number"), "to number"),
        ("a", text("[[1]]", "String.Array"), "array of scalars"),
        (
            "a b",
            text("x"),
            "Invalid non-alphanumeric character '#x20' was found in the message attribute name.",
        ),
        (".a", text("x"), "Invalid message attribute name starting with character '.' was found."),
        ("a.", text("x"), "Invalid message attribute name ending with character '.' was found."),
        ("a..b", text("x"), "Message attribute name can not have successive '.' character."),
        ("a" * 257, text("x"), "Length of message attribute name must be less than 256 bytes."),
    ],
)
def test_attributes_that_are_refused(
    world: World, name: str, attribute: dict[str, Any], message: str
) -> None:
    given = {name: attribute}
    error = world.refused("Publish", TopicArn=world.topic(), Message="a", MessageAttributes=given)
    assert error.code == "InvalidParameterValueException"
    assert message in error.message


def test_an_endpoint_of_mobile_push_is_not_there(world: World) -> None:
    target = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"
    error = world.refused("Publish", TargetArn=target, Message="a")
    assert error.message == (
        "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
    )


def test_a_topic_that_is_not_there(world: World) -> None:
    error = world.refused("Publish", TopicArn=str(topic("nenhum")), Message="a")
    assert (error.code, error.message) == ("NotFoundException", "Topic does not exist")


def test_phone_numbers_are_refused_by_name(world: World) -> None:
    error = world.refused("Publish", PhoneNumber="+5581999999999", Message="a")
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert "PhoneNumber" in error.message


# --- filters ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("policy", "attributes", "passes"),
    [
        ({"loja": ["7"]}, {"loja": text("7")}, True),
        ({"loja": ["7"]}, {"loja": text("8")}, False),
        ({"loja": ["7"]}, {}, False),
        ({"loja": ["7"], "uf": ["PE"]}, {"loja": text("7")}, False),
        ({"loja": [7]}, {"loja": text("7.0", "Number")}, True),
        ({"valor": [{"numeric": [">", 100, "<=", 150]}]}, {"valor": text("150", "Number")}, True),
        ({"valor": [{"numeric": [">", 100]}]}, {"valor": text("99", "Number")}, False),
        ({"tipo": [{"prefix": "nota."}]}, {"tipo": text("nota.criada")}, True),
        ({"tipo": [{"suffix": ".criada"}]}, {"tipo": text("nota.paga")}, False),
        ({"tipo": [{"anything-but": ["teste"]}]}, {"tipo": text("venda")}, True),
        ({"tipo": [{"anything-but": {"prefix": "t"}}]}, {"tipo": text("teste")}, False),
        ({"tipo": [{"equals-ignore-case": "VENDA"}]}, {"tipo": text("venda")}, True),
        ({"tipo": [{"wildcard": "n*a"}]}, {"tipo": text("nota")}, True),
        ({"tipo": [{"exists": False}]}, {}, True),
        ({"tipo": [{"exists": True}]}, {}, False),
        ({"ip": [{"cidr": "10.0.0.0/24"}]}, {"ip": text("10.0.0.9")}, True),
        ({"cores": ["azul"]}, {"cores": text('["verde", "azul"]', "String.Array")}, True),
        ({"cores": ["azul"]}, {"cores": text('["verde"]', "String.Array")}, False),
        ({"tipo": [None, {"anything-but": "teste"}]}, {}, True),
        ({"tipo": [None, {"anything-but": "teste"}]}, {"tipo": text("teste")}, False),
        ({"$or": [{"loja": ["7"]}, {"uf": ["PE"]}]}, {"uf": text("PE")}, True),
        ({"foto": ["x"]}, {"foto": {"DataType": "Binary", "BinaryValue": b"x"}}, False),
    ],
)
def test_messages_are_filtered_by_their_attributes(
    world: World, policy: dict[str, Any], attributes: dict[str, Any], passes: bool
) -> None:
    notas = world.topic()
    world.subscribe(notas, queue(), FilterPolicy=policy)
    world.publish(notas, MessageAttributes=attributes)
    assert len(world.targets.taken) == int(passes)


@pytest.mark.parametrize(
    ("policy", "message", "passes"),
    [
        ({"nota": {"valor": [{"numeric": [">=", 100]}]}}, {"nota": {"valor": 120}}, True),
        ({"nota": {"valor": [{"numeric": [">=", 100]}]}}, {"nota": {"valor": 12}}, False),
        ({"itens": {"cor": ["azul"]}}, {"itens": [{"cor": "verde"}, {"cor": "azul"}]}, True),
        ({"paga": [True]}, {"paga": True}, True),
        ({"obs": [None]}, {"obs": None}, True),
        ({"paga": [True]}, "texto", False),
        ({"paga": [True]}, [1], False),
    ],
)
def test_or_by_their_bodies(world: World, policy: dict[str, Any], message: Any, passes: bool) -> None:
    notas = world.topic()
    world.subscribe(notas, queue(), FilterPolicy=policy, FilterPolicyScope="MessageBody")
    world.publish(notas, json.dumps(message))
    assert len(world.targets.taken) == int(passes)


# --- FIFO topics -----------------------------------------------------------------------------------------
def test_a_fifo_topic_hands_on_groups_and_deduplication_ids(world: World) -> None:
    notas = world.topic("notas.fifo", ContentBasedDeduplication="true")
    world.subscribe(notas, queue("a.fifo"))
    world.subscribe(notas, queue("b"))
    answer = world.publish(notas, "olá", MessageGroupId="cliente-1")
    assert answer["SequenceNumber"].isdigit()
    ordered, plain = world.targets.taken
    digest = hashlib.sha256("olá".encode()).hexdigest()
    assert (ordered.group_id, ordered.deduplication_id) == ("cliente-1", digest)
    assert plain.deduplication_id is None
    document = json.loads(ordered.body)
    assert document["SequenceNumber"] == answer["SequenceNumber"]
    assert "Signature" not in document


def test_a_duplicate_is_accepted_and_dropped_for_five_minutes(world: World) -> None:
    notas = world.topic("notas.fifo")
    world.subscribe(notas, queue("a.fifo"))

    def publish(group: str = "g") -> dict[str, Any]:
        return world.publish(notas, MessageGroupId=group, MessageDeduplicationId="1")

    first = publish()
    assert publish() == publish("outro") == first
    world.advance(300)
    assert publish() != first
    assert len(world.targets.taken) == 2


def test_ids_may_count_within_their_groups(world: World) -> None:
    notas = world.topic("notas.fifo", FifoThroughputScope="MessageGroup")
    world.subscribe(notas, queue("a.fifo"))
    for group in "ab":
        world.publish(notas, MessageGroupId=group, MessageDeduplicationId="1")
    assert [delivery.group_id for delivery in world.targets.taken] == ["a", "b"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "The MessageGroupId parameter is required for FIFO topics"),
        ({"MessageGroupId": "g"}, "ContentBasedDeduplication enabled or MessageDeduplicationId provided"),
        ({"MessageGroupId": "g g", "MessageDeduplicationId": "1"}, "MessageGroupId Reason"),
    ],
)
def test_what_a_fifo_topic_needs(world: World, params: dict[str, Any], message: str) -> None:
    error = world.refused("Publish", TopicArn=world.topic("notas.fifo"), Message="a", **params)
    assert message in error.message


# --- batches ---------------------------------------------------------------------------------------------
def test_a_batch_publishes_each_of_its_messages(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, queue(), RawMessageDelivery="true")
    entries = [{"Id": "a", "Message": "um"}, {"Id": "b", "Message": "dois"}]
    answer = world.call("PublishBatch", TopicArn=notas, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "b"]
    assert answer["Failed"] == []
    assert [delivery.body for delivery in world.targets.taken] == ["um", "dois"]


def test_one_message_that_breaks_a_rule_has_the_batch_refused(world: World) -> None:
    notas = world.topic("notas.fifo")
    world.subscribe(notas, queue("a.fifo"))
    good = {"Id": "a", "Message": "um", "MessageGroupId": "g", "MessageDeduplicationId": "1"}
    for bad, message in (
        ({"Message": "a"}, "The MessageGroupId parameter is required for FIFO topics"),
        ({"Message": "a", "MessageGroupId": "g"}, "ContentBasedDeduplication enabled"),
        ({**good, "Message": "{}", "MessageStructure": "json"}, "No default entry in JSON message body"),
    ):
        entries = [good, {**bad, "Id": "b"}]
        error = world.refused("PublishBatch", TopicArn=notas, PublishBatchRequestEntries=entries)
        assert message in error.message
    assert world.targets.taken == []


@pytest.mark.parametrize(
    ("entries", "code", "message"),
    [
        ([], "EmptyBatchRequest", "doesn't contain any entries"),
        (
            [{"Id": str(number), "Message": "a"} for number in range(11)],
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ),
        (
            [{"Id": "a", "Message": "a"}] * 2,
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id.",
        ),
        ([{"Id": "a b", "Message": "a"}], "InvalidBatchEntryId", "doesn't abide by the specification"),
        ([{"Id": name, "Message": "a" * 131_073} for name in "ab"], "BatchRequestTooLong", "put together"),
    ],
)
def test_batches_that_are_refused(
    world: World, entries: list[dict[str, str]], code: str, message: str
) -> None:
    error = world.refused("PublishBatch", TopicArn=world.topic(), PublishBatchRequestEntries=entries)
    assert error.code == f"{code}Exception"
    assert message in error.message


# --- the rest of the engine ------------------------------------------------------------------------------
def test_other_services_deliver_to_topics(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, queue(), RawMessageDelivery="true")
    cause = world.hops.reserve()
    hop = world.run(lambda: world.service.deliver(Delivery(topic(), '{"a": 1}', cause, "Root=1-2-3")))
    (published,) = world.hops.of(HopKind.PUBLISHED)
    assert (published.id, published.cause, published.resource) == (hop, cause, notas)
    (delivery,) = world.targets.taken
    assert (delivery.body, delivery.trace) == ('{"a": 1}', "Root=1-2-3")
    assert world.service.supports(topic())
    assert not world.service.supports(queue())


def test_the_hops_say_who_got_a_message_and_who_did_not_and_why(world: World) -> None:
    notas = world.topic()
    world.subscribe(notas, queue("a"))
    world.subscribe(notas, queue("b"), FilterPolicy={"loja": ["7"]})
    world.publish(notas, MessageAttributes={"loja": text("8")})
    (published,) = world.hops.of(HopKind.PUBLISHED)
    (delivered,) = world.hops.of(HopKind.DELIVERED)
    (filtered,) = world.hops.of(HopKind.FILTERED)
    assert delivered.cause == filtered.cause == published.id
    assert (delivered.resource, filtered.resource) == (str(queue("a")), str(queue("b")))
    assert (filtered.detail["path"], filtered.detail["found"]) == ("loja", ['"8"'])
    assert world.targets.taken[0].cause == delivered.id
