"""Message bodies and attributes: characters, types, digests, sizes, filters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.awserror import AwsError
from sandbox.model.sqs_message import (
    attributes_digest,
    body_digest,
    check_attributes,
    check_group,
    check_system_attributes,
    check_text,
    message_bytes,
    selected,
    selected_system,
)


def text(value: str, kind: str = "String") -> dict[str, Any]:
    return {"DataType": kind, "StringValue": value}


@pytest.mark.parametrize("body", ["olá", "\t\r\n", "\ud7ff\ue000\ufffd", "\U0001f680"])
def test_text_that_xml_can_carry(body: str) -> None:
    check_text(body)


@pytest.mark.parametrize("body", ["\x00", "a\x1fb", "\ufffe", "\uffff", "\ud800", "ok\x0b"])
def test_text_that_it_cannot(body: str) -> None:
    with pytest.raises(AwsError, match="InvalidMessageContents: Invalid characters found"):
        check_text(body)


def test_digests() -> None:
    assert body_digest("ação") == "ce762a2c8073e0b6ad5d9bc99283af67"
    attributes = {
        "produto": text("parafuso"),
        "quantidade": text("12", "Number.int"),
        "selo": {"DataType": "Binary", "BinaryValue": b"\x00\x01\xff"},
    }
    assert attributes_digest(attributes) == "cc433778b303af7668df150b71de245e"


def test_the_order_of_attributes_does_not_change_their_digest_but_all_else_does() -> None:
    one = {"a": text("1"), "b": text("2", "Number")}
    digest = attributes_digest(one)
    assert attributes_digest(dict(reversed(one.items()))) == digest
    others = [
        {"a": text("1"), "b": text("2", "Number.int")},
        {"a": text("1"), "b": text("3", "Number")},
        {"a": text("1"), "c": text("2", "Number")},
        {"a": {"DataType": "Binary", "BinaryValue": b"1"}, "b": text("2", "Number")},
    ]
    assert len({digest, *map(attributes_digest, others)}) == 5


@given(st.text(min_size=1, max_size=200), st.binary(min_size=1, max_size=200))
def test_size_counts_utf8_bytes_of_body_names_types_and_values(body: str, value: bytes) -> None:
    body = body.encode("utf-8", "ignore").decode()
    attributes = {"ação": {"DataType": "Binary", "BinaryValue": value}}
    assert message_bytes(body, attributes) == len(body.encode()) + 6 + 6 + len(value)


@pytest.mark.parametrize(
    "attributes",
    [
        {"a": text("x")},
        {"A-b_9.c": text("x", "String.meu")},
        {"n": text("-12.50e3", "Number")},
        {"n": text("0", "Number.int")},
        {"n": text("1" * 38, "Number")},
        {"n": text("1" + "0" * 60, "Number")},
        {"b": {"DataType": "Binary.png", "BinaryValue": b"\x89"}},
        {f"a{number}": text("x") for number in range(10)},
    ],
)
def test_attributes_that_are_accepted(attributes: dict[str, Any]) -> None:
    check_attributes(attributes)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {f"a{number}": text("x") for number in range(11)},
            "Number of message attributes [11] exceeds the allowed maximum [10].",
        ),
        (
            {"detalhes": text("")},
            "Message (user) attribute 'detalhes' must contain a non-empty value of type 'String'.",
        ),
        (
            {"b": {"DataType": "Binary", "BinaryValue": b""}},
            "must contain a non-empty value of type 'Binary'.",
        ),
        (
            {"a": {"DataType": "Binary", "StringValue": "x"}},
            "must contain a non-empty value of type 'Binary'.",
        ),
        ({"a": {"StringValue": "x"}}, "must contain non-empty message attribute type"),
        ({"a": text("x", "Texto")}, "the set of supported type prefixes is Binary, Number, and String."),
        ({"a": text("x", "String.")}, "the set of supported type prefixes"),
        ({"n": text("doze", "Number")}, "Can't cast the value of message (user) attribute 'n' to a number."),
        ({"n": text("NaN", "Number")}, "Can't cast the value"),
        ({"n": text("1_000", "Number")}, "Can't cast the value"),
        ({"n": text("1" * 39, "Number")}, "Can't cast the value"),
        ({"n": text("1e127", "Number")}, "Can't cast the value"),
        ({"AWS.x": text("x")}, "is invalid"),
        ({"amazon.x": text("x")}, "is invalid"),
        ({".a": text("x")}, "is invalid"),
        ({"a..b": text("x")}, "is invalid"),
        ({"a b": text("x")}, "is invalid"),
        ({"": text("x")}, "is invalid"),
        ({"a" * 257: text("x")}, "must be less than 256 bytes"),
        ({"a": text("x") | {"BinaryValue": b"x"}}, "must use field 'StringValue' only"),
    ],
)
def test_attributes_that_are_refused(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        check_attributes(attributes)
    assert caught.value.code == "InvalidParameterValue"
    assert message in caught.value.message


def test_values_are_text_as_bodies_are_and_lists_are_reserved() -> None:
    with pytest.raises(AwsError, match="InvalidParameterValue"):
        check_attributes({"a": text("\x00")})
    with pytest.raises(AwsError, match="UnsupportedOperation"):
        check_attributes({"a": text("x") | {"StringListValues": ["x"]}})


def test_the_only_system_attribute_of_a_send_is_the_trace_header() -> None:
    assert check_system_attributes({}) is None
    assert check_system_attributes({"AWSTraceHeader": text("Root=1")}) == "Root=1"
    for wrong in (
        {"SenderId": text("x")},
        {"AWSTraceHeader": text("")},
        {"AWSTraceHeader": text("1", "Number")},
    ):
        with pytest.raises(AwsError, match="InvalidParameterValue"):
            check_system_attributes(wrong)


@pytest.mark.parametrize("group", ["", "a" * 129, "com espaço", "ação"])
def test_message_groups_that_are_refused(group: str) -> None:
    with pytest.raises(AwsError, match="1 to 128 in length"):
        check_group(group)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], set()),
        (["All"], {"Ola", "Olaria", "Fim.Um"}),
        (["*"], {"Ola", "Olaria", "Fim.Um"}),
        (["Ola"], {"Ola"}),
        (["Ola*"], {"Ola", "Olaria"}),
        (["Fim.*"], {"Fim.Um"}),
        (["ola"], set()),
        (["Ola", "Nenhum"], {"Ola"}),
    ],
)
def test_which_attributes_a_receive_gets(names: list[str], expected: set[str]) -> None:
    attributes = {"Ola": text("1"), "Olaria": text("2"), "Fim.Um": text("3")}
    assert set(selected(attributes, names)) == expected


def test_which_system_attributes_a_receive_gets() -> None:
    system = {"SenderId": "1", "SentTimestamp": "2"}
    assert selected_system(system, set()) == {}
    assert selected_system(system, {"SenderId", "SequenceNumber"}) == {"SenderId": "1"}
    assert selected_system(system, {"All"}) == system
