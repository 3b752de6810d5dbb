"""PutEvents: entries, matches, deliveries, and the hops that tell of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.hops import HopKind
from sandbox.model.scope import Scope
from tests.contract.events.harness import SCOPE, START, World, arn

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"


def test_an_event_reaches_the_target_of_a_rule_that_matches(world: World) -> None:
    world.rule(pattern={"detail": {"n": [1]}})
    answer = world.put(Detail='{"n": 1, "total": 10.50}', Resources=["arn:aws:x:::y"])
    (delivery,) = world.targets.to("fila")
    assert delivery.body == (
        f'{{"version":"0","id":"{answer["EventId"]}","detail-type":"Nota","source":"nfe",'
        '"account":"000000000000","time":"2023-11-14T22:13:20Z","region":"us-east-1",'
        '"resources":["arn:aws:x:::y"],"detail":{"n":1,"total":10.50}}'
    )
    assert delivery.event_id == answer["EventId"]
    world.put(Detail='{"n": 2}')
    assert len(world.targets.to("fila")) == 1


def test_an_event_keeps_the_time_it_was_given(world: World) -> None:
    world.rule()
    world.put(Time=START - 86_400.5)
    assert world.targets.bodies("fila")[0]["time"] == "2023-11-13T22:13:19Z"
    assert world.put(Time=1e20)["ErrorCode"] == "InvalidArgument"


def test_the_hops_of_an_event_are_a_chain(world: World) -> None:
    rule = world.rule()
    answer = world.put(trace=TRACE)
    put, matched, delivered = world.hops.hops
    assert [hop.kind for hop in world.hops.hops] == [
        HopKind.EVENT_PUT,
        HopKind.RULE_MATCHED,
        HopKind.DELIVERED,
    ]
    assert put.resource == "arn:aws:events:us-east-1:000000000000:event-bus/default"
    assert put.cause is not None
    assert json.loads(str(put.payload))["id"] == answer["EventId"]
    assert (matched.resource, matched.cause) == (rule, put.id)
    assert (delivered.resource, delivered.cause) == (arn("fila"), matched.id)
    (delivery,) = world.targets.to("fila")
    assert delivery.cause == delivered.id
    assert {hop.event_id for hop in world.hops.hops} == {answer["EventId"]}
    assert delivery.trace == put.trace == TRACE


def test_the_trace_of_an_entry_comes_first(world: World) -> None:
    world.rule()
    world.put(trace=TRACE, TraceHeader="Root=1-x")
    assert world.targets.to("fila")[0].trace == "Root=1-x"


def test_entries_answer_in_their_order_and_fail_alone(world: World) -> None:
    world.rule()
    good: dict[str, Any] = {"Source": "nfe", "DetailType": "Nota", "Detail": "{}"}
    entries = [good, {**good, "Detail": "["}, {**good, "Source": "outra"}]
    answer = world.call("PutEvents", Entries=entries)
    assert answer["FailedEntryCount"] == 1
    assert ["EventId" in entry for entry in answer["Entries"]] == [True, False, True]
    assert len(world.targets.to("fila")) == 1
    assert len(world.hops.of(HopKind.EVENT_PUT)) == 2


@pytest.mark.parametrize("member", ["Source", "DetailType", "Detail"])
def test_what_an_entry_needs(world: World, member: str) -> None:
    expected = {
        "ErrorCode": "InvalidArgument",
        "ErrorMessage": f"Parameter {member} is not valid. Reason: {member} is a required argument.",
    }
    missing: dict[str, Any] = {member: None}
    empty: dict[str, Any] = {member: ""}
    assert world.put(**missing) == expected
    assert world.put(**empty) == expected


@pytest.mark.parametrize("detail", ["texto", '"texto"', "[]", "1", "null", '{"a": 1,}', '{"a":' * 2_000])
def test_details_that_are_no_object(world: World, detail: str) -> None:
    assert world.put(Detail=detail) == {
        "ErrorCode": "MalformedDetail",
        "ErrorMessage": "Detail is malformed.",
    }


def test_the_sources_of_aws_are_its_own(world: World) -> None:
    assert world.put(Source="aws.ec2") == {
        "ErrorCode": "NotAuthorizedForSourceException",
        "ErrorMessage": "Not authorized for the source.",
    }


def test_the_limits_of_a_request(world: World) -> None:
    entry = {"Source": "nfe", "DetailType": "Nota", "Detail": "{}"}
    code, message = world.refused("PutEvents", Entries=[entry] * 11)
    assert code == "ValidationException"
    assert message.endswith("failed to satisfy constraint: Member must have length less than or equal to 10")
    big = {**entry, "Detail": json.dumps({"x": "a" * 1_048_576})}
    assert world.refused("PutEvents", Entries=[big]) == (
        "ValidationException",
        "Total size of the entries in the request is over the limit.",
    )
    just_fits = {**entry, "Detail": json.dumps({"x": "a" * (1_048_576 - 7 - 9)})}
    assert world.call("PutEvents", Entries=[just_fits])["FailedEntryCount"] == 0


def test_an_event_for_a_bus_that_is_not_there_is_accepted_and_lost(world: World) -> None:
    world.rule()
    assert "EventId" in world.put(EventBusName="nenhum")
    assert world.targets.taken == []
    (put,) = world.hops.of(HopKind.EVENT_PUT)
    assert put.status == "error"
    assert "nenhum does not exist" in put.error


def test_buses_are_separate_and_go_by_name_or_arn(world: World) -> None:
    bus = world.call("CreateEventBus", Name="b")["EventBusArn"]
    world.rule(bus="b", queue="na-b")
    world.rule(queue="na-default")
    world.put()
    world.put(EventBusName="b")
    world.put(EventBusName=bus)
    assert (len(world.targets.to("na-b")), len(world.targets.to("na-default"))) == (2, 1)


def test_scopes_are_separate(world: World) -> None:
    world.rule()
    other = Scope("111122223333", "sa-east-1")
    world.put(scope=other)
    assert world.targets.taken == []
    world.put(scope=other, EventBusName="arn:aws:events:us-east-1:000000000000:event-bus/default")
    (body,) = world.targets.bodies("fila")
    assert (body["account"], body["region"]) == ("111122223333", "sa-east-1")


def test_every_rule_that_matches_gets_the_event_once_per_target(world: World) -> None:
    world.rule("a", queue="um")
    world.rule("b", queue="dois")
    world.rule("c", {"source": ["outra"]}, queue="tres")
    world.call("PutTargets", Rule="a", Targets=[world.target("quatro", Input='{"fixo": true}')])
    world.put()
    names = [delivery.target.name for _, delivery in world.targets.taken]
    assert names == ["um", "quatro", "dois"]
    assert world.targets.bodies("quatro") == [{"fixo": True}]


def test_a_disabled_rule_gets_nothing_until_it_is_enabled(world: World) -> None:
    world.rule("r")
    world.call("DisableRule", Name="r")
    world.put()
    assert world.targets.taken == []
    world.call("EnableRule", Name="r")
    world.put()
    assert len(world.targets.taken) == 1


def test_changes_of_rules_and_targets_count_at_once(world: World) -> None:
    world.rule("r")
    world.put()
    world.call("PutRule", Name="r", EventPattern='{"source": ["outra"]}')
    world.put()
    assert len(world.targets.taken) == 1
    world.call("RemoveTargets", Rule="r", Ids=["fila"])
    world.put(Source="outra")
    assert len(world.targets.taken) == 1


def test_a_message_group_is_handed_on(world: World) -> None:
    world.rule(queue="fila.fifo", SqsParameters={"MessageGroupId": "grupo"})
    world.put()
    assert world.targets.to("fila.fifo")[0].group_id == "grupo"


def test_why_an_event_went_where_it_went(world: World) -> None:
    matching = world.rule("a", {"detail": {"uf": ["SP"]}})
    other = world.rule("b", {"source": ["nfe"], "detail": {"uf": ["RJ"]}})
    world.rule("c")
    world.call("DisableRule", Name="c")
    world.schedule("rate(1 day)", "d")
    event = json.dumps({"source": "nfe", "detail": {"uf": "SP"}})
    a, b, c, d = world.events.explain_event(SCOPE, None, event)
    assert (a.rule, a.matched, a.why) == (matching, True, "")
    assert (b.rule, b.matched, b.path, b.expected, b.found) == (other, False, "detail.uf", '"RJ"', ('"SP"',))
    assert b.why == 'detail.uf is "SP"; the pattern asks for "RJ"'
    assert c.why == "the rule is disabled"
    assert d.why == "the rule has a schedule and no event pattern"
    assert world.hops.of(HopKind.RULE_NOT_MATCHED) == []


def test_parameters_that_are_not_acted_on_are_refused_by_name(world: World) -> None:
    entry = {"Source": "nfe", "DetailType": "Nota", "Detail": "{}"}
    assert "EndpointId" in world.refused("PutEvents", Entries=[entry], EndpointId="a.b")[1]
    assert "Priority" in world.refused("PutEvents", Entries=[{**entry, "Priority": 1}])[1]
