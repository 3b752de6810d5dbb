"""Which statements commit, and what a server says that lets nobody in."""

from __future__ import annotations

import struct

import pytest

from sandbox.backing.postgres.talk import asks_for_encryption, commits, refusal, statement_of, with_database


@pytest.mark.parametrize(
    ("statement", "status", "expected"),
    [
        (b"COMMIT", b"T", True),
        (b"commit;", b"T", True),
        (b" END ", b"T", True),
        (b"COMMIT AND CHAIN", b"T", True),
        (b"INSERT INTO t VALUES (1); COMMIT", b"T", True),
        (b"COMMIT PREPARED 'x'", b"T", False),
        (b"ROLLBACK", b"T", False),
        (b"UPDATE t SET a = 1", b"T", False),
        (b"SELECT 'commit'", b"T", False),
        (b"UPDATE t SET a = 1", b"I", True),
        (b"insert into t values (1)", b"I", True),
        (b"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", b"I", True),
        (b"SELECT 1", b"I", False),
        (b"BEGIN", b"I", False),
    ],
)
def test_a_commit_is_known_by_its_words_and_by_the_transaction(
    statement: bytes, status: bytes, expected: bool
) -> None:
    assert commits(statement, status) is expected


def start(*words: str) -> bytes:
    body = struct.pack("!i", 196608) + b"".join(word.encode() + b"\0" for word in words) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def test_a_start_is_for_the_database_of_another_name() -> None:
    def renamed(name: str) -> str:
        return f"{name}_2"

    asked = start("user", "nfe", "database", "notas", "client_encoding", "")
    assert with_database(asked, renamed) == start("user", "nfe", "database", "notas_2", "client_encoding", "")
    assert with_database(start("user", "nfe"), renamed) == start("user", "nfe", "database", "nfe_2")
    cancel = struct.pack("!iiii", 16, 80877102, 7, 8)
    assert with_database(cancel, renamed) == cancel


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def test_statements_are_read_from_simple_and_prepared_queries() -> None:
    assert statement_of(message(b"Q", b"COMMIT\0")) == b"COMMIT"
    assert statement_of(message(b"P", b"name\0SELECT $1\0\0\1\0\0\0\x17")) == b"SELECT $1"
    assert statement_of(message(b"S", b"")) is None


def test_encryption_is_asked_for_before_the_first_message() -> None:
    assert asks_for_encryption(struct.pack("!ii", 8, 80877103))
    assert not asks_for_encryption(struct.pack("!ii", 8, 196608))


def test_a_refusal_is_an_error_message() -> None:
    said = refusal("53300", "sorry")
    assert said[:1] == b"E"
    assert struct.unpack("!i", said[1:5])[0] == len(said) - 1
    assert b"C53300\0" in said
    assert said.endswith(b"Msorry\0\0")
