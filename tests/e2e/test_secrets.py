"""A secret that says how its database is reached, read by an SDK, before a restart and after it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.e2e.conftest import Maker
from tests.e2e.harness import Sandbox

pytestmark = pytest.mark.e2e

TEMPLATE = """
Resources:
  Segredo:
    Type: AWS::SecretsManager::Secret
    Properties:
      Name: banco
      GenerateSecretString:
        SecretStringTemplate: '{"username": "dona"}'
        GenerateStringKey: password
        ExcludePunctuation: true
  Banco:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: banco
      DBName: loja
      Engine: postgres
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: 20
      MasterUsername: dona
      MasterUserPassword: !Sub "{{resolve:secretsmanager:${Segredo}:SecretString:password}}"
  Ligacao:
    Type: AWS::SecretsManager::SecretTargetAttachment
    Properties: {SecretId: !Ref Segredo, TargetId: !Ref Banco, TargetType: AWS::RDS::DBInstance}
  Porta:
    Type: AWS::SSM::Parameter
    Properties: {Name: /banco/porta, Type: String, Value: !GetAtt Banco.Endpoint.Port}
"""


def secret(sandbox: Sandbox) -> dict[str, Any]:
    found = sandbox.aws("secretsmanager").get_secret_value(SecretId="banco")
    document: dict[str, Any] = json.loads(found["SecretString"])
    return document


def check(sandbox: Sandbox) -> None:
    """The secret leads to the database as it is reached now."""
    said = secret(sandbox)
    assert (said["engine"], said["dbInstanceIdentifier"]) == ("postgres", "banco")
    assert isinstance(said["port"], int)
    parameter = sandbox.aws("ssm").get_parameter(Name="/banco/porta")["Parameter"]["Value"]
    assert parameter == str(said["port"])
    with psycopg.connect(
        host=said["host"],
        port=said["port"],
        dbname=said["dbname"],
        user=said["username"],
        password=said["password"],
    ) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("loja",)


def test_a_secret_leads_to_its_database(sandboxes: Maker) -> None:
    sandbox = sandboxes()
    template = sandbox.folder / "template.yaml"
    template.write_text(TEMPLATE)
    sandbox.up(str(template))
    check(sandbox)
    sandbox.down()
    sandbox.up()
    check(sandbox)
