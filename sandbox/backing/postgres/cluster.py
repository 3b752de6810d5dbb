"""An empty cluster in a fraction of a second: `initdb` runs once per machine, sandboxes copy its result."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.backing import launch
from sandbox.backing.postgres.binaries import Binaries
from sandbox.backing.postgres.settings import AUTHENTICATION, LAYOUT, initdb_arguments
from sandbox.errors import ServerStartError
from sandbox.store.folders import cache_folder

_INITDB_SECONDS = 120


def default_cache() -> Path:
    """Where empty clusters are kept."""
    return cache_folder() / "postgres"


def ensure_cluster(binaries: Binaries, cluster: Path, cache: Path | None, identity: str) -> bool:
    """Makes `cluster` an empty cluster unless it is one already. Blocks; use a thread.

    Args:
        cluster: the data folder; it appears whole or not at all.
        cache: where empty clusters are kept, one for each build of PostgreSQL. Without one, or where it
            cannot be written, a cluster is made for this sandbox alone.
        identity: as in `sandbox.backing.launch`.

    Returns:
        Whether it was made now.

    Raises:
        ServerStartError: `initdb` failed, or the cluster was made by another major version.
    """
    made_by = cluster / "PG_VERSION"
    if made_by.exists():
        _check_version(int(made_by.read_text()), binaries, cluster)
        return False
    partial = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        template = _cached(binaries, cache, identity)
        if template is None:
            partial.mkdir(mode=0o700)
            _make_empty(binaries, partial, identity)
        else:
            shutil.copytree(template, partial, symlinks=True)
            partial.chmod(0o700)
        partial.replace(cluster)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ServerStartError(
            f"the database folder {cluster} could not be made",
            _reason(error),
            "free some disk space, or choose another state folder with `--state`",
        ) from error
    return True


def _reason(error: OSError) -> str:
    """What went wrong; of a copy, which collects an error for each of a thousand files, the first of them."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        _, copy, why = error.args[0][0]
        more = len(error.args[0]) - 1
        return f"{copy}: {why}" + (f", and {more} more like it" if more else "")
    return str(error)


def _check_version(major: int, binaries: Binaries, cluster: Path) -> None:
    if major != binaries.major:
        raise ServerStartError(
            f"the databases in {cluster} cannot be opened",
            f"they were written by PostgreSQL {major}, installed is {binaries.major}",
            "begin empty with `sandbox up --fresh`, or install the sandbox version that wrote them",
        )


def _cached(binaries: Binaries, cache: Path | None, identity: str) -> Path | None:
    try:
        return _template(binaries, cache, identity) if cache is not None else None
    except OSError:
        return None  # a home that is read-only or full costs time, nothing else


def _template(binaries: Binaries, cache: Path, identity: str) -> Path:
    """The cached empty cluster of this build, made first where it is missing; several may do so at once."""
    template = cache / f"{binaries.key}-layout{LAYOUT}"
    if (template / "PG_VERSION").exists():
        return template
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
    try:
        made = work / "cluster"
        made.mkdir(mode=0o700)
        _make_empty(binaries, made, identity)
        try:
            made.rename(template)
        except OSError:
            # Another sandbox was quicker: a folder is never replaced by one that is not empty.
            if not (template / "PG_VERSION").exists():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return template


def _make_empty(binaries: Binaries, folder: Path, identity: str) -> None:
    _initdb(binaries, folder, identity)
    (folder / "pg_hba.conf").write_text(AUTHENTICATION)


def _initdb(binaries: Binaries, cluster: Path, identity: str) -> None:
    arguments = initdb_arguments(binaries.major, cluster)
    launcher = (
        sys.executable,
        "-I",
        "-S",
        str(launch.__file__),
        str(os.getpid()),
        "9",
        identity,
        str(cluster),
    )
    outcome = subprocess.run(
        (*launcher, "--", binaries.program("initdb"), *arguments),
        cwd=cluster,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_INITDB_SECONDS,
    )
    if outcome.returncode != 0:
        output = "\n".join((outcome.stdout + outcome.stderr).splitlines()[-12:])
        raise ServerStartError(
            "the empty PostgreSQL cluster could not be made",
            f"initdb exited with {outcome.returncode}:\n{output}",
            "free some disk space; where the kernel forbids user namespaces and this is root, "
            "run the sandbox as an ordinary user",
        )
