"""Templates as the CDK synthesises them (`cdk.out/STACK.template.json`).

Code lies in folders beside the template, which `STACK.assets.json` names, or the metadata of a function; on
AWS the CDK has uploaded them by then.
Follows https://docs.aws.amazon.com/cdk/v2/guide/assets.html and
https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any
from urllib.parse import quote

from sandbox.deploy.template.local_files import LOCAL_BUCKET

_TEMPLATE = ".template.json"
_STACK = "AWS::CloudFormation::Stack"
_CODE = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}
#: Says which constructs were used, to AWS only; makes nothing.
METADATA = "AWS::CDK::Metadata"
_BOOTSTRAP = re.compile(r"/cdk-bootstrap/[A-Za-z0-9_-]+/version")
#: What the sandbox says of its bootstrap stack. It has none and needs none, because no asset is uploaded.
BOOTSTRAP_VERSION = "30"


def read_assets(data: Mapping[str, Any], template: File) -> dict[str, Any]:
    """The document with its assets as local code.

    Args:
        template: the file that it is from.
    """
    uploads = _uploads(template)
    resources = {logical_id: _resource(body, uploads) for logical_id, body in data["Resources"].items()}
    return {**data, "Resources": resources}


def without_metadata(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what only speaks to AWS."""
    resources = {
        logical_id: body
        for logical_id, body in data["Resources"].items()
        if not (isinstance(body, dict) and body.get("Type") == METADATA)
    }
    return {**data, "Resources": resources}


def is_bootstrap_version(parameter: str) -> bool:
    """Whether a parameter of the Parameter Store is the version of the CDK's bootstrap stack."""
    return _BOOTSTRAP.fullmatch(parameter) is not None


def _uploads(template: File) -> dict[str, str]:
    """What the CDK would upload for a template: the folder or file of each object key."""
    if not template.name.endswith(_TEMPLATE):
        return {}
    manifest = template.with_name(template.name.removesuffix(_TEMPLATE) + ".assets.json")
    try:
        files = json.loads(manifest.read_bytes())["files"].values()
        return {
            str(destination["objectKey"]): str(one["source"]["path"])
            for one in files
            for destination in one["destinations"].values()
            if "path" in one["source"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # without a manifest, or with one of another kind, the metadata have to do


def _resource(body: Any, uploads: Mapping[str, str]) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("Properties"), dict):
        return body
    name = _CODE.get(str(body.get("Type")), "")
    code = body["Properties"].get(name)
    metadata = body.get("Metadata")
    if body.get("Type") == _STACK and isinstance(metadata, dict):
        return _nested(body, metadata)
    if not isinstance(code, dict):
        return body
    path = uploads.get(str(code.get("S3Key")))
    if path is None and isinstance(metadata, dict) and metadata.get("aws:asset:property") == name:
        path = metadata.get("aws:asset:path")
    if not isinstance(path, str):
        return body
    local = {"S3Bucket": LOCAL_BUCKET, "S3Key": quote(path)}
    return {**body, "Properties": {**body["Properties"], name: local}}


def _nested(body: Mapping[str, Any], metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """A nested stack whose template lies beside its parent's."""
    path = metadata.get("aws:asset:path")
    if metadata.get("aws:asset:property") != "TemplateURL" or not isinstance(path, str):
        return body
    return {**body, "Properties": {**body["Properties"], "TemplateURL": path}}
