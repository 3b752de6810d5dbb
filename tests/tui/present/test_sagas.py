"""Sagas as text."""

from __future__ import annotations

import msgspec

from tests.tui import canned
from tests.tui.presenting import scene, words
from tui.present import (
    sagas,
)
from tui.present.cells import plain


class TestSagas:
    def test_those_that_need_someone_come_first(self) -> None:
        shown = sagas.urgent_first(canned.SAGAS[:60])
        assert [saga.outcome for saga in shown[:4]] == ["stuck", "running", "running", "running"]

    def test_outcomes_are_counted(self) -> None:
        assert (
            plain(sagas.summary(canned.SAGAS))
            == "■ 1 stuck   ◐ 3 running   ↺ 100 compensated   ● 4,896 completed"
        )
        assert plain(sagas.summary(canned.SAGAS, 40)) == "■1 stuck ◐3 run ↺100 comp ●4,896 ok"

    def test_the_head_says_what_it_waits_for(self) -> None:
        shown = words(sagas.head(canned.saga_detail(canned.nota(3)), canned.NOW)(100))
        assert "waiting for   a redrive of estoque-reserva-dlq; next outbox run in 23 s" in shown
        assert "✗ reserva" in shown
        assert "12.5s waiting + 220ms working" in shown

    def test_the_waterfall_is_drawn_to_scale(self) -> None:
        found = canned.saga_detail(canned.nota(4))
        table = sagas.waterfall(found)
        bars_ = [table.cells(entry, scene())[-1] for entry in found.timeline]
        drawn = [plain(bar(34)) for bar in bars_ if callable(bar)]
        assert all(len(bar) == 34 for bar in drawn)
        assert drawn[1].count("░") == 21  # 2.08 of 3.4 seconds
        assert drawn[-1].rstrip().endswith("█")

    def test_violations_are_told_with_their_rows(self) -> None:
        shown = words(sagas.check_lines(canned.CHECK)(80))
        assert "1 violation" in shown
        assert "produto_id=p-1" in shown
        assert "outbox-vazia only once no saga runs" in shown

    def test_work_in_no_virtual_time_shows_the_real_one(self) -> None:
        found = canned.saga_detail(canned.nota(4))
        entry = msgspec.structs.replace(found.timeline[0], to_at=found.timeline[0].from_at)
        assert plain(sagas.waterfall(found).cells(entry, scene())[3]) == "21.0 ms"  # type: ignore[arg-type]
