"""Images that must be on the machine before containers are made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docker.errors import APIError, DockerException, ImageNotFound

from sandbox.engines.docker.errors import ImageError

_MB = 1024 * 1024


def ensure_image(client: Any, image: str, say: Callable[[str], None]) -> None:
    """Fetches an image that is not there.

    Args:
        say: told, in a few words, how far it is.

    Raises:
        ImageError: the registry does not have it or cannot be reached.
    """
    try:
        client.images.get(image)
        return
    except ImageNotFound:
        say(f"fetching {image}")
    try:
        _pull(client, image, say)
    except (APIError, DockerException) as error:
        raise ImageError(
            f"the image {image} is not on this machine and could not be fetched",
            str(getattr(error, "explanation", None) or error),
            f"check the network and try `docker pull {image}`; without a registry, load it (`docker load`)",
        ) from error


def _pull(client: Any, image: str, say: Callable[[str], None]) -> None:
    layers: dict[str, tuple[int, int]] = {}
    told = 0
    for line in client.api.pull(image, stream=True, decode=True):
        if "error" in line:
            raise DockerException(line["error"])
        progress = line.get("progressDetail") or {}
        if line.get("status") == "Downloading" and progress.get("total"):
            layers[line["id"]] = (progress["current"], progress["total"])
            done, total = (sum(column) for column in zip(*layers.values(), strict=True))
            if done - told > 50 * _MB:
                told = done
                say(f"fetching {image}: {done // _MB} of {total // _MB} MB")
