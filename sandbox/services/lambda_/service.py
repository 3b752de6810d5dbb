"""The Lambda service: every operation it has, and what it does not check yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sandbox.services.lambda_.event_config_operations import EventConfigOperations
from sandbox.services.lambda_.function_operations import FunctionOperations
from sandbox.services.lambda_.layer_operations import LayerOperations
from sandbox.services.lambda_.mapping_operations import MappingOperations
from sandbox.services.lambda_.policy_operations import PolicyOperations
from sandbox.services.lambda_.provisioned_operations import ProvisionedOperations
from sandbox.services.lambda_.url_operations import UrlOperations
from sandbox.services.lambda_.url_requests import UrlRequests
from sandbox.services.lambda_.version_operations import VersionOperations


class LambdaService(
    FunctionOperations,
    VersionOperations,
    LayerOperations,
    UrlOperations,
    UrlRequests,
    EventConfigOperations,
    ProvisionedOperations,
    MappingOperations,
    PolicyOperations,
):
    """AWS Lambda; also the port `Invoker` (`invoke`, `accept`). Constructor: see `LambdaParts`.

    Reference: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
    """

    REFUSED: ClassVar[Mapping[str, str]] = {
        "InvokeWithResponseStream": "Invoke gives the same answer, whole.",
    }
    NOT_CHECKED: ClassVar[tuple[str, ...]] = (
        "Role: the role of a function need not exist, and its policies are not evaluated",
        "AddPermission: resource policies are stored and shown, and not evaluated",
        "AuthType=AWS_IAM of function URLs: stored and shown; requests are served without a signature",
        "Architectures: stored and shown; code runs on the machine's own architecture",
        "VpcConfig: stored and shown without VpcId; functions run on the machine's own network, and subnets"
        " and security groups open and close nothing",
        "CodeSha256: of a live folder (S3Bucket=hot-reload) it stands for its files' names, sizes and times",
    )
