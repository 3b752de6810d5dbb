"""Values of `NoEcho` parameters: sealed wherever they are stored, and kept out of whatever is told.

`UsePreviousValue` and going back need them again, so they cannot be thrown away. The key lies beside the
database and not in it: a snapshot that is handed on holds no value that its reader could open.
Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from sandbox.errors import StoreError
from sandbox.services.cloudformation.errors import invalid

#: What is shown instead of a value.
HIDDEN = "****"
_MARK = "sealed:"
#: Shorter values are too likely to be part of an innocent word.
_TELLING = 4


class Sealer:
    """Seals values, and opens them again.

    Args:
        database: the file beside which the key lies; None keeps the key in memory, as the database is.
    """

    def __init__(self, database: Path | None) -> None:
        self._file = None if database is None else database.with_name("noecho.key")
        self._key: bytes | None = None

    def seal(self, parameters: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
        """Parameters as they are stored: those of `secrets` unreadable without the key.

        Raises:
            StoreError: the key cannot be read or written.
        """
        return {name: self._seal(value) if name in secrets else value for name, value in parameters.items()}

    def open(self, parameters: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
        """Parameters as they were given.

        Raises:
            AwsError: `ValidationError`, one was sealed with the key of another state folder.
            StoreError: the key cannot be read or written.
        """
        return {
            name: self._open(name, value) if name in secrets and value.startswith(_MARK) else value
            for name, value in parameters.items()
        }

    def _seal(self, value: str) -> str:
        from cryptography.fernet import Fernet

        return _MARK + Fernet(self._fernet_key()).encrypt(value.encode()).decode()

    def _open(self, name: str, value: str) -> str:
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._fernet_key()).decrypt(value.removeprefix(_MARK).encode()).decode()
        except InvalidToken:
            raise invalid(
                f"The value of the NoEcho parameter {name} was sealed in another state folder and cannot be "
                "read in this one. Give its value again."
            ) from None

    def _fernet_key(self) -> bytes:
        if self._key is None:
            self._key = self._kept_key()
        return self._key

    def _kept_key(self) -> bytes:
        from cryptography.fernet import Fernet

        if self._file is None:
            return Fernet.generate_key()
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _no_key(self._file, error) from error
        key = Fernet.generate_key()
        made = self._file.with_suffix(".new")
        try:
            # Whole or not at all: half a key would close what it is to open.
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(key)
            made.replace(self._file)
        except OSError as error:
            raise _no_key(self._file, error) from error
        return key


def without_secrets(text: str, values: Mapping[str, str], secrets: Collection[str]) -> str:
    """A message without the values of secret parameters: services like to repeat what they refuse."""
    for name in secrets:
        if len(value := values.get(name, "")) >= _TELLING:
            text = text.replace(value, HIDDEN)
    return text


def _no_key(file: Path, error: OSError) -> StoreError:
    return StoreError(
        "the key for NoEcho parameters cannot be kept",
        f"{file}: {error.strerror}",
        "make sure that the state folder can be written and has space left",
    )
