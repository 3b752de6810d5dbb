"""URLs of templates, which are objects in buckets.

Page: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_HOST = re.compile(r"(?P<bucket>.+)\.s3([.-][a-z0-9-]+)?\.(amazonaws\.com|localhost\S*)(:\d+)?")
_VERSION = "versionId="


class ObjectAddress(NamedTuple):
    """An object; `version` is empty where the URL names none."""

    bucket: str
    key: str
    version: str = ""


def object_address(url: str) -> ObjectAddress | None:
    """The object that a URL is of, in the host's or the path's style; None where it is no such URL."""
    parts = urlsplit(url)
    host, path = _HOST.fullmatch(parts.netloc), parts.path.lstrip("/")
    bucket, _, key = (host["bucket"], "", path) if host else path.partition("/")
    if parts.scheme not in ("http", "https") or not bucket or not key:
        return None
    return ObjectAddress(bucket, unquote(key), parts.query.removeprefix(_VERSION))
