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


def test_of_a_long_column_name_both_ends_are_shown() -> None:
    view = RowsView(columns=["nota_fiscal_id", "nota_fiscal_em\x1b"], rows=[["a", "b"]])
    table = TableView(kind="postgres", database="nfe", name="eventos_outbox", rows=1)
    (row,) = rows_of(view)
    shown = words(row_detail(view, row, table)(60)).splitlines()
    assert shown[1] == "nota_f…cal_id a"
    assert "\x1b" not in shown[2]
    assert shown[2].endswith(" b")
