"""The file of a snapshot: a zip archive, written whole or not at all, and checked before anything is used."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from pathlib import Path

import msgspec

from sandbox.errors import StoreError
from sandbox.session.snapshots.manifest import FORMAT, Manifest
from sandbox.store.format import FORMAT as STATE_FORMAT

#: The parts that every snapshot has.
STATE, JOURNAL = "state.db", "journal.db"
_MANIFEST = "manifest.json"
_BLOCK = 1024 * 1024


#: What a damaged archive may raise, wherever it is damaged: in an entry's head, its data, or the index.
_DAMAGE = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class SnapshotError(StoreError):
    """A snapshot's file cannot be used."""


class _Head(msgspec.Struct, frozen=True):
    """What is read first, whatever the format."""

    format: int
    state_format: int = 0
    sandbox: str = "unknown"


def write(file: Path, manifest: Manifest, folder: Path) -> None:
    """Writes a folder's files and what they are; an older file of the name is replaced at the end.

    Raises:
        SnapshotError: the file cannot be written.
    """
    members = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = {str(path.relative_to(folder)): _digest(path) for path in members}
    complete = msgspec.structs.replace(manifest, digests=digests)
    partial = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_MANIFEST, msgspec.json.encode(complete))
            for path in members:
                archive.write(path, path.relative_to(folder))
        partial.chmod(0o600)
        partial.replace(file)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise SnapshotError(
            f"the snapshot {file} cannot be written", str(error), "free some disk space, or name another file"
        ) from error


def read_manifest(file: Path) -> Manifest:
    """What a file holds.

    Raises:
        SnapshotError: there is no such file, it is no snapshot, it is damaged, or it has another format.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            data = archive.read(_MANIFEST)
        head = msgspec.json.decode(data, type=_Head)
    except FileNotFoundError as error:
        raise SnapshotError(
            f"there is no snapshot {file}", "no such file", "`sandbox snapshot ls` lists those there are"
        ) from error
    except (*_DAMAGE, msgspec.DecodeError) as error:
        raise _broken(file, f"it is no snapshot, or its beginning or end is missing ({error})") from error
    if head.format != FORMAT:
        raise _another(file, "its format", head.format, FORMAT, head.sandbox)
    if head.state_format != STATE_FORMAT:
        raise _another(file, "the format of its state", head.state_format, STATE_FORMAT, head.sandbox)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise _broken(file, f"its manifest cannot be read ({error})") from error
    needed = {STATE, JOURNAL, *(dump.file for dump in manifest.databases.databases.values())}
    if missing := needed - manifest.digests.keys():
        raise _broken(file, f"its parts {', '.join(sorted(missing))} are missing")
    return manifest


def unpack(file: Path, manifest: Manifest, folder: Path) -> None:
    """Takes a file apart, and checks every part of it.

    Raises:
        SnapshotError: a part is missing, damaged, or was put in by somebody else.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            for name, digest in manifest.digests.items():
                target = folder / name
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise _broken(file, f"its part {name} would lie outside")
                target.parent.mkdir(parents=True, exist_ok=True)
                content = archive.read(name)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise _broken(file, f"its part {name} is not what was saved")
                target.write_bytes(content)
    except _DAMAGE as error:
        raise _broken(file, str(error)) from error


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _broken(file: Path, why: str) -> SnapshotError:
    return SnapshotError(
        f"the snapshot {file} is damaged", why, "get the file again, or save another one; nothing was changed"
    )


def _another(file: Path, which: str, its: int, ours: int, version: str) -> SnapshotError:
    return SnapshotError(
        f"the snapshot {file} was saved by {'a newer' if its > ours else 'an older'} sandbox ({version})",
        f"{which} is {its}, this version reads {ours} alone",
        "load it with the version that saved it, or save another one with this version; the file stays, and"
        " nothing was changed",
    )
