"""What is changed in Lambda's own calls on their way to LocalStack.

A local folder is mounted, and the function's dependencies beside it, so that an edit is live; where the
daemon does not have the folder, both become an archive. Tokens in its variables become the addresses that its
container reaches; its SDK is pointed to the front door, so that its calls are recorded.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from sandbox.engines.docker.edits import Edits
from sandbox.engines.docker.invocations import bare_function
from sandbox.engines.docker.mounts import INSIDE, Mounts
from sandbox.engines.docker.packages import Packages
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest
from sandbox.model.ports import Bindings

#: As in the deployer: the bucket that means "this folder on this machine".
_FOLDER = "hot-reload"
_NAME_IN_PATH = re.compile(r"/functions/([^/?]+)")
_LAYER_IN_PATH = re.compile(r"/layers/([^/?]+)")
_INVOCATIONS = frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"})
_ENDPOINT = "AWS_ENDPOINT_URL"
#: Where Python's runtimes look for modules beside the code and the layers
#: (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
_PATH, _PATH_OF_RUNTIMES = "PYTHONPATH", "/var/runtime"
_DEFAULT_ARCHITECTURE = "x86_64"

#: Reads a function's configuration, by the name or ARN it is called by (percent-encoded).
Configuration = Callable[[str], Awaitable[dict[str, Any]]]

#: Replaces a function's code; the members are those of `UpdateFunctionCode`.
Upload = Callable[[str, Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Deployed:
    """A function that came from a folder.

    Attributes:
        digest: of the archive it was made into, or of what is mounted beside it.
        mounted: its folder is mounted.
    """

    folder: Path
    runtime: str
    architecture: str
    digest: str
    layers: tuple[Path, ...] = ()
    mounted: bool = False


class FunctionCalls:
    """Rewrites requests.

    Args:
        bindings: what tokens are for the functions' containers.
        endpoint: the front door's URL for them, or nothing where they call LocalStack themselves.
        configuration: reads `GetFunctionConfiguration` of LocalStack.
        mounts: mounts folders; None where every function is made into an archive.
        edits: looks at what is mounted.
    """

    def __init__(
        self,
        packages: Packages,
        bindings: Bindings,
        endpoint: Callable[[], str],
        configuration: Configuration,
        mounts: Mounts | None = None,
        edits: Edits | None = None,
    ) -> None:
        self._mounts = mounts
        self._edits = edits
        self._packages = packages
        self._bindings = bindings
        self._endpoint = endpoint
        self._configuration = configuration
        self._deployed: dict[str, _Deployed] = {}
        self._layers: dict[str, Path] = {}

    async def rewritten(self, operation: str, request: HttpRequest) -> HttpRequest:
        """The request as LocalStack gets it.

        Raises:
            AwsError: its code cannot be packed.
            DependencyError: its requirements cannot be installed.
        """
        if operation in _INVOCATIONS:
            known = self._deployed.get(_function(request))
            if known is not None and known.mounted and self._edits is not None:
                await self._edits.check(known.folder)
            return request
        if operation == "CreateFunction":
            body = _read(request)
            name = str(body.get("FunctionName"))
            if "Code" in body:
                architecture = (body.get("Architectures") or [_DEFAULT_ARCHITECTURE])[0]
                layers = self._layer_folders(body.get("Layers"))
                body["Code"] = await self._code(
                    name, body["Code"], body.get("Runtime", ""), architecture, layers
                )
            body["Environment"] = self._environment(name, body.get("Environment"))
            return _written(request, body)
        if operation == "PublishLayerVersion":
            return _written(request, await self._layer(request))
        if operation == "UpdateFunctionConfiguration":
            body = _read(request)
            if "Environment" in body:
                body["Environment"] = self._environment(_function(request), body["Environment"])
            known = self._deployed.get(_function(request))
            if known is not None and "Layers" in body:  # `refresh` uploads the code that has them
                layers = self._layer_folders(body["Layers"])
                self._deployed[_function(request)] = replace(known, layers=layers)
            return _written(request, body)
        if operation == "UpdateFunctionCode":
            body = _read(request)
            if body.get("S3Bucket") == _FOLDER:
                body = await self._update(request, body)
            return _written(request, body)
        if operation == "DeleteFunction":
            self._deployed.pop(_function(request), None)
        return request

    def mounted(self) -> set[Path]:
        """The folders that are mounted."""
        return {known.folder for known in self._deployed.values() if known.mounted}

    async def refresh(self, upload: Upload) -> list[str]:
        """Uploads what has changed in the folders of functions since they were deployed; returns their names.

        Raises:
            AwsError, DependencyError: the code of one cannot be packed, or was refused.
        """
        changed = []
        for name, known in tuple(self._deployed.items()):
            code = {"S3Bucket": _FOLDER, "S3Key": str(known.folder)}
            members = await self._code(name, code, known.runtime, known.architecture, known.layers)
            now = self._deployed.get(name)
            if now is not None and now.digest != known.digest:
                await upload(name, members)
                changed.append(name)
        return changed

    async def _update(self, request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
        name = _function(request)
        known = await self._configuration(name)
        architecture = (body.get("Architectures") or known.get("Architectures") or [_DEFAULT_ARCHITECTURE])[0]
        layers = self._layer_folders([layer["Arn"] for layer in known.get("Layers") or ()])
        code = await self._code(name, body, known.get("Runtime", ""), architecture, layers)
        kept = {
            key: value for key, value in body.items() if key not in ("S3Bucket", "S3Key", "S3ObjectVersion")
        }
        return {**kept, **code}

    async def _code(
        self,
        name: str,
        code: Mapping[str, Any],
        runtime: str,
        architecture: str,
        layers: tuple[Path, ...] = (),
    ) -> dict[str, Any]:
        if code.get("S3Bucket") != _FOLDER:
            return dict(code)
        folder = Path(code["S3Key"])
        if self._mounts is not None and await asyncio.to_thread(self._mounts.sees, folder):
            return await self._mounted(self._mounts, name, folder, runtime, architecture, layers)
        archive = await self._packages.build(folder, runtime, architecture, layers)
        self._deployed[name] = _Deployed(folder, runtime, architecture, _digest(archive), layers)
        return {"ZipFile": base64.b64encode(archive).decode()}

    async def _mounted(
        self,
        mounts: Mounts,
        name: str,
        folder: Path,
        runtime: str,
        architecture: str,
        layers: tuple[Path, ...],
    ) -> dict[str, Any]:
        libraries = await self._packages.libraries(folder, runtime, architecture, layers)
        digest = await asyncio.to_thread(_digest_of, libraries)
        known = self._deployed.get(name)
        if known is None or not known.mounted or known.digest != digest:
            await asyncio.to_thread(mounts.provide, name, libraries)
        if self._edits is not None:  # from here on: what is given to LocalStack now is no edit
            await self._edits.check(folder)
        self._deployed[name] = _Deployed(folder, runtime, architecture, digest, layers, mounted=True)
        return {"S3Bucket": _FOLDER, "S3Key": str(folder)}

    async def _layer(self, request: HttpRequest) -> dict[str, Any]:
        """A layer of a folder becomes one of an archive; the functions get its files from the folder."""
        body = _read(request)
        content = body.get("Content") or {}
        if content.get("S3Bucket") != _FOLDER:
            return body
        folder = Path(content["S3Key"])
        found = _LAYER_IN_PATH.search(request.path)
        self._layers[unquote(found[1]) if found else ""] = folder
        archive = await self._packages.build(folder, "", _DEFAULT_ARCHITECTURE)
        return {**body, "Content": {"ZipFile": base64.b64encode(archive).decode()}}

    def _layer_folders(self, arns: Sequence[str] | None) -> tuple[Path, ...]:
        names = [arn.split(":")[-2] for arn in arns or ()]
        return tuple(self._layers[name] for name in names if name in self._layers)

    def _environment(self, name: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
        variables = {
            name: self._bindings.expand(value)
            for name, value in ((given or {}).get("Variables") or {}).items()
        }
        endpoint = self._endpoint()
        if endpoint:
            variables.setdefault(_ENDPOINT, endpoint)
        known = self._deployed.get(name)
        if known is not None and known.mounted:
            own = variables.get(_PATH, _PATH_OF_RUNTIMES)
            variables[_PATH] = f"{own}:{INSIDE}/{name}"
        return {"Variables": variables}


def _function(request: HttpRequest) -> str:
    """The name in a path; an ARN and a qualified name are cut down to it."""
    found = _NAME_IN_PATH.search(request.path)
    return bare_function(unquote(found[1]), "", "").resource.rpartition(":")[2] if found else ""


def _digest_of(folders: Sequence[Path]) -> str:
    """Of the names, sizes and times of all files."""
    digest = hashlib.sha256()
    for folder in folders:
        digest.update(f"{folder}\0".encode())
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path}\0{path.stat().st_size}\0{path.stat().st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _digest(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        return msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise AwsError(
            "SerializationException", f"Could not parse request body into json: {error}"
        ) from error


def _written(request: HttpRequest, body: Mapping[str, Any]) -> HttpRequest:
    return msgspec.structs.replace(request, body=msgspec.json.encode(body))
