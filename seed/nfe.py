"""Products for the NF-e system: the same twelve, with the same ids and quantities, every time.

Run as `python -m seed.nfe` with libpq's variables (`PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`).
It prints one JSON object, `{"produtos": [id, ...]}`, in the order of `PRODUTOS`. What is there already stays
as it is: a second run brings no sold stock back.
"""

from __future__ import annotations

import json
import sys
from uuid import UUID, uuid5

import psycopg

#: Namespace of the product ids; an id is the UUIDv5 of the product's name in it.
NAMESPACE = UUID("6f1d7a52-0c7e-5b0e-9f3a-5d2c8e4b1a00")

#: Name and quantity. The first are plentiful, the last are scarce, and one is sold out.
PRODUTOS: tuple[tuple[str, int], ...] = (
    ("Notebook 14 polegadas", 100),
    ("Mouse sem fio", 500),
    ("Teclado mecânico", 250),
    ("Monitor 27 polegadas", 80),
    ("Cabo USB-C 2 m", 1000),
    ("Webcam Full HD", 120),
    ("Headset com microfone", 150),
    ("SSD NVMe 1 TB", 200),
    ("Hub USB-C 7 portas", 60),
    ("Suporte de notebook", 40),
    ("Cadeira ergonômica", 3),
    ("Mesa com regulagem de altura", 0),
)


def produto_id(nome: str) -> UUID:
    """Return the id of a seeded product."""
    return uuid5(NAMESPACE, nome)


def seed(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Insert the products that are not there yet and return the ids of all, in order.

    Args:
        connection: to the system's database; the rows are committed together.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO estoque.produtos (produto_id, nome, quantidade) VALUES (%s, %s, %s)"
            " ON CONFLICT (produto_id) DO NOTHING",
            [(produto_id(nome), nome, quantidade) for nome, quantidade in PRODUTOS],
        )
    return [str(produto_id(nome)) for nome, _ in PRODUTOS]


def main() -> None:
    """Seed the database that the environment names and print the ids."""
    with psycopg.connect() as connection:
        ids = seed(connection)
    sys.stdout.write(json.dumps({"produtos": ids}) + "\n")


if __name__ == "__main__":
    main()
