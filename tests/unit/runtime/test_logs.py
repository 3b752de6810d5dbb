"""The pipe of a function: frames and lines, whole and in order, however the bytes arrive."""

from __future__ import annotations

import asyncio
import itertools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.runtime.logs import EVENT_BYTES, KEPT_BYTES, LineSplitter, LogPipe


def frame(text: str, kind: int = 0x03) -> bytes:
    data = text.encode()
    return bytes([0xA5, 0x5A, 0x00, kind]) + len(data).to_bytes(4, "big") + (123).to_bytes(8, "big") + data


def split(*pieces: bytes) -> list[str]:
    splitter = LineSplitter()
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return [*events, *splitter.flush()]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\n\ntwo", ["one", "", "two"]),
        (frame("logged\n"), ["logged"]),
        (frame("a trace\n  of two lines"), ["a trace\n  of two lines"]),
        (b"a\n" + frame("b\n") + b"c\n", ["a", "b", "c"]),
        (b"no end" + frame("b", 0x1B) + b"c", ["no end", "b", "c"]),
        (frame("") + b"x\n", ["x"]),
        ("caf\u00e9\n".encode(), ["caf\u00e9"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
    ],
)
def test_events(data: bytes, events: list[str]) -> None:
    assert split(data) == events
    assert split(*(data[index : index + 1] for index in range(len(data)))) == events


def test_a_frame_without_its_end_is_kept_as_far_as_it_came() -> None:
    assert split(frame("interrupted")[:-4]) == ["interru"]


def test_bytes_that_only_look_like_a_frame_do_not_swallow_what_follows() -> None:
    fake = b"\xa5\x5a\x00\x03" + b"\xff" * 12
    assert split(fake + b"after\n")[-1] == "after"


def test_a_line_beyond_the_longest_event_is_cut() -> None:
    assert [len(event) for event in split(b"x" * (2 * EVENT_BYTES + 5) + b"\n")] == [
        EVENT_BYTES,
        EVENT_BYTES,
        5,
    ]


PARTS = st.one_of(
    st.text("abc\u00e9 ", max_size=20).map(lambda text: ("line", text)),
    st.text("abc\n ", min_size=1, max_size=20).map(lambda text: ("frame", text)),
)


@settings(max_examples=60)
@given(parts=st.lists(PARTS, max_size=12), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_mixture_cut_anywhere_gives_the_same_events(
    parts: list[tuple[str, str]], cuts: list[int]
) -> None:
    data = b"".join(frame(text) if kind == "frame" else text.encode() + b"\n" for kind, text in parts)
    expected = [text.removesuffix("\n") if kind == "frame" else text for kind, text in parts]
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in itertools.pairwise(edges)]
    wanted = [text for (kind, _), text in zip(parts, expected, strict=True) if text or kind == "line"]
    assert split(*pieces) == wanted


def test_a_pipe_gives_what_was_written_and_counts_what_it_dropped() -> None:
    async def go() -> tuple[list[str], list[str]]:
        pipe = LogPipe()
        first: list[str] = []
        second: list[str] = []
        try:
            pipe.give_to(first.extend)
            os.write(pipe.writer, b"one\ntwo")
            pipe.settle()
            pipe.give_to(second.extend)
            line = b"y" * 65535 + b"\n"
            for _ in range(KEPT_BYTES // len(line) + 2):
                os.write(pipe.writer, line)
                await asyncio.to_thread(int)  # a turn of the event loop with its readers
            pipe.settle()
            return first, second
        finally:
            pipe.close()

    first, second = asyncio.run(go())
    assert first == ["one", "two"]
    assert sum(len(line) for line in second) < KEPT_BYTES + 200
    assert "bytes of output beyond the first" in second[-1]


def test_what_comes_between_invocations_belongs_to_the_next_one() -> None:
    async def go() -> list[str]:
        pipe = LogPipe()
        lines: list[str] = []
        try:
            os.write(pipe.writer, b"early\n")
            await asyncio.to_thread(int)
            pipe.give_to(lines.extend)
            os.write(pipe.writer, b"while it runs\n")
            pipe.settle()
            os.write(pipe.writer, b"late\n")
            await asyncio.to_thread(int)
            return lines
        finally:
            pipe.close()

    assert asyncio.run(go()) == ["early", "while it runs"]
