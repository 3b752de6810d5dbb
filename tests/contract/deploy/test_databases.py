"""Databases of templates: what is taken out of them, and the secrets that say how they are reached."""

from __future__ import annotations

import pytest

from sandbox.deploy.errors import DeployError
from sandbox.errors import TemplateError
from tests.contract.deploy.harness import Bench

DATABASE = """
    Resources:
      D:
        Type: AWS::RDS::DBInstance
        Properties: {{Engine: postgres, DBInstanceClass: db.t4g.micro{more}}}
"""
ATTACHED = """
    Resources:
      S:
        Type: AWS::SecretsManager::Secret
        Properties: {Name: s, SecretString: '{"username": "dona", "password": "p"}'}
      D:
        Type: AWS::RDS::DBInstance
        Properties:
          {DBInstanceIdentifier: Banco, Engine: postgres, DBInstanceClass: db.t4g.micro, DBName: loja}
      A:
        Type: AWS::SecretsManager::SecretTargetAttachment
        Properties: {SecretId: !Ref S, TargetId: !Ref D, TargetType: AWS::RDS::DBInstance}
    Outputs: {Arn: {Value: !Ref A}}
"""
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:s-AbCdEf"
UNATTACHED = ATTACHED[: ATTACHED.index("      A:")]


def test_a_property_that_is_taken_out_goes_back_to_its_default(bench: Bench) -> None:
    bench.deploy(DATABASE.format(more=", MultiAZ: true, BackupRetentionPeriod: 7, DeletionProtection: true"))
    bench.deploy(DATABASE.format(more=""))
    (modified,) = bench.aws.made("ModifyDBInstance")
    assert (modified["MultiAZ"], modified["BackupRetentionPeriod"]) == (False, 1)
    assert modified["DeletionProtection"] is False


def test_a_property_without_a_default_cannot_be_taken_out(bench: Bench) -> None:
    bench.deploy(DATABASE.format(more=", AllocatedStorage: 20"))
    with pytest.raises(TemplateError, match="AllocatedStorage") as caught:
        bench.deploy(DATABASE.format(more=""))
    assert "cannot be taken out" in caught.value.why
    bench.deploy(DATABASE.format(more=", DBName: outro"))
    assert bench.actions()[0] == ("replace", "D"), "a new one never had it"


def test_a_secret_says_how_its_database_is_reached(bench: Bench) -> None:
    stack = bench.deploy(ATTACHED)
    assert stack.outputs[0].value == SECRET
    text = bench.aws.things["secret", SECRET]["SecretString"]
    assert text == (
        '{"username": "dona", "password": "p", "engine": "postgres", '
        '"host": "{{sandbox:rds:banco:address}}", "port": {{sandbox:rds:banco:port}}, '
        '"dbname": "loja", "dbInstanceIdentifier": "banco"}'
    )
    bench.deploy(UNATTACHED)
    assert bench.aws.things["secret", SECRET]["SecretString"] == '{"username": "dona", "password": "p"}'


def test_another_database_takes_the_place_of_the_first(bench: Bench) -> None:
    second = "      E: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: e, Engine: postgres, "
    second += "DBInstanceClass: db.t4g.micro}}\n    Outputs:"
    both = ATTACHED.replace("    Outputs:", second)
    bench.deploy(both)
    bench.deploy(both.replace("TargetId: !Ref D", "TargetId: !Ref E"))
    text = bench.aws.things["secret", SECRET]["SecretString"]
    assert '"dbInstanceIdentifier": "e"' in text
    assert "banco" not in text
    assert "dbname" not in text


def test_a_secret_that_is_no_object_cannot_say_it(bench: Bench) -> None:
    with pytest.raises(DeployError, match=r"A \(") as caught:
        bench.deploy(ATTACHED.replace('\'{"username": "dona", "password": "p"}\'', "segredo"))
    assert "is not a JSON object" in caught.value.why
