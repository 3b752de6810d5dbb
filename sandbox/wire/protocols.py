"""The RPC protocols: JSON 1.0 and 1.1, Smithy RPC v2 CBOR, query and ec2; one codec per service."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, ClassVar, Protocol
from xml.sax.saxutils import escape

import msgspec

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpResponse, HttpStream
from sandbox.wire import cbor
from sandbox.wire.eventstream import CONTENT_TYPE, framed
from sandbox.wire.faults import Fault, Faults
from sandbox.wire.incoming import Incoming
from sandbox.wire.jsonbody import Convert, JsonReader, JsonWriter
from sandbox.wire.model import Ref, ServiceModel, Shape
from sandbox.wire.problems import AnswerError, MalformedBodyError, ShapeError
from sandbox.wire.querybody import QueryReader
from sandbox.wire.sqsquery import as_older_request, in_older_words, with_query_names
from sandbox.wire.xmlbody import XmlWriter

#: Namespaces that the models of services with several protocols no longer name.
_QUERY_NAMESPACES = {
    "sqs": "http://queue.amazonaws.com/doc/2012-11-05/",
    "cloudwatch": "http://monitoring.amazonaws.com/doc/2010-08-01/",
}


class Codec(Protocol):
    """One service in one protocol."""

    def parse(self, operation: str, incoming: Incoming, labels: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of a request.

        Raises:
            MalformedBodyError: the body is not of the protocol.
            ShapeError: a value is not of its shape.
        """
        ...

    def answer(self, operation: str, output: Mapping[str, Any], request_id: str) -> HttpResponse:
        """A successful answer.

        Raises:
            AnswerError: the output has something that the model has not.
        """
        ...

    def error(self, error: AwsError, request_id: str) -> HttpResponse:
        """An error's answer."""
        ...


def refuse_streams(service: str, model: ServiceModel, operation: str, *, answered: bool = False) -> None:
    """Event streams that are sent to a service are not implemented; those that it answers, in JSON alone.

    Args:
        answered: an event stream can be answered.

    Raises:
        NotImplementedByName: the operation answers, or takes, an event stream.
    """
    taken = stream_of(model, model.input_shape(operation))
    given = None if answered else stream_of(model, model.output_shape(operation))
    if taken or given:
        raise NotImplementedByName(service, f"the event stream of {operation}")


def stream_of(model: ServiceModel, shape: Shape | None) -> tuple[str, Ref] | None:
    """The member of a structure that is an event stream, if one is."""
    for name, ref in shape.members.items() if shape else ():
        if model.shapes[ref.shape].eventstream:
            return name, ref
    return None


