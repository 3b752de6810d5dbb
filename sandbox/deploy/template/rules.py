"""The Rules section: assertions over parameters, checked before anything is deployed.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html. Functions
that ask for attributes of VPCs and the like (`Fn::RefAll`, `Fn::ValueOf`) are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.deploy.template.functions import Resolver
from sandbox.deploy.template.problem import Path, Problem, Problems


def check_rules(rules: Mapping[str, Any], resolver: Resolver) -> None:
    """Refuses a template whose rules do not hold.

    Raises:
        Problems: the assertions that do not hold, and rules of another form.
    """
    problems: list[Problem] = []
    for name, rule in rules.items():
        try:
            problems += _failed(("Rules", name), rule, resolver)
        except Problem as problem:
            problems.append(problem)
    if problems:
        raise Problems(problems)


def _failed(path: Path, rule: Any, resolver: Resolver) -> list[Problem]:
    if not isinstance(rule, dict) or not isinstance(rule.get("Assertions"), list):
        raise Problem(path, "it has no list of Assertions", "give its `Assertions:`")
    for key in rule:
        if key not in {"RuleCondition", "Assertions"}:
            raise Problem((*path, key), f"{key} is not an attribute of a rule", "remove it")
    if "RuleCondition" in rule and not resolver.truth(rule["RuleCondition"], (*path, "RuleCondition")):
        return []
    failed = []
    for index, assertion in enumerate(rule["Assertions"]):
        here = (*path, "Assertions", index)
        if not isinstance(assertion, dict) or "Assert" not in assertion:
            raise Problem(here, "it has no Assert", "give its `Assert:`")
        if not resolver.truth(assertion["Assert"], (*here, "Assert")):
            why = assertion.get("AssertDescription", "an assertion of the rule does not hold")
            failed.append(Problem(here, str(why), "give parameters that the rule allows"))
    return failed
