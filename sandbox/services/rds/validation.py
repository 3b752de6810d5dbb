"""What RDS accepts as names, passwords and engines.

Page: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.services.rds.errors import invalid_value, missing

#: Engines that AWS has and the sandbox does not.
_OTHER_ENGINES = re.compile(r"(aurora|custom|db2|mariadb|mysql|oracle|sqlserver)(-.*)?")
_IDENTIFIER = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+){0,2}(-R[0-9]+)?")
_CLASS = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9-]+(\.[a-z0-9.-]+)?")
_PASSWORD = re.compile(r"[!#-.0-?A-~]*")
_RESERVED_USERS = frozenset(
    {"admin", "all", "current_user", "none", "public", "rdsadmin", "session_user", "user"}
)
_RESERVED_DATABASES = frozenset({"rdsadmin", "template0", "template1"})
MAX_TAGS = 50


def required(params: Mapping[str, Any], name: str) -> str:
    """A required text parameter.

    Raises:
        AwsError: MissingParameter.
    """
    value = params.get(name)
    if not value:
        raise missing(name)
    return str(value)


def check_identifier(text: str) -> str:
    """The identifier of an instance, in lower case as AWS stores it.

    Raises:
        AwsError: InvalidParameterValue.
    """
    begin = "The parameter DBInstanceIdentifier is not a valid identifier"
    if len(text) > 63:
        raise invalid_value(f"{begin} because it is longer than 63 characters.")
    if not _IDENTIFIER.fullmatch(text):
        raise invalid_value(
            f"{begin}. Identifiers must begin with a letter; must contain only ASCII letters, digits, and "
            "hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )
    return text.lower()


def check_engine(engine: str) -> None:
    """Only PostgreSQL is there.

    Raises:
        AwsError: NotImplemented for AWS's other engines, InvalidParameterValue for words that are none.
    """
    if engine == "postgres":
        return
    if _OTHER_ENGINES.fullmatch(engine):
        raise NotImplementedByName("rds", f"engine {engine} (only postgres is there)")
    raise invalid_value(f"Invalid DB engine: {engine}")


def check_engine_version(version: str) -> None:
    """The form of a version; which one runs is the sandbox's server's.

    Raises:
        AwsError: InvalidParameterValue.
    """
    if not _VERSION.fullmatch(version):
        raise invalid_value(f"Cannot find version {version} for postgres")


def check_instance_class(name: str) -> None:
    """The form of an instance class.

    Raises:
        AwsError: InvalidParameterValue.
    """
    if not _CLASS.fullmatch(name):
        raise invalid_value(f"Invalid DB Instance class: {name}")


def check_database_name(name: str) -> None:
    """The name of the first database.

    Raises:
        AwsError: InvalidParameterValue.
    """
    if not _NAME.fullmatch(name):
        raise invalid_value("DBName must begin with a letter and contain only alphanumeric characters.")
    if len(name) > 63:
        raise invalid_value("The parameter DBName is not valid because it is longer than 63 characters.")
    if name.lower() in _RESERVED_DATABASES:
        raise invalid_value(f"DBName {name} cannot be used as it is a reserved word used by the engine")


def check_user(name: str) -> None:
    """The name of the master user.

    Raises:
        AwsError: InvalidParameterValue.
    """
    if len(name) > 63:
        raise invalid_value(
            "The parameter MasterUsername is not valid because it is longer than 63 characters."
        )
    if not _NAME.fullmatch(name):
        raise invalid_value(
            "The parameter MasterUsername must begin with a letter and contain only letters, digits and"
            " underscores."
        )
    if name.lower() in _RESERVED_USERS or name.lower().startswith(("pg_", "rds_")):
        raise invalid_value(
            f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        )


def check_password(password: str) -> None:
    """The master user's password; the message never holds it.

    Raises:
        AwsError: InvalidParameterValue.
    """
    begin = "The parameter MasterUserPassword is not a valid password"
    if len(password) < 8:
        raise invalid_value(f"{begin} because it is shorter than 8 characters.")
    if len(password) > 128:
        raise invalid_value(f"{begin} because it is longer than 128 characters.")
    if not _PASSWORD.fullmatch(password):
        raise invalid_value(
            f"{begin}. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        )


def check_tags(tags: Mapping[str, str]) -> None:
    """The tags of an instance.

    Raises:
        AwsError: InvalidParameterValue.
    """
    if len(tags) > MAX_TAGS:
        raise invalid_value(f"A resource cannot have more than {MAX_TAGS} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise invalid_value("Tag keys have 1 to 128 characters, tag values at most 256.")
        if key.lower().startswith("aws:"):
            raise invalid_value("Tag keys that begin with aws: are reserved for system use.")
