"""The front of the package: from requests to parameters, from answers and errors to responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpResponse
from sandbox.wire.check import Check, Checker
from sandbox.wire.dialect import Dialect, dialect
from sandbox.wire.identify import CBOR, EC2, JSON, QUERY, REST_JSON, REST_XML, Identifier
from sandbox.wire.incoming import Incoming, Target
from sandbox.wire.jsonbody import JsonReader
from sandbox.wire.model import Models, ServiceModel
from sandbox.wire.problems import MalformedBodyError, ShapeError
from sandbox.wire.protocols import CborCodec, Codec, Ec2Codec, JsonCodec, QueryCodec
from sandbox.wire.rest import Router
from sandbox.wire.restprotocols import RestJsonCodec, RestXmlCodec

#: How each protocol of botocore's models is spoken.
CODECS: dict[str, Callable[[str, ServiceModel], Codec]] = {
    JSON: JsonCodec,
    CBOR: CborCodec,
    QUERY: QueryCodec,
    EC2: Ec2Codec,
    REST_JSON: RestJsonCodec,
    REST_XML: RestXmlCodec,
}


class Wire:
    """Every AWS protocol for every service; what is compiled for an operation is kept.

    Signatures are not verified: only their scope (access key, region, service) is read.

    Args:
        models: the service models; None takes the installed botocore's.
    """

    def __init__(self, models: Models | None = None) -> None:
        self.models = models or Models()
        self._codecs: dict[tuple[str, str], Codec] = {}
        self._checkers: dict[str, Checker] = {}
        self._checks: dict[tuple[str, str], Check | None] = {}
        self._natives: dict[str, JsonReader] = {}
        self._routers: dict[str, Router] = {}
        self._identifier = Identifier(self.models, self._router)

    def identify(self, incoming: Incoming) -> Target:
        """What a request asks for; `Target.error` says why it cannot be told."""
        return self._identifier.identify(incoming)

    def parse(self, target: Target, incoming: Incoming) -> dict[str, Any]:
        """The parameters of a request, with botocore's member names, checked against the model.

        Returns:
            Blobs as bytes, timestamps as seconds since the epoch.

        Raises:
            AwsError: the body cannot be read, a value has another type, a required member is missing or a
                constraint is violated, in the service's own codes.
            NotImplementedByName: the request has a member that the model does not know.
        """
        try:
            params = self._codec(target.service, target.protocol).parse(
                target.operation, incoming, target.labels
            )
        except MalformedBodyError as error:
            words = dialect(target.service, target.protocol)
            raise AwsError(words.malformed, f"Could not parse request body: {error}") from error
        except ShapeError as problem:
            raise self._refusal(target.service, target.operation, target.protocol, problem) from problem
        self.check(target.service, target.operation, params, target.protocol)
        return params

    def check(self, service: str, operation: str, params: Mapping[str, Any], protocol: str = "") -> None:
        """Checks required members and constraints of parsed parameters.

        Raises:
            AwsError: all violations, as the service words them.
        """
        key = service, operation
        if key not in self._checks:
            self._checks[key] = self._compile_check(service, operation)
        check = self._checks[key]
        if check is not None:
            found: list[str] = []
            check(params, "", found)
            if found:
                raise self._words(service, protocol).violation(found)

    def accept(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters given in process, brought to the form that `parse` gives and checked the same way.

        Raises:
            AwsError: as `parse`.
            NotImplementedByName: a member that the model does not know.
        """
        model = self.models[service]
        reader = self._natives.get(service)
        if reader is None:
            reader = self._natives[service] = JsonReader(model, native=True)
        ref = model.operations[operation].input
        read = reader.members({}) if ref is None else reader.reader(ref.shape)
        try:
            accepted: dict[str, Any] = read(dict(params))
        except ShapeError as problem:
            raise self._refusal(service, operation, "", problem) from problem
        self.check(service, operation, accepted)
        return accepted

    def answer(self, target: Target, output: Mapping[str, Any], request_id: str) -> HttpResponse:
        """A successful answer in the protocol of the request.

        Raises:
            AnswerError: the output has something that the model has not.
        """
        return self._codec(target.service, target.protocol).answer(target.operation, output, request_id)

    def error(self, target: Target, error: AwsError, request_id: str) -> HttpResponse:
        """An error in the protocol of the request; of no service's where the service is not known."""
        if target.service:
            return self._codec(target.service, target.protocol).error(error, request_id)
        return plain_error(error, request_id)

    def _codec(self, service: str, protocol: str) -> Codec:
        codec = self._codecs.get((service, protocol))
        if codec is None:
            codec = self._codecs[service, protocol] = CODECS[protocol](service, self.models[service])
        return codec

    def _router(self, service: str) -> Router:
        router = self._routers.get(service)
        if router is None:
            router = self._routers[service] = Router(self.models[service])
        return router

    def _words(self, service: str, protocol: str) -> Dialect:
        return dialect(service, protocol or self.models[service].metadata.protocol)

    def _compile_check(self, service: str, operation: str) -> Check | None:
        checker = self._checkers.get(service)
        if checker is None:
            words = self._words(service, "")
            checker = self._checkers[service] = Checker(self.models[service], constraints=words.constraints)
        ref = self.models[service].operations[operation].input
        return None if ref is None else checker.check(ref.shape)

    def _refusal(self, service: str, operation: str, protocol: str, problem: ShapeError) -> AwsError:
        if problem.unknown:
            return NotImplementedByName(service, f"parameter {problem.path} of {operation}")
        where = f" (at {problem.path} of {operation})" if problem.path else ""
        if protocol in (QUERY, EC2):
            return AwsError(self._words(service, protocol).invalid, f"{problem.message}{where}")
        return AwsError("SerializationException", f"{problem.message}{where}")


def plain_error(error: AwsError, request_id: str) -> HttpResponse:
    """An error outside of any service, in the JSON form that every SDK reads."""
    headers = [
        ("x-amzn-RequestId", request_id),
        ("content-type", "application/json"),
        ("x-amzn-ErrorType", error.code),
    ]
    body = {"__type": error.code, "message": error.message}
    return HttpResponse(error.status, headers, msgspec.json.encode(body))
