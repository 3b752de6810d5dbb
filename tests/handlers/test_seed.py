"""The seeder of the NF-e system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import psycopg

from seed.nfe import PRODUTOS, seed
from tests.handlers.support import NFE

ROWS = "SELECT produto_id::text, nome, quantidade, quantidade_inicial FROM estoque.produtos ORDER BY 1"


def test_prints_the_ids_it_seeded_and_repeats_itself(
    settings: dict[str, str], connection: psycopg.Connection[Any]
) -> None:
    names = {"HOST": "HOST", "PORT": "PORT", "DATABASE": "NAME", "USER": "USER", "PASSWORD": "PASSWORD"}
    target = {f"PG{ours}": settings[f"DB_{theirs}"] for ours, theirs in names.items()}

    def run() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "seed.nfe"],
            cwd=NFE.parents[1],
            env={"PATH": os.environ["PATH"], **target},
            check=True,
            capture_output=True,
            text=True,
        )
        ids: list[str] = json.loads(done.stdout)["produtos"]
        return ids

    first = run()
    rows = connection.execute(ROWS).fetchall()
    assert run() == first
    assert connection.execute(ROWS).fetchall() == rows

    assert len(set(first)) == len(PRODUTOS) >= 10
    assert {row[0]: row[1:] for row in rows} == {
        produto: (nome, quantidade, quantidade)
        for produto, (nome, quantidade) in zip(first, PRODUTOS, strict=True)
    }
    # The first product is the one that examples and tests buy.
    assert PRODUTOS[0][1] >= 100


def test_sold_stock_does_not_come_back(connection: psycopg.Connection[Any]) -> None:
    first, *_ = seed(connection)
    connection.execute("UPDATE estoque.produtos SET quantidade = 1 WHERE produto_id = %s", (first,))

    seed(connection)

    row = connection.execute(
        "SELECT quantidade FROM estoque.produtos WHERE produto_id = %s", (first,)
    ).fetchone()
    assert row == (1,)
