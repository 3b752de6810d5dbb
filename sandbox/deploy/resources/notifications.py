"""The notifications of buckets, as templates write them and as the API takes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-notificationconfiguration.html
"""

from __future__ import annotations

from typing import Any

from sandbox.deploy.resources.base import Props
from sandbox.deploy.resources.shapes import Boolean, ListOf, Struct, Text

_RULE = Struct({"Name": Text(), "Value": Text()}, ("Name", "Value"))
_FILTER = Struct({"S3Key": Struct({"Rules": ListOf(_RULE)}, ("Rules",))}, ("S3Key",))
#: Member of a template -> what it calls the destination, member of the API, and what that calls it.
_KINDS = {
    "LambdaConfigurations": ("Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    "QueueConfigurations": ("Queue", "QueueConfigurations", "QueueArn"),
    "TopicConfigurations": ("Topic", "TopicConfigurations", "TopicArn"),
}
_BRIDGE = "EventBridgeConfiguration"
NOTIFICATIONS = Struct(
    {
        **{
            member: ListOf(Struct({"Event": Text(), "Filter": _FILTER, to: Text()}, ("Event", to)))
            for member, (to, _, _) in _KINDS.items()
        },
        _BRIDGE: Struct({"EventBridgeEnabled": Boolean()}),
    }
)


def notifications(declared: Props) -> dict[str, Any]:
    """The configuration as the API takes it; empty where nothing is told."""
    sent: dict[str, Any] = {}
    for member, (to, name, arn) in _KINDS.items():
        rules = [_rule(each, to, arn) for each in declared.get(member) or ()]
        if rules:
            sent[name] = rules
    if _BRIDGE in declared and declared[_BRIDGE].get("EventBridgeEnabled", True):
        sent[_BRIDGE] = {}
    return sent


def _rule(declared: Props, to: str, arn: str) -> dict[str, Any]:
    rule: dict[str, Any] = {arn: declared[to], "Events": [declared["Event"]]}
    if "Filter" in declared:
        rule["Filter"] = {"Key": {"FilterRules": declared["Filter"]["S3Key"]["Rules"]}}
    return rule
