"""The documents that destinations get.

Pages: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import msgspec

from sandbox.model.arn import Arn
from sandbox.model.scope import Scope
from sandbox.services.s3.changes import Change

SUBJECT = "Amazon S3 Notification"


class Occasion(msgspec.Struct, frozen=True):
    """A change and its circumstances, the same for every destination.

    Attributes:
        scope: account and region of the bucket.
        at: virtual time, seconds since the epoch.
        sequencer: orders the events of a key.
        requester: account of the caller. address: where it called from.
    """

    change: Change
    scope: Scope
    bucket: str
    at: float
    sequencer: str
    requester: str
    address: str
    request_id: str


def bucket_arn(bucket: str) -> Arn:
    """The ARN of a bucket."""
    return Arn("s3", "", "", bucket)


def test_event(bucket: str, at: float, request_id: str) -> str:
    """What queues and topics get when they are configured."""
    return _json(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": _time(at),
            "Bucket": bucket,
            "RequestId": request_id,
            "HostId": _host(request_id),
        }
    )


def record(occasion: Occasion, configuration: str) -> str:
    """What queues, topics and functions get: a list of one record.

    Args:
        configuration: id of the rule that matched.
    """
    change = occasion.change
    # The key is encoded as in a form: a space is a plus.
    about: dict[str, Any] = {"key": quote_plus(change.key, safe="/")}
    if change.created and change.size is not None:
        about["size"] = change.size
    if change.etag:
        about["eTag"] = change.etag
    if change.version:
        about["versionId"] = change.version
    about["sequencer"] = occasion.sequencer
    told = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": occasion.scope.region,
        "eventTime": _time(occasion.at),
        "eventName": change.event.removeprefix("s3:"),
        "userIdentity": {"principalId": f"AWS:{_principal(occasion.requester)}"},
        "requestParameters": {"sourceIPAddress": occasion.address},
        "responseElements": {
            "x-amz-request-id": occasion.request_id,
            "x-amz-id-2": _host(occasion.request_id),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": occasion.bucket,
                "ownerIdentity": {"principalId": _principal(occasion.scope.account)},
                "arn": str(bucket_arn(occasion.bucket)),
            },
            "object": about,
        },
    }
    return _json({"Records": [told]})


def bus_event(occasion: Occasion) -> str:
    """What EventBridge gets: the parts of an event that S3 decides."""
    change = occasion.change
    about: dict[str, Any] = {"key": change.key}
    if change.created and change.size is not None:
        about["size"] = change.size
    if change.etag:
        about["etag"] = change.etag
    if change.version:
        about["version-id"] = change.version
    about["sequencer"] = occasion.sequencer
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": occasion.bucket},
        "object": about,
        "request-id": occasion.request_id,
        "requester": occasion.requester,
        "source-ip-address": occasion.address,
        "reason": change.reason,
    }
    if not change.created:
        detail["deletion-type"] = "Delete Marker Created" if change.marker else "Permanently Deleted"
    return _json(
        {
            "source": "aws.s3",
            "detail-type": "Object Created" if change.created else "Object Deleted",
            "resources": [str(bucket_arn(occasion.bucket))],
            "detail": detail,
            "time": occasion.at,
        }
    )


def _json(document: Any) -> str:
    return msgspec.json.encode(document).decode()


def _time(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _principal(account: str) -> str:
    """An id for whoever acts for an account; always the same one."""
    return "A" + hashlib.sha256(account.encode()).hexdigest()[:13].upper()


def _host(request_id: str) -> str:
    """What S3 calls the id of the host that served a request."""
    return base64.b64encode(hashlib.sha512(request_id.encode()).digest()[:56]).decode()
