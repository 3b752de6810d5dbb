"""Images that must be on the machine before containers are made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from docker.errors import APIError, DockerException, ImageNotFound

from sandbox.engines.docker.errors import ImageError

_MB = 1024 * 1024
#: What a daemon says of an image that its registry does not have, and of a full disk.
_UNKNOWN = ("manifest unknown", "not found", "does not exist", "repository name", "access denied")
_FULL = "no space left on device"


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
    except (APIError, DockerException, OSError) as error:
        raise _not_fetched(image, str(getattr(error, "explanation", None) or error)) from error


def missing(client: Any, images: Iterable[str]) -> list[str]:
    """Those of the images that are not on the machine."""
    found = []
    for image in images:
        try:
            client.images.get(image)
        except ImageNotFound:
            found.append(image)
    return found


def _not_fetched(image: str, said: str) -> ImageError:
    what = f"the image {image} is not on this machine and could not be fetched"
    if any(mark in said for mark in _UNKNOWN):
        return ImageError(
            f"{what}: its registry has none of that name",
            said,
            "correct the name or the tag; LOCALSTACK_IMAGE, DYNAMODB_IMAGE and POSTGRES_IMAGE set them",
        )
    if _FULL in said:
        return ImageError(f"{what}: the disk is full", said, "`docker system prune` removes what is unused")
    return ImageError(
        f"{what}: its registry cannot be reached",
        said,
        f"check the network and the proxy of the daemon, and try `docker pull {image}`; where there is no"
        " registry, load the image (`docker load`)",
    )


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
