"""The notification configuration of a bucket: what it may hold, and which of its rules an event matches.

Pages: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

import msgspec

from sandbox.model.arn import is_arn, parse_arn
from sandbox.model.awserror import NotImplementedByName
from sandbox.services.s3.errors import invalid_argument

CREATED = "s3:ObjectCreated:"
REMOVED = "s3:ObjectRemoved:"
#: What the sandbox tells of, by the part of the name that `*` stands for.
TOLD: Mapping[str, frozenset[str]] = {
    CREATED: frozenset({"Put", "Post", "Copy", "CompleteMultipartUpload"}),
    REMOVED: frozenset({"Delete", "DeleteMarkerCreated"}),
}
#: Events of AWS that nothing here ever causes, or that are not told of.
_NOT_TOLD: Mapping[str, frozenset[str]] = {
    "s3:ObjectRestore:": frozenset({"Post", "Completed", "Delete"}),
    "s3:Replication:": frozenset(
        {
            "OperationFailedReplication",
            "OperationNotTracked",
            "OperationMissedThreshold",
            "OperationReplicatedAfterThreshold",
        }
    ),
    "s3:LifecycleExpiration:": frozenset({"Delete", "DeleteMarkerCreated"}),
    "s3:ObjectTagging:": frozenset({"Put", "Delete"}),
    "s3:ObjectAcl:": frozenset({"Put"}),
    "s3:": frozenset({"ReducedRedundancyLostObject", "LifecycleTransition", "IntelligentTiering"}),
}
#: Member of a configuration -> member with the destination's ARN, and the service that it is of.
KINDS: Mapping[str, tuple[str, str]] = {
    "TopicConfigurations": ("TopicArn", "sns"),
    "QueueConfigurations": ("QueueArn", "sqs"),
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "lambda"),
}
BRIDGE = "EventBridgeConfiguration"
_MOST = 100
_OVERLAP = (
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
    "overlapping for the same event type."
)


class Rule(msgspec.Struct, frozen=True):
    """One destination of a bucket's events.

    Attributes:
        id: its `configurationId` in the events.
        target: ARN of a queue, topic or function.
        events: as they were configured, `*` included.
        prefix, suffix: of the keys that it is told of; empty for all.
    """

    id: str
    target: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def matches(self, event: str, key: str) -> bool:
        """Whether it is told of an event of an object."""
        return event in self.names() and key.startswith(self.prefix) and key.endswith(self.suffix)

    def names(self) -> set[str]:
        """Its events, each by its own name."""
        return {name for event in self.events for name in _names(event, TOLD)}

    def overlaps(self, other: Rule) -> bool:
        """Whether an event could match both."""
        return (
            not self.names().isdisjoint(other.names())
            and (self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix))
            and (self.suffix.endswith(other.suffix) or other.suffix.endswith(self.suffix))
        )


def rules(configuration: Mapping[str, Any]) -> Iterator[Rule]:
    """The rules of a configuration that was accepted."""
    for member, (arn, _) in KINDS.items():
        for each in configuration.get(member) or ():
            filters = {rule["Name"]: rule["Value"] for rule in _filter_rules(each)}
            yield Rule(
                each["Id"],
                each[arn],
                tuple(each["Events"]),
                filters.get("Prefix", ""),
                filters.get("Suffix", ""),
            )


def accepted(given: Mapping[str, Any], new_id: Callable[[], str]) -> dict[str, Any]:
    """A configuration as it is kept: with ids, and with the names of filters as S3 answers them.

    Args:
        given: as the API took it.
        new_id: makes ids for rules that have none.

    Raises:
        AwsError: InvalidArgument; NotImplemented for events that the sandbox does not tell of.
    """
    kept: dict[str, Any] = {}
    for member, (arn, service) in KINDS.items():
        listed = [_accepted_rule(each, arn, service, new_id) for each in given.get(member) or ()]
        if listed:
            kept[member] = listed
    if given.get(BRIDGE) is not None:
        kept[BRIDGE] = {}
    found = list(rules(kept))
    if len(found) > _MOST:
        raise invalid_argument(f"The number of notification configurations exceeds the limit of {_MOST}.")
    if len({rule.id for rule in found}) < len(found):
        raise invalid_argument("Same ID used for multiple configurations. IDs must be unique")
    if any(one.overlaps(other) for one, other in combinations(found, 2)):
        raise invalid_argument(_OVERLAP)
    return kept


def _accepted_rule(
    given: Mapping[str, Any], member: str, service: str, new_id: Callable[[], str]
) -> dict[str, Any]:
    arn = given.get(member) or ""
    if not is_arn(arn) or parse_arn(arn).service != service:
        raise invalid_argument("The ARN could not be parsed", member, arn)
    events = given.get("Events") or []
    for event in events:
        _check_event(event)
    kept: dict[str, Any] = {"Id": given.get("Id") or new_id(), member: arn, "Events": list(events)}
    if given.get("Filter"):
        kept["Filter"] = {"Key": {"FilterRules": _accepted_filters(_filter_rules(given))}}
    return kept


def _check_event(event: str) -> None:
    if any(_names(event, _NOT_TOLD)):
        raise NotImplementedByName(
            "s3", f"the event {event} of notifications", "It tells of objects created and removed."
        )
    if not any(_names(event, TOLD)):
        raise invalid_argument("The event is not supported for notifications", "Event", event)


def _accepted_filters(given: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    kept: dict[str, str] = {}
    for rule in given:
        name, value = str(rule.get("Name") or "").capitalize(), rule.get("Value") or ""
        if name not in ("Prefix", "Suffix"):
            message = "filter rule name must be either prefix or suffix"
            raise invalid_argument(message, "FilterRule.Name", str(rule.get("Name") or ""))
        if name in kept:
            raise invalid_argument(f"Cannot specify more than one {name.lower()} rule in a filter.")
        if not value:
            raise invalid_argument("filter value cannot be empty", name, "")
        kept[name] = value
    return [{"Name": name, "Value": value} for name, value in kept.items()]


def _filter_rules(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    key = (rule.get("Filter") or {}).get("Key") or {}
    return list(key.get("FilterRules") or ())


def _names(event: str, families: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The events of some families that a name stands for; none where it is no event of theirs."""
    for family, kinds in families.items():
        if event == f"{family}*":
            yield from (family + kind for kind in kinds)
        elif event.startswith(family) and event.removeprefix(family) in kinds:
            yield event
