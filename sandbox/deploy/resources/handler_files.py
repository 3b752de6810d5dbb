"""Whether a function's folder holds what its handler names, before somebody invokes it and finds out.

AWS takes a function without asking, and fails its invocations; so does the sandbox, but it says so. Follows
https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html,
https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html and
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

_ENDINGS = {"python": (".py", "/__init__.py"), "nodejs": (".js", ".mjs", ".cjs")}
#: Sources that have to be built into what `nodejs` runs.
_SOURCES = (".ts", ".mts", ".cts", ".tsx", ".jsx")
_BUILD = "`sam build` makes it: deploy .aws-sam/build/template.yaml then"


def handler_notice(properties: Mapping[str, Any]) -> str | None:
    """What is missing of a function whose code is a local folder, as a sentence; None where nothing is.

    Code in a layer is not looked for, so a function that has layers is believed.
    """
    folder, runtime = properties["Code"].get("Folder"), str(properties.get("Runtime", ""))
    if folder is None or properties.get("Layers"):
        return None
    if runtime.startswith("provided"):
        return _bootstrap(File(folder))
    endings = next((found for name, found in _ENDINGS.items() if runtime.startswith(name)), None)
    name, dot, _ = str(properties.get("Handler", "")).rpartition(".")
    if endings is None or not dot:
        return None
    # Dots of a module's name are folders to Python; to Node they are part of the file's name.
    stem = name.replace(".", "/") if runtime.startswith("python") else name
    if any((File(folder) / f"{stem}{ending}").is_file() for ending in endings):
        return None
    missing = f"there is no {stem}{endings[0]} in {folder}, so its invocations will fail"
    source = next(
        (stem + ending for ending in _SOURCES if (File(folder) / f"{stem}{ending}").is_file()), None
    )
    return f"{missing}; {source} has to be built: {_BUILD}" if source else missing


def _bootstrap(folder: File) -> str | None:
    bootstrap = folder / "bootstrap"
    if not bootstrap.is_file():
        return f"there is no bootstrap in {folder}, so its invocations will fail; {_BUILD}"
    if not os.access(bootstrap, os.X_OK):
        return f"{bootstrap} is not executable, so its invocations will fail: `chmod +x` it"
    return None
