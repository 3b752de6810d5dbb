"""`Fn::Transform` with `AWS::Include`: parts of a template that are kept in files beside it.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html. On
AWS the files lie in S3, where `aws cloudformation package` puts them; here they are read where they lie.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

from sandbox.deploy.template.problem import Path, Problem
from sandbox.deploy.template.source import read_source
from sandbox.errors import TemplateError

_TRANSFORM = "Fn::Transform"
_REMEDY = "give the path of a file beside the template as its Location"


def include_files(data: Mapping[str, Any], folder: File | None) -> dict[str, Any]:
    """The document with what its `AWS::Include` transforms name in their place.

    Args:
        folder: what local paths are relative to; None where the template is no file.

    Raises:
        Problem: another macro is called, or the file is not a local one that can be read.
    """
    included: dict[str, Any] = _walk(data, folder, ())
    return included


def _walk(value: Any, folder: File | None, path: Path) -> Any:
    if isinstance(value, list):
        return [_walk(item, folder, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    walked = {key: _walk(item, folder, (*path, key)) for key, item in value.items() if key != _TRANSFORM}
    if _TRANSFORM in value:
        walked |= _included(value[_TRANSFORM], folder, (*path, _TRANSFORM))
    return walked


def _included(call: Any, folder: File | None, path: Path) -> Mapping[str, Any]:
    name = call.get("Name") if isinstance(call, dict) else None
    if name != "AWS::Include":
        raise Problem(path, f"the macro {name} is not implemented", "write out what the macro would make")
    parameters = call.get("Parameters")
    location = parameters.get("Location") if isinstance(parameters, dict) else None
    if not isinstance(location, str):
        raise Problem(path, "its Location is not a text: files in S3 are not included here", _REMEDY)
    if folder is None:
        raise Problem(path, f"{location} cannot be included into a template that is no file", "write it out")
    if location.startswith("s3://"):
        raise Problem(path, f"{location} is in S3, and only local files are included here", _REMEDY)
    try:
        return read_source((folder / location).resolve()).data
    except TemplateError as error:
        raise Problem(path, f"{location}: {error.why}", error.remedy) from error
