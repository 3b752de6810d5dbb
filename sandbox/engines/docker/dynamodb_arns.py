"""ARNs of DynamoDB Local: it lives in a region of its own, `ddblocal`, that no other service takes for one.

What it is asked about and what it tells has the caller's region at the front door, as on AWS.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import DEFAULT_REGION

_ITS_OWN = b"ddblocal"
#: Operations whose requests or answers have ARNs; those on items are left as they are.
_WITH_ARNS = frozenset(
    {
        "CreateTable", "DeleteTable", "DescribeTable", "UpdateTable", "TagResource", "UntagResource",
        "ListTagsOfResource", "ListStreams", "DescribeStream", "GetShardIterator", "GetRecords",
    }
)  # fmt: skip
_ARN = re.compile(rb"(arn:aws[a-z-]*:dynamodb:)[a-z0-9-]+:")
_REGION_OF_RECORD = re.compile(rb'("awsRegion"\s*:\s*")' + _ITS_OWN + rb'"')
_SIGNED_FOR = re.compile(r"Credential=[^/]*/\d{8}/([a-z0-9-]+)/")
#: A checksum of the body as it was.
_CHECKSUM = "x-amz-crc32"


def asked(operation: str, request: HttpRequest) -> HttpRequest:
    """The request as DynamoDB Local understands it."""
    if operation not in _WITH_ARNS or b":dynamodb:" not in request.body:
        return request
    return replace(request, body=_ARN.sub(rb"\1" + _ITS_OWN + b":", request.body))


def answered(operation: str, request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The answer with the region that the request was signed for."""
    if operation not in _WITH_ARNS or _ITS_OWN not in answer.body:
        return answer
    signed = _SIGNED_FOR.search(request.header("authorization") or "")
    region = (signed[1] if signed else DEFAULT_REGION).encode()
    body = _ARN.sub(rb"\1" + region + b":", answer.body)
    body = _REGION_OF_RECORD.sub(rb"\1" + region + b'"', body)
    headers = [pair for pair in answer.headers if pair[0].lower() != _CHECKSUM]
    return replace(answer, headers=headers, body=body)
