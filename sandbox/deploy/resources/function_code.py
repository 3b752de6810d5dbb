"""The code of a function: a local folder, a local archive, inline source, or an object in S3."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from importlib import resources
from pathlib import Path as File
from typing import Any

from sandbox.deploy.resources import inline
from sandbox.deploy.resources.base import Props
from sandbox.deploy.template.local_files import local_path
from sandbox.deploy.template.problem import Path, Problem

#: The bucket that means "this folder on this machine": its functions run the files as they are now.
HOT_RELOAD_BUCKET = "hot-reload"
#: What inline source says that asks for the module beside it, and the module's file.
_ANSWERS_PYTHON = (re.compile(r"^\s*import cfnresponse\b", re.MULTILINE), "cfnresponse.py")
_ANSWERS_NODE = (re.compile(r"""require\(\s*(['"])cfn-response\1\s*\)"""), "cfn-response.js")


def prepare_code(code: Props, folder: File, path: Path) -> Props:
    """Code as it is compared and recorded: `Folder`, or `Archive` with its `Sha256`, where it is local.

    Raises:
        Problem: what it names does not exist.
    """
    if "ZipFile" in code:
        return code
    local = local_path(code.get("S3Bucket"), code.get("S3Key"), folder)
    if local is None:
        if "S3Bucket" not in code or "S3Key" not in code:
            raise Problem(path, "it names no code", "give a local CodeUri, ZipFile, or S3Bucket and S3Key")
        return code
    if local.is_dir():
        return {"Folder": str(local)}
    if local.is_file() and zipfile.is_zipfile(local):
        return {"Archive": str(local), "Sha256": hashlib.sha256(local.read_bytes()).hexdigest()}
    why = "is neither a folder nor a zip archive" if local.exists() else "does not exist"
    raise Problem(path, f"{local} {why}", "give the folder that holds the function's code")


def code_state(code: Props) -> str:
    """Stands for what local code is now: names, sizes and times of its files; empty where it is not local."""
    if "Folder" not in code:
        return str(code.get("Sha256", ""))
    root = File(code["Folder"])
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if "__pycache__" not in path.parts and path.is_file():
            status = path.stat()
            digest.update(f"{path.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def code_parameters(code: Props, runtime: str) -> dict[str, Any]:
    """The code as `CreateFunction` and `UpdateFunctionCode` take it."""
    if "Folder" in code:
        return {"S3Bucket": HOT_RELOAD_BUCKET, "S3Key": code["Folder"]}
    if "Archive" in code:
        return {"ZipFile": File(code["Archive"]).read_bytes()}
    if "ZipFile" in code:
        return {"ZipFile": _zip(code["ZipFile"], runtime)}
    return dict(code)


def _zip(text: str, runtime: str) -> bytes:
    """An archive of inline source, in the file that CloudFormation puts it in: `index`, with a fixed date.

    Source that asks for the module that answers for custom resources has it beside, as on AWS.
    """
    node = runtime.startswith("nodejs")
    files = {"index.js" if node else "index.py": text}
    asks, module = _ANSWERS_NODE if node else _ANSWERS_PYTHON
    if asks.search(text):
        files[module] = resources.files(inline).joinpath(module).read_text()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