def decode_json(body: bytes) -> Any:
    """A JSON document.

    Raises:
        MalformedBodyError: it is not JSON in UTF-8, or is nested too deep.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBodyError(str(error)) from error


def json_fault(fault: Fault, writer: JsonWriter) -> dict[str, Any]:
    """The members of an error document, without its type."""
    if fault.shape is None:
        return {**fault.fields, "message": fault.message}
    known = {name: ref for name, ref in fault.shape.members.items() if name in fault.fields}
    fields = {name: value for name, value in fault.fields.items() if name in known}
    written: dict[str, Any] = writer.members(fault.name, known)(fields)
    return {**written, fault.message_member: fault.message}


class JsonCodec:
    """`X-Amz-Target` and JSON.

    Standard: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
    """

    #: Whether answers may be streams of events.
    _streams: ClassVar[bool] = True

    def __init__(self, service: str, model: ServiceModel) -> None:
        self._service = service
        self._model = model
        self._reader = JsonReader(model)
        self._writer = JsonWriter(model)
        self._faults = Faults(service, model)
        self._content_type = ("content-type", f"application/x-amz-json-{model.metadata.json_version}")
        self._query_compatible = model.metadata.aws_query_compatible is not None
        self._checksum = service in ("dynamodb", "dynamodbstreams")
        self._readers: dict[str, Convert] = {}
        self._writers: dict[str, Convert] = {}

    def parse(self, operation: str, incoming: Incoming, labels: Mapping[str, str]) -> dict[str, Any]:
        """See `Codec.parse`."""
        read = self._readers.get(operation)
        if read is None:
            read = self._readers[operation] = self._input(operation)
        found: dict[str, Any] = read(decode_json(incoming.body) if incoming.body else {})
        return found

    def answer(self, operation: str, output: Mapping[str, Any], request_id: str) -> HttpResponse:
        """See `Codec.answer`."""
        write = self._writers.get(operation)
        if write is None:
            write = self._writers[operation] = self._output(operation)
        document = write(output)
        if isinstance(document, AsyncIterator):
            headers = [("x-amzn-RequestId", request_id), ("content-type", CONTENT_TYPE)]
            return HttpStream(200, headers, parts=document)
        return self._response(200, document, request_id)

    def error(self, error: AwsError, request_id: str) -> HttpResponse:
        """See `Codec.error`."""
        fault = self._faults.fault(error)
        document = {"__type": fault.qualified, **json_fault(fault, self._writer)}
        extra = [("x-amzn-ErrorType", fault.name)]
        if self._query_compatible:
            extra.append(("x-amzn-query-error", f"{fault.code};{fault.kind}"))
        return self._response(fault.status, document, request_id, extra)

    def _input(self, operation: str) -> Convert:
        refuse_streams(self._service, self._model, operation, answered=self._streams)
        ref = self._model.operations[operation].input
        return self._reader.members({}) if ref is None else self._reader.reader(ref.shape)

    def _output(self, operation: str) -> Convert:
        stream = stream_of(self._model, self._model.output_shape(operation))
        if stream is not None:
            return self._stream(*stream)
        ref = self._model.operations[operation].output
        return nothing(operation) if ref is None else self._writer.writer(ref)

    def _stream(self, name: str, ref: Ref) -> Convert:
        """The writer of an answer that is a stream of events."""
        members = self._model.shapes[ref.shape].members
        writers = {event: self._writer.writer(one) for event, one in members.items()}
        failures = frozenset(
            event for event, one in members.items() if self._model.shapes[one.shape].exception
        )
        return lambda output: framed(output[name], writers, failures)

    def _response(
        self, status: int, document: Any, request_id: str, extra: list[tuple[str, str]] | None = None
    ) -> HttpResponse:
        body = b"" if document is None else msgspec.json.encode(document)
        headers = [("x-amzn-RequestId", request_id), self._content_type, *(extra or ())]
        if self._checksum:
            headers.append(("x-amz-crc32", str(zlib.crc32(body))))
        return HttpResponse(status, headers, body)


def nothing(operation: str) -> Callable[[Mapping[str, Any]], None]:
    """The writer of an operation that answers nothing."""

    def write(output: Mapping[str, Any]) -> None:
        if output:
            raise AnswerError(f"{operation} answers nothing, but the service gave {sorted(output)}")

    return write


class CborCodec(JsonCodec):
    """`/service/Name/operation/Name` and CBOR.

    Standard: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
    """

    _streams = False

    def __init__(self, service: str, model: ServiceModel) -> None:
        super().__init__(service, model)
        self._writer = JsonWriter(model, binary=True)

    def parse(self, operation: str, incoming: Incoming, labels: Mapping[str, str]) -> dict[str, Any]:
        """See `Codec.parse`."""
        document = cbor.decode(incoming.body) if incoming.body else {}
        found: dict[str, Any] = self._input(operation)(document)
        return found

    def _response(
        self, status: int, document: Any, request_id: str, extra: list[tuple[str, str]] | None = None
    ) -> HttpResponse:
        headers = [
            ("x-amzn-RequestId", request_id),
            ("smithy-protocol", "rpc-v2-cbor"),
            ("content-type", "application/cbor"),
            *(extra or ()),
        ]
        return HttpResponse(status, headers, b"" if document is None else cbor.encode(document))


class QueryCodec:
    """`Action=…` forms in, XML out.

    Standard: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
    """

    def __init__(self, service: str, model: ServiceModel) -> None:
        self._service = service
        self._model = with_query_names(model) if service == "sqs" else model
        self._reader = QueryReader(self._model, ec2=self._ec2)
        self._writer = XmlWriter(self._model)
        self._faults = Faults(service, model)
        self._namespace = model.namespace or _QUERY_NAMESPACES.get(service, "")

    _ec2 = False

    def parse(self, operation: str, incoming: Incoming, labels: Mapping[str, str]) -> dict[str, Any]:
        """See `Codec.parse`."""
        ref = self._model.operations[operation].input
        fields = incoming.fields()
        if ref is not None:
            params = self._reader.read(ref.shape, fields)
            return as_older_request(operation, params) if self._service == "sqs" else params
        return self._nothing(fields)

    @staticmethod
    def _nothing(fields: Mapping[str, str]) -> dict[str, Any]:
        for name in fields:
            if name not in ("Action", "Version") and not name.startswith("X-Amz-"):
                problem = ShapeError("unknown member", unknown=True)
                problem.within(name)
                raise problem
        return {}

    def answer(self, operation: str, output: Mapping[str, Any], request_id: str) -> HttpResponse:
        """See `Codec.answer`."""
        result = self._result(operation, output)
        metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        return self._response(200, self._envelope(f"{operation}Response", result + metadata), request_id)

    def error(self, error: AwsError, request_id: str) -> HttpResponse:
        """See `Codec.error`."""
        older = self._service == "sqs"
        fault = self._faults.fault(in_older_words(error) if older else error)
        detail = "<Detail/>" if older else ""
        inner = f"<Error><Type>{fault.kind}</Type>{xml_fault(fault)}{detail}</Error>"
        body = self._envelope("ErrorResponse", f"{inner}<RequestId>{request_id}</RequestId>")
        return self._response(fault.status, body, request_id)

    def _result(self, operation: str, output: Mapping[str, Any]) -> str:
        ref = self._model.operations[operation].output
        if ref is None:
            nothing(operation)(output)
            return ""
        wrapper = ref.result_wrapper or f"{operation}Result"
        return f"<{wrapper}>{self._writer.members(self._model.shapes[ref.shape], output)}</{wrapper}>"

    def _envelope(self, name: str, inner: str) -> str:
        space = f' xmlns="{self._namespace}"' if self._namespace else ""
        return f"<{name}{space}>{inner}</{name}>"

    @staticmethod
    def _response(status: int, body: str, request_id: str) -> HttpResponse:
        return xml_response(status, body, request_id)


class Ec2Codec(QueryCodec):
    """The query protocol as EC2 has it.

    Standard: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
    """

    _ec2 = True

    def answer(self, operation: str, output: Mapping[str, Any], request_id: str) -> HttpResponse:
        """See `Codec.answer`."""
        shape = self._model.output_shape(operation)
        inner = "" if shape is None else self._writer.members(shape, output)
        body = self._envelope(f"{operation}Response", f"<requestId>{request_id}</requestId>{inner}")
        return self._response(200, body, request_id)

    def error(self, error: AwsError, request_id: str) -> HttpResponse:
        """See `Codec.error`."""
        fault = self._faults.fault(error)
        inner = f"<Errors><Error>{xml_fault(fault)}</Error></Errors><RequestID>{request_id}</RequestID>"
        return self._response(fault.status, f"<Response>{inner}</Response>", request_id)


def xml_fault(fault: Fault) -> str:
    """Code, message and further members of an error, as elements."""
    fields = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fault.fields.items())
    return f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message>{fields}"


def xml_response(status: int, body: str, request_id: str) -> HttpResponse:
    """An XML answer with its declaration."""
    headers = [("x-amzn-RequestId", request_id), ("content-type", "text/xml")]
    return HttpResponse(status, headers, b'<?xml version="1.0" encoding="UTF-8"?>\n' + body.encode())
