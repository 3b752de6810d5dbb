"""What a zygote imports before it forks: packages that are slow to import and do not care when they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Candidate:
    """A package worth importing once for all workers.

    Attributes:
        package: its top-level name; it is imported where the dependency set holds it.
        modules: what to import.
        reads: prefixes of the environment variables it reads while it is imported: a function that sets one
            imports the package itself.
    """

    package: str
    modules: tuple[str, ...]
    reads: tuple[str, ...] = ()


CANDIDATES = (
    Candidate("simplejson", ("simplejson", "http.client", "logging", "decimal", "concurrent.futures.thread")),
    Candidate("snapshot_restore_py", ("snapshot_restore_py",)),
    Candidate(
        "boto3",
        (
            "boto3",
            "botocore.session",
            "botocore.httpsession",
            "botocore.client",
            "botocore.endpoint_provider",
            "botocore.retries.standard",
            "botocore.crt",
            "boto3.resources.factory",
            "boto3.resources.collection",
        ),
    ),
    Candidate("psycopg", ("psycopg", "psycopg.rows", "psycopg.types.json"), ("PSYCOPG_",)),
    Candidate("psycopg_pool", ("psycopg_pool",), ("PSYCOPG_",)),
    Candidate("pydantic", ("pydantic",), ("PYDANTIC_",)),
    Candidate(
        "aws_lambda_powertools",
        (
            "aws_lambda_powertools",
            "aws_lambda_powertools.event_handler",
            "aws_lambda_powertools.utilities.batch",
            "aws_lambda_powertools.utilities.data_classes",
            "aws_lambda_powertools.utilities.typing",
        ),
        ("POWERTOOLS_DEV", "POWERTOOLS_DEBUG"),
    ),
    Candidate("sqlalchemy", ("sqlalchemy",)),
    Candidate("requests", ("requests",), ("REQUESTS_", "CHARDET_")),
    Candidate("yaml", ("yaml",)),
)


_NO_PACKAGES = ("bin", "__pycache__")


def choose(folders: Sequence[str], own: Sequence[str], variables: Iterable[str]) -> tuple[str, ...]:
    """The modules to import for a function.

    Args:
        folders: the dependency set and the runtime's base set.
        own: the task root and the layers. Where they carry a package of the sets themselves, nothing is
            imported early.
        variables: names of the function's own environment variables.
    """
    held = {name for folder in folders for name in _top_level(folder)}
    if held & {name for folder in own for name in _top_level(folder)}:
        return ()
    names = tuple(variables)
    chosen = [
        candidate.modules
        for candidate in CANDIDATES
        if candidate.package in held
        and not any(name.startswith(prefix) for name in names for prefix in candidate.reads)
    ]
    return tuple(module for modules in chosen for module in modules)


def _top_level(folder: str) -> list[str]:
    """Names that can be imported from a folder."""
    path = Path(folder)
    if not path.is_dir():
        return []
    return [
        entry.name.split(".", 1)[0]
        for entry in path.iterdir()
        if entry.suffix in ("", ".py", ".so") and entry.name not in _NO_PACKAGES and entry.name[0] != "."
    ]
