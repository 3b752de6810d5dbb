"""Deployment packages in S3: read through the front door's services, whoever keeps the buckets."""

from __future__ import annotations

import re
from urllib.parse import quote

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.http import HttpRequest
from sandbox.model.lambda_errors import invalid
from sandbox.model.ports import AwsHttp

_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")


class Objects:
    """Reads objects.

    Args:
        aws: None where no service can be asked; buckets are refused by name then.
    """

    def __init__(self, aws: AwsHttp | None) -> None:
        self._aws = aws

    async def read(self, call: Call, bucket: str, key: str, version: str | None) -> bytes:
        """The content of an object.

        Raises:
            AwsError: `InvalidParameterValueException` with what S3 answered.
        """
        if self._aws is None:
            raise NotImplementedByName("lambda", f"code from bucket {bucket!r}")
        path = f"/{quote(bucket)}/{quote(key)}"
        query = "" if version is None else f"versionId={quote(version)}"
        answer = await self._aws.send("s3", HttpRequest("GET", path, query), call, "GetObject")
        if answer.status == 200:
            return answer.body
        text = answer.body.decode(errors="replace")
        code, message = _CODE.search(text), _MESSAGE.search(text)
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {code[1] if code else answer.status}. "
            f"S3 Error Message: {message[1] if message else 'no message'}"
        )
