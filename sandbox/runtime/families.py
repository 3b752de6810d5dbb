"""The families of Lambda runtimes, and what of them can be run here.

AWS page: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from sandbox.model.awserror import AwsError

_NODE = re.compile(r"nodejs(1[89]|[2-9]\d)\.x")
_PYTHON = re.compile(r"python(3\.\d{1,2})")
_OLDEST_PYTHON = (3, 9)


class Family(StrEnum):
    """How functions of a runtime are started."""

    PYTHON = "python"  # AWS's own runtime interface client, in a worker of a zygote
    NODE = "node"  # our own runtime client, in the machine's node
    PROVIDED = "provided"  # the function's own `bootstrap`


@lru_cache(maxsize=64)
def family_of(runtime: str) -> Family:
    """The family of a runtime's name.

    Raises:
        AwsError: sandbox cannot run this runtime.
    """
    python = _PYTHON.fullmatch(runtime)
    if python and tuple(int(part) for part in python[1].split(".")) >= _OLDEST_PYTHON:
        return Family.PYTHON
    if _NODE.fullmatch(runtime):
        return Family.NODE
    if runtime in ("provided.al2", "provided.al2023"):
        return Family.PROVIDED
    raise AwsError(
        "InvalidRuntimeException",
        f"sandbox cannot run the runtime {runtime!r}: it runs python3.9 and later, nodejs18.x and later, and "
        "provided.al2 and provided.al2023 (the function's own bootstrap).",
        status=502,
    )


def python_version(runtime: str) -> str:
    """`3.13` of `python3.13`."""
    return runtime.removeprefix("python")


def node_version(runtime: str) -> str:
    """`20` of `nodejs20.x`."""
    return runtime.removeprefix("nodejs").removesuffix(".x")
