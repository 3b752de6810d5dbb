"""Local paths in templates: handler folders and API definitions beside the template.

The SAM transform takes code in S3 only. A local `CodeUri` becomes an object of a bucket that does not exist,
whose
key is the path; the Lambda handler of `resources` turns it back into a folder. A local API definition is read
into
the template. So the transformed template depends on no machine's paths, and can be cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any
from urllib.parse import quote, unquote

from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.source import read_source
from sandbox.errors import TemplateError

#: The bucket of objects that are local paths.
LOCAL_BUCKET = "sandbox-local"

_CODE = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Lambda::Function": "Code",
    "AWS::Lambda::LayerVersion": "Content",
}
_DEFINITIONS = frozenset({"AWS::Serverless::Api", "AWS::Serverless::HttpApi"})


def hide_local_files(data: Mapping[str, Any], folder: File) -> dict[str, Any]:
    """The document with local code replaced by placeholders and local API definitions read in.

    Raises:
        Problem: an API definition cannot be read.
    """
    hidden = dict(data)
    globals_ = dict(data.get("Globals", {}))
    if isinstance(globals_.get("Function"), dict):
        globals_["Function"] = _hide(globals_["Function"], "CodeUri", sam=True)
        hidden["Globals"] = globals_
    hidden["Resources"] = {
        logical_id: _resource(logical_id, body, folder) for logical_id, body in data["Resources"].items()
    }
    return hidden


def local_path(bucket: Any, key: Any, folder: File) -> File | None:
    """The file or folder that a placeholder stands for, or None where the code is not local."""
    if bucket != LOCAL_BUCKET or not isinstance(key, str):
        return None
    return (folder / unquote(key)).resolve()


def _resource(logical_id: str, body: Any, folder: File) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("Properties"), dict):
        return body
    kind, properties = body.get("Type"), body["Properties"]
    if kind in _CODE:
        properties = _hide(properties, _CODE[kind], sam=kind.startswith("AWS::Serverless"))
    elif kind in _DEFINITIONS and isinstance(properties.get("DefinitionUri"), str):
        uri = properties["DefinitionUri"]
        if not uri.startswith("s3://"):
            path: Path = ("Resources", logical_id, "Properties", "DefinitionUri")
            try:
                definition = read_source((folder / uri).resolve()).data
            except TemplateError as error:
                raise Problem(path, f"{uri}: {error.why}", error.remedy) from error
            properties = {key: value for key, value in properties.items() if key != "DefinitionUri"}
            properties["DefinitionBody"] = dict(definition)
    return {**body, "Properties": properties}


def _hide(properties: Mapping[str, Any], key: str, *, sam: bool) -> dict[str, Any]:
    value = properties.get(key)
    if not isinstance(value, str) or value.startswith("s3://"):
        return dict(properties)
    quoted = quote(value)
    placeholder: Any = f"s3://{LOCAL_BUCKET}/{quoted}" if sam else {"S3Bucket": LOCAL_BUCKET, "S3Key": quoted}
    return {**properties, key: placeholder}
