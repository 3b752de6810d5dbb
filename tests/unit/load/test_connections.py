"""Connections of a load: as many as the process may have files open, and no more."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter

import pytest

from sandbox.load.sender import CROWDED, Sender

LIMITED = """
import resource, sys
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from sandbox.load.sender import connections_allowed
print(connections_allowed(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "files"),
    [(256, 4096, 2000, 4096), (256, 1000, 900, 1000), (256, 256, 156, 256)],
)
def test_the_limit_of_open_files_is_raised_and_kept_to(
    soft: int, hard: int, connections: int, files: int
) -> None:
    words = [sys.executable, "-c", LIMITED, str(soft), str(hard)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(connections), str(files)]


def test_a_request_that_finds_no_connection_free_is_told_as_such() -> None:
    async def run() -> Sender:
        waiting: list[asyncio.Transport] = []

        class Server(asyncio.Protocol):
            """Answers its clients when two have asked, so that both connections are held until then."""

            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)
                self.transport = transport

            def data_received(self, data: bytes) -> None:
                waiting.append(self.transport)
                if len(waiting) == 2:
                    for transport in waiting:
                        transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                        transport.close()

        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        sender = Sender("127.0.0.1", port, lambda _: b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", connections=2)
        async with server:
            await sender.send([0.0, 0.0, 0.0], asyncio.Event())
            for transport in waiting:
                transport.abort()
            await asyncio.sleep(0)
        return sender

    statuses = Counter(asyncio.run(run()).results.statuses)
    assert statuses == {200: 2, CROWDED: 1}
