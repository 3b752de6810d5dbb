"""Templates as the CDK synthesises them (`cdk.out/STACK.template.json`).

Code lies in folders beside the template, which its metadata name; on AWS the CDK has uploaded them by then.
Follows https://docs.aws.amazon.com/cdk/v2/guide/assets.html and
https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sandbox.deploy.template.local_files import LOCAL_BUCKET

#: Says which constructs were used, to AWS only; makes nothing.
_METADATA = "AWS::CDK::Metadata"
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/[A-Za-z0-9_-]+/version")
#: What the sandbox says of its bootstrap stack. It has none and needs none, because no asset is uploaded.
BOOTSTRAP_VERSION = "30"


def read_assets(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its assets as local code."""
    resources = {logical_id: _resource(body) for logical_id, body in data["Resources"].items()}
    return {**data, "Resources": resources}


def without_metadata(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what only speaks to AWS."""
    resources = {
        logical_id: body
        for logical_id, body in data["Resources"].items()
        if not (isinstance(body, dict) and body.get("Type") == _METADATA)
    }
    return {**data, "Resources": resources}


def is_bootstrap_version(parameter: str) -> bool:
    """Whether a parameter of the Parameter Store is the version of the CDK's bootstrap stack."""
    return _BOOTSTRAP.fullmatch(parameter) is not None


def _resource(body: Any) -> Any:
    metadata = body.get("Metadata") if isinstance(body, dict) else None
    if not isinstance(metadata, dict) or not isinstance(body.get("Properties"), dict):
        return body
    path, name = metadata.get("aws:asset:path"), metadata.get("aws:asset:property")
    if not isinstance(path, str) or name not in {"Code", "Content"}:
        return body
    local = {"S3Bucket": LOCAL_BUCKET, "S3Key": quote(path)}
    return {**body, "Properties": {**body["Properties"], name: local}}
