"""Which service, which operation: from the signature's scope, `X-Amz-Target`, `Action`, path and host."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from sandbox.model.awserror import AwsError
from sandbox.wire.dialect import dialect
from sandbox.wire.incoming import Incoming, Target
from sandbox.wire.model import Models
from sandbox.wire.names import PATHS, QUERY_VERSIONS, SHARED_PATHS, SIGNING_NAMES, TARGETS
from sandbox.wire.problems import MalformedBodyError
from sandbox.wire.rest import Router

JSON, CBOR, QUERY, EC2, REST_JSON, REST_XML = (
    "json",
    "smithy-rpc-v2-cbor",
    "query",
    "ec2",
    "rest-json",
    "rest-xml",
)
_CBOR_PATH = "/service/"
#: A queue's URL, which legacy clients and people with `curl` call without a signature.
_QUEUE_PATH = re.compile(r"^(?:/queue/[a-z0-9-]+)?/\d{12}/[A-Za-z0-9_-]+(?:\.fifo)?/?$")


class Identifier:
    """Tells what requests ask for.

    Args:
        models: the service models.
        router: the router of a REST service.
    """

    def __init__(self, models: Models, router: Callable[[str], Router]) -> None:
        self._models = models
        self._router = router

    def identify(self, incoming: Incoming) -> Target:
        """What the request asks for; `error` is set where that cannot be told or does not exist."""
        target = Target()
        target.access_key, region, signed = incoming.credential
        if region:
            target.region = region
        name = incoming.headers.get("x-amz-target")
        if name is not None:
            self._by_target(target, name, signed)
        elif incoming.path.startswith(_CBOR_PATH) and "/operation/" in incoming.path:
            self._by_cbor_path(target, incoming.path, signed)
        else:
            self._by_form_or_path(target, incoming, signed)
        return target

    # --- the three ways ----------------------------------------------------------------------------------
    def _by_target(self, target: Target, name: str, signed: str) -> None:
        prefix, _, operation = name.rpartition(".")
        service = TARGETS.get(prefix) or self._signed(signed)
        if not service:
            target.error = _unknown_service(f"no service answers to X-Amz-Target {name!r}")
            return
        target.service = service
        model = self._models[service]
        if model.metadata.target_prefix and prefix != model.metadata.target_prefix:
            target.error = AwsError(
                "UnknownOperationException",
                f"{service} has no operation {name[:200]!r}: not in {model.metadata.target_prefix}.",
            )
            return
        self._operation(target, operation)

    def _by_cbor_path(self, target: Target, path: str, signed: str) -> None:
        target.protocol = CBOR
        _, _, prefix, _, operation, *_ = [*path.split("/"), "", ""]
        service = TARGETS.get(prefix) or self._signed(signed)
        if not service:
            target.error = _unknown_service(f"no service answers at {path!r}")
            return
        target.service = service
        self._operation(target, operation)

    def _by_form_or_path(self, target: Target, incoming: Incoming, signed: str) -> None:
        service = self._signed(signed, incoming.path)
        action = self._action(incoming, service)
        service = service or self._unsigned(incoming, action)
        if not service:
            target.protocol = QUERY if incoming.is_form() else REST_JSON
            target.error = _unknown_service(
                f"{incoming.method} {incoming.path} is no service's, and no signature names one"
            )
            return
        target.service = service
        target.protocol = self._protocol(service, incoming, action)
        if target.protocol in (QUERY, EC2):
            self._by_action(target, incoming, action)
        elif target.protocol in (REST_JSON, REST_XML):
            self._by_route(target, incoming)
        else:
            target.error = AwsError(
                "MissingAuthenticationToken" if not signed else "UnknownOperationException",
                f"a request to {service} names its operation in X-Amz-Target, and this one has none.",
            )

    # --- parts -------------------------------------------------------------------------------------------
    def _signed(self, signing_name: str, path: str = "") -> str:
        """The service of a signing name, empty where there is none."""
        if not signing_name:
            return ""
        for name, prefix, service in SHARED_PATHS:
            if name == signing_name and path.startswith(prefix):
                return service
        service = SIGNING_NAMES.get(signing_name, signing_name)
        return service if service in self._models else ""

    def _unsigned(self, incoming: Incoming, action: str) -> str:
        if action:
            version = self._field(incoming, "Version")
            found = QUERY_VERSIONS.get(version)
            if found:
                return found
        if _QUEUE_PATH.match(incoming.path):
            return "sqs"
        for prefix, service in PATHS:
            if incoming.path.startswith(prefix):
                return service
        first = incoming.headers.get("host", "").split(".", 1)[0].split(":", 1)[0].lower()
        if first.isalpha() and first != "localhost":
            return self._signed(first, incoming.path)
        return ""

    def _action(self, incoming: Incoming, service: str) -> str:
        """The `Action` of the query protocol (REST services may have a query field of that name)."""
        if service and self._models[service].metadata.protocol.startswith("rest"):
            return ""
        return self._field(incoming, "Action") if incoming.is_form() or "Action=" in incoming.query else ""

    @staticmethod
    def _field(incoming: Incoming, name: str) -> str:
        try:
            return incoming.fields().get(name, "")
        except MalformedBodyError:
            return ""

    def _protocol(self, service: str, incoming: Incoming, action: str) -> str:
        metadata = self._models[service].metadata
        if metadata.protocol == EC2:
            return EC2
        if metadata.protocol.startswith("rest"):
            return metadata.protocol
        if action or incoming.is_form() or metadata.protocol == QUERY:
            return QUERY
        return JSON

    def _by_action(self, target: Target, incoming: Incoming, action: str) -> None:
        if action:
            self._operation(target, action)
            return
        try:
            incoming.fields()
        except MalformedBodyError as error:
            target.error = AwsError("MalformedQueryString", f"The request cannot be read: {error}")
            return
        target.error = AwsError("MissingAction", "The request must contain the parameter Action.")

    def _by_route(self, target: Target, incoming: Incoming) -> None:
        router = self._router(target.service)
        found = router.find(incoming.method, incoming.path, incoming.query, incoming.headers)
        if found is None:
            target.error = AwsError(
                "UnknownOperationException",
                f"{target.service} has no operation at {incoming.method} {incoming.path}.",
                status=404,
            )
            return
        target.operation, target.labels = found

    def _operation(self, target: Target, operation: str) -> None:
        operations = self._models[target.service].operations
        if operation in operations:
            target.operation = operation
            return
        code, status = dialect(target.service, target.protocol).not_found
        near = difflib.get_close_matches(operation, operations, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        target.error = AwsError(
            code, f"{target.service} has no operation {operation[:200]!r}.{hint}", status=status
        )


def _unknown_service(why: str) -> AwsError:
    return AwsError(
        "UnknownService", f"The request names no AWS service that sandbox knows: {why[:500]}.", status=404
    )
