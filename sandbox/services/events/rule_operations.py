"""Operations on rules."""

from __future__ import annotations

from dataclasses import replace

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.event_patterns import EventPattern, InvalidEventPatternError
from sandbox.model.schedule import ScheduleError, parse_schedule
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.core import EventsCore
from sandbox.services.events.errors import invalid
from sandbox.services.events.paging import page
from sandbox.services.events.store import DEFAULT_BUS, DISABLED, ENABLED, Rule


class RuleOperations(EventsCore):
    """Rules."""

    @operation("PutRule", "Name ScheduleExpression EventPattern State Description RoleArn Tags EventBusName")
    def put_rule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
        bus = self.existing_bus(call, params)
        before = self.store.find_rule(bus.scope, bus.name, params["Name"])
        rule = Rule(
            scope=bus.scope,
            bus=bus.name,
            name=params["Name"],
            pattern=checked_pattern(params.get("EventPattern")),
            schedule=_schedule(params.get("ScheduleExpression"), bus.name),
            state=_state(params.get("State")),
            description=params.get("Description"),
            role=params.get("RoleArn"),
        )
        if rule.pattern is None and rule.schedule is None:
            raise invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        self._store_rule(rule, before)
        if before is None:
            # Tags are for new rules; AWS ignores them on one that is there, and so documents it.
            self.store.tag(str(rule.arn), {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()})
        return {"RuleArn": str(rule.arn)}

    @operation("DeleteRule", "Name EventBusName Force")
    def delete_rule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html

        Deleting a rule that is not there succeeds, as on AWS. `Force` only concerns rules that AWS manages.
        """
        bus = self.existing_bus(call, params)
        rule = self.store.find_rule(bus.scope, bus.name, params["Name"])
        if rule is None:
            return {}
        if self.store.targets(rule):
            raise invalid("Rule can't be deleted since it has targets.")
        self.store.remove_rule(rule)
        self.schedules.removed(rule)
        self.rulebook.forget(rule.scope, rule.bus)
        return {}

    @operation("DescribeRule", "Name EventBusName")
    def describe_rule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html"""
        rule = self.rule_of(call, params)
        return {**_described(rule), "CreatedBy": rule.scope.account}

    @operation("ListRules", "NamePrefix EventBusName NextToken Limit")
    def list_rules(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRules.html"""
        bus = self.existing_bus(call, params)
        found = self.store.rules(bus.scope, bus.name, params.get("NamePrefix") or "")
        rules, more = page(found, params, lambda rule: rule.name)
        return {"Rules": [_described(rule) for rule in rules], **more}

    @operation("EnableRule", "Name EventBusName")
    def enable_rule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EnableRule.html"""
        rule = self.rule_of(call, params)
        self._store_rule(replace(rule, state=ENABLED), rule)
        return {}

    @operation("DisableRule", "Name EventBusName")
    def disable_rule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html"""
        rule = self.rule_of(call, params)
        self._store_rule(replace(rule, state=DISABLED), rule)
        return {}

    def _store_rule(self, rule: Rule, before: Rule | None) -> None:
        planned = self.schedules.planned(rule, before)
        self.store.put_rule(planned)
        self.schedules.changed(planned)
        self.rulebook.forget(rule.scope, rule.bus)


def invalid_pattern(error: InvalidEventPatternError) -> AwsError:
    """What the service answers for a pattern that breaks the rules of the language."""
    return AwsError("InvalidEventPatternException", error.message)


def checked_pattern(text: str | None) -> str | None:
    """The event pattern of a parameter; None where there is none.

    Raises:
        AwsError: InvalidEventPatternException.
    """
    if not text:
        return None
    try:
        EventPattern(text)
    except InvalidEventPatternError as error:
        raise invalid_pattern(error) from None
    return text


def _schedule(text: str | None, bus: str) -> str | None:
    if not text:
        return None
    if bus != DEFAULT_BUS:
        raise invalid("ScheduleExpression is supported only on the default event bus.")
    try:
        parse_schedule(text)
    except ScheduleError:
        raise invalid("Parameter ScheduleExpression is not valid.") from None
    return text


def _state(state: str | None) -> str:
    if state in (None, ENABLED, DISABLED):
        return state or ENABLED
    raise NotImplementedByName("events", f"State {state} of rules")


def _described(rule: Rule) -> Answer:
    optional = {
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "Description": rule.description,
        "RoleArn": rule.role,
    }
    return {
        "Name": rule.name,
        "Arn": str(rule.arn),
        "State": rule.state,
        "EventBusName": rule.bus,
        **{member: value for member, value in optional.items() if value},
    }
