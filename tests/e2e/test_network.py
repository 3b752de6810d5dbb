"""A system in a VPC, as templates with a database write it: deployed, asked about, changed, removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox

pytestmark = pytest.mark.e2e

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    Handler: index.handler
    VpcConfig: {SubnetIds: [!Ref PrivadaA, !Ref PrivadaB], SecurityGroupIds: [!Ref Funcoes]}
Resources:
  Rede:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true, Tags: [{Key: Name, Value: rede}]}
  PrivadaA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Rede, CidrBlock: 10.0.0.0/24, AvailabilityZone: !Select [0, !GetAZs ""]}
  PrivadaB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Rede, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Select [1, !GetAZs ""]}
  Publica:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Rede, CidrBlock: 10.0.2.0/24, MapPublicIpOnLaunch: true}
  Portao: {Type: AWS::EC2::InternetGateway}
  Ligacao:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: {VpcId: !Ref Rede, InternetGatewayId: !Ref Portao}
  Endereco: {Type: AWS::EC2::EIP, DependsOn: Ligacao, Properties: {Domain: vpc}}
  Saida:
    Type: AWS::EC2::NatGateway
    Properties: {AllocationId: !GetAtt Endereco.AllocationId, SubnetId: !Ref Publica}
  Rotas: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Rede}}
  ParaFora:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Rotas, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Saida}
  DaPrivadaA:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref PrivadaA, RouteTableId: !Ref Rotas}
  OutrasRotas: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Rede}}
  OutroPortao: {Type: AWS::EC2::InternetGateway}
  Tabelas:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Rede
      ServiceName: !Sub com.amazonaws.${AWS::Region}.dynamodb
      RouteTableIds: [!Ref Rotas]
      PolicyDocument: {Version: "2012-10-17", Statement: []}
  Funcoes:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: as funcoes, VpcId: !Ref Rede}
  Dados:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: o banco
      VpcId: !Ref Rede
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !GetAtt Funcoes.GroupId}
  AoBanco:
    Type: AWS::EC2::SecurityGroupEgress
    Properties:
      GroupId: !Ref Funcoes
      IpProtocol: tcp
      FromPort: !GetAtt Banco.Endpoint.Port
      ToPort: !GetAtt Banco.Endpoint.Port
      DestinationSecurityGroupId: !Ref Dados
  Onde:
    Type: AWS::RDS::DBSubnetGroup
    Properties: {DBSubnetGroupDescription: privadas, SubnetIds: [!Ref PrivadaA, !Ref PrivadaB]}
  Banco:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties:
      DBInstanceClass: db.t4g.micro
      Engine: postgres
      AllocatedStorage: 20
      DBName: loja
      MasterUsername: loja
      MasterUserPassword: senha-da-loja
      DBSubnetGroupName: !Ref Onde
      VPCSecurityGroups: [!GetAtt Dados.GroupId]
  Funcao:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: alcance
      Environment: {Variables: {BANCO: !GetAtt Banco.Endpoint.Address, PORTA: !GetAtt Banco.Endpoint.Port}}
      InlineCode: |
        import os, socket
        def handler(event, context):
            socket.create_connection((os.environ["BANCO"], int(os.environ["PORTA"])), 5).close()
            return "alcançado"
Outputs:
  Rede: {Value: !Ref Rede}
  Padrao: {Value: !GetAtt Rede.DefaultSecurityGroup}
  Ip: {Value: !Ref Endereco}
"""


def written(folder: Path, template: str) -> str:
    file = folder / "template.yaml"
    file.write_text(template)
    return str(file)


def rules(sandbox: Sandbox, description: str) -> list[dict[str, Any]]:
    groups = sandbox.aws("ec2").describe_security_groups()["SecurityGroups"]
    (group,) = (one for one in groups if one["Description"] == description)
    found: list[dict[str, Any]] = group["IpPermissions"]
    return found


def attached(sandbox: Sandbox, vpc: str) -> tuple[set[str], set[str]]:
    """The internet gateways of a VPC, and its route tables that subnets have."""
    ec2 = sandbox.aws("ec2")
    gateways = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    return (
        {one["InternetGatewayId"] for one in gateways["InternetGateways"]},
        {one["RouteTableId"] for one in tables if any(link.get("SubnetId") for link in one["Associations"])},
    )


def test_a_system_in_a_vpc(sandboxes: Maker, tmp_path: Path) -> None:
    sandbox = sandboxes()
    sandbox.up()
    told = sandbox.cli("deploy", written(tmp_path, TEMPLATE))
    assert "Rede: networks are recorded, and nothing is opened or closed by them" in told.out + told.err
    assert "Funcao: it runs on this machine's network" in told.out + told.err
    ec2, functions = sandbox.aws("ec2"), sandbox.aws("lambda")
    (vpc,) = (one for one in ec2.describe_vpcs()["Vpcs"] if not one["IsDefault"])
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert {one["CidrBlock"] for one in subnets} == {"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"}
    inside = functions.get_function_configuration(FunctionName="alcance")["VpcConfig"]
    assert set(inside["SubnetIds"]) < {one["SubnetId"] for one in subnets}
    (rule,) = rules(sandbox, "o banco")
    assert rule["UserIdGroupPairs"][0]["GroupId"] == inside["SecurityGroupIds"][0]
    (group,) = ec2.describe_security_groups(GroupIds=inside["SecurityGroupIds"])["SecurityGroups"]
    assert 5432 in {one.get("ToPort") for one in group["IpPermissionsEgress"]}
    answer = functions.invoke(FunctionName="alcance")
    assert json.loads(answer["Payload"].read()) == "alcançado"

    changed = TEMPLATE.replace("ToPort: 5432, SourceSecurityGroupId", "ToPort: 5433, SourceSecurityGroupId")
    changed = changed.replace("Value: rede", "Value: outra").replace(
        "    VpcConfig: {SubnetIds: [!Ref PrivadaA, !Ref PrivadaB], SecurityGroupIds: [!Ref Funcoes]}\n", ""
    )
    subnet = "SubnetId: !Ref PrivadaA, RouteTableId: !Ref "
    changed = changed.replace(f"{subnet}Rotas", f"{subnet}OutrasRotas")
    changed = changed.replace("InternetGatewayId: !Ref Portao", "InternetGatewayId: !Ref OutroPortao")
    changed = changed.replace('      PolicyDocument: {Version: "2012-10-17", Statement: []}\n', "")
    before = attached(sandbox, vpc["VpcId"])
    sandbox.cli("deploy", written(tmp_path, changed))
    after = attached(sandbox, vpc["VpcId"])
    assert [len(one) for one in (*before, *after)] == [1, 1, 1, 1]
    assert not before[0] & after[0]
    assert not before[1] & after[1]
    (endpoint,) = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    assert json.loads(endpoint["PolicyDocument"])["Statement"][0]["Action"] == "*"
    assert [one["ToPort"] for one in rules(sandbox, "o banco")] == [5433]
    tags = ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["Tags"]
    assert {"Key": "Name", "Value": "outra"} in tags
    assert "VpcConfig" not in functions.get_function_configuration(FunctionName="alcance")

    cloudformation = sandbox.aws("cloudformation")
    (stack,) = cloudformation.describe_stacks()["Stacks"]
    cloudformation.delete_stack(StackName=stack["StackId"])
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack["StackId"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert [one["IsDefault"] for one in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert sandbox.aws("rds").describe_db_subnet_groups()["DBSubnetGroups"] == []
