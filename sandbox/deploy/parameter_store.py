"""Parameters of the Parameter Store that a system takes for granted: on AWS, another team put them there.

Follows https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.deploy.errors import DeployError
from sandbox.deploy.resources.base import AwsCall, is_gone
from sandbox.model.awserror import AwsError

#: Values by name; several texts are a `StringList`.
Parameters = Mapping[str, str | tuple[str, ...]]


async def put_parameters(aws: AwsCall, wanted: Parameters) -> None:
    """Puts those that are not there, or have another value.

    Raises:
        DeployError: the Parameter Store took one not.
    """
    for name, value in wanted.items():
        kind, text = ("String", value) if isinstance(value, str) else ("StringList", ",".join(value))
        try:
            if await _value(aws, name) != text:
                sent = {"Name": name, "Value": text, "Type": kind, "Overwrite": True}
                await aws("ssm", "PutParameter", sent)
        except AwsError as error:
            raise DeployError(
                f"the parameter {name} of [parameter-store] cannot be put",
                f"the service answered {error}",
                "correct it in sandbox.toml",
            ) from error


async def _value(aws: AwsCall, name: str) -> str | None:
    try:
        found = await aws("ssm", "GetParameter", {"Name": name})
    except AwsError as error:
        if is_gone(error):
            return None
        raise
    return str(found["Parameter"]["Value"])
