"""Databases, tables, buckets, keys, secrets, parameters and images, for the deployer."""

from __future__ import annotations

from sandbox.model.awserror import AwsError
from tests.contract.deploy.fake_things import Params, Things


class FakeStores(Things):
    """Databases, tables, buckets, keys, secrets, parameters and images."""

    def _s3_GetObject(self, p: Params) -> Params:  # noqa: N802
        return {"Body": self._find("object", f"{p['Bucket']}/{p['Key']}", "NoSuchKey")["Body"]}

    def _kms_CreateKey(self, p: Params) -> Params:  # noqa: N802
        key = f"{next(self._ids):08d}-0000-4000-8000-000000000000"
        self._add("key", key, p)
        return {"KeyMetadata": {"KeyId": key, "Arn": f"arn:aws:kms:us-east-1:000000000000:key/{key}"}}

    def _kms_ScheduleKeyDeletion(self, p: Params) -> None:  # noqa: N802
        self._drop("key", p["KeyId"], "NotFoundException")

    def _kms_CreateAlias(self, p: Params) -> None:  # noqa: N802
        self._add("key alias", p["AliasName"], p)

    def _kms_DeleteAlias(self, p: Params) -> None:  # noqa: N802
        self._drop("key alias", p["AliasName"], "NotFoundException")

    def _rds_CreateDBInstance(self, p: Params) -> None:  # noqa: N802
        self._add("database", p["DBInstanceIdentifier"], p)

    def _rds_DescribeDBInstances(self, p: Params) -> Params:  # noqa: N802
        found = self._find("database", p["DBInstanceIdentifier"], "DBInstanceNotFound")
        return {"DBInstances": [{**found, "DBInstanceStatus": "available", "DbiResourceId": "db-1"}]}

    def _rds_CreateDBSubnetGroup(self, p: Params) -> None:  # noqa: N802
        self._add("subnet group", p["DBSubnetGroupName"], p)

    def _rds_ModifyDBSubnetGroup(self, p: Params) -> Params:  # noqa: N802
        name = p["DBSubnetGroupName"]
        self._find("subnet group", name).update(p)
        arn = f"arn:aws:rds:us-east-1:000000000000:subgrp:{name}"
        return {"DBSubnetGroup": {"DBSubnetGroupName": name, "DBSubnetGroupArn": arn}}

    def _rds_DeleteDBSubnetGroup(self, p: Params) -> None:  # noqa: N802
        self._drop("subnet group", p["DBSubnetGroupName"], "DBSubnetGroupNotFoundFault")

    def _rds_DeleteDBInstance(self, p: Params) -> None:  # noqa: N802
        self._drop("database", p["DBInstanceIdentifier"], "DBInstanceNotFound")

    def _ssm_PutParameter(self, p: Params) -> None:  # noqa: N802
        if ("parameter", p["Name"]) in self.things and not p.get("Overwrite"):
            raise AwsError("ParameterAlreadyExists", f"{p['Name']} exists")
        self.things[("parameter", p["Name"])] = p

    def _ssm_GetParameter(self, p: Params) -> Params:  # noqa: N802
        return {"Parameter": {"Value": self._find("parameter", p["Name"], "ParameterNotFound")["Value"]}}

    def _ssm_DeleteParameter(self, p: Params) -> None:  # noqa: N802
        self._drop("parameter", p["Name"], "ParameterNotFound")

    def _secretsmanager_CreateSecret(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{p['Name']}-AbCdEf"
        self._add("secret", arn, p)
        return {"ARN": arn}

    def _secretsmanager_GetSecretValue(self, p: Params) -> Params:  # noqa: N802
        for (kind, arn), what in self.things.items():
            if kind == "secret" and p["SecretId"] in (arn, what["Name"]):
                return {"ARN": arn, "SecretString": what["SecretString"]}
        raise AwsError("ResourceNotFoundException", "no such secret")

    def _secretsmanager_PutSecretValue(self, p: Params) -> None:  # noqa: N802
        self._find("secret", p["SecretId"])["SecretString"] = p["SecretString"]

    def _secretsmanager_GetRandomPassword(self, p: Params) -> Params:  # noqa: N802
        return {"RandomPassword": "x" * p.get("PasswordLength", 32)}

    def _secretsmanager_DeleteSecret(self, p: Params) -> None:  # noqa: N802
        self._drop("secret", p["SecretId"])

    def _dynamodb_CreateTable(self, p: Params) -> None:  # noqa: N802
        self._add("table", p["TableName"], p)

    def _dynamodb_DescribeTable(self, p: Params) -> Params:  # noqa: N802
        self._find("table", p["TableName"])
        arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{p['TableName']}"
        return {"Table": {"TableStatus": "ACTIVE", "TableArn": arn}}

    def _dynamodb_DeleteTable(self, p: Params) -> None:  # noqa: N802
        self._drop("table", p["TableName"])

    def _ecr_CreateRepository(self, p: Params) -> Params:  # noqa: N802
        name = p["repositoryName"]
        self._add("repository", name, p)
        arn = f"arn:aws:ecr:us-east-1:000000000000:repository/{name}"
        return {"repository": {"repositoryArn": arn, "repositoryUri": f"000000000000.dkr.ecr/{name}"}}

    def _ecr_DeleteRepository(self, p: Params) -> None:  # noqa: N802
        self._drop("repository", p["repositoryName"])

    def _s3_CreateBucket(self, p: Params) -> None:  # noqa: N802
        self._add("bucket", p["Bucket"], p)

    def _s3_DeleteBucket(self, p: Params) -> None:  # noqa: N802
        self._drop("bucket", p["Bucket"], "NoSuchBucket")
