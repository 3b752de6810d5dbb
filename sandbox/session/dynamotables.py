"""Tables of DynamoDB as rows and columns: keys first, then the attributes of the items shown, those that most
of them have before the others.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.errors import UsageError
from sandbox.model.awserror import AwsError
from sandbox.model.scope import Scope
from sandbox.model.views.system import RowsView, TableView
from sandbox.services.dynamodb.service import DynamoDbService
from sandbox.session.present import ask
from sandbox.session.wires import table_names

if TYPE_CHECKING:
    from sandbox.session.session import Session

#: How the database of these tables is called.
DATABASE = "dynamodb"
#: Items that are looked through; what lies beyond is said to be there.
_MOST = 20_000
#: Items that are looked through in one turn of the loop.
_AT_ONCE = 200
#: Characters of a value that are shown.
_SHOWN = 2_000
_Item = dict[str, dict[str, Any]]


async def dynamo_tables(session: Session) -> list[TableView]:
    """Every table of the default account and region; none where DynamoDB is not native."""
    if DATABASE not in session.engine.services:
        return []
    views = [await _view(session, name) for name in await table_names(session)]
    return [view for view in views if view is not None]


async def dynamo_rows(session: Session, table: str, limit: int, offset: int, match: str) -> RowsView:
    """Some items of a table, in the order of a scan.

    Args:
        match: only items that have this text in a value or the name of an attribute; case does not matter.

    Raises:
        UsageError: no such table, or it is being deleted.
    """
    view = await _view(session, table)
    if view is None:
        raise UsageError(
            f"there is no table {table} in DynamoDB",
            f"it has: {', '.join(await table_names(session)) or 'none'}",
            "name one of them",
        )
    items, more = await _looked_through(session, table, offset + limit + 1, match.lower())
    shown = items[offset : offset + limit]
    others = Counter(name for item in shown for name in item if name not in view.columns)
    columns = [*view.columns, *sorted(others, key=lambda name: (-others[name], name))]
    rows = [[_text(item[name]) if name in item else None for name in columns] for item in shown]
    return RowsView(columns=columns, rows=rows, gap="", more=more or len(items) > offset + limit)


async def _view(session: Session, name: str) -> TableView | None:
    """A table; None: it is not there, or not any more."""
    try:
        answer = await ask(session, DATABASE, "DescribeTable", {"TableName": name})
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise
    table = answer["Table"]
    keys = [part["AttributeName"] for part in table["KeySchema"]]
    return TableView(kind=DATABASE, database=DATABASE, name=name, rows=table["ItemCount"], columns=keys)


async def _looked_through(session: Session, table: str, wanted: int, match: str) -> tuple[list[_Item], bool]:
    """So many items that have a text, and whether some were left unread.

    What people look at is no load of the system: it takes none of the table's throughput.
    """
    service = session.engine.services[DATABASE]
    assert isinstance(service, DynamoDbService)
    found: list[_Item] = []
    read, last = 0, None
    while len(found) < wanted and read < _MOST:
        try:
            page = service.look(Scope(), table, last, _AT_ONCE)
        except AwsError as error:
            raise UsageError(
                f"the table {table} is being deleted",
                "its items are out of reach, as on AWS",
                "ask again: it is gone soon",
            ) from error
        read += len(page.items)
        found += [item for item in page.items if not match or match in _all_of(item)]
        if not page.full:
            return found, False
        last = page.items[-1]
        await asyncio.sleep(0)
    return found, True


def _all_of(item: _Item) -> str:
    return " ".join(f"{name} {_text(value)}" for name, value in item.items()).lower()


def _text(value: dict[str, Any]) -> str:
    """A value as people write it: strings and numbers as they are, the rest as JSON without type names."""
    plain = _plain(value)
    return (plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))[:_SHOWN]


def _plain(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    match kind:
        case "NULL":
            return None
        case "M":
            return {name: _plain(one) for name, one in inner.items()}
        case "L":
            return [_plain(one) for one in inner]
        case "B":
            return _base64(inner)
        case "BS":
            return [_base64(one) for one in inner]
        case "N":
            return inner
        case _:
            return list(inner) if kind.endswith("S") and kind != "S" else inner


def _base64(value: bytes | str) -> str:
    return value if isinstance(value, str) else base64.b64encode(value).decode()
