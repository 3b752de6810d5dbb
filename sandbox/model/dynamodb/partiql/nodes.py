"""What a parsed statement is; its parameters are in place already."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.model.dynamodb.expressions.nodes import Condition, Path, Update
from sandbox.model.dynamodb.values import Item


@dataclass(frozen=True, slots=True)
class Select:
    """`SELECT paths FROM table.index WHERE where ORDER BY order`.

    Attributes:
        paths: None: `*`.
        order: attributes, and whether each is descending.
    """

    table: str
    index: str | None
    paths: tuple[Path, ...] | None
    where: Condition | None
    order: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS(SELECT …)`: a check within a transaction."""

    select: Select

    @property
    def table(self) -> str:
        """The table that is looked at."""
        return self.select.table


@dataclass(frozen=True, slots=True)
class Insert:
    """`INSERT INTO table VALUE item`."""

    table: str
    item: Item


@dataclass(frozen=True, slots=True)
class Change:
    """`UPDATE table SET … REMOVE … WHERE where RETURNING returning`.

    Attributes:
        returning: as ReturnValues has it (`ALL_OLD`, `UPDATED_NEW`, …), None where nothing is asked for.
    """

    table: str
    update: Update
    where: Condition | None
    returning: str | None


@dataclass(frozen=True, slots=True)
class Removal:
    """`DELETE FROM table WHERE where RETURNING returning`."""

    table: str
    where: Condition | None
    returning: str | None


Statement = Select | Exists | Insert | Change | Removal
