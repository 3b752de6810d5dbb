"""Reads of a saga declaration what the journal needs: its business key and where payloads carry it."""

from __future__ import annotations

from pathlib import Path

import yaml

from sandbox.errors import TemplateError
from sandbox.flow.keys import BusinessKey, business_key


def read_keys(declaration: Path) -> list[BusinessKey]:
    """The business keys of a saga declaration.

    Raises:
        TemplateError: the file cannot be read, or declares no key.
        KeyPathError: a path in it is malformed.
    """
    try:
        document = yaml.safe_load(declaration.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise TemplateError(
            f"the saga declaration {declaration} cannot be read",
            str(error),
            "correct it, or take [saga] out of sandbox.toml",
        ) from error
    if not isinstance(document, dict) or not document.get("key") or not document.get("keyPaths"):
        raise TemplateError(
            f"the saga declaration {declaration} names no business key",
            "it needs `key` (a name) and `keyPaths` (a list of paths like $.notaFiscalId)",
            "add both: without them, events cannot be joined across the database",
        )
    return [business_key(str(document["key"]), [str(path) for path in document["keyPaths"]])]
