"""A service that somebody else serves: `--service dynamodb=http://127.0.0.1:8000`."""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.backing.connections import Connections
from sandbox.errors import UsageError
from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse

#: Services that others of an engine call past the front door: elsewhere they would not be found by those.
_WIRED = {
    "apigateway": "it invokes functions inside the engine",
    "events": "its deliveries stay inside the engine",
    "iam": "functions and deployments look roles up inside the engine",
    "lambda": "rules, mappings and APIs invoke functions inside the engine",
    "logs": "functions write their logs inside the engine",
    "rds": "its instances are databases that the engine runs",
    "scheduler": "its deliveries stay inside the engine",
    "sns": "its deliveries stay inside the engine",
    "sqs": "rules and mappings reach queues inside the engine",
    "stepfunctions": "it runs tasks inside the engine",
    "sts": "execution environments get their identity inside the engine",
}
_NATIVE = "=native"
#: What one server serves under a second name.
_TOGETHER = {"dynamodb": "dynamodbstreams"}


class Elsewhere:
    """Implements `Upstream`: passes every operation on to a URL.

    Args:
        url: `http://HOST:PORT`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        place = urlsplit(url)
        self._connections = Connections(place.hostname or "", place.port or 80)

    def refusal(self, service: str, operation: str) -> str | None:
        """Nothing is refused here: the server decides."""
        return None

    async def forward(self, service: str, operation: str, request: HttpRequest) -> HttpResponse:
        """Passes the request on; see `Upstream.forward`.

        Raises:
            AwsError: the server does not answer.
        """
        try:
            return await self._connections.send(request)
        except OSError as error:
            raise AwsError(
                "ServiceUnavailable",
                f"nothing answers {operation} of {service} at {self.url}, where --service puts it ({error}): "
                "start that server, or start the sandbox without --service",
                status=503,
            ) from error

    def close(self) -> None:
        """Closes the connections."""
        self._connections.close()


def elsewhere(bindings: tuple[str, ...]) -> dict[str, Elsewhere]:
    """The services that are served elsewhere, by name.

    Args:
        bindings: each `NAME=URL`; those of the form `NAME=native` are left to `natively`.

    Raises:
        UsageError: one is not of that form, or the service cannot be elsewhere.
    """
    found: dict[str, Elsewhere] = {}
    for text in bindings:
        if not text.endswith(_NATIVE):
            name, url = _parsed(text)
            found[name] = Elsewhere(url)
    for name, other in _TOGETHER.items():
        if name in found:
            found.setdefault(other, found[name])
    return found


def natively(bindings: tuple[str, ...]) -> frozenset[str]:
    """The services that are to be the sandbox's own, though the engine's servers have them: `NAME=native`."""
    return frozenset(text.removesuffix(_NATIVE) for text in bindings if text.endswith(_NATIVE))


def _parsed(text: str) -> tuple[str, str]:
    name, separator, url = text.partition("=")
    place = urlsplit(url)
    if not separator or not name or place.scheme != "http" or not place.hostname:
        raise UsageError(
            f"--service {text} cannot be understood",
            "it names a service and the URL of a server, in the clear",
            "say --service dynamodb=http://127.0.0.1:8000, or, on the Docker engine, --service events=native",
        )
    if place.path not in ("", "/") or place.query or place.username:
        raise UsageError(
            f"--service {text} names more than a server",
            "requests are passed on with the paths that clients ask for",
            f"say --service {name}=http://{place.hostname}:{place.port or 80}",
        )
    if name in _WIRED:
        raise UsageError(
            f"{name} cannot be served elsewhere",
            _WIRED[name],
            f"leave --service {name}=… out; services that stand alone can be elsewhere, as dynamodb or s3",
        )
    return name, url
