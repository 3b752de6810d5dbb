"""Which systems `up` deploys when none is named.

A `sandbox.toml` with `systems = ["nfe"]`, in the current folder or above it, names those of a repository that
has several; `engine = "docker"` in it chooses the engine where `up` is not told.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sandbox.deploy.system import System, find_system
from sandbox.engines.registry import DEFAULT, known
from sandbox.errors import UsageError
from sandbox.session.options import Options
from sandbox.session.statefolder import engine_of

_FILE = "sandbox.toml"


def systems_to_deploy(options: Options) -> list[System] | None:
    """The systems that the command or the folder names; None where neither names any.

    Raises:
        UsageError: a system does not exist, or the workspace's file is wrong.
        TemplateError: a system's file is wrong.
    """
    start = Path(options.cwd)
    if options.systems:
        return [_found(name, start) for name in options.systems]
    return systems_of(start)


def systems_of(start: Path) -> list[System] | None:
    """The systems that a folder names: those of its workspace, else its own; None where there is none.

    Raises:
        UsageError: a system does not exist, or the workspace's file is wrong.
        TemplateError: a system's file is wrong.
    """
    for folder in (start, *start.parents):
        content = _workspace(folder / _FILE)
        if content is not None:
            return [_found(name, folder) for name in content["systems"]]
    here = find_system(None, start)
    return [here] if here else None


def default_engine(cwd: Path, state: Path) -> str:
    """The engine where neither option nor environment names one: the workspace's, else that of the state.

    Raises:
        UsageError: the workspace's file is wrong.
    """
    for folder in (cwd, *cwd.parents):
        content = _workspace(folder / _FILE)
        if content is not None:
            if "engine" in content:
                return str(content["engine"])
            break
    return engine_of(state) or DEFAULT


def _found(name: str, start: Path) -> System:
    system = find_system(name, start)
    assert system is not None  # a named system is found or refused
    return system


def _workspace(file: Path) -> dict[str, Any] | None:
    """What a workspace's file says; None where it is not one."""
    if not file.is_file():
        return None
    try:
        content = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read", str(error), "correct the file") from error
    if "systems" not in content:
        return None
    names = content["systems"]
    unknown = sorted(set(content) - {"systems", "engine"})
    if unknown or not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(
            f"{file} is not the file of a workspace",
            f"beside `systems` it holds {', '.join(unknown)}" if unknown else "`systems` is no list of names",
            'a workspace holds systems = ["name", …] and may name an engine; a system has name and template',
        )
    if "engine" in content:
        known(str(content["engine"]))
    return content
