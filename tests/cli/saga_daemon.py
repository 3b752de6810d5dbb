"""A daemon that only answers what it is told to answer, on a real control socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.control.client import control_socket
from sandbox.control.server import ControlServer

Asked = list[tuple[str, dict[str, Any]]]


class Answers:
    """Answers each method with a value, or raises it where it is an exception.

    Args:
        answers: by the name of the method.
        asked: where every question is noted.
    """

    def __init__(self, answers: Mapping[str, Any], asked: Asked) -> None:
        self._answers = answers
        self._asked = asked

    async def clock_show(self) -> Any:
        return self._answer("clock_show")

    async def saga_ls(self, limit: int, state: str | None = None, match: str = "") -> Any:
        return self._answer("saga_ls", limit=limit, state=state)

    async def saga_show(self, saga_id: str) -> Any:
        return self._answer("saga_show", saga_id=saga_id)

    async def saga_check(self) -> Any:
        return self._answer("saga_check")

    async def lint(self) -> Any:
        return self._answer("lint")

    def _answer(self, method: str, **params: Any) -> Any:
        self._asked.append((method, params))
        answer = self._answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def daemon(state: Path, answers: Mapping[str, Any]) -> Iterator[Asked]:
    """Serves answers on the control socket of a state folder; yields what was asked."""
    asked: Asked = []
    methods = Answers(answers, asked)
    loop = asyncio.new_event_loop()
    server = ControlServer(control_socket(state), {name: getattr(methods, name) for name in answers})
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield asked
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
