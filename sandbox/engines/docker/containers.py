"""The containers of one sandbox: made, waited for and removed, with everything that carries its label."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from docker.errors import APIError, DockerException, NotFound

from sandbox.engines.docker.compose import ComposePlan, ContainerPlan
from sandbox.engines.docker.errors import ContainerError
from sandbox.engines.docker.images import ensure_image, missing
from sandbox.engines.docker.launch import launched
from sandbox.engines.docker.room import check_room
from sandbox.engines.docker.threads import Threads

LABEL = "dev.sandbox.project"
ROLE = "dev.sandbox.role"
#: Real seconds a container may take until it is ready, and between two looks.
_PATIENCE = 120.0
_STEP = 0.1
_TAIL = 15
_AT_ONCE = 8
_PORT_TAKEN = ("port is already allocated", "address already in use")

#: Answers what shows that a server is ready, or None while it is not.
Probe = Callable[[], Awaitable[str | None]]


class PortRaceError(Exception):
    """Somebody took a port between its choice and its use."""


class Containers:
    """Everything in Docker that belongs to one project.

    Args:
        client: the Docker SDK's.
        socket: path of the daemon's socket.
        project: the value of the label.
        threads: runs what blocks.
    """

    def __init__(self, client: Any, socket: str, project: str, threads: Threads) -> None:
        self.client = client
        self._socket = socket
        self._project = project
        self._threads = threads
        self._plan: ComposePlan | None = None
        self._made: dict[str, Any] = {}

    async def prepare(self, plan: ComposePlan, say: Callable[[str], None]) -> None:
        """Removes what a crash left, fetches images, and makes network and volumes.

        Raises:
            NoRoomError: memory or disk are too small.
            ImageError: an image cannot be had.
            ContainerError: Docker refused.
        """
        self._plan = plan
        await self._threads.run(self._sweep)
        images = {container.image for container in plan.containers.values()}
        await self._threads.run(self._check_room, images)
        await _all(self._threads.run(ensure_image, self.client, image, say) for image in sorted(images))
        await self._threads.run(_refusals_told, self._make_network, plan)

    async def start(self, plan: ContainerPlan, probe: Probe) -> str:
        """Starts one container and waits until it is ready; returns what showed it.

        Raises:
            PortRaceError: its port was taken meanwhile.
            ContainerError: it could not be made, ended, or did not become ready.
        """
        container = await self._threads.run(_refusals_told, self._make, plan)
        self._made[plan.service] = container
        began = time.monotonic()
        while True:
            evidence = await probe()
            if evidence is not None:
                return evidence
            await self._threads.run(container.reload)
            waited = time.monotonic() - began
            if container.status in ("exited", "dead") or waited > _PATIENCE:
                raise await self._threads.run(_not_ready, plan, container, waited)
            await asyncio.sleep(_STEP)

    async def stop(self) -> None:
        """Ends and removes everything that carries the label: containers, network, volumes."""
        await self._threads.finished()
        await self._threads.run(self._sweep)
        self._made.clear()

    def names(self) -> list[str]:
        """The containers that carry the label, whoever made them."""
        mine = {"label": f"{LABEL}={self._project}"}
        found = self.client.containers.list(all=True, filters=mine, ignore_removed=True)
        return sorted(str(container.name) for container in found)

    def named(self, service: str) -> Any:
        """The container of a service, once it has started."""
        return self._made[service]

    def gateway(self) -> tuple[str, str]:
        """This machine's address on the network, and the network's subnet."""
        assert self._plan is not None
        network = self.client.networks.get(self._plan.network)
        config = network.attrs["IPAM"]["Config"][0]
        return str(config["Gateway"]), str(config["Subnet"])

    def processes(self) -> list[tuple[str, int]]:
        """Name and pid of the first process of each server container."""
        found = []
        for service, container in self._made.items():
            pid = container.attrs.get("State", {}).get("Pid", 0)
            if pid:
                found.append((service, pid))
        return found

    # --- in threads --------------------------------------------------------------------------------------
    def _check_room(self, images: set[str]) -> None:
        check_room(self.client.info(), images=bool(missing(self.client, images)))

    def _make_network(self, plan: ComposePlan) -> None:
        self.client.networks.create(plan.network, driver="bridge", labels=dict(plan.network_labels))
        for name, labels in plan.volumes.items():
            self.client.volumes.create(name, labels=dict(labels))

    def _make(self, plan: ContainerPlan) -> Any:
        assert self._plan is not None
        try:
            return launched(self.client, self._socket, plan, self._plan.network)
        except APIError as error:
            if any(mark in str(error) for mark in _PORT_TAKEN):
                raise PortRaceError(str(error)) from error
            raise

    def _sweep(self) -> None:
        mine = {"label": f"{LABEL}={self._project}"}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            # Servers first: LocalStack may be making a function's container. Then whatever is left, until
            # nothing is.
            for only in ({"label": [mine["label"], f"{ROLE}=server"]}, mine):
                while found := self.client.containers.list(all=True, filters=only, ignore_removed=True):
                    list(pool.map(_remove, found))
        for network in self.client.networks.list(filters=mine):
            _unless_gone(network.remove)
        for volume in self.client.volumes.list(filters=mine):
            _unless_gone(partial(volume.remove, force=True))


def _remove(container: Any) -> None:
    _unless_gone(partial(container.remove, force=True, v=True))


def _unless_gone(act: Callable[[], object]) -> None:
    try:
        act()
    except NotFound:
        return
    except APIError as error:
        if "is already in progress" not in str(error):
            raise


def _refusals_told(act: Callable[..., Any], *args: Any) -> Any:
    try:
        return act(*args)
    except DockerException as error:
        raise ContainerError(
            "Docker refused to make a container of the sandbox",
            str(getattr(error, "explanation", None) or error),
            "mend what it names; where that is disk or memory, free some (`docker system df`, `docker info`)",
        ) from error


def _not_ready(plan: ContainerPlan, container: Any, waited: float) -> ContainerError:
    container.reload()
    state = container.attrs["State"]
    ended = state["Status"] in ("exited", "dead")
    try:
        lines = container.logs(tail=_TAIL).decode(errors="replace").strip()
    except DockerException as error:
        lines = f"its log cannot be read: {error}"
    what = f"ended with exit code {state['ExitCode']}" if ended else f"was not ready after {waited:.0f} s"
    memory = " (the system ended it: too little memory)" if state.get("OOMKilled") else ""
    remedy = "read its last lines above; free memory or disk where those are short, and start again"
    if "localstack" in plan.image and state["ExitCode"] == 55:
        remedy = (
            "this LocalStack asks for an account: set LOCALSTACK_AUTH_TOKEN, or leave LOCALSTACK_IMAGE unset"
        )
    return ContainerError(
        f"the container {plan.name} ({plan.image}) {what}{memory}", f"its last lines:\n{lines}", remedy
    )


async def _all(work: Iterable[Awaitable[object]]) -> None:
    """Waits for all; the first failure is raised once none is under way."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
