"""Secrets that say how their database is reached: AWS::SecretsManager::SecretTargetAttachment.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secrettargetattachment.html,
https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from sandbox.deploy.names import database_token
from sandbox.deploy.resources.base import (
    Context,
    Existing,
    Made,
    Property,
    Props,
    ResourceType,
    is_gone,
)
from sandbox.deploy.resources.shapes import Text
from sandbox.model.awserror import AwsError

_DATABASE = "AWS::RDS::DBInstance"
#: What the attachment writes into the secret.
_WRITTEN = ("engine", "host", "port", "dbname", "dbInstanceIdentifier")
#: A token that stands for a number: a port is none in the store, and one in what is read.
_BARE = re.compile(r'(?<!")(\{\{sandbox:[^{}"]+\}\})(?!")')
_PORT = re.compile(r'"(\{\{sandbox:rds:[^{}"]+:port\}\})"')


class SecretTargetAttachment(ResourceType):
    """AWS::SecretsManager::SecretTargetAttachment; host and port are tokens in the secret, because a restart
    changes them.
    """

    type = "AWS::SecretsManager::SecretTargetAttachment"
    properties: ClassVar = {
        "SecretId": Property(Text(), required=True),
        "TargetId": Property(Text(), required=True),
        "TargetType": Property(Text((_DATABASE,)), required=True),
    }
    attributes = frozenset({"Id"})

    async def create(self, context: Context, props: Props) -> Made:
        found = await context.aws("rds", "DescribeDBInstances", {"DBInstanceIdentifier": props["TargetId"]})
        instance: dict[str, Any] = found["DBInstances"][0]
        identifier = instance["DBInstanceIdentifier"]
        written = {
            "engine": instance["Engine"],
            "host": database_token(identifier, "address"),
            "port": database_token(identifier, "port"),
            **({"dbname": instance["DBName"]} if instance.get("DBName") else {}),
            "dbInstanceIdentifier": identifier,
        }
        arn = await _rewrite(context, props["SecretId"], written)
        return Made(arn, {"Id": arn})

    async def update(self, context: Context, old: Existing, props: Props) -> Made:
        if props["SecretId"] != old.properties["SecretId"]:
            await self.delete(context, old)
        return await self.create(context, props)

    async def delete(self, context: Context, old: Existing) -> None:
        try:
            await _rewrite(context, old.physical_id, {})
        except AwsError as error:
            if not is_gone(error):
                raise


async def _rewrite(context: Context, secret: str, written: dict[str, Any]) -> str:
    """Puts what tells of a database into a secret, in the place of what told of another.

    Returns:
        The secret's ARN.

    Raises:
        AwsError: there is no such secret, or it is no JSON object.
    """
    found = await context.aws("secretsmanager", "GetSecretValue", {"SecretId": secret})
    try:
        document = json.loads(_BARE.sub(r'"\1"', found.get("SecretString", "")))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise AwsError("InvalidRequestException", f"The secret {found['ARN']} is not a JSON object")
    kept = {name: value for name, value in document.items() if name not in _WRITTEN}
    text = _PORT.sub(r"\1", json.dumps({**kept, **written}))
    await context.aws("secretsmanager", "PutSecretValue", {"SecretId": found["ARN"], "SecretString": text})
    return str(found["ARN"])


TYPES = (SecretTargetAttachment(),)
