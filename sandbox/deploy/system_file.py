"""Reading `sandbox.toml` so that every mistake is told with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.deploy.suggest import did_you_mean
from sandbox.errors import TemplateError

#: Bytes a `sandbox.toml` may have.
MAX_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class Toml:
    """A parsed file that still knows its text."""

    file: Path
    text_of_file: str
    data: Mapping[str, Any]

    def error(self, key: str, why: str, remedy: str) -> TemplateError:
        """An error at the first line that writes `key`."""
        pattern = re.compile(rf'^\s*\[*\s*"?{re.escape(key)}"?\s*(=|\]|\.)', re.MULTILINE)
        match = pattern.search(self.text_of_file)
        line = self.text_of_file.count("\n", 0, match.end()) + 1 if match else None
        place = f"{self.file}:{line}" if line else str(self.file)
        return TemplateError(f"{place} cannot be used", why, remedy)

    def only(self, table: Mapping[str, Any], *known: str, place: str = "") -> None:
        """Refuses keys that are not known.

        Raises:
            TemplateError: naming the key, and what it may have meant.
        """
        for key in table:
            if key not in known:
                where = f" of {place}" if place else ""
                raise self.error(
                    key,
                    f"{key} is not a key{where}.{did_you_mean(key, known)}",
                    f"use {', '.join(known)}",
                )

    def text(self, table: Mapping[str, Any], key: str, *, place: str = "", default: str | None = None) -> str:
        """A text.

        Raises:
            TemplateError: it is missing and has no default, or is not a text.
        """
        value = table.get(key, default)
        if value is None:
            raise self.error(place or key, f"{place or 'it'} has no {key}", f"give its {key}")
        if not isinstance(value, str):
            raise self.error(key, f"{key} is not a text", "put it in quotes")
        return value

    def section(self, name: str) -> Mapping[str, Any]:
        """A table, empty where it is missing.

        Raises:
            TemplateError: it is not a table.
        """
        section = self.data.get(name, {})
        if not isinstance(section, dict):
            raise self.error(name, f"{name} is not a table", f"write it as [{name}]")
        return section

    def tables(self, name: str) -> list[Mapping[str, Any]]:
        """A list of tables, empty where it is missing.

        Raises:
            TemplateError: it is not one.
        """
        tables = self.data.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.error(name, f"{name} is not a list of tables", f"write each as [[{name}]]")
        return tables


def read_toml(file: Path) -> Toml:
    """Reads a file.

    Raises:
        TemplateError: it cannot be read, or is not TOML.
    """
    try:
        raw = file.read_bytes()
        if len(raw) > MAX_BYTES:
            raise TemplateError(
                f"{file} is too large", f"it has {len(raw)} bytes", f"keep it below {MAX_BYTES}"
            )
        text = raw.decode()
        return Toml(file, text, tomllib.loads(text))
    except OSError as error:
        raise TemplateError(
            f"{file} cannot be read", str(error.strerror or error), "check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise TemplateError(
            f"{file} is not text", f"byte {error.start} is not UTF-8", "save it as UTF-8"
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TemplateError(f"{file} is not TOML", str(error), "correct the text there") from error
