"""A change of what is stored cannot be forgotten: the tables of each format are written down, and some keys.

State of an older layout is refused by its number alone (`sandbox/store/format.py`), so a changed table needs
another number. New tables do not: an older folder gets them when it is opened.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import re
import sqlite3
from contextlib import closing
from typing import Any

import sandbox
from sandbox.model.dynamodb.keys import bucket_of, encode
from sandbox.store.format import FORMAT
from tests.architecture.sources import ROOT, dotted, parsed, python_files, where

RECORDED = ROOT / "tests" / "architecture" / "schemas.json"


def schemas() -> list[str]:
    """The texts of every `SCHEMA` and `_SCHEMA` of a module or a class."""
    found: dict[str, None] = {}
    for info in pkgutil.walk_packages(sandbox.__path__, "sandbox."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        classes = [value for value in vars(module).values() if isinstance(value, type)]
        for owner in (module, *classes):
            for name in ("SCHEMA", "_SCHEMA"):
                text = vars(owner).get(name, "")
                if isinstance(text, str) and "CREATE" in text:
                    found[text] = None
    return list(found)


def tables() -> dict[str, str]:
    """Each table and index as SQLite understands it, by name."""
    with closing(sqlite3.connect(":memory:")) as database:
        for schema in schemas():
            database.executescript(schema)
        rows = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return {name: re.sub(r"\s+", " ", sql) for name, sql in rows}


def keys() -> dict[str, str]:
    """Some keys of DynamoDB's items as they are stored: an item is found by no other."""
    values: list[dict[str, Any]] = [
        {"S": "nota-1"},
        {"B": b"nota-1"},
        *({"N": number} for number in ("-2.5", "0", "7", "1E+40")),
    ]
    return {str(value): f"{bucket_of(encode(value))} {encode(value).hex()}" for value in values}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What an older file would have otherwise: new tables and indexes are made when it is opened."""
    return sorted(name for name, sql in before.items() if after.get(name) != sql)


def test_a_changed_table_has_another_format() -> None:
    recorded = json.loads(RECORDED.read_text())
    now: dict[str, Any] = {"format": FORMAT, "keys": keys(), "tables": tables()}
    if recorded["format"] == FORMAT:
        other = [name for part in ("keys", "tables") for name in changed(recorded[part], now[part])]
        assert not other, (
            f"{', '.join(other)} changed, and state of format {FORMAT} has it the old way: raise FORMAT in"
            " sandbox/store/format.py, then run this test with UPDATE_GOLDEN=1"
        )
    if os.environ.get("UPDATE_GOLDEN"):
        RECORDED.write_text(json.dumps(now, indent=1) + "\n")
        return
    assert recorded == now, (
        "tables were added or FORMAT was raised: write them down by running this test with UPDATE_GOLDEN=1"
    )


def test_new_tables_are_no_change_but_other_columns_are() -> None:
    before = {"a": "CREATE TABLE a (x)", "b": "CREATE TABLE b (x)"}
    assert changed(before, {**before, "c": "CREATE TABLE c (x)"}) == []
    assert changed(before, {**before, "b": "CREATE TABLE b (x, y)"}) == ["b"]
    assert changed(before, {"a": before["a"]}) == ["b"]


def test_what_defines_tables_has_a_name_that_this_test_finds() -> None:
    for file in python_files("sandbox"):
        for node in ast.walk(parsed(file)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr == "define" and "database" in dotted(node.func.value):
                name = dotted(node.args[0]).rpartition(".")[2]
                assert name in ("SCHEMA", "_SCHEMA"), f"{where(file, node)}: name the text SCHEMA or _SCHEMA"
