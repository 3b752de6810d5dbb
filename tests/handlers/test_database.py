"""The connection that a function keeps: reused while it lives, replaced when it is lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from tests.handlers.conftest import Nfe
from tests.handlers.support import FakeContext, api_event

KILL = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'nfe'"


@pytest.fixture
def lost() -> list[Exception]:
    return []


@pytest.fixture
def kept(settings: dict[str, str], estoque_code: SimpleNamespace, lost: list[Exception]) -> Any:
    opened = estoque_code.database.Database(settings, lost.append)
    yield opened
    opened.close()


def backend(kept: Any) -> int:
    with kept.transaction() as connection:
        return int(connection.info.backend_pid)


def test_the_connection_is_reused(kept: Any, lost: list[Exception]) -> None:
    assert backend(kept) == backend(kept)
    assert lost == []


def test_nothing_connects_before_the_first_transaction(estoque_code: SimpleNamespace) -> None:
    nowhere = estoque_code.database.Database({})
    with pytest.raises(KeyError, match="DB_HOST"), nowhere.transaction():
        pass


def test_a_connection_lost_between_transactions_is_replaced(
    kept: Any, connection: psycopg.Connection[Any], lost: list[Exception]
) -> None:
    first = backend(kept)
    connection.execute(KILL)

    assert backend(kept) != first
    assert len(lost) == 1


def test_a_connection_lost_during_a_transaction_is_the_callers_error_once(
    kept: Any, connection: psycopg.Connection[Any], lost: list[Exception]
) -> None:
    def work() -> None:
        with kept.transaction() as mine:
            connection.execute(KILL)
            mine.execute("SELECT 1")

    with pytest.raises(psycopg.OperationalError):
        work()

    assert backend(kept) > 0
    assert lost == []


def test_a_failed_transaction_is_rolled_back_and_the_connection_kept(kept: Any) -> None:
    first = backend(kept)

    def work() -> None:
        with kept.transaction() as mine:
            mine.execute("INSERT INTO estoque.produtos (quantidade) VALUES (1)")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        work()

    with kept.transaction() as mine:
        assert mine.execute("SELECT count(*) AS rows FROM estoque.produtos").fetchone() == {"rows": 0}
    assert backend(kept) == first


def test_an_environment_survives_a_restart_of_the_database(nfe: Nfe) -> None:
    handler = nfe.handler("faturamento")
    assert handler(api_event("GET", "/health"), FakeContext())["statusCode"] == 200
    nfe.cut_connections()
    assert handler(api_event("GET", "/health"), FakeContext())["statusCode"] == 200
