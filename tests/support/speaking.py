"""A service spoken to as clients do: botocore's own serializers and parsers around our wire, without HTTP."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from sandbox.model.awserror import AwsError
from sandbox.wire.incoming import Incoming
from sandbox.wire.sqsquery import ELEMENTS, ENTRIES
from sandbox.wire.wire import Wire
from tests.support.shapes import wire

#: `call(operation, params, headers)` of the service under test.
Call = Callable[[str, dict[str, Any], Mapping[str, str]], dict[str, Any]]


class Speaker:
    """A client of one service in one protocol.

    Args:
        service: botocore's name.
        protocol: `query` makes SQS speak as it did before 2023.
        call: runs an operation.
    """

    def __init__(self, service: str, protocol: str, call: Call) -> None:
        self._model = _model(service, protocol)
        self._serializer = create_serializer(protocol, False)
        self._parser = create_parser(protocol)
        self._call = call
        self._wire: Wire = wire()
        #: Added to every request.
        self.headers: dict[str, str] = {}

    def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        """The parsed answer, without its metadata.

        Raises:
            ClientError: the answer was an error.
        """
        shape = self._model.operation_model(operation)
        incoming = self._incoming(self._serializer.serialize_to_request(params, shape))
        target = self._wire.identify(incoming)
        assert target.error is None, target.error
        try:
            output = self._call(operation, self._wire.parse(target, incoming), incoming.headers)
        except AwsError as error:
            response = self._wire.error(target, error, "r")
        else:
            response = self._wire.answer(target, output, "r")
        headers = {name.lower(): value for name, value in response.headers}
        raw = {"status_code": response.status, "headers": headers, "body": response.body}
        parsed: dict[str, Any] = self._parser.parse(raw, shape.output_shape)
        if response.status >= 300:
            raise ClientError(parsed, operation)
        parsed.pop("ResponseMetadata")
        return parsed

    def refused(self, operation: str, **params: Any) -> tuple[str, str]:
        """Code and message of the error that an operation answers with."""
        with pytest.raises(ClientError) as caught:
            self(operation, **params)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def _incoming(self, request: dict[str, Any]) -> Incoming:
        prepare_request_dict(request, "http://127.0.0.1:4566")
        split = urlsplit(request["url"])
        body = request["body"]
        if isinstance(body, dict):
            body = urlencode(body)
        headers = {name.lower(): value for name, value in {**request["headers"], **self.headers}.items()}
        scope = f"test/20260101/us-east-1/{self._model.signing_name}/aws4_request"
        headers["authorization"] = f"Credential={scope}"
        return Incoming(
            request["method"],
            split.path,
            split.query,
            headers,
            body.encode() if isinstance(body, str) else body,
        )


@functools.cache
def _model(service: str, protocol: str) -> ServiceModel:
    described = Loader().load_service_model(service, "service-2")
    if service == "sqs" and protocol == "query":
        described = _older(described)
    return ServiceModel(described, service)


def _older(described: Mapping[str, Any]) -> dict[str, Any]:
    """The model of SQS as it was for the query protocol: flattened lists with names of their elements."""
    shapes = {}
    for name, shape in described["shapes"].items():
        changed = dict(shape)
        if name in ELEMENTS:
            changed |= {"flattened": True, "member": {**shape["member"], "locationName": ELEMENTS[name]}}
        elif name in ENTRIES:
            entry, key, value = ENTRIES[name]
            changed |= {
                "flattened": True,
                "locationName": entry,
                "key": {**shape["key"], "locationName": key},
                "value": {**shape["value"], "locationName": value},
            }
        shapes[name] = changed
    for shape in shapes.values():
        if shape["type"] == "structure":
            shape["members"] = {name: _named(ref) for name, ref in shape["members"].items()}
    operations = {}
    for name, operation in described["operations"].items():
        operations[name] = dict(operation)
        if "output" in operation:
            operations[name]["output"] = {**operation["output"], "resultWrapper": f"{name}Result"}
    metadata = {**described["metadata"], "protocol": "query", "protocols": ["query"]}
    return {**described, "metadata": metadata, "operations": operations, "shapes": shapes}


def _named(ref: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**ref, "locationName": ENTRIES[ref["shape"]][0]} if ref["shape"] in ENTRIES else ref
