"""IP addresses and CIDR blocks as event patterns read them.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from sandbox.model.event_patterns.reasons import InvalidEventPatternError

#: An address: how many bits it has, and its value.
Address = tuple[int, int]

_V4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", re.ASCII)
_V6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)


def parse_address(text: str) -> Address | None:
    """The address that `text` writes, or None. Octets are decimal, with or without leading zeros."""
    if _V4.fullmatch(text):
        octets = [int(part) if len(part) <= 10 else 256 for part in text.split(".")]
        if max(octets) > 255:
            return None
        return 32, int.from_bytes(bytes(octets), "big")
    if _V6.fullmatch(text):
        try:
            return 128, int(IPv6Address(text))
        except ValueError:
            return None
    return None


def parse_block(text: str) -> tuple[int, int, int]:
    """A CIDR block as (bits of the family, bits to shift away, what remains).

    Raises:
        InvalidEventPatternError: `text` is not a block.
    """
    parts = text.split("/")
    if len(parts) != 2:
        raise InvalidEventPatternError("Malformed CIDR, one '/' required")
    if not _INTEGER.fullmatch(parts[1]):
        raise InvalidEventPatternError("Malformed CIDR, mask bits must be an integer")
    mask = int(parts[1])
    if mask < 0:
        raise InvalidEventPatternError("Malformed CIDR, mask bits must not be negative")
    if not (_V4.fullmatch(parts[0]) or _V6.fullmatch(parts[0])):
        raise InvalidEventPatternError(f"Nonstandard IP address: {parts[0]}")
    address = parse_address(parts[0])
    if address is None:
        raise InvalidEventPatternError(f"Invalid IP address: {parts[0]}")
    bits, value = address
    if mask >= bits:
        family = "IPv4" if bits == 32 else "IPv6"
        raise InvalidEventPatternError(f"{family} mask bits must be < {bits}")
    return bits, bits - mask, value >> (bits - mask)
