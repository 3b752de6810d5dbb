"""Which systems `up` deploys when none is named.

A `sandbox.toml` with `systems = ["nfe"]`, in the current folder or above it, names those of a repository that
has several.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from sandbox.deploy.system import System, find_system
from sandbox.errors import UsageError
from sandbox.session.options import Options

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
    for folder in (start, *start.parents):
        names = _workspace(folder / _FILE)
        if names is not None:
            return [_found(name, folder) for name in names]
    here = find_system(None, start)
    return [here] if here else None


def _found(name: str, start: Path) -> System:
    system = find_system(name, start)
    assert system is not None  # a named system is found or refused
    return system


def _workspace(file: Path) -> list[str] | None:
    """The systems that a workspace's file names; None where it is not one."""
    if not file.is_file():
        return None
    try:
        content = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read", str(error), "correct the file") from error
    if "systems" not in content:
        return None
    names = content["systems"]
    unknown = sorted(set(content) - {"systems"})
    if unknown or not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(
            f"{file} is not the file of a workspace",
            f"beside `systems` it holds {', '.join(unknown)}" if unknown else "`systems` is no list of names",
            'a workspace holds systems = ["name", …] and nothing else; a system has name and template',
        )
    return names
