"""The output of a supervised server: lines, waiting, bounds."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox.backing.logs import ServerLog


def test_lines_are_put_together_from_pieces(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "log")
    for piece in (b"fir", b"st\nsec", b"ond\r\nthi"):
        log.feed(piece)
    assert log.last() == ["first", "second", "thi"]
    log.close()
    assert (tmp_path / "log").read_bytes() == b"first\nsecond\r\nthi"


def test_only_the_last_lines_are_kept_in_memory(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "log")
    log.feed(b"".join(b"%d\n" % number for number in range(1000)))
    assert log.last(2) == ["998", "999"]
    assert len(log.last(10_000)) == 200
    log.close()


def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "log")
    log.feed(b"x" * 50_000)
    assert max(len(line) for line in log.last()) <= 8_000
    log.close()


def test_the_file_is_bounded(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "log", limit=1000)
    for _ in range(50):
        log.feed(b"y" * 99 + b"\n")
    log.close()
    assert (tmp_path / "log").stat().st_size <= 1000
    assert (tmp_path / "log.1").stat().st_size <= 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]


def test_somebody_waits_for_a_line(tmp_path: Path) -> None:
    async def scenario() -> str:
        log = ServerLog(tmp_path / "log")
        waiting = asyncio.create_task(log.wait_for("ready"))
        await asyncio.sleep(0)
        log.feed(b"not yet\nnow rea")
        log.feed(b"dy to serve\n")
        log.close()
        return await waiting

    assert asyncio.run(scenario()) == "now ready to serve"


def test_a_line_that_came_before_anybody_waited_counts(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "log")
    log.feed(b"now ready to serve\nand more\n")
    assert asyncio.run(asyncio.wait_for(log.wait_for("ready"), timeout=5)) == "now ready to serve"
    log.close()


def test_output_after_the_close_is_still_seen(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "log")
    log.close()
    log.feed(b"last words\n")
    assert log.last() == ["last words"]
