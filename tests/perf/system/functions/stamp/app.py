"""Tells the benchmark when it began, and with which messages."""

import json
import os
import socket
import time
from typing import Any

_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
_listener = ("127.0.0.1", int(os.environ["BENCH_PORT"]))


def handler(event: Any, context: Any) -> dict[str, Any]:
    began = time.time_ns()
    bodies = [record["body"] for record in event["Records"]]
    _socket.sendto(json.dumps([began, bodies]).encode(), _listener)
    return {}
