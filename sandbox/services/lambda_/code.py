"""Where the code of functions lies: uploaded archives by content, live folders where they are."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.ids import Ids
from sandbox.model.lambda_errors import conflict, invalid, lambda_error
from sandbox.model.lambda_limits import UNZIPPED, ZIPPED
from sandbox.services.lambda_.archive import pack, unpack
from sandbox.services.lambda_.live import LiveFolders, fingerprint
from sandbox.services.lambda_.objects import Objects
from sandbox.services.lambda_.records import Package

#: The bucket name that stands for "a folder of this machine"; known from LocalStack.
LIVE_BUCKET = "hot-reload"


class CodeStore:
    """Keeps deployment packages below one folder.

    Args:
        folder: made where missing; holds `<sha256>.zip` and the unpacked `<sha256>/`, never changed.
        clock: measures what walking a live folder costs.
        ids: names of temporary folders.
        objects: packages in S3.
    """

    def __init__(self, folder: Path, clock: Clock, ids: Ids, objects: Objects) -> None:
        self._folder = folder.absolute()
        self._objects = objects
        self._ids = ids
        self._live = LiveFolders(clock)

    async def clean(self) -> None:
        """Removes what a killed process left half unpacked."""
        await asyncio.to_thread(self._clean)

    async def receive(self, code: Mapping[str, Any], call: Call) -> Package:
        """Takes the `Code` of a request: a zip archive, an object in S3 that is one, or a live folder
        (`S3Bucket` is `hot-reload`).

        Raises:
            AwsError: the package is broken or too large, the folder or object does not exist, or the source
                is refused by name (containers).
        """
        for member in ("ImageUri", "S3ObjectStorageMode", "SourceKMSKeyArn"):
            if code.get(member):
                raise NotImplementedByName("lambda", f"parameter Code.{member}")
        archive = code.get("ZipFile")
        bucket = code.get("S3Bucket")
        if archive is not None and bucket is not None:
            raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
        if archive is not None:
            if len(archive) > ZIPPED:
                raise lambda_error(
                    "RequestTooLargeException",
                    f"Request must be smaller than {ZIPPED} bytes for the CreateFunction operation",
                    413,
                )
            return await self._receive_archive(bytes(archive))
        if bucket == LIVE_BUCKET:
            return await asyncio.to_thread(_receive_folder, str(code.get("S3Key") or ""))
        if bucket is not None:
            version = code.get("S3ObjectVersion")
            data = await self._objects.read(call, str(bucket), str(code.get("S3Key") or ""), version)
            return await self._receive_archive(data)
        raise invalid("Please provide a source for function code.")

    async def ready(self, package: Package) -> None:
        """Unpacks a stored archive again where its folder is gone.

        Raises:
            AwsError: `ResourceConflictException`, both are gone, or the live folder is.
        """
        if self._is_missing(package):
            if package.live:
                raise _gone(package.folder)
            await asyncio.to_thread(self._restore, package)

    def folder(self, package: Package) -> Path:
        """Where the package lies unpacked. Not stored for uploads: a state folder may be moved."""
        return Path(package.folder) if package.live else self._folder / package.key

    def archive(self, package: Package) -> Path:
        """The uploaded archive; for live code its folder."""
        return Path(package.folder) if package.live else self._folder / f"{package.key}.zip"

    def key(self, package: Package) -> str:
        """Stands for the package's content now; differs whenever a live folder changed.

        Raises:
            AwsError: `ResourceConflictException`, the live folder is gone.
        """
        if not package.live:
            return package.key
        key = self._live.key(package.folder)
        if key is None:
            raise _gone(package.folder)
        return key

    def close(self) -> None:
        """Watches live folders no longer."""
        self._live.close()

    async def current(self, package: Package) -> Package:
        """The package as its content is now: that of a live folder may have changed since it was given.

        Raises:
            AwsError: the folder is gone.
        """
        return await asyncio.to_thread(_receive_folder, package.folder) if package.live else package

    async def freeze(self, package: Package) -> Package:
        """A package that does not change any more: a live folder is copied as it is now."""
        if not package.live:
            return package
        data = await asyncio.to_thread(pack, Path(package.folder))
        key = hashlib.sha256(data).hexdigest()
        await asyncio.to_thread(self._keep, data, self._folder / key, self._folder / f"{key}.zip", None)
        return Package(live=False, sha256=package.sha256, size=package.size, key=key)

    async def _receive_archive(self, data: bytes) -> Package:
        if not data:
            raise invalid("Uploaded file must be a non-empty zip")
        digest = hashlib.sha256(data)
        folder = self._folder / digest.hexdigest()
        archive = self._folder / f"{digest.hexdigest()}.zip"
        await asyncio.to_thread(self._keep, data, folder, archive)
        return Package(
            live=False,
            sha256=b64encode(digest.digest()).decode(),
            size=len(data),
            key=digest.hexdigest(),
        )

    def _clean(self) -> None:
        for path in self._folder.glob(".*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _restore(self, package: Package) -> None:
        archive, folder = self.archive(package), self.folder(package)
        if not archive.is_file():
            raise _gone(str(folder))
        self._unpack(archive.read_bytes(), folder)

    def _is_missing(self, package: Package) -> bool:
        return not os.path.isdir(package.folder if package.live else self.folder(package))  # noqa: PTH112 - quick

    def _keep(self, data: bytes, folder: Path, archive: Path, limit: int | None = UNZIPPED) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            self._unpack(data, folder, limit)
        if not archive.is_file():
            partial = self._folder / f".{self._ids.hex(16)}.zip"
            partial.write_bytes(data)
            partial.replace(archive)

    def _unpack(self, data: bytes, folder: Path, limit: int | None = None) -> None:
        partial = self._folder / f".{self._ids.hex(16)}"
        partial.mkdir(parents=True)
        try:
            unpack(data, partial, limit)
            partial.rename(folder)
        except OSError:
            # The same package came twice at a time: the other one is as good.
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _gone(folder: str) -> AwsError:
    return conflict(
        f"The code folder {folder} of the function is gone. Bring it back, or deploy the function again."
    )


def _receive_folder(path: str) -> Package:
    folder = Path(path)
    if not folder.is_absolute():
        raise invalid(
            f"S3Key must be the absolute path of a folder when S3Bucket is {LIVE_BUCKET!r}; got {path!r}"
        )
    if not folder.is_dir():
        raise invalid(f"The code folder {folder} does not exist. Make it, or correct S3Key.")
    key, size = fingerprint(folder)
    digest = b64encode(hashlib.sha256(key.encode()).digest()).decode()
    return Package(folder=str(folder), live=True, sha256=digest, size=size, key=key)
