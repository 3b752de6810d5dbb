"""The few messages of PostgreSQL's protocol that administration needs, over the server's own socket.

psycopg would do this too, but costs the daemon 8 MB and a quarter of a second at its start.
Protocol: https://www.postgresql.org/docs/18/protocol-flow.html (start-up and simple query).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import struct
from pathlib import Path

from sandbox.errors import SandboxError

Row = tuple[str | None, ...]
_PROTOCOL_3 = 196608
_SCRAM_ITERATIONS = 4096


class PostgresError(SandboxError):
    """PostgreSQL refused a statement.

    Attributes:
        sqlstate: its error code, e.g. `42P01`.
    """

    def __init__(self, sqlstate: str, message: str, detail: str = "") -> None:
        super().__init__(
            f"PostgreSQL refused a statement: {message}",
            f"{detail or message} (SQLSTATE {sqlstate})",
            "correct the statement; the server's log in the state folder shows it",
        )
        self.sqlstate = sqlstate
        self.message = message


class AdminConnection:
    """A connection that runs statements; make it with `connect`, end it with `close`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, socket: Path, user: str, database: str) -> AdminConnection:
        """Connects through the socket, where the server trusts `user`.

        Raises:
            PostgresError: refused, or no such database.
            OSError: the server does not listen.
        """
        reader, writer = await asyncio.open_unix_connection(str(socket))
        connection = cls(reader, writer)
        words = ("user", user, "database", database, "client_encoding", "UTF8", "application_name", "sandbox")
        body = struct.pack("!i", _PROTOCOL_3) + b"".join(word.encode() + b"\0" for word in words) + b"\0"
        try:
            writer.write(struct.pack("!i", len(body) + 4) + body)
            await connection._until_ready()
        except BaseException:
            writer.close()
            raise
        return connection

    async def execute(self, sql: str) -> list[Row]:
        """Runs one or several statements, as one transaction, and returns the rows of all of them as text.

        Raises:
            PostgresError: one of them was refused; nothing of them was kept.
        """
        body = sql.encode() + b"\0"
        self._writer.write(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return await self._until_ready()

    async def close(self) -> None:
        """Says good-bye and closes."""
        self._writer.write(b"X" + struct.pack("!i", 4))
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    def abandon(self) -> None:
        """Closes at once, whatever is under way."""
        self._writer.close()

    async def _until_ready(self) -> list[Row]:
        rows: list[Row] = []
        refused: PostgresError | None = None
        while True:
            try:
                header = await self._reader.readexactly(5)
                body = await self._reader.readexactly(struct.unpack("!i", header[1:])[0] - 4)
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise refused or PostgresError("08006", "the server closed the connection") from error
            kind = header[:1]
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                refused = _error(body)
            elif kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
                raise PostgresError("28000", "the server asks for a password on its own socket")
            elif kind == b"Z":
                if refused is not None:
                    raise refused
                return rows


def identifier(name: str) -> str:
    """The name quoted as an SQL identifier.

    Raises:
        PostgresError: PostgreSQL has no such names (empty, longer than 63 bytes, with a NUL).
    """
    if not name or "\0" in name or len(name.encode()) > 63:
        raise PostgresError("42602", f"not a name of 1 to 63 bytes: {name!r}")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text quoted as an SQL string.

    Raises:
        PostgresError: it contains a NUL, which PostgreSQL cannot store.
    """
    if "\0" in text:
        raise PostgresError("22021", "text with a NUL character")
    quoted = text.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL stores for a password (RFC 5803); the password itself reaches no statement or log."""
    salt = os.urandom(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_SCRAM_ITERATIONS, *parts)


def _row(body: bytes) -> Row:
    (count,) = struct.unpack_from("!h", body)
    values: list[str | None] = []
    offset = 2
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, offset)
        offset += 4
        if length < 0:
            values.append(None)
            continue
        values.append(body[offset : offset + length].decode())
        offset += length
    return tuple(values)


def _error(body: bytes) -> PostgresError:
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    return PostgresError(fields.get(b"C", "XX000"), fields.get(b"M", "unknown error"), fields.get(b"D", ""))
