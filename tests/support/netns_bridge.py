"""Runs a server that would listen on every interface in a network of its own, reached by a Unix socket.

    python netns_bridge.py SOCKET PORT COMMAND …

The command's port PORT exists in the new network only; what connects to SOCKET is handed on to it. It ends
when its standard input does, and the command with it. It says the command's process id once SOCKET can be
connected to.

With `--sockets` before SOCKET, what connects is sent a socket that is connected to the port, and nothing of
what goes through that passes here: it costs the server nothing.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_UP_AND_RUNNING = 0x1 | 0x40


def alone() -> None:
    """Moves this process into a network that holds nothing but a loopback interface."""
    flags = CLONE_NEWNET | (0 if os.geteuid() == 0 else CLONE_NEWUSER)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "this machine gives no network namespace")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _UP_AND_RUNNING))


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carries bytes one way until they end."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def _send_socket(to: int, port: int) -> None:
    """Sends a socket that is connected to the port to the other end of the file number `to`."""
    with socket.create_connection(("127.0.0.1", port)) as made, socket.socket(fileno=os.dup(to)) as asking:
        asking.setblocking(True)
        socket.send_fds(asking, [b"."], [made.fileno()])


async def serve(path: str, port: int, command: list[str], *, sockets: bool) -> None:
    """Starts the command and the bridge to it; returns when standard input ends.

    Args:
        sockets: whether connected sockets are sent, not bytes.
    """
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True
    )

    async def bridge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if sockets:
                _send_socket(writer.get_extra_info("socket").fileno(), port)
                writer.close()
                return
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    server = await asyncio.start_unix_server(bridge, path)
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    try:
        async with server:
            await asyncio.to_thread(sys.stdin.buffer.read)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


if __name__ == "__main__":
    alone()
    sockets_ = sys.argv[1] == "--sockets"
    path_, port_, *command_ = sys.argv[2 if sockets_ else 1 :]
    asyncio.run(serve(path_, int(port_), command_, sockets=sockets_))
