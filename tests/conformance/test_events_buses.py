"""Events and their buses, as AWS was recorded to answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.model.scope import Scope
from tests.conformance.bus_world import HERE, ROLE, BusWorld, bus_arn
from tests.conformance.recorded import recorded
from tests.conformance.test_events_targets import FORMS
from tests.support.speaking import Speaker
from tests.support.world import START

BUSES = pytest.mark.parametrize("kind", ["custom", "default"])
NOW = datetime.fromtimestamp(START, UTC)
ENTRY = {"Source": "loja", "DetailType": "Pedido", "Detail": '{"n": 1}'}


# --- events ----------------------------------------------------------------------------------------------
def failed(buses: BusWorld, entry: dict[str, Any], code: str, message: str) -> None:
    answer = buses.events("PutEvents", Entries=[entry])
    refused = {"ErrorCode": code, "ErrorMessage": message}
    assert answer == {"FailedEntryCount": 1, "Entries": [refused]}


@recorded("events", "TestEvents::test_put_events_without_source")
def test_an_event_has_a_source(buses: BusWorld) -> None:
    entry = {"DetailType": "Pedido", "Detail": "{}"}
    message = "Parameter Source is not valid. Reason: Source is a required argument."
    failed(buses, entry, "InvalidArgument", message)


@recorded("events", "TestEvents::test_put_event_without_detail")
def test_an_event_has_a_detail(buses: BusWorld) -> None:
    entry = {"Source": "loja", "DetailType": "Pedido"}
    message = "Parameter Detail is not valid. Reason: Detail is a required argument."
    failed(buses, entry, "InvalidArgument", message)


@recorded("events", "TestEvents::test_put_event_without_detail_type")
def test_an_event_has_a_detail_type(buses: BusWorld) -> None:
    message = "Parameter DetailType is not valid. Reason: DetailType is a required argument."
    failed(buses, {"Source": "loja", "Detail": "{}"}, "InvalidArgument", message)
    failed(buses, {**ENTRY, "DetailType": ""}, "InvalidArgument", message)


@recorded("events", "TestEvents::test_put_event_malformed_detail")
@pytest.mark.parametrize(
    "detail",
    ["solto", '[{"a": 1}]', '{"a": 1', '"um texto"'],
    ids=["STRING", "ARRAY", "MALFORMED_JSON", "SERIALIZED_STRING"],
)
def test_a_detail_is_an_object(buses: BusWorld, detail: str) -> None:
    failed(buses, {**ENTRY, "Detail": detail}, "MalformedDetail", "Detail is malformed.")


@recorded("events", "TestEvents::test_put_event_with_too_big_detail")
def test_events_may_be_too_big(buses: BusWorld) -> None:
    big = {**ENTRY, "Detail": json.dumps({"x": "x" * 2**20})}
    assert buses.events.refused("PutEvents", Entries=[big]) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )


@recorded("events", "TestEvents::test_put_events_exceed_limit_ten_entries")
@BUSES
def test_ten_events_at_once(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    entries = [{**ENTRY, "EventBusName": bus}] * 11
    code, message = buses.events.refused("PutEvents", Entries=entries)
    assert code == "ValidationException"
    # AWS also writes the members that are not given, as null.
    assert message.startswith("1 validation error detected: Value '[PutEventsRequestEntry(source=loja, ")
    assert message.endswith(
        ")]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"
    )


@recorded("events", "TestEvents::test_put_events_response_entries_order")
def test_every_target_gets_the_same_event(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    for name in ("uma", "outra"):
        buses.rule(name, bus=bus)
    published = buses.put(bus=bus)
    first, second = buses.bodies("uma"), buses.bodies("outra")
    assert first == second
    assert [body["id"] for body in first] == [published]


@recorded("events", "TestEvents::test_put_events_time")
def test_events_have_the_time_they_are_given(buses: BusWorld) -> None:
    buses.rule()
    short, new = datetime(2022, 1, 1, tzinfo=UTC), datetime(2023, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)
    for time in (short, new, datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)):
        buses.put(Time=time)
    times = ["2022-01-01T00:00:00Z", "2023-05-06T07:08:09Z", "2030-12-31T23:59:59Z"]
    assert [body["time"] for body in buses.bodies()] == times


@recorded("events", "TestEvents::test_put_events_with_time_field")
def test_an_event_keeps_its_id_and_time(buses: BusWorld) -> None:
    buses.rule()
    published = buses.put({"texto": "olá"}, Time=NOW)
    (body,) = buses.bodies()
    assert (body["id"], body["time"], body["detail"]) == (
        published,
        "2023-11-14T22:13:20Z",
        {"texto": "olá"},
    )


@recorded("events", "TestEvents::test_put_events_with_target_delivery_failure")
def test_a_target_that_fails_is_not_the_publishers_matter(buses: BusWorld) -> None:
    buses.rule(target="arn:aws:sqs:us-east-1:000000000000:nenhuma")
    assert buses.put()


@recorded("events", "TestEvents::test_create_connection_validations")
def test_every_mistake_of_a_connection_is_told(buses: BusWorld) -> None:
    name = "com espaços demais, e longo demais para um nome de conexão do barramento"
    parameters = {"BasicAuthParameters": {"Username": "u", "Password": "p"}}
    params = {"Name": name, "AuthorizationType": "OUTRA", "AuthParameters": parameters}
    assert buses.events.refused("CreateConnection", **params) == (
        "ValidationException",
        f"3 validation errors detected: Value '{name}' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; "
        f"Value '{name}' at 'name' failed to satisfy constraint: "
        "Member must have length less than or equal to 64; "
        "Value 'OUTRA' at 'authorizationType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]",
    )


# --- buses -----------------------------------------------------------------------------------------------
def described(name: str, scope: Scope = HERE, **members: Any) -> dict[str, Any]:
    arn = bus_arn(name).replace(HERE.region, scope.region)
    return {"Name": name, "Arn": arn, "CreationTime": NOW, "LastModifiedTime": NOW, **members}


@recorded("events", "TestEventBus::test_create_list_describe_delete_custom_event_buses")
@pytest.mark.parametrize("regions", [["us-east-1"], ["us-east-1", "us-west-1", "eu-central-1"]])
@pytest.mark.parametrize("with_description", [True, False])
def test_the_life_of_a_bus(buses: BusWorld, with_description: bool, regions: list[str]) -> None:
    extra = {"Description": "pedidos da loja"} if with_description else {}
    clients: dict[Scope, Speaker] = {
        scope: buses.client("events", "json", scope)
        for scope in (Scope(HERE.account, region) for region in regions)
    }
    for scope, events in clients.items():
        whole = described("pedidos", scope, **extra)
        assert events("CreateEventBus", Name="pedidos", **extra) == {"EventBusArn": whole["Arn"], **extra}
        assert events("ListEventBuses", NamePrefix="pedidos") == {"EventBuses": [whole]}
        assert events("DescribeEventBus", Name="pedidos") == whole
    for events in clients.values():
        assert events("DeleteEventBus", Name="pedidos") == {}
        assert events("ListEventBuses", NamePrefix="pedidos") == {"EventBuses": []}


@recorded("events", "TestEventBus::test_create_multiple_event_buses_same_name")
def test_a_bus_of_the_same_name(buses: BusWorld) -> None:
    buses.bus("custom")
    assert buses.events.refused("CreateEventBus", Name="pedidos") == (
        "ResourceAlreadyExistsException",
        "Event bus pedidos already exists.",
    )


@recorded("events", "TestEventBus::test_describe_delete_not_existing_event_bus")
def test_a_bus_that_is_not_there(buses: BusWorld) -> None:
    for operation in ("DescribeEventBus", "DeleteEventBus"):
        assert buses.events.refused(operation, Name="nenhum") == (
            "ResourceNotFoundException",
            "Event bus nenhum does not exist.",
        )


@recorded("events", "TestEventBus::test_delete_default_event_bus")
def test_the_default_bus_stays(buses: BusWorld) -> None:
    answer = ("ValidationException", "Cannot delete event bus default.")
    assert buses.events.refused("DeleteEventBus", Name="default") == answer


@recorded("events", "TestEventBus::test_list_event_buses_with_prefix")
def test_buses_by_the_beginning_of_their_names(buses: BusWorld) -> None:
    for name in ("loja-pedidos", "fiscal-pedidos"):
        buses.events("CreateEventBus", Name=name)
    found = {"EventBuses": [described("loja-pedidos")]}
    assert buses.events("ListEventBuses", NamePrefix="loja-pedidos") == found
    assert buses.events("ListEventBuses", NamePrefix="loja") == found


@recorded("events", "TestEventBus::test_list_event_buses_with_limit")
def test_buses_in_pages(buses: BusWorld) -> None:
    for number in range(6):
        buses.events("CreateEventBus", Name=f"b-{number}")
    first = buses.events("ListEventBuses", Limit=3, NamePrefix="b")
    assert first["EventBuses"] == [described(f"b-{number}") for number in range(3)]
    rest = buses.events("ListEventBuses", Limit=3, NamePrefix="b", NextToken=first["NextToken"])
    assert rest == {"EventBuses": [described(f"b-{number}") for number in range(3, 6)]}


@recorded("events", "TestEventBus::test_put_events_bus_to_bus")
@FORMS
def test_from_bus_to_bus_to_queue(buses: BusWorld, url: str) -> None:
    first, second = buses.bus("custom", "um"), buses.bus("custom", "dois")
    buses.rule("adiante", bus=first, target=bus_arn(second))
    buses.rule("fim", bus=second, target=buses.queue())
    published = buses.put({"n": 1}, bus=first)
    (body,) = [json.loads(text) for text in buses.received(url)]
    assert (body["id"], body["detail"]) == (published, {"n": 1})


@recorded("events", "TestEventBus::test_put_events_nonexistent_event_bus")
def test_events_for_a_bus_that_is_not_there_are_accepted_and_lost(buses: BusWorld) -> None:
    buses.rule()
    entries = [ENTRY, {**ENTRY, "EventBusName": "nenhum"}]
    answer = buses.events("PutEvents", Entries=entries)
    assert answer["FailedEntryCount"] == 0
    first, second = (entry["EventId"] for entry in answer["Entries"])
    assert [body["id"] for body in buses.bodies()] == [first]
    assert first != second
    assert buses.events.refused("DescribeEventBus", Name="nenhum") == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )


# --- policies --------------------------------------------------------------------------------------------
def permit(buses: BusWorld, bus: str, principal: str, sid: str) -> None:
    params = {"Action": "events:PutEvents", "Principal": principal, "StatementId": sid}
    assert buses.events("PutPermission", EventBusName=bus, **params) == {}


def statement(bus: str, principal: str, sid: str) -> dict[str, Any]:
    who: Any = principal if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": who,
        "Action": "events:PutEvents",
        "Resource": bus_arn(bus),
    }


def policy(buses: BusWorld, bus: str) -> Any:
    text = buses.events("DescribeEventBus", Name=bus).get("Policy")
    return None if text is None else json.loads(text)


@recorded("events", "TestEventBus::test_put_permission")
@BUSES
def test_permissions_are_statements_of_the_policy(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    given = [("000000000000", "a"), ("000000000000", "b"), ("111111111111", "c")]
    for principal, sid in given:
        permit(buses, bus, principal, sid)
    statements = [statement(bus, principal, sid) for principal, sid in given]
    assert policy(buses, bus) == {"Version": "2012-10-17", "Statement": statements}
    permit(buses, bus, "*", "d")
    assert policy(buses, bus)["Statement"] == [*statements, statement(bus, "*", "d")]
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "e",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "events:ListRules",
                "Resource": "*",
            }
        ],
    }
    assert buses.events("PutPermission", EventBusName=bus, Policy=json.dumps(document)) == {}
    assert policy(buses, bus) == document


@recorded("events", "TestEventBus::test_put_permission_non_existing_event_bus")
def test_a_permission_of_a_bus_that_is_not_there(buses: BusWorld) -> None:
    params = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "a"}
    assert buses.events.refused("PutPermission", EventBusName="nenhum", **params) == (
        "ResourceNotFoundException",
        "Event bus nenhum does not exist.",
    )


@recorded("events", "TestEventBus::test_remove_permission")
@BUSES
def test_permissions_are_removed(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    permit(buses, bus, "000000000000", "a")
    permit(buses, bus, "111111111111", "b")
    assert buses.events("RemovePermission", EventBusName=bus, StatementId="a") == {}
    assert policy(buses, bus)["Statement"] == [statement(bus, "111111111111", "b")]
    permit(buses, bus, "*", "c")
    assert buses.events("RemovePermission", EventBusName=bus, RemoveAllPermissions=True) == {}
    assert policy(buses, bus) is None


@recorded("events", "TestEventBus::test_remove_permission_non_existing_sid")
@pytest.mark.parametrize(
    ("with_policy", "kind"),
    [(True, "custom"), (True, "default"), (False, "custom"), (False, "default")],
    ids=["True-custom", "True-default", "False-custom", "False-default"],
)
def test_a_permission_that_is_not_there(buses: BusWorld, with_policy: bool, kind: str) -> None:
    bus = buses.bus(kind)
    if with_policy:
        permit(buses, bus, "*", "outra")
    assert buses.events.refused("RemovePermission", EventBusName=bus, StatementId="nenhuma") == (
        "ResourceNotFoundException",
        "Statement with the provided id does not exist.",
    )


@recorded("events", "TestEventBus::test_put_events_to_default_eventbus_for_custom_eventbus")
def test_an_event_of_a_bucket_goes_on_to_another_bus(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"]}
    buses.rule("adiante", pattern, target=bus_arn(bus), RoleArn=ROLE)
    buses.rule("fotos", pattern, bus=bus)
    configuration: dict[str, Any] = {"EventBridgeConfiguration": {}}
    answer = buses.s3(
        "PutBucketNotificationConfiguration", Bucket="fotos", NotificationConfiguration=configuration
    )
    assert answer == {}
    assert buses.s3("GetBucketNotificationConfiguration", Bucket="fotos") == configuration
    buses.put_object("fotos", "a", b"data")
    (event,) = buses.bodies("fotos")
    assert event.pop("id")
    assert event["detail"]["object"].pop("sequencer")
    assert event == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "000000000000",
        "time": "2023-11-14T22:13:20Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::fotos"],
        "detail": {
            "version": "0",
            "bucket": {"name": "fotos"},
            "object": {"key": "a", "size": 4, "etag": "8d777f385d3dfec8815d20f7496026dc"},
            "request-id": "pedido",
            "requester": "000000000000",
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }
