"""Rows of tables as text."""

from __future__ import annotations

import pytest

from sandbox.model.views.system import RowsView, TableView
from tests.tui.presenting import scene, words
from tui.present.cells import plain
from tui.present.data import row_detail, rows_of, rows_table


@pytest.mark.parametrize(("gap", "cell", "named"), [("NULL", "NULL", True), ("", "", False)])
def test_a_row_without_a_value_says_what_its_database_has_there(gap: str, cell: str, named: bool) -> None:
    view = RowsView(columns=["pk", "nota"], rows=[["a", None], ["b", "x"]], gap=gap)
    table = TableView(kind="dynamodb", database="dynamodb", name="pedidos", rows=2)
    (first, _) = rows_of(view)

    assert [plain(one) for one in rows_table(view).cells(first, scene())] == ["a", cell]  # type: ignore[arg-type]
    assert ("nota" in words(row_detail(view, first, table)(60))) is named
