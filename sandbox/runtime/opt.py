"""What a function finds under `/opt`: its layers, laid over one another.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from sandbox.model.ports import FunctionSpec
from sandbox.runtime.launch import OPT


class OptFolders:
    """Makes the folders that stand for `/opt`; one layer alone stands for itself.

    Args:
        folder: where merged layers are kept; gone with the runtime's work folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def of(self, spec: FunctionSpec) -> str:
        """The folder with the layers of a function; empty when it has none."""
        if len(spec.layers) < 2:
            return "".join(spec.layers)
        key = hashlib.sha256("\0".join((spec.code_key, *spec.layers)).encode()).hexdigest()[:32]
        merged = self._folder / key
        if not merged.is_dir():
            await asyncio.to_thread(_merge, spec.layers, merged)
        return str(merged)


def python_folders(opt: str, version: str) -> tuple[str, ...]:
    """Where Python looks for modules of layers.

    Args:
        opt: `/opt`, or the folder that stands for it.
        version: `3.13`.
    """
    return (f"{opt}/python/lib/python{version}/site-packages", f"{opt}/python")


def bootstrap(code: str, opt: str) -> str:
    """The program of a `provided` function: its own, or that of a layer.

    Args:
        opt: the folder that stands for `/opt`; empty for none.
    """
    own = Path(code, "bootstrap")
    if opt and not own.exists() and Path(opt, "bootstrap").exists():
        return f"{OPT}/bootstrap"
    return str(own)


def _merge(layers: Sequence[str], merged: Path) -> None:
    partial = merged.with_name(f".{merged.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    for layer in layers:
        shutil.copytree(layer, partial, symlinks=True, dirs_exist_ok=True, copy_function=_link)
    try:
        partial.rename(merged)
    except OSError:  # another start made it meanwhile
        shutil.rmtree(partial, ignore_errors=True)


def _link(source: str, target: str) -> None:
    """The file itself where that is possible: layers can be large."""
    Path(target).unlink(missing_ok=True)
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
