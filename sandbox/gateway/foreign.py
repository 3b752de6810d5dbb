"""Calls to servers that speak HTTP, written and read by botocore's own serializers and parsers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpRequest, HttpResponse
from sandbox.model.scope import Scope
from sandbox.wire.values import seconds

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

#: Never dialled: the upstream has its own address.
_ENDPOINT = "http://127.0.0.1"


class ForeignCalls:
    """Writes requests and reads answers; botocore is imported at the first: most sandboxes never need it."""

    def __init__(self) -> None:
        self._models: dict[str, ServiceModel] = {}

    def request(self, service: str, operation: str, params: Mapping[str, Any], scope: Scope) -> HttpRequest:
        """The HTTP request of a call, signed with a scope but no signature (nobody here verifies one)."""
        from botocore.awsrequest import create_request_object, prepare_request_dict
        from botocore.serialize import create_serializer

        model = self._operation(service, operation)
        protocol = model.service_model.resolved_protocol
        written = create_serializer(protocol, include_validation=False).serialize_to_request(
            dict(params), model
        )
        prepare_request_dict(written, endpoint_url=_ENDPOINT)
        prepared = create_request_object(written).prepare()
        split = urlsplit(prepared.url)
        body = prepared.body or b""
        signing = model.service_model.signing_name
        headers = [(name.lower(), _text(value)) for name, value in prepared.headers.items()]
        headers.append(("host", "127.0.0.1"))
        headers.append(
            (
                "authorization",
                f"AWS4-HMAC-SHA256 Credential={scope.account}/20200101/{scope.region}/{signing}"
                "/aws4_request, SignedHeaders=host, Signature=unsigned",
            )
        )
        return HttpRequest(
            prepared.method,
            split.path,
            split.query,
            headers,
            body.encode() if isinstance(body, str) else body,
        )

    def output(self, service: str, operation: str, response: HttpResponse) -> dict[str, Any]:
        """The parsed output of an answer, moments as epoch seconds, streams as bytes.

        Raises:
            AwsError: the answer is an error.
        """
        from botocore.awsrequest import HeadersDict
        from botocore.parsers import ResponseParserFactory

        model = self._operation(service, operation)
        factory = ResponseParserFactory()
        factory.set_parser_defaults(timestamp_parser=_moment)
        parser = factory.create_parser(model.service_model.resolved_protocol)
        failed = response.status >= 300
        streams = model.has_streaming_output and not failed
        parsed: dict[str, Any] = parser.parse(
            {
                "status_code": response.status,
                "headers": HeadersDict(dict(response.headers)),
                "body": io.BytesIO(response.body) if streams else response.body,
            },
            model.output_shape,
        )
        parsed.pop("ResponseMetadata", None)
        if failed:
            error = parsed.get("Error", {})
            raise AwsError(
                str(error.get("Code") or response.status),
                str(error.get("Message") or ""),
                status=response.status,
            )
        return {
            name: value.read() if isinstance(value, io.BytesIO) else value for name, value in parsed.items()
        }

    def _operation(self, service: str, operation: str) -> OperationModel:
        model = self._models.get(service)
        if model is None:
            from botocore.loaders import Loader
            from botocore.model import ServiceModel

            model = self._models[service] = ServiceModel(
                Loader().load_service_model(service, "service-2"), service
            )
        return model.operation_model(operation)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _moment(value: Any) -> float:
    return seconds(value)
