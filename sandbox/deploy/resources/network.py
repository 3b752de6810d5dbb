"""Networks: what templates declare so that functions reach their databases. The long tail keeps them as
records that can be asked for; everything runs on the network of this machine, which they do not change.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    is_gone,
    tag_changes,
    unless_gone,
)
from sandbox.deploy.resources.shapes import TAG_LIST, Boolean, Json, ListOf, Text
from sandbox.model.awserror import AwsError

_NOT_ENFORCED = "networks are recorded, and nothing is opened or closed by them"

#: The policy of an endpoint that has none of its own.
_FULL_ACCESS = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def network_notice(props: Mapping[str, Any]) -> str | None:
    """What a person should know of a function that is put into a VPC; None of one that is not."""
    inside = (props.get("VpcConfig") or {}).get("SubnetIds")
    return f"it runs on this machine's network: {_NOT_ENFORCED}" if inside else None


class Ec2Type(ResourceType):
    """A resource that one call of EC2 makes and another one removes, and whose tags alone change."""

    #: The operations; the parameter of the second one that names the resource.
    makes: ClassVar[str]
    removes: ClassVar[str]
    named_by: ClassVar[str]
    #: Where the answer of the first one has the resource, and its id in there.
    member: ClassVar[str]
    id_member: ClassVar[str]
    #: What EC2 calls the type where it is tagged; empty where it has no tags.
    tagged: ClassVar[str] = ""
    #: Properties that are parameters of the first operation as they are.
    sent: ClassVar[tuple[str, ...]] = ()

    async def create(self, context: Context, props: Props) -> Made:
        parameters = self.parameters(context, props)
        tags = props.get("Tags")
        if self.tagged and tags:
            parameters["TagSpecifications"] = [{"ResourceType": self.tagged, "Tags": tags}]
        answer = await context.aws("ec2", self.makes, parameters)
        made = answer[self.member] if self.member else answer
        await self.complete(context, made[self.id_member], {}, props)
        return Made(self.ref(made), await self.attributes_of(context, made))

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        identity = self.identity(old)
        await self.complete(context, identity, old.properties, props)
        removed, added = tag_changes(old.properties, props)
        where = {"Resources": [identity]}
        if removed:
            await context.aws("ec2", "DeleteTags", {**where, "Tags": [{"Key": key} for key in removed]})
        if added:
            tags = [{"Key": key, "Value": value} for key, value in added.items()]
            await context.aws("ec2", "CreateTags", {**where, "Tags": tags})
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("ec2", self.removes, {self.named_by: self.identity(old)}))

    def parameters(self, context: Context, props: Props) -> Props:
        """Those of the first operation, but for tags."""
        return {name: props.get(name) for name in self.sent}

    def ref(self, made: Mapping[str, Any]) -> str:
        """What `Ref` gives."""
        return str(made[self.id_member])

    def identity(self, old: Existing) -> str:
        """The id that EC2 knows it by."""
        return old.physical_id

    async def complete(self, context: Context, identity: str, before: Props, props: Props) -> None:
        """Does what the first call could not, and what changed since."""

    async def attributes_of(self, context: Context, made: Mapping[str, Any]) -> dict[str, Any]:
        """What `Fn::GetAtt` gives."""
        return {name: made[name] for name in self.attributes if name in made}


class Vpc(Ec2Type):
    """AWS::EC2::VPC."""

    type = "AWS::EC2::VPC"
    properties: ClassVar = {
        "CidrBlock": Property(Text(), replaces=True, required=True),
        "EnableDnsHostnames": Property(Boolean()),
        "EnableDnsSupport": Property(Boolean()),
        "InstanceTenancy": Property(Text(("default", "dedicated")), replaces=True),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset({"Ipv4IpamPoolId", "Ipv4NetmaskLength"})
    attributes = frozenset({"CidrBlock", "DefaultNetworkAcl", "DefaultSecurityGroup", "VpcId"})
    makes, removes, named_by, member, id_member = "CreateVpc", "DeleteVpc", "VpcId", "Vpc", "VpcId"
    tagged, sent = "vpc", ("CidrBlock", "InstanceTenancy")

    def notice(self, props: Props) -> str | None:
        return f"{_NOT_ENFORCED}: everything runs on this machine's network"

    async def complete(self, context: Context, identity: str, before: Props, props: Props) -> None:
        for name, usual in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            wanted = props.get(name, usual)
            if wanted != before.get(name, usual):
                await context.aws("ec2", "ModifyVpcAttribute", {"VpcId": identity, name: {"Value": wanted}})

    async def attributes_of(self, context: Context, made: Mapping[str, Any]) -> dict[str, Any]:
        of_vpc = {"Name": "vpc-id", "Values": [made["VpcId"]]}
        groups = await context.aws(
            "ec2",
            "DescribeSecurityGroups",
            {"Filters": [of_vpc, {"Name": "group-name", "Values": ["default"]}]},
        )
        acls = await context.aws(
            "ec2", "DescribeNetworkAcls", {"Filters": [of_vpc, {"Name": "default", "Values": ["true"]}]}
        )
        return {
            "CidrBlock": made["CidrBlock"],
            "DefaultNetworkAcl": acls["NetworkAcls"][0]["NetworkAclId"],
            "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
            "VpcId": made["VpcId"],
        }


class Subnet(Ec2Type):
    """AWS::EC2::Subnet."""

    type = "AWS::EC2::Subnet"
    properties: ClassVar = {
        "AvailabilityZone": Property(Text(), replaces=True),
        "CidrBlock": Property(Text(), replaces=True, required=True),
        "MapPublicIpOnLaunch": Property(Boolean()),
        "Tags": Property(TAG_LIST),
        "VpcId": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset(
        {
            "AssignIpv6AddressOnCreation",
            "AvailabilityZoneId",
            "EnableDns64",
            "EnableLniAtDeviceIndex",
            "Ipv4IpamPoolId",
            "Ipv4NetmaskLength",
            "Ipv6CidrBlock",
            "Ipv6IpamPoolId",
            "Ipv6Native",
            "Ipv6NetmaskLength",
            "OutpostArn",
            "PrivateDnsNameOptionsOnLaunch",
        }
    )
    attributes = frozenset({"AvailabilityZone", "CidrBlock", "SubnetId", "VpcId"})
    makes, removes, named_by = "CreateSubnet", "DeleteSubnet", "SubnetId"
    member, id_member, tagged = "Subnet", "SubnetId", "subnet"
    sent = ("AvailabilityZone", "CidrBlock", "VpcId")

    async def complete(self, context: Context, identity: str, before: Props, props: Props) -> None:
        wanted = props.get("MapPublicIpOnLaunch", False)
        if wanted != before.get("MapPublicIpOnLaunch", False):
            value = {"MapPublicIpOnLaunch": {"Value": wanted}}
            await context.aws("ec2", "ModifySubnetAttribute", {"SubnetId": identity, **value})


class InternetGateway(Ec2Type):
    """AWS::EC2::InternetGateway."""

    type = "AWS::EC2::InternetGateway"
    properties: ClassVar = {"Tags": Property(TAG_LIST)}
    attributes = frozenset({"InternetGatewayId"})
    makes, removes, named_by = "CreateInternetGateway", "DeleteInternetGateway", "InternetGatewayId"
    member, id_member, tagged = "InternetGateway", "InternetGatewayId", "internet-gateway"


class RouteTable(Ec2Type):
    """AWS::EC2::RouteTable."""

    type = "AWS::EC2::RouteTable"
    properties: ClassVar = {
        "Tags": Property(TAG_LIST),
        "VpcId": Property(Text(), replaces=True, required=True),
    }
    attributes = frozenset({"RouteTableId"})
    makes, removes, named_by = "CreateRouteTable", "DeleteRouteTable", "RouteTableId"
    member, id_member, tagged, sent = "RouteTable", "RouteTableId", "route-table", ("VpcId",)


class SubnetRouteTableAssociation(Ec2Type):
    """AWS::EC2::SubnetRouteTableAssociation."""

    type = "AWS::EC2::SubnetRouteTableAssociation"
    # A subnet has one at a time: another table takes its place, and gives it another id.
    properties: ClassVar = {
        "RouteTableId": Property(Text(), required=True),
        "SubnetId": Property(Text(), replaces=True, required=True),
    }
    attributes = frozenset({"Id"})
    makes, removes, named_by = "AssociateRouteTable", "DisassociateRouteTable", "AssociationId"
    member, id_member, sent = "", "AssociationId", ("RouteTableId", "SubnetId")

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        sent = {"AssociationId": old.physical_id, "RouteTableId": props["RouteTableId"]}
        try:
            answer = await context.aws("ec2", "ReplaceRouteTableAssociation", sent)
        except AwsError as error:
            if not is_gone(error):
                raise
            return await self.create(context, props)  # an update was cut off after it had taken its place
        identity = str(answer["NewAssociationId"])
        return Made(identity, {"Id": identity})

    async def attributes_of(self, context: Context, made: Mapping[str, Any]) -> dict[str, Any]:
        return {"Id": made["AssociationId"]}


class ElasticIp(Ec2Type):
    """AWS::EC2::EIP; `Ref` is the address."""

    type = "AWS::EC2::EIP"
    properties: ClassVar = {"Domain": Property(Text(("vpc",)), replaces=True), "Tags": Property(TAG_LIST)}
    not_implemented = frozenset(
        {"Address", "InstanceId", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool", "TransferAddress"}
    )
    attributes = frozenset({"AllocationId", "PublicIp"})
    makes, removes, named_by = "AllocateAddress", "ReleaseAddress", "AllocationId"
    member, id_member, tagged, sent = "", "AllocationId", "elastic-ip", ("Domain",)

    def ref(self, made: Mapping[str, Any]) -> str:
        return str(made["PublicIp"])

    def identity(self, old: Existing) -> str:
        return str(old.attributes["AllocationId"])


class NatGateway(Ec2Type):
    """AWS::EC2::NatGateway."""

    type = "AWS::EC2::NatGateway"
    properties: ClassVar = {
        "AllocationId": Property(Text(), replaces=True),
        "ConnectivityType": Property(Text(("public", "private")), replaces=True),
        "SubnetId": Property(Text(), replaces=True, required=True),
        "Tags": Property(TAG_LIST),
    }
    not_implemented = frozenset(
        {
            "AvailabilityMode",
            "AvailabilityZoneAddresses",
            "MaxDrainDurationSeconds",
            "PrivateIpAddress",
            "SecondaryAllocationIds",
            "SecondaryPrivateIpAddressCount",
            "SecondaryPrivateIpAddresses",
            "VpcId",
        }
    )
    attributes = frozenset({"NatGatewayId"})
    makes, removes, named_by = "CreateNatGateway", "DeleteNatGateway", "NatGatewayId"
    member, id_member, tagged = "NatGateway", "NatGatewayId", "natgateway"
    sent = ("AllocationId", "ConnectivityType", "SubnetId")


class VpcEndpoint(Ec2Type):
    """AWS::EC2::VPCEndpoint."""

    _LISTS = ("RouteTableIds", "SecurityGroupIds", "SubnetIds")
    type = "AWS::EC2::VPCEndpoint"
    properties: ClassVar = {
        "PolicyDocument": Property(Json()),
        "PrivateDnsEnabled": Property(Boolean()),
        **{name: Property(ListOf(Text())) for name in _LISTS},
        "ServiceName": Property(Text(), replaces=True, required=True),
        "Tags": Property(TAG_LIST),
        "VpcEndpointType": Property(Text(("Gateway", "Interface")), replaces=True),
        "VpcId": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset(
        {"DnsOptions", "IpAddressType", "ResourceConfigurationArn", "ServiceNetworkArn", "ServiceRegion"}
    )
    attributes = frozenset({"CreationTimestamp", "Id"})
    makes, removes, named_by = "CreateVpcEndpoint", "DeleteVpcEndpoints", "VpcEndpointIds"
    member, id_member, tagged = "VpcEndpoint", "VpcEndpointId", "vpc-endpoint"
    sent = (*_LISTS, "PrivateDnsEnabled", "ServiceName", "VpcEndpointType", "VpcId")

    def parameters(self, context: Context, props: Props) -> Props:
        # The type is said, because not everybody who answers knows what it is where it is not.
        parameters = super().parameters(context, {"VpcEndpointType": "Gateway", **props})
        if "PolicyDocument" in props:
            parameters["PolicyDocument"] = json.dumps(props["PolicyDocument"])
        return parameters

    async def complete(self, context: Context, identity: str, before: Props, props: Props) -> None:
        if not before:
            return
        changes: dict[str, Any] = {}
        for name in self._LISTS:
            stem = name.removesuffix("s")
            old, new = before.get(name, []), props.get(name, [])
            changes[f"Add{stem}s"] = [one for one in new if one not in old] or None
            changes[f"Remove{stem}s"] = [one for one in old if one not in new] or None
        if before.get("PrivateDnsEnabled") != props.get("PrivateDnsEnabled"):
            changes["PrivateDnsEnabled"] = props.get("PrivateDnsEnabled", False)
        if any(value is not None for value in changes.values()):
            await context.aws("ec2", "ModifyVpcEndpoint", {"VpcEndpointId": identity, **changes})
        if before.get("PolicyDocument") != props.get("PolicyDocument"):
            # Not `ResetPolicy`, which means the same and which not everybody who answers acts on.
            policy = json.dumps(props.get("PolicyDocument", _FULL_ACCESS))
            sent = {"VpcEndpointId": identity, "PolicyDocument": policy}
            await context.aws("ec2", "ModifyVpcEndpoint", sent)

    async def attributes_of(self, context: Context, made: Mapping[str, Any]) -> dict[str, Any]:
        return {"CreationTimestamp": str(made.get("CreationTimestamp", "")), "Id": made["VpcEndpointId"]}

    async def delete(self, context: Context, old: Existing) -> None:
        await unless_gone(context.aws("ec2", self.removes, {self.named_by: [old.physical_id]}))


class GatewayAttachment(ResourceType):
    """AWS::EC2::VPCGatewayAttachment, of internet gateways."""

    type = "AWS::EC2::VPCGatewayAttachment"
    # A VPC has one internet gateway at a time.
    properties: ClassVar = {
        "InternetGatewayId": Property(Text(), required=True),
        "VpcId": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset({"VpnGatewayId"})
    attributes = frozenset({"AttachmentType"})

    async def create(self, context: Context, props: Props) -> Made:
        await context.aws("ec2", "AttachInternetGateway", props)
        return Made(f"IGW|{props['VpcId']}", {"AttachmentType": "IGW"})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await self.delete(context, old)
        return await self.create(context, props)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {name: old.properties[name] for name in ("InternetGatewayId", "VpcId")}
        await unless_gone(context.aws("ec2", "DetachInternetGateway", sent))


class Route(ResourceType):
    """AWS::EC2::Route."""

    _TARGETS = ("EgressOnlyInternetGatewayId", "GatewayId", "NatGatewayId", "VpcPeeringConnectionId")
    type = "AWS::EC2::Route"
    properties: ClassVar = {
        "DestinationCidrBlock": Property(Text(), replaces=True, required=True),
        **{name: Property(Text()) for name in _TARGETS},
        "RouteTableId": Property(Text(), replaces=True, required=True),
    }
    not_implemented = frozenset(
        {
            "CarrierGatewayId",
            "CoreNetworkArn",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
            "InstanceId",
            "LocalGatewayId",
            "NetworkInterfaceId",
            "TransitGatewayId",
            "VpcEndpointId",
        }
    )
    attributes = frozenset({"CidrBlock"})

    async def create(self, context: Context, props: Props) -> Made:
        await context.aws("ec2", "CreateRoute", props)
        cidr = props["DestinationCidrBlock"]
        return Made(f"{props['RouteTableId']}|{cidr}", {"CidrBlock": cidr})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        await context.aws("ec2", "ReplaceRoute", props)
        return Made(old.physical_id, old.attributes)

    async def delete(self, context: Context, old: Existing) -> None:
        sent = {name: old.properties[name] for name in ("RouteTableId", "DestinationCidrBlock")}
        await unless_gone(context.aws("ec2", "DeleteRoute", sent))


TYPES = (
    Vpc(),
    Subnet(),
    InternetGateway(),
    GatewayAttachment(),
    RouteTable(),
    Route(),
    SubnetRouteTableAssociation(),
    ElasticIp(),
    NatGateway(),
    VpcEndpoint(),
)
