"""Security groups and their rules: records of the long tail, see `network`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.deploy.names import is_database_port
from sandbox.deploy.resources.base import Context, Existing, Made, Property, Props, ResourceType, unless_gone
from sandbox.deploy.resources.network import Ec2Type
from sandbox.deploy.resources.shapes import TAG_LIST, Integer, ListOf, Shape, Struct, Text
from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.values import Unknown

#: The port of PostgreSQL, on AWS.
_POSTGRES = 5432


class Port(Integer):
    """A port. A database's changes with every start, and no rule opens it: rules say what they say on AWS."""

    def read(self, value: Any, path: Path) -> Any:
        return _POSTGRES if is_database_port(value) else super().read(value, path)


_PLAIN = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")


class Plain(Text):
    """A text in the characters that EC2 takes in names and descriptions of groups and rules."""

    def read(self, value: Any, path: Path) -> Any:
        text = super().read(value, path)
        if not isinstance(text, Unknown) and not _PLAIN.fullmatch(text):
            raise Problem(
                path,
                f"EC2 refuses {text!r}: it takes less than 256 characters from"
                " a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
                "write it with these, without accents",
            )
        return text


#: Of a rule in a group; who is let in is a source, who is let out to a destination.
_RULE: Mapping[str, Shape] = {
    "CidrIp": Text(),
    "CidrIpv6": Text(),
    "Description": Plain(),
    "FromPort": Port(),
    "IpProtocol": Text(),
    "ToPort": Port(),
}
_INGRESS: Mapping[str, Shape] = {
    **_RULE,
    "SourcePrefixListId": Text(),
    "SourceSecurityGroupId": Text(),
    "SourceSecurityGroupOwnerId": Text(),
}
_EGRESS: Mapping[str, Shape] = {
    **_RULE,
    "DestinationPrefixListId": Text(),
    "DestinationSecurityGroupId": Text(),
}
#: What AWS lets a group do that says nothing of it.
_OUT = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]


class SecurityGroup(Ec2Type):
    """AWS::EC2::SecurityGroup; `Ref` is its id."""

    type = "AWS::EC2::SecurityGroup"
    properties: ClassVar = {
        "GroupDescription": Property(Plain(), replaces=True, required=True),
        "GroupName": Property(Plain(), replaces=True),
        "SecurityGroupEgress": Property(ListOf(Struct(_EGRESS, ("IpProtocol",)))),
        "SecurityGroupIngress": Property(ListOf(Struct(_INGRESS, ("IpProtocol",)))),
        "Tags": Property(TAG_LIST),
        "VpcId": Property(Text(), replaces=True),
    }
    attributes = frozenset({"GroupId", "Id", "VpcId"})
    name_property = "GroupName"
    makes, removes, named_by = "CreateSecurityGroup", "DeleteSecurityGroup", "GroupId"
    member, id_member, tagged = "", "GroupId", "security-group"

    def expected_id(self, context: Context, props: Props) -> str | None:
        return None  # `Ref` is an id that EC2 draws, though the group has a name

    def parameters(self, context: Context, props: Props) -> Props:
        return {
            "Description": props["GroupDescription"],
            "GroupName": context.name(props.get("GroupName"), 255),
            "VpcId": props.get("VpcId"),
        }

    async def attributes_of(self, context: Context, made: Mapping[str, Any]) -> dict[str, Any]:
        group = made["GroupId"]
        found = await context.aws("ec2", "DescribeSecurityGroups", {"GroupIds": [group]})
        return {"GroupId": group, "Id": group, "VpcId": found["SecurityGroups"][0].get("VpcId", "")}

    async def complete(self, context: Context, identity: str, before: Props, props: Props) -> None:
        for direction, usual in (("Ingress", []), ("Egress", _OUT)):
            name = f"SecurityGroup{direction}"
            old, new = before.get(name) or usual, props.get(name) or usual
            for operation, rules in (
                ("Revoke", [rule for rule in old if rule not in new]),
                ("Authorize", [rule for rule in new if rule not in old]),
            ):
                if rules:
                    sent = {"GroupId": identity, "IpPermissions": [_permission(rule) for rule in rules]}
                    await context.aws("ec2", f"{operation}{name}", sent)


class _Rule(ResourceType):
    """A rule that stands by itself, so that two groups can name each other."""

    direction: ClassVar[str]
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        answer = await context.aws("ec2", f"AuthorizeSecurityGroup{self.direction}", self._sent(props))
        rule = str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])
        return Made(rule, {"Id": rule})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        # Its description alone changes in place.
        sent = self._sent(props)
        await context.aws("ec2", f"UpdateSecurityGroupRuleDescriptions{self.direction}", sent)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = self._sent(old.properties)
        await unless_gone(context.aws("ec2", f"RevokeSecurityGroup{self.direction}", sent))

    def _sent(self, props: Props) -> Props:
        return {"GroupId": props["GroupId"], "IpPermissions": [_permission(props)]}


def _rule_properties(shapes: Mapping[str, Shape]) -> dict[str, Property]:
    return {
        "GroupId": Property(Text(), replaces=True, required=True),
        **{
            name: Property(shape, replaces=name != "Description", required=name == "IpProtocol")
            for name, shape in shapes.items()
        },
    }


class SecurityGroupIngress(_Rule):
    """AWS::EC2::SecurityGroupIngress."""

    type = "AWS::EC2::SecurityGroupIngress"
    direction = "Ingress"
    properties: ClassVar = _rule_properties(_INGRESS)
    not_implemented = frozenset({"GroupName", "SourceSecurityGroupName"})


class SecurityGroupEgress(_Rule):
    """AWS::EC2::SecurityGroupEgress."""

    type = "AWS::EC2::SecurityGroupEgress"
    direction = "Egress"
    properties: ClassVar = _rule_properties(_EGRESS)


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as EC2 takes it."""
    said = {"Description": rule["Description"]} if rule.get("Description") else {}
    permission = {name: rule[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in rule}
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    prefixes = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    owner = rule.get("SourceSecurityGroupOwnerId")
    if rule.get("CidrIp"):
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **said}]
    if rule.get("CidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **said}]
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group, **({"UserId": owner} if owner else {}), **said}]
    if prefixes:
        permission["PrefixListIds"] = [{"PrefixListId": prefixes, **said}]
    return permission


TYPES = (SecurityGroup(), SecurityGroupIngress(), SecurityGroupEgress())
