"""Networks, as the long tail records them."""

from __future__ import annotations

from tests.contract.deploy.typecases.base import OTHER_TAGS, POLICY, TAGS, Case

RETAGGED = ("DeleteTags", "CreateTags")
WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
INSIDE = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "SourceSecurityGroupId": "sg-1"}
SIX = {"IpProtocol": "-1", "CidrIpv6": "::/0", "Description": "tudo"}
LISTED = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourcePrefixListId": "pl-1"}
GROUP = {"GroupDescription": "g", "VpcId": "vpc-1"}

CHANGED = [
    Case(
        "AWS::EC2::VPC",
        {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": True, "Tags": TAGS},
        {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": False, "Tags": OTHER_TAGS},
        ("ModifyVpcAttribute", *RETAGGED),
    ),
    Case(
        "AWS::EC2::Subnet",
        {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "MapPublicIpOnLaunch": True, "Tags": TAGS},
        {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "Tags": OTHER_TAGS},
        ("ModifySubnetAttribute", *RETAGGED),
    ),
    Case("AWS::EC2::InternetGateway", {"Tags": TAGS}, {"Tags": OTHER_TAGS}, RETAGGED),
    Case("AWS::EC2::EIP", {"Domain": "vpc", "Tags": TAGS}, {"Domain": "vpc", "Tags": OTHER_TAGS}, RETAGGED),
    Case(
        "AWS::EC2::RouteTable",
        {"VpcId": "vpc-1", "Tags": TAGS},
        {"VpcId": "vpc-1", "Tags": OTHER_TAGS},
        RETAGGED,
    ),
    Case(
        "AWS::EC2::NatGateway",
        {"SubnetId": "subnet-1", "AllocationId": "eipalloc-1", "Tags": TAGS},
        {"SubnetId": "subnet-1", "AllocationId": "eipalloc-1", "Tags": OTHER_TAGS},
        RETAGGED,
    ),
    Case(
        "AWS::EC2::Route",
        {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"},
        {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"},
        ("ReplaceRoute",),
    ),
    Case(
        "AWS::EC2::SubnetRouteTableAssociation",
        {"RouteTableId": "rtb-1", "SubnetId": "subnet-1"},
        {"RouteTableId": "rtb-2", "SubnetId": "subnet-1"},
        ("ReplaceRouteTableAssociation",),
    ),
    Case(
        "AWS::EC2::VPCGatewayAttachment",
        {"VpcId": "vpc-1", "InternetGatewayId": "igw-1"},
        {"VpcId": "vpc-1", "InternetGatewayId": "igw-2"},
        ("DetachInternetGateway", "AttachInternetGateway"),
    ),
    Case(
        "AWS::EC2::VPCEndpoint",
        {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": ["rtb-1"]},
        {
            "VpcId": "vpc-1",
            "ServiceName": "com.amazonaws.us-east-1.s3",
            "RouteTableIds": ["rtb-2"],
            "PolicyDocument": POLICY,
            "Tags": TAGS,
        },
        ("ModifyVpcEndpoint", "CreateTags"),
    ),
    Case(
        "AWS::EC2::VPCEndpoint",
        {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-east-1.s3", "PolicyDocument": POLICY},
        {"VpcId": "vpc-1", "ServiceName": "com.amazonaws.us-east-1.s3"},
        ("ModifyVpcEndpoint",),
    ),
    Case(
        "AWS::EC2::SecurityGroup",
        {**GROUP, "SecurityGroupIngress": [WEB, INSIDE], "Tags": TAGS},
        {**GROUP, "SecurityGroupIngress": [INSIDE, LISTED], "SecurityGroupEgress": [SIX], "Tags": OTHER_TAGS},
        (
            "RevokeSecurityGroupIngress",
            "AuthorizeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "AuthorizeSecurityGroupEgress",
            *RETAGGED,
        ),
    ),
    Case(
        "AWS::EC2::SecurityGroupIngress",
        {"GroupId": "sg-1", **INSIDE, "Description": "um"},
        {"GroupId": "sg-1", **INSIDE, "Description": "dois"},
        ("UpdateSecurityGroupRuleDescriptionsIngress",),
    ),
    Case(
        "AWS::EC2::SecurityGroupEgress",
        {"GroupId": "sg-1", **SIX},
        {"GroupId": "sg-1", **SIX, "Description": "dois"},
        ("UpdateSecurityGroupRuleDescriptionsEgress",),
    ),
    Case(
        "AWS::RDS::DBSubnetGroup",
        {"DBSubnetGroupDescription": "d", "SubnetIds": ["subnet-1"], "Tags": TAGS},
        {"DBSubnetGroupDescription": "d", "SubnetIds": ["subnet-2"], "Tags": OTHER_TAGS},
        ("ModifyDBSubnetGroup", "RemoveTagsFromResource", "AddTagsToResource"),
    ),
]
REPLACED = [
    Case(
        "AWS::EC2::VPCGatewayAttachment",
        {"VpcId": "vpc-1", "InternetGatewayId": "igw-1"},
        {"VpcId": "vpc-2", "InternetGatewayId": "igw-1"},
        ("AttachInternetGateway", "DetachInternetGateway"),
    ),
    Case(
        "AWS::EC2::SubnetRouteTableAssociation",
        {"RouteTableId": "rtb-1", "SubnetId": "subnet-1"},
        {"RouteTableId": "rtb-1", "SubnetId": "subnet-2"},
        ("AssociateRouteTable", "DisassociateRouteTable"),
    ),
    Case(
        "AWS::EC2::Subnet",
        {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"},
        {"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"},
        ("CreateSubnet", "DeleteSubnet"),
    ),
]
