"""Which daemon is used, and what is said where none can be."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from sandbox.engines.docker.daemon import connect
from sandbox.engines.docker.errors import DockerUnavailableError, NoRoomError
from sandbox.engines.docker.images import ensure_image
from sandbox.engines.docker.room import check_room

_GB = 1024**3
Listener = Callable[..., Path]


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listener]:
    """Makes daemons that say who they are; each listens on a socket of its own."""
    servers: list[_Server] = []

    def make(path: Path, *, component: str = "Engine", system: str = "Debian") -> Path:
        answers = {
            "/version": {"ApiVersion": "1.44", "Version": "28.2", "Components": [{"Name": component}]},
            "/info": {"OperatingSystem": system},
        }

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = next(answers[name] for name in answers if self.path.endswith(name))
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self) -> str:
                return "a client"

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        path.parent.mkdir(parents=True, exist_ok=True)
        server = _Server(str(path), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return path

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def _environ(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run")}


def test_rootless_docker_is_found_where_it_listens(tmp_path: Path, listening: Listener) -> None:
    path = listening(tmp_path / "run" / "docker.sock")
    daemon = connect(_environ(tmp_path), lambda: "", tmp_path / "none.sock")
    daemon.client.close()
    assert (daemon.socket, daemon.mounted, daemon.podman) == (str(path), str(path), False)
    assert daemon.words == f"Docker 28.2 at {path}"


def test_podman_is_used_and_known(tmp_path: Path, listening: Listener) -> None:
    path = listening(tmp_path / "run" / "podman" / "podman.sock", component="Podman Engine")
    daemon = connect(_environ(tmp_path), lambda: "", tmp_path / "none.sock")
    daemon.client.close()
    assert (daemon.socket, daemon.podman) == (str(path), True)
    assert daemon.words == f"Podman 28.2 at {path}"


def test_docker_desktop_is_found_by_its_context_and_mounts_the_socket_of_its_machine(
    tmp_path: Path, listening: Listener
) -> None:
    path = listening(tmp_path / "home" / ".docker" / "desktop.sock", system="Docker Desktop")
    daemon = connect(_environ(tmp_path), lambda: f"unix://{path}", tmp_path / "none.sock")
    daemon.client.close()
    assert (daemon.socket, daemon.mounted, daemon.desktop) == (str(path), "/var/run/docker.sock", True)


@pytest.mark.parametrize("host", ["tcp://10.0.0.1:2376", "ssh://somebody@there"])
def test_remote_daemons_are_refused_wherever_they_are_named(tmp_path: Path, host: str) -> None:
    with pytest.raises(DockerUnavailableError, match="DOCKER_HOST names a daemon on another machine"):
        connect({"DOCKER_HOST": host}, lambda: "", tmp_path / "none.sock")
    with pytest.raises(DockerUnavailableError, match="context of the docker command names"):
        connect(_environ(tmp_path), lambda: host, tmp_path / "none.sock")


def test_where_none_answers_the_usual_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(DockerUnavailableError, match=r"none\.sock"):
        connect(_environ(tmp_path), lambda: "", tmp_path / "none.sock")


@pytest.mark.parametrize(
    ("info", "available", "free", "images", "said"),
    [
        ({"MemTotal": _GB}, 9, 99, False, "Docker has 1.0 GB of memory"),
        ({"MemTotal": 8 * _GB}, 1, 99, False, "1.0 GB of memory to spare"),
        ({"MemTotal": 8 * _GB}, 9, 0, False, "0.0 GB of disk free, and 1.0 GB are needed"),
        ({"MemTotal": 8 * _GB}, 9, 3, True, "3.0 GB of disk free, and 6.0 GB are needed"),
    ],
)
def test_too_little_room_is_refused_with_what_there_is(
    tmp_path: Path, info: dict[str, Any], available: int, free: int, images: bool, said: str
) -> None:
    with pytest.raises(NoRoomError, match=said):
        check_room(
            {**info, "DockerRootDir": str(tmp_path)},
            images=images,
            available=lambda: available * _GB,
            free=lambda _: free * _GB,
        )


def test_what_a_virtual_machine_has_free_is_not_guessed(tmp_path: Path) -> None:
    info = {"MemTotal": 8 * _GB, "OperatingSystem": "Docker Desktop", "DockerRootDir": str(tmp_path)}
    check_room(info, images=True, available=lambda: 0, free=lambda _: 0)


class _Registry:
    """The images of a daemon that has none and cannot fetch any."""

    def __init__(self, said: str) -> None:
        self.images = self
        self.api = self
        self._said = said

    def get(self, image: str) -> None:
        from docker.errors import ImageNotFound

        raise ImageNotFound(image)

    def pull(self, image: str, **_: Any) -> list[dict[str, str]]:
        return [{"status": "Downloading"}, {"error": self._said}]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("manifest unknown", "has none of that name"),
        ("dial tcp: lookup registry-1.docker.io: no such host", "cannot be reached"),
        ("write /var/lib/docker/x: no space left on device", "the disk is full"),
    ],
)
def test_an_image_that_cannot_be_had_says_why(said: str, told: str) -> None:
    notes: list[str] = []
    with pytest.raises(Exception, match=told) as raised:
        ensure_image(_Registry(said), "localstack/localstack:4.14.0", notes.append)
    assert said in str(raised.value)
    assert notes == ["fetching localstack/localstack:4.14.0"]
