"""Rules and their targets, as AWS was recorded to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.bus_world import BusWorld, arn
from tests.conformance.recorded import recorded

BUSES = pytest.mark.parametrize("kind", ["custom", "default"])
PATTERN = json.dumps({"source": ["loja"], "detail": {"acao": ["confirmar"]}})


def rule_arn(bus: str, name: str) -> str:
    return arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")


def put(buses: BusWorld, name: str = "regra", bus: str = "default", **members: Any) -> dict[str, Any]:
    return buses.events("PutRule", Name=name, EventBusName=bus, **{"EventPattern": PATTERN, **members})


def described(bus: str, name: str = "regra", **members: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Arn": rule_arn(bus, name),
        "EventBusName": bus,
        "EventPattern": PATTERN,
        "State": "ENABLED",
        **members,
    }


@recorded("events", "TestEventRule::test_put_list_with_prefix_describe_delete_rule")
@BUSES
def test_the_life_of_a_rule(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    assert put(buses, bus=bus) == {"RuleArn": rule_arn(bus, "regra")}
    assert buses.events("ListRules", NamePrefix="reg", EventBusName=bus) == {"Rules": [described(bus)]}
    where = {"Name": "regra", "EventBusName": bus}
    assert buses.events("DescribeRule", **where) == described(bus, CreatedBy="000000000000")
    assert buses.events("DeleteRule", **where) == {}
    assert buses.events("ListRules", NamePrefix="reg", EventBusName=bus) == {"Rules": []}


@recorded("events", "TestEventRule::test_put_multiple_rules_with_same_name")
def test_a_rule_is_put_twice(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    assert put(buses, bus=bus) == put(buses, bus=bus)
    assert buses.events("ListRules", EventBusName=bus) == {"Rules": [described(bus)]}


@recorded("events", "TestEventRule::test_list_rule_with_limit")
def test_rules_in_pages(buses: BusWorld) -> None:
    bus = buses.bus("custom")
    for number in range(6):
        put(buses, f"r-{number}", bus)
    first = buses.events("ListRules", Limit=3, NamePrefix="r", EventBusName=bus)
    assert first["Rules"] == [described(bus, f"r-{number}") for number in range(3)]
    rest = buses.events("ListRules", Limit=3, EventBusName=bus, NextToken=first["NextToken"])
    assert rest == {"Rules": [described(bus, f"r-{number}") for number in range(3, 6)]}


@recorded("events", "TestEventRule::test_describe_nonexistent_rule")
def test_a_rule_that_is_not_there(buses: BusWorld) -> None:
    assert buses.events.refused("DescribeRule", Name="nenhuma") == (
        "ResourceNotFoundException",
        "Rule nenhuma does not exist on EventBus default.",
    )


@recorded("events", "TestEventRule::test_disable_re_enable_rule")
@BUSES
def test_a_rule_is_disabled_and_enabled(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    put(buses, bus=bus)
    where = {"Name": "regra", "EventBusName": bus}
    for operation, state in (("DisableRule", "DISABLED"), ("EnableRule", "ENABLED")):
        assert buses.events(operation, **where) == {}
        found = buses.events("DescribeRule", **where)
        assert found == described(bus, CreatedBy="000000000000", State=state)


@recorded("events", "TestEventRule::test_delete_rule_with_targets")
def test_a_rule_with_targets_stays(buses: BusWorld) -> None:
    buses.rule()
    assert buses.events.refused("DeleteRule", Name="regra") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )


@recorded("events", "TestEventRule::test_update_rule_with_targets")
def test_a_changed_rule_keeps_its_targets(buses: BusWorld) -> None:
    made = buses.rule()
    before = buses.events("ListTargetsByRule", Rule="regra")
    changed = json.dumps({"source": ["outra"]})
    assert put(buses, EventPattern=changed) == {"RuleArn": made}
    assert buses.events("ListTargetsByRule", Rule="regra") == before
    assert [target["Id"] for target in before["Targets"]] == ["alvo"]


@recorded("events", "TestEventRule::test_process_to_multiple_matching_rules_single_target")
def test_every_rule_that_matches_delivers(buses: BusWorld) -> None:
    queue = buses.queue()
    for name in ("uma", "outra"):
        buses.rule(name, target=queue)
    buses.put({"n": 1})
    first, second = buses.bodies("fila")
    assert first == second


@recorded("events", "TestEventRule::test_process_to_single_matching_rules_single_target")
def test_each_rule_delivers_what_matches_it(buses: BusWorld) -> None:
    sources = ["um", "dois", "tres"]
    for count in (1, 2, 3):
        buses.rule(f"r{count}", {"source": sources[:count]})
    for source in sources:
        buses.put(Source=source)
    found = {name: [body["source"] for body in buses.bodies(name)] for name in ("r1", "r2", "r3")}
    assert found == {"r1": sources[:1], "r2": sources[:2], "r3": sources}


@recorded("events", "TestEventRule::test_process_pattern_to_single_matching_rules_single_target")
def test_fields_inside_and_outside(buses: BusWorld) -> None:
    inside = {"source": ["loja"], "detail": {"pedido": {"id": ["7"]}}}
    either = {"source": ["loja"], "detail": {"$or": [{"pedido": {"id": ["7"]}}, {"id": ["7"]}]}}
    buses.rule("dentro", inside, InputPath="$.detail")
    buses.rule("ambos", either, InputPath="$.detail")
    buses.put({"pedido": {"id": "7"}})
    buses.put({"id": "7"})
    buses.put({"id": "8"})
    assert buses.bodies("dentro") == [{"pedido": {"id": "7"}}]
    assert buses.bodies("ambos") == [{"pedido": {"id": "7"}}, {"id": "7"}]


@recorded("events", "TestEventPattern::test_put_events_pattern_with_values_in_array")
def test_values_in_lists(buses: BusWorld) -> None:
    pattern = {"detail": {"evento": {"dados": {"tipo": ["1", "2"]}}}}
    buses.rule(pattern=pattern, InputPath="$.detail")
    for kinds in (["3", "1"], ["2"], ["3"], []):
        buses.put({"evento": {"dados": {"tipo": kinds}}})
    assert [body["evento"]["dados"]["tipo"] for body in buses.bodies()] == [["3", "1"], ["2"]]


@recorded("events", "TestEventPattern::test_put_events_pattern_nested")
def test_values_deep_inside(buses: BusWorld) -> None:
    buses.rule(pattern={"detail": {"evento": {"dados": {"tipo": ["1"]}}}}, InputPath="$.detail")
    for kind in ("1", "2"):
        buses.put({"evento": {"dados": {"tipo": kind}}})
    assert buses.bodies() == [{"evento": {"dados": {"tipo": "1"}}}]


# --- targets ---------------------------------------------------------------------------------------------
def targets(buses: BusWorld, rule: str, *entries: dict[str, Any], bus: str = "default") -> None:
    answer = buses.events("PutTargets", Rule=rule, EventBusName=bus, Targets=list(entries))
    assert answer == {"FailedEntryCount": 0, "FailedEntries": []}


def of_rule(buses: BusWorld, rule: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = buses.events("ListTargetsByRule", Rule=rule, **params)["Targets"]
    return found


@recorded("events", "TestEventTarget::test_put_list_remove_target")
@BUSES
def test_a_target_is_put_listed_and_removed(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    put(buses, bus=bus)
    target = {"Id": "alvo", "Arn": buses.queue()}
    targets(buses, "regra", target, bus=bus)
    assert of_rule(buses, "regra", EventBusName=bus) == [target]
    removed = buses.events("RemoveTargets", Rule="regra", EventBusName=bus, Ids=["alvo"])
    assert removed == {"FailedEntryCount": 0, "FailedEntries": []}
    assert of_rule(buses, "regra", EventBusName=bus) == []


@recorded("events", "TestEventTarget::test_add_exceed_fife_targets_per_rule")
def test_five_targets_of_a_rule(buses: BusWorld) -> None:
    put(buses)
    many = [{"Id": f"t{number}", "Arn": arn("sqs", f"f{number}")} for number in range(7)]
    assert buses.events.refused("PutTargets", Rule="regra", Targets=many) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )


@recorded("events", "TestEventTarget::test_list_target_by_rule_limit")
def test_targets_in_pages(buses: BusWorld) -> None:
    put(buses)
    entries = [{"Id": f"t{number}", "Arn": arn("sqs", "fila")} for number in range(5)]
    targets(buses, "regra", *entries)
    first = buses.events("ListTargetsByRule", Rule="regra", Limit=3)
    assert first["Targets"] == entries[:3]
    rest = buses.events("ListTargetsByRule", Rule="regra", Limit=3, NextToken=first["NextToken"])
    assert rest == {"Targets": entries[3:]}


@recorded("events", "TestEventTarget::test_put_target_id_validation")
def test_ids_of_targets(buses: BusWorld) -> None:
    put(buses)
    target = {"Id": "!@#", "Arn": arn("sqs", "fila")}
    assert buses.events.refused("PutTargets", Rule="regra", Targets=[target]) == (
        "ValidationException",
        "1 validation error detected: Value '!@#' at 'targets.1.member.id' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
    )
    long = "x" * 65
    assert buses.events.refused("PutTargets", Rule="regra", Targets=[{**target, "Id": long}]) == (
        "ValidationException",
        f"1 validation error detected: Value '{long}' at 'targets.1.member.id' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
    )
    targets(buses, "regra", {**target, "Id": "Alvo-1_.x"})


QUEUE = arn("sqs", "fila")


@recorded("events", "TestEventTarget::test_put_multiple_targets_with_same_id_single_rule")
def test_the_same_id_again(buses: BusWorld) -> None:
    put(buses)
    last = {"Id": "alvo", "Arn": QUEUE, "InputPath": "$.nada"}
    targets(buses, "regra", {"Id": "alvo", "Arn": QUEUE, "InputPath": "$.detail"})
    targets(buses, "regra", last)
    assert of_rule(buses, "regra") == [last]


@recorded("events", "TestEventTarget::test_put_multiple_targets_with_same_id_across_different_rules")
def test_the_same_id_in_other_rules(buses: BusWorld) -> None:
    for name, path in (("uma", "$.detail"), ("outra", "$.nada")):
        put(buses, name)
        targets(buses, name, {"Id": "alvo", "Arn": QUEUE, "InputPath": path})
    assert [of_rule(buses, name)[0]["InputPath"] for name in ("uma", "outra")] == ["$.detail", "$.nada"]


@recorded("events", "TestEventTarget::test_put_multiple_targets_with_same_arn_single_rule")
def test_the_same_queue_twice(buses: BusWorld) -> None:
    put(buses)
    entries = [
        {"Id": "um", "Arn": QUEUE, "InputPath": "$.detail"},
        {"Id": "dois", "Arn": QUEUE, "InputPath": "$.nada"},
    ]
    for entry in entries:
        targets(buses, "regra", entry)
    assert of_rule(buses, "regra") == entries


@recorded("events", "TestEventTarget::test_put_multiple_targets_with_same_arn_across_different_rules")
def test_the_same_queue_in_other_rules(buses: BusWorld) -> None:
    for name, path in (("uma", "$.detail"), ("outra", "$.nada")):
        put(buses, name)
        targets(buses, name, {"Id": name, "Arn": QUEUE, "InputPath": path})
        assert of_rule(buses, name) == [{"Id": name, "Arn": QUEUE, "InputPath": path}]


@recorded("events", "TestEventRule::test_list_rule_names_by_target")
@BUSES
def test_rules_of_a_target(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    for number in range(3):
        put(buses, f"r{number}", bus)
        targets(buses, f"r{number}", {"Id": "alvo", "Arn": QUEUE}, bus=bus)
    names = {"RuleNames": ["r0", "r1", "r2"]}
    assert buses.events("ListRuleNamesByTarget", TargetArn=QUEUE, EventBusName=bus) == names


@recorded("events", "TestEventRule::test_list_rule_names_by_target_with_limit")
@BUSES
def test_rules_of_a_target_in_pages(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    for number in range(5):
        put(buses, f"r{number}", bus)
        targets(buses, f"r{number}", {"Id": "alvo", "Arn": QUEUE}, bus=bus)
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        where = {"TargetArn": QUEUE, "EventBusName": bus, "Limit": 2}
        answer = buses.events("ListRuleNamesByTarget", **where, **token)
        pages.append(answer["RuleNames"])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == [["r0", "r1"], ["r2", "r3"], ["r4"]]


@recorded("events", "TestEventRule::test_list_rule_names_by_target_no_matches")
@BUSES
def test_rules_of_no_target(buses: BusWorld, kind: str) -> None:
    bus = buses.bus(kind)
    answer = buses.events("ListRuleNamesByTarget", TargetArn=QUEUE, EventBusName=bus)
    assert answer == {"RuleNames": []}
