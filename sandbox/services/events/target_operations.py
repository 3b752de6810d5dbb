"""Operations on the targets of rules."""

from __future__ import annotations

from sandbox.model.call import Call
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.core import EventsCore
from sandbox.services.events.errors import limit_exceeded
from sandbox.services.events.paging import page
from sandbox.services.events.target_checks import check_target

MAX_TARGETS = 5


class TargetOperations(EventsCore):
    """Targets of rules."""

    @operation("PutTargets", "Rule EventBusName Targets")
    def put_targets(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"""
        rule = self.rule_of(call, params, "Rule")
        for target in params["Targets"]:
            check_target(target, self.outlets)
        ids = {target["Id"] for target in self.store.targets(rule)}
        if len(ids | {target["Id"] for target in params["Targets"]}) > MAX_TARGETS:
            raise limit_exceeded()
        for target in params["Targets"]:
            self.store.put_target(rule, target)
        self.rulebook.forget(rule.scope, rule.bus)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("RemoveTargets", "Rule EventBusName Ids Force")
    def remove_targets(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemoveTargets.html

        `Force` only concerns rules that AWS manages.
        """
        rule = self.rule_of(call, params, "Rule")
        failed = [
            {
                "TargetId": identity,
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": f"Target {identity} does not exist on Rule {rule.name}.",
            }
            for identity in params["Ids"]
            if not self.store.remove_target(rule, identity)
        ]
        self.rulebook.forget(rule.scope, rule.bus)
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    @operation("ListTargetsByRule", "Rule EventBusName NextToken Limit")
    def list_targets_by_rule(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListTargetsByRule.html"""
        # They are few, and shown in the order in which they were put.
        numbered = list(enumerate(self.store.targets(self.rule_of(call, params, "Rule"))))
        targets, more = page(numbered, params, lambda one: one[0])
        return {"Targets": [target for _, target in targets], **more}

    @operation("ListRuleNamesByTarget", "TargetArn EventBusName NextToken Limit")
    def list_rule_names_by_target(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ListRuleNamesByTarget.html"""
        bus = self.existing_bus(call, params)
        found = self.store.rules_of_target(bus.scope, bus.name, params["TargetArn"])
        names, more = page(found, params, lambda name: name)
        return {"RuleNames": names, **more}
