"""Messages of topics: what a publish may hold, and what an endpoint gets.

Pages: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from sandbox.model.sns_errors import invalid, invalid_value
from sandbox.model.sqs_message import Attributes, message_bytes

MAX_BYTES = 262_144
_SUBJECT = 100
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a topic accepted.

    Attributes:
        texts: what each protocol gets, by protocol; `default` for those that are not named.
        attributes: as the API has them.
        sequence: its sequence number, where the topic is a FIFO topic.
        at: virtual seconds.
        signature: the signature version of the topic.
    """

    topic: str
    message_id: str
    texts: dict[str, str]
    subject: str | None
    attributes: dict[str, dict[str, Any]]
    group_id: str | None
    deduplication_id: str | None
    sequence: str | None
    trace: str | None
    at: float
    signature: str = "1"

    def text(self, protocol: str) -> str:
        """What endpoints of a protocol get."""
        return self.texts.get(protocol, self.texts["default"])


def texts_of(message: str, structure: str | None) -> dict[str, str]:
    """What each protocol gets.

    Args:
        structure: `json` says that `message` maps protocols to texts.

    Raises:
        AwsError: InvalidParameter.
    """
    if not message:
        raise invalid("Empty message")
    if structure is None:
        return {"default": message}
    if structure != "json":
        raise invalid("MessageStructure")
    try:
        # Not `json.loads`, which lets halves of surrogate pairs through: they cannot be stored or sent.
        texts = msgspec.json.decode(message)
    except (ValueError, RecursionError):
        raise invalid("Message Structure - JSON message body failed to parse") from None
    if not isinstance(texts, dict) or not isinstance(texts.get("default"), str):
        raise invalid("Message Structure - No default entry in JSON message body")
    return {protocol: text for protocol, text in texts.items() if isinstance(text, str)}


def check_subject(subject: str | None) -> None:
    """Checks a subject.

    Raises:
        AwsError: InvalidParameter.
    """
    if subject is None:
        return
    if not 1 <= len(subject) <= _SUBJECT or not subject.isprintable() or subject[0].isspace():
        raise invalid("Subject")


def check_attributes(attributes: Attributes) -> None:
    """Checks names, types and values of message attributes.

    Raises:
        AwsError: ParameterValueInvalid, in AWS's words where they are known.
    """
    for name, attribute in attributes.items():
        _check_name(name)
        kind = attribute.get("DataType") or ""
        match = _TYPE.fullmatch(kind)
        if match is None:
            raise invalid_value(
                f"The message attribute '{name}' has an invalid message attribute type, the set of supported "
                "type prefixes is Binary, Number, and String."
            )
        _check_value(name, kind, match.group(1), attribute)


def _check_name(name: str) -> None:
    if not name or len(name.encode()) > 256:
        raise invalid_value("Length of message attribute name must be less than 256 bytes.")
    if wrong := _NOT_IN_NAMES.search(name):
        raise invalid_value(
            f"Invalid non-alphanumeric character '#x{ord(wrong.group()):X}' was found in the message "
            "attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."
        )
    for where, found in (("starting", name.startswith(".")), ("ending", name.endswith("."))):
        if found:
            raise invalid_value(f"Invalid message attribute name {where} with character '.' was found.")
    if ".." in name:
        raise invalid_value("Message attribute name can not have successive '.' character.")


def _check_value(name: str, kind: str, base: str, attribute: Mapping[str, Any]) -> None:
    field, other = ("BinaryValue", "StringValue") if base == "Binary" else ("StringValue", "BinaryValue")
    value = attribute.get(field)
    if not value and attribute.get(other):
        transport = field.removesuffix("Value")
        raise invalid_value(
            f"The message attribute '{name}' with type '{kind}' must use field '{transport}'."
        )
    if not value:
        raise invalid_value(
            f"The message attribute '{name}' must contain non-empty message attribute value for message "
            f"attribute type '{kind}'."
        )
    if base == "Number" and not _NUMBER.fullmatch(value):
        raise invalid_value(f"Could not cast message attribute '{name}' value to number.")
    if kind == "String.Array" and not _is_array(value):
        raise invalid_value(f"The message attribute '{name}' must be a JSON array of scalars.")


def size(message: str, attributes: Attributes) -> int:
    """Bytes of a message as its limit counts them."""
    return message_bytes(message, attributes)


def notification(published: Published, protocol: str, unsubscribe_url: str, endpoint: str) -> dict[str, Any]:
    """The document that endpoints get unless they take messages raw.

    Args:
        endpoint: base URL of the sandbox, below which the signing certificate would be.
    """
    document: dict[str, Any] = {"Type": "Notification", "MessageId": published.message_id}
    if published.sequence is not None:
        document["SequenceNumber"] = published.sequence
    document["TopicArn"] = published.topic
    if published.subject is not None:
        document["Subject"] = published.subject
    document |= {"Message": published.text(protocol), "Timestamp": timestamp(published.at)}
    if published.sequence is None:  # those of FIFO topics have no signature
        document = signed(document, published.signature, endpoint)
    document["UnsubscribeURL"] = unsubscribe_url
    if published.attributes:
        document["MessageAttributes"] = attribute_views(published.attributes)
    return document


def lambda_event(
    published: Published, subscription: str, unsubscribe_url: str, endpoint: str
) -> dict[str, Any]:
    """The event that a function gets."""
    document = notification(published, "lambda", unsubscribe_url, endpoint)
    document["SigningCertUrl"] = document.pop("SigningCertURL")
    document["UnsubscribeUrl"] = document.pop("UnsubscribeURL")
    document.setdefault("Subject", None)
    document.setdefault("MessageAttributes", {})
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": document,
    }
    return {"Records": [record]}


def confirmation(published: Published, token: str, link: str, endpoint: str) -> dict[str, Any]:
    """The document that asks an HTTP endpoint whether it wants a topic's messages.

    Args:
        link: what to visit to say so.
    """
    document = {
        "Type": "SubscriptionConfirmation",
        "MessageId": published.message_id,
        "Token": token,
        "TopicArn": published.topic,
        "Message": f"You have chosen to subscribe to the topic {published.topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message.",
        "SubscribeURL": link,
        "Timestamp": timestamp(published.at),
    }
    return signed(document, published.signature, endpoint)


def signed(document: dict[str, Any], version: str, endpoint: str) -> dict[str, Any]:
    """The document with its signature's members.

    Nobody but AWS has AWS's key: `Signature` is the base64 of the plain digest (SHA-1 for version 1, SHA-256
    for version 2) of exactly the text that AWS signs, so that readers find the member, and verifiers fail.
    """
    text = "".join(f"{name}\n{document[name]}\n" for name in _SIGNED if document.get(name) is not None)
    digest = hashlib.sha256 if version == "2" else hashlib.sha1
    signature = b64encode(digest(text.encode(), usedforsecurity=False).digest()).decode()
    return {
        **document,
        "SignatureVersion": version,
        "Signature": signature,
        "SigningCertURL": f"{endpoint}/SimpleNotificationService-sandbox.pem",
    }


def attribute_views(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Message attributes as notifications have them."""
    views = {}
    for name, attribute in attributes.items():
        value = attribute.get("StringValue")
        if value is None:
            value = b64encode(attribute["BinaryValue"]).decode()
        views[name] = {"Type": attribute["DataType"], "Value": value}
    return views


def timestamp(seconds: float) -> str:
    """A moment as notifications have it, to the millisecond."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{int(seconds * 1000) % 1000:03d}Z"


def _is_array(text: str) -> bool:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, list) and not any(isinstance(value, dict | list) for value in values)
