"""Ids as AWS services make them, from a source that a test can seed."""

from __future__ import annotations

import random

#: By the digit that was drawn, the one that says the variant (RFC 9562, 4.1).
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789"


class Ids:
    """Makes ids.

    Args:
        seed: makes the sequence repeatable; None takes one of the system's randomness.
    """

    def __init__(self, seed: int | None = None) -> None:
        # Most ids must not repeat but are no secrets: for those the system is asked once, for a seed.
        self._random = random.Random(seed)
        self._keys: random.Random = random.SystemRandom() if seed is None else self._random

    def uuid(self) -> str:
        """A version 4 UUID in lower case."""
        some = self._random.randbytes(16).hex()
        # The version and variant bits, set in the text: several times as fast as through uuid.UUID.
        return f"{some[:8]}-{some[8:12]}-4{some[13:16]}-{_VARIANT[some[16]]}{some[17:20]}-{some[20:]}"

    def short(self, length: int = 10) -> str:
        """A lower-case alphanumeric id, as API Gateway gives."""
        return "".join(self._keys.choices(_ALPHANUMERIC, k=length))

    def hex(self, length: int) -> str:
        """Lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(length * 4):0{length}x}"

    def upper(self, length: int) -> str:
        """An upper-case alphanumeric id, as access keys and IAM ids have."""
        return self.short(length).upper()
