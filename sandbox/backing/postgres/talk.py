"""What client and server say to each other, as far as faults have to understand it: where a commit is.

Protocol: https://www.postgresql.org/docs/18/protocol-message-formats.html
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Callable

_LENGTH = struct.Struct("!i")
_SSL, _GSS = 80877103, 80877104
_LARGEST = 1 << 30
_COMMIT = re.compile(rb"(?:^|;)\s*(?:commit|end)\b(?!\s+prepared)[^;]*;?\s*$", re.IGNORECASE)
_WRITE = re.compile(rb"^\s*(?:insert|update|delete|merge|with|call|do|create|alter|drop|truncate)\b", re.I)
IDLE = b"I"


class TalkError(ConnectionError):
    """What came is no PostgreSQL."""


async def read_start(reader: asyncio.StreamReader) -> bytes:
    """The first message of a client, which has no type.

    Raises:
        TalkError: it is none. EOFError: it went away.
    """
    head = await reader.readexactly(4)
    return head + await reader.readexactly(_rest(head))


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """The next message, with its type.

    Raises:
        TalkError: it is none. EOFError: the other side went away.
    """
    head = await reader.readexactly(5)
    return head + await reader.readexactly(_rest(head[1:]))


def asks_for_encryption(start: bytes) -> bool:
    """Whether a first message asks for TLS or GSSAPI, before the real first message."""
    return len(start) == 8 and _LENGTH.unpack(start[4:])[0] in (_SSL, _GSS)


def with_database(start: bytes, renamed: Callable[[str], str]) -> bytes:
    """A client's first message, for a database of another name; a user without one names it, too."""
    words = start[8:].split(b"\0")
    pairs = dict(zip(words[:-1:2], words[1::2], strict=False))
    name = pairs.get(b"database", pairs.get(b"user"))
    if name is None:  # it is no start: the server says what is wrong with it
        return start
    pairs[b"database"] = renamed(name.decode()).encode()
    body = start[4:8] + b"".join(key + b"\0" + value + b"\0" for key, value in pairs.items() if key) + b"\0"
    return _LENGTH.pack(len(body) + 4) + body


def statement_of(message: bytes) -> bytes | None:
    """The text that a simple query or a prepared statement brings; None for other messages."""
    if message[:1] == b"Q":
        return message[5:-1]
    if message[:1] == b"P":
        _, _, rest = message[5:].partition(b"\0")
        return rest.partition(b"\0")[0]
    return None


def commits(statement: bytes, status: bytes) -> bool:
    """Whether a statement ends a transaction by keeping what it did.

    Args:
        status: of the transaction before it, as the server told; outside of one each write is its own.
    """
    return bool(_WRITE.match(statement) if status == IDLE else _COMMIT.search(statement))


def refusal(code: str, message: str) -> bytes:
    """What a server says that does not let a client in."""
    fields = (b"SFATAL", b"VFATAL", b"C" + code.encode(), b"M" + message.encode())
    body = b"".join(field + b"\0" for field in fields) + b"\0"
    return b"E" + _LENGTH.pack(len(body) + 4) + body


def _rest(length: bytes) -> int:
    """Bytes that follow a length."""
    rest: int = _LENGTH.unpack(length)[0] - 4
    if not 0 <= rest < _LARGEST:
        raise TalkError("this is not the protocol of PostgreSQL")
    return rest
