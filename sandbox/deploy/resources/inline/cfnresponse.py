"""Sends the answer of a custom resource, as the module of this name does that AWS puts beside inline code.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(
    event: Any,
    context: Any,
    responseStatus: str,  # noqa: N803 - the names are AWS's
    responseData: Any,  # noqa: N803
    physicalResourceId: str | None = None,  # noqa: N803
    noEcho: bool = False,  # noqa: N803
    reason: str | None = None,
) -> None:
    """Sends an answer.

    Args:
        event: the request.
        context: of the invocation; its log stream is the physical id where none is given.
        responseStatus: `SUCCESS` or `FAILED`.
        responseData: what `Fn::GetAtt` gives, by name.
        noEcho: whether that is secret.
        reason: why it failed.
    """
    answer = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer).encode()
    print("Response body:", body.decode())  # noqa: T201 - to the function's log
    request = Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")
    try:
        with urlopen(request) as response:
            print("Status code:", response.status)  # noqa: T201
    except OSError as error:
        print("The answer could not be sent:", error)  # noqa: T201
