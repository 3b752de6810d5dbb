"""One container of the compose file, made and started through testcontainers.

Its reaper (Ryuk) is left out: it is one more image, and what a sandbox leaves is found by label anyway.
"""

from __future__ import annotations

from typing import Any, cast

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from sandbox.engines.docker.compose import ContainerPlan

_TIMEOUT = 60
_LOOPBACK = "127.0.0.1"


def launched(client: Any, socket: str, plan: ContainerPlan, network: str) -> Any:
    """Makes and starts a container; returns it as the Docker SDK has it.

    Args:
        client: the Docker SDK's.
        socket: path of the daemon's socket.
        network: that it joins, where its service's name leads to it.

    Raises:
        DockerException: Docker refused.
    """
    testcontainers_config.ryuk_disabled = True
    daemon = {"environment": {"DOCKER_HOST": f"unix://{socket}"}, "timeout": _TIMEOUT}
    container = DockerContainer(
        plan.image,
        docker_client_kw=daemon,
        name=plan.name,
        env=dict(plan.environment),
        volumes=[(source, *_target(target)) for source, target in plan.volumes.items()],
    )
    if plan.command:
        container.with_command(list(plan.command))
    # Its own way of binding ports opens them to every address of this machine.
    bound = {f"{port.container}/tcp": (_LOOPBACK, port.host) for port in plan.ports}
    cast("dict[str, Any]", container.ports).update(bound)
    endpoint = client.api.create_endpoint_config(aliases=[plan.service])
    container.with_kwargs(
        labels=dict(plan.labels),
        network=network,
        networking_config={network: endpoint},
        healthcheck={"test": ["NONE"]},
        detach=True,
    )
    try:
        container.start()
    finally:
        container.get_docker_client().client.close()
    return client.containers.get(container.get_container_id())


def _target(text: str) -> tuple[str, str]:
    """Path in a container, and whether it may be written."""
    path, _, mode = text.partition(":")
    return path, mode or "rw"
