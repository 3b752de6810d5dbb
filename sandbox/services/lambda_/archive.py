"""Unpacking a deployment package that came from anybody: bounded, and never outside of its folder.

And packing a folder of this machine, so that it can be kept as it is now.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from pathlib import Path, PurePosixPath

from sandbox.model.lambda_errors import invalid
from sandbox.model.lambda_limits import UNZIPPED

MAX_ENTRIES = 100_000
_CHUNK = 1 << 20
_BROKEN = "Could not unzip uploaded file. Please check your file, then try to upload again."
_TOO_LARGE = f"Unzipped size must be smaller than {UNZIPPED} bytes"


def pack(folder: Path) -> bytes:
    """An archive of a folder, without caches and hidden folders; blocks, so it is called in a thread."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for place, folders, names in os.walk(folder, followlinks=True):
            folders[:] = sorted(name for name in folders if name != "__pycache__" and name[0] != ".")
            for name in sorted(names):
                path = Path(place, name)
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = path.stat().st_mode << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return data.getvalue()


def unpack(data: bytes, folder: Path, limit: int | None = UNZIPPED) -> None:
    """Unpacks a zip archive into an empty folder; blocks, so it is called in a thread.

    Args:
        data: the archive.
        folder: exists and is empty.
        limit: bytes allowed once unpacked, counted as they come (headers may lie); None for no limit.

    Raises:
        AwsError: `InvalidParameterValueException`: not a zip, empty, too large, or with entries that would
            lie outside of the folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if not entries:
                raise invalid("Uploaded file must be a non-empty zip")
            most = sys.maxsize if limit is None else limit
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > most:
                raise invalid(_TOO_LARGE)
            _unpack_entries(archive, entries, folder, most)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise invalid(_BROKEN) from error


def _unpack_entries(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, limit: int
) -> None:
    links: list[tuple[Path, str]] = []
    left = limit
    for entry in entries:
        target = _target(folder, entry.filename)
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = entry.external_attr >> 16
        if stat.S_ISLNK(mode):
            links.append((target, archive.read(entry).decode()))
            continue
        left = _write(archive, entry, target, left)
        # Whoever runs the function must be able to read it, whatever the archive says.
        target.chmod((stat.S_IMODE(mode) & 0o755) | 0o644 if mode else 0o644)
    # Links come last: nothing is written through them.
    for target, pointed in links:
        _link(folder, target, pointed)


def _target(folder: Path, name: str) -> Path:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name or ":" in path.parts[0]:
        raise invalid(_BROKEN)
    return folder.joinpath(*path.parts)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    with archive.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise invalid(_TOO_LARGE)
            out.write(chunk)
    return left


def _link(folder: Path, target: Path, pointed: str) -> None:
    root = folder.resolve()
    aim = (target.parent / pointed).resolve()
    if Path(pointed).is_absolute() or (aim != root and root not in aim.parents):
        raise invalid(_BROKEN)
    target.unlink(missing_ok=True)
    target.symlink_to(pointed)
