"""Reads `docker-compose.yml`, the one description of the containers.

Standard: https://github.com/compose-spec/compose-spec/blob/main/spec.md. Of it, what the file uses; a key
that is not acted on is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from sandbox.engines.docker.errors import ComposeFileError, ImageRefusedError
from sandbox.model.durations import parse_duration

_VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_]\w*)(?::-([^{}]*))?\})")
_PORT = re.compile(r"(127\.0\.0\.1):(\d+):(\d+)")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_TOP = {"name", "services", "volumes", "networks"}
#: `healthcheck` is for who uses the file by hand; the engine has readiness checks of its own.
_SERVICE = {
    "image", "container_name", "command", "environment", "ports", "volumes", "labels", "networks",
    "healthcheck", "stop_grace_period",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Port:
    """A container's port on loopback."""

    host: int
    container: int


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """One container as the file describes it.

    Attributes:
        service: its key in the file, and its name on the network.
        name: the container's own name.
        volumes: name of a volume, or an absolute path, -> path in the container, and `:ro` where it may only
            be read.
        stop_seconds: how long it may take to end.
    """

    service: str
    name: str
    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 10

    def port(self, container: int) -> int:
        """The port of loopback that leads to one of the container's.

        Raises:
            ComposeFileError: the file does not publish it.
        """
        for port in self.ports:
            if port.container == container:
                return port.host
        raise ComposeFileError(
            f"docker-compose.yml does not publish port {container} of {self.service}",
            "the front door reaches the container through it",
            f'give it back its "127.0.0.1:…:{container}" under ports',
        )


@dataclass(frozen=True, slots=True)
class ComposePlan:
    """All of the file: containers by service, the names of its volumes and its one network, their labels."""

    project: str
    containers: Mapping[str, ContainerPlan]
    volumes: Mapping[str, Mapping[str, str]]
    network: str
    network_labels: Mapping[str, str]


def compose_file() -> Path:
    """The file that came with this sandbox: at the root of the repository, or in the installed package.

    Raises:
        ComposeFileError: it is in neither place.
    """
    here = Path(__file__).resolve()
    for place in (here.parents[3] / "docker-compose.yml", here.with_name("docker-compose.yml")):
        if place.is_file():
            return place
    raise ComposeFileError(
        "docker-compose.yml is missing", f"it belongs beside {here.parents[2]}", "install sandbox again"
    )


def read_compose(file: Path, variables: Mapping[str, str]) -> ComposePlan:
    """Reads the file with its variables filled in.

    Args:
        variables: `SANDBOX_PROJECT`, the ports, the images, the token, the socket.

    Raises:
        ComposeFileError: it cannot be read, or asks for what is not done.
        ImageRefusedError: an image is `latest`, or has no tag.
    """
    try:
        data = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ComposeFileError(f"{file} cannot be read", str(error), "correct the file") from error
    filled = _filled(data, variables)
    _known(filled, _TOP, str(file))
    volumes = {
        key: (str(value["name"]), _texts(value.get("labels", {})))
        for key, value in filled.get("volumes", {}).items()
    }
    (network,) = filled["networks"].values()
    names = {key: name for key, (name, _) in volumes.items()}
    return ComposePlan(
        project=filled["name"],
        containers={key: _container(key, value, names) for key, value in filled["services"].items()},
        volumes=dict(volumes.values()),
        network=network["name"],
        network_labels=_texts(network.get("labels", {})),
    )


def check_image(image: str) -> None:
    """Refuses an image that is not pinned.

    Raises:
        ImageRefusedError: it is `latest`, or has no tag.
    """
    tag = image.rpartition("/")[2].partition(":")[2]
    if _DIGEST.search(image) or tag not in ("", "latest"):
        return
    if "localstack" in image:
        raise ImageRefusedError(
            f"the image {image} is refused: it is not pinned",
            "since March 2026 `latest` of LocalStack asks for an account and ends with exit code 55;"
            " 4.14.0 is the last community image that starts without one",
            "leave LOCALSTACK_IMAGE unset, or name an exact tag of a newer one and set LOCALSTACK_AUTH_TOKEN",
        )
    raise ImageRefusedError(
        f"the image {image} is refused: it is not pinned",
        "what `latest` is changes from day to day, so two machines would not run the same",
        "name an exact tag",
    )


def _container(service: str, data: Mapping[str, Any], volumes: Mapping[str, str]) -> ContainerPlan:
    _known(data, _SERVICE, f"the service {service}")
    check_image(data["image"])
    mounts = {}
    for mount in data.get("volumes", ()):
        source, _, target = mount.partition(":")
        mounts[volumes.get(source, source)] = target
    return ContainerPlan(
        service=service,
        name=data["container_name"],
        image=data["image"],
        command=tuple(data.get("command", ())),
        environment=_texts(data.get("environment", {})),
        ports=tuple(_port(service, port) for port in data.get("ports", ())),
        volumes=mounts,
        labels=_texts(data.get("labels", {})),
        stop_seconds=int(parse_duration(str(data.get("stop_grace_period", "10s")))),
    )


def _port(service: str, text: str) -> Port:
    found = _PORT.fullmatch(text)
    if found is None:
        raise ComposeFileError(
            f"the port {text!r} of {service} is refused",
            "containers are reached on this machine's loopback only",
            "write it as 127.0.0.1:HOST:CONTAINER",
        )
    return Port(int(found[2]), int(found[3]))


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(
            lambda match: "$" if match[1] is None else variables.get(match[1]) or match[2] or "", value
        )
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    return value


def _known(data: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        raise ComposeFileError(
            f"{where} has {', '.join(unknown)}",
            "the Docker engine reads this file and does not act on that",
            "remove it: what has no effect must not stand there",
        )


def _texts(data: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in data.items()}


def with_dns(plan: ComposePlan, server: str) -> ComposePlan:
    """The plan with another name server for LocalStack to pass questions on to.

    Args:
        server: its address; Docker's own, which the file names, is not there with other engines.
    """
    localstack = plan.containers["localstack"]
    changed = replace(localstack, environment={**localstack.environment, "DNS_SERVER": server})
    return replace(plan, containers={**plan.containers, "localstack": changed})
