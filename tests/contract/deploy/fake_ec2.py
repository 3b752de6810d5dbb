"""The EC2 of the AWS in memory: networks as records."""

from __future__ import annotations

from typing import Any

Params = dict[str, Any]
#: What makes a record, and where its answer has it: member, id.
_MADE = {
    "CreateVpc": ("vpc", "Vpc", "VpcId"),
    "CreateSubnet": ("subnet", "Subnet", "SubnetId"),
    "CreateInternetGateway": ("igw", "InternetGateway", "InternetGatewayId"),
    "CreateRouteTable": ("rtb", "RouteTable", "RouteTableId"),
    "AssociateRouteTable": ("rtbassoc", "", "AssociationId"),
    "AllocateAddress": ("eipalloc", "", "AllocationId"),
    "CreateNatGateway": ("nat", "NatGateway", "NatGatewayId"),
    "CreateVpcEndpoint": ("vpce", "VpcEndpoint", "VpcEndpointId"),
    "CreateSecurityGroup": ("sg", "", "GroupId"),
    "AttachInternetGateway": ("attachment", "", "AttachmentId"),
    "CreateRoute": ("route", "", "RouteId"),
}
#: What removes one, and the parameter that names it; those that have no id of their own go by their kind.
_REMOVED = {
    "DeleteVpc": "VpcId",
    "DeleteSubnet": "SubnetId",
    "DeleteInternetGateway": "InternetGatewayId",
    "DeleteRouteTable": "RouteTableId",
    "DisassociateRouteTable": "AssociationId",
    "ReleaseAddress": "AllocationId",
    "DeleteNatGateway": "NatGatewayId",
    "DeleteVpcEndpoints": "VpcEndpointIds",
    "DeleteSecurityGroup": "GroupId",
}
_KINDS = {"DetachInternetGateway": "attachment", "DeleteRoute": "route"}


def answer(things: dict[tuple[str, str], Params], number: int, operation: str, p: Params) -> Params | None:
    """What an operation answers; None for one that is not known here.

    Args:
        things: what exists.
        number: for the id of something new.
    """
    if operation in _MADE:
        kind, member, name = _MADE[operation]
        made = {**p, name: f"{kind}-{number}", "PublicIp": "203.0.113.9"}
        things[(kind, made[name])] = p
        return {member: made} if member else made
    if operation in _REMOVED:
        named = p[_REMOVED[operation]]
        for one in named if isinstance(named, list) else [named]:
            del things[(one.rpartition("-")[0], one)]
        return {}
    if operation in _KINDS:
        names = ("VpcId", "InternetGatewayId", "RouteTableId", "DestinationCidrBlock")
        (found,) = (
            thing
            for thing, made in things.items()
            if thing[0] == _KINDS[operation]
            and all(p.get(name) == made.get(name) for name in names if name in p)
        )
        del things[found]
        return {}
    if operation == "ReplaceRouteTableAssociation":
        replaced = things.pop(("rtbassoc", p["AssociationId"]))
        things[("rtbassoc", f"rtbassoc-{number}")] = {**replaced, "RouteTableId": p["RouteTableId"]}
        return {"NewAssociationId": f"rtbassoc-{number}"}
    if operation.startswith("AuthorizeSecurityGroup"):
        return {"SecurityGroupRules": [{"SecurityGroupRuleId": f"sgr-{number}"}]}
    if operation == "DescribeSecurityGroups":
        return {"SecurityGroups": [{"GroupId": "sg-0", "VpcId": "vpc-0"}]}
    if operation == "DescribeNetworkAcls":
        return {"NetworkAcls": [{"NetworkAclId": "acl-0"}]}
    return None
