"""Texts that are kept and must not be readable where they are kept.

The key lies beside the database and not in it: a snapshot that is handed on holds nothing that its reader
could open.
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.errors import StoreError

#: How a sealed text begins.
MARK = "sealed:"


class BrokenSealError(StoreError):
    """A text was sealed with the key of another state folder."""


class Seal:
    """Seals texts, and opens them again.

    Args:
        database: the file beside which the key lies; None keeps the key in memory, as the database is.
    """

    def __init__(self, database: Path | None) -> None:
        self._file = None if database is None else database.with_name("noecho.key")
        self._key: bytes | None = None

    def close(self, text: str) -> str:
        """`text`, unreadable without the key.

        Raises:
            StoreError: the key cannot be read or written.
        """
        from cryptography.fernet import Fernet

        return MARK + Fernet(self._fernet_key()).encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that `close` was given.

        Raises:
            BrokenSealError: it was sealed in another state folder.
            StoreError: the key cannot be read or written.
        """
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._fernet_key()).decrypt(sealed.removeprefix(MARK).encode()).decode()
        except InvalidToken:
            raise BrokenSealError(
                "a secret of the state cannot be read",
                "it was sealed with the key of another state folder",
                "give its value again",
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


def _no_key(file: Path, error: OSError) -> StoreError:
    return StoreError(
        "the key for secrets of the state cannot be kept",
        f"{file}: {error.strerror}",
        "make sure that the state folder can be written and has space left",
    )
