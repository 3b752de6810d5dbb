"""Values of `NoEcho` parameters: sealed wherever they are stored, and kept out of whatever is told.

`UsePreviousValue` and going back need them again, so they cannot be thrown away.
Page: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from sandbox.services.cloudformation.errors import invalid
from sandbox.store.sealing import MARK, BrokenSealError, Seal

#: What is shown instead of a value.
HIDDEN = "****"
#: Shorter values are too likely to be part of an innocent word.
_TELLING = 4


class Sealer:
    """Seals values, and opens them again.

    Args:
        database: the file beside which the key lies; None keeps the key in memory, as the database is.
    """

    def __init__(self, database: Path | None) -> None:
        self._own = Seal(database)

    def seal(self, parameters: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
        """Parameters as they are stored: those of `secrets` unreadable without the key.

        Raises:
            StoreError: the key cannot be read or written.
        """
        return {
            name: self._own.close(value) if name in secrets else value for name, value in parameters.items()
        }

    def open(self, parameters: Mapping[str, str], secrets: Collection[str]) -> dict[str, str]:
        """Parameters as they were given.

        Raises:
            AwsError: `ValidationError`, one was sealed with the key of another state folder.
            StoreError: the key cannot be read or written.
        """
        return {
            name: self._open(name, value) if name in secrets and value.startswith(MARK) else value
            for name, value in parameters.items()
        }

    def _open(self, name: str, value: str) -> str:
        try:
            return self._own.open(value)
        except BrokenSealError:
            raise invalid(
                f"The value of the NoEcho parameter {name} was sealed in another state folder and cannot be "
                "read in this one. Give its value again."
            ) from None


def without_secrets(text: str, values: Mapping[str, str], secrets: Collection[str]) -> str:
    """A message without the values of secret parameters: services like to repeat what they refuse."""
    for name in secrets:
        if len(value := values.get(name, "")) >= _TELLING:
            text = text.replace(value, HIDDEN)
    return text
