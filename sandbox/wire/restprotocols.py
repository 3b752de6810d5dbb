"""The REST protocols: members in path, query string, headers and a body of JSON or XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.http import HttpResponse
from sandbox.wire.faults import Faults
from sandbox.wire.incoming import Incoming
from sandbox.wire.jsonbody import Convert, JsonReader, JsonWriter
from sandbox.wire.model import Operation, Ref, ServiceModel, Shape
from sandbox.wire.problems import AnswerError, ShapeError
from sandbox.wire.protocols import decode_json, json_fault, nothing, refuse_streams, xml_fault, xml_response
from sandbox.wire.rest import Bindings, TextReader, bindings, header_text, read_bound
from sandbox.wire.values import as_bytes
from sandbox.wire.xmlbody import XmlReader, XmlWriter, parse_xml

_NONE = Bindings({}, {}, (), {}, (), None, None, {})


class _RestCodec:
    """What both have in common: everything but the body."""

    _default_type = ""

    def __init__(self, service: str, model: ServiceModel) -> None:
        self._service = service
        self._model = model
        self._texts = TextReader(model)
        self._faults = Faults(service, model)
        self._inputs: dict[str, Bindings] = {}
        self._outputs: dict[str, Bindings] = {}

    def parse(self, operation: str, incoming: Incoming, labels: Mapping[str, str]) -> dict[str, Any]:
        """See `Codec.parse`."""
        bound = self._inputs.get(operation)
        if bound is None:
            refuse_streams(self._service, self._model, operation)
            shape = self._model.input_shape(operation)
            bound = self._inputs[operation] = self._bind(operation, shape) if shape else _NONE
        params = read_bound(bound, self._texts, labels, incoming.query, incoming.headers)
        if bound.payload is not None:
            shape = self._model.input_shape(operation)
            if incoming.body or (shape and bound.payload[0] in shape.required):
                self._read_payload(params, *bound.payload, incoming.body)
        elif incoming.body and (bound.body or incoming.body.strip() not in (b"", b"{}")):
            params.update(self._read_body(operation, bound, incoming.body))
        return params

    def _bind(self, operation: str, shape: Shape) -> Bindings:
        return bindings(self._model, shape, self._model.operations[operation].http.request_uri)

    def answer(self, operation: str, output: Mapping[str, Any], request_id: str) -> HttpResponse:
        """See `Codec.answer`."""
        spec = self._model.operations[operation]
        shape = self._model.output_shape(operation)
        if shape is None:
            nothing(operation)(output)
            return HttpResponse(spec.http.response_code, [("x-amzn-RequestId", request_id)])
        for member in output:
            if member not in shape.members:
                raise AnswerError(f"the answer has a member {member!r} that {operation} does not have")
        bound = self._outputs.get(operation)
        if bound is None:
            bound = self._outputs[operation] = bindings(self._model, shape)
        headers = [("x-amzn-RequestId", request_id), *self._headers(bound, output)]
        status = spec.http.response_code
        if bound.status is not None and output.get(bound.status) is not None:
            status = int(output[bound.status])
        body = b"" if status == 204 else self._body(spec, shape, bound, output)
        if (body or status != 204) and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("content-type", self._default_type))
        return HttpResponse(status, headers, body)

    def _headers(self, bound: Bindings, output: Mapping[str, Any]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for name, ref in bound.headers.values():
            if output.get(name) is not None:
                found.append((ref.location_name or name, header_text(self._model, ref, output[name])))
        for prefix, name, _ in bound.prefixes:
            found += [(prefix + key, str(value)) for key, value in (output.get(name) or {}).items()]
        return found

    def _body(self, spec: Operation, shape: Shape, bound: Bindings, output: Mapping[str, Any]) -> bytes:
        if bound.payload is None:
            names = {name for name, _ in bound.body.values()}
            return self._write_body(spec, bound, {name: output[name] for name in output if name in names})
        name, ref = bound.payload
        value = output.get(name)
        if value is None:
            return b""
        if self._model.shapes[ref.shape].type in ("blob", "string"):
            return as_bytes(value)
        return self._write_payload(name, ref, value)

    def _read_payload(self, params: dict[str, Any], name: str, ref: Ref, body: bytes) -> None:
        kind = self._model.shapes[ref.shape].type
        try:
            if kind == "blob":
                params[name] = body
            elif kind == "string":
                params[name] = body.decode()
            else:
                params[name] = self._read_structure(ref, body)
        except UnicodeDecodeError as error:
            raise ShapeError("the body is not UTF-8") from error
        except ShapeError as problem:
            problem.within(name)
            raise

    # --- the body's form -----------------------------------------------------------------------------------
    def _read_body(self, operation: str, bound: Bindings, body: bytes) -> dict[str, Any]:
        raise NotImplementedError

    def _read_structure(self, ref: Ref, body: bytes) -> Any:
        raise NotImplementedError

    def _write_body(self, spec: Operation, bound: Bindings, output: Mapping[str, Any]) -> bytes:
        raise NotImplementedError

    def _write_payload(self, name: str, ref: Ref, value: Any) -> bytes:
        raise NotImplementedError


class RestJsonCodec(_RestCodec):
    """Standard: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html"""

    _default_type = "application/json"

    def __init__(self, service: str, model: ServiceModel) -> None:
        super().__init__(service, model)
        self._reader = JsonReader(model)
        self._writer = JsonWriter(model)
        self._bodies: dict[str, Convert] = {}
        self._answers: dict[str, Convert] = {}

    def error(self, error: AwsError, request_id: str) -> HttpResponse:
        """See `Codec.error`."""
        fault = self._faults.fault(error)
        document = json_fault(fault, self._writer)
        if fault.shape is not None and "Type" in fault.shape.members:
            document.setdefault("Type", "User" if fault.status < 500 else "Service")
        headers = [
            ("x-amzn-RequestId", request_id),
            ("content-type", self._default_type),
            ("x-amzn-ErrorType", fault.name),
        ]
        retry = fault.fields.get("retryAfterSeconds")
        if retry is not None:
            headers.append(("retry-after", str(retry)))
        return HttpResponse(fault.status, headers, msgspec.json.encode(document))

    def _read_body(self, operation: str, bound: Bindings, body: bytes) -> dict[str, Any]:
        read = self._bodies.get(operation)
        if read is None:
            read = self._bodies[operation] = self._reader.members(bound.body)
        found: dict[str, Any] = read(decode_json(body))
        return found

    def _read_structure(self, ref: Ref, body: bytes) -> Any:
        return self._reader.reader(ref.shape)(decode_json(body))

    def _write_body(self, spec: Operation, bound: Bindings, output: Mapping[str, Any]) -> bytes:
        write = self._answers.get(spec.name)
        if write is None:
            members = dict(bound.body.values())
            write = self._answers[spec.name] = self._writer.members(spec.name, members)
        return msgspec.json.encode(write(output))

    def _write_payload(self, name: str, ref: Ref, value: Any) -> bytes:
        return msgspec.json.encode(self._writer.writer(ref)(value))


class RestXmlCodec(_RestCodec):
    """Standard: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html"""

    _default_type = "application/xml"

    def __init__(self, service: str, model: ServiceModel) -> None:
        super().__init__(service, model)
        self._reader = XmlReader(model)
        self._writer = XmlWriter(model)

    def error(self, error: AwsError, request_id: str) -> HttpResponse:
        """See `Codec.error`."""
        fault = self._faults.fault(error)
        request = f"<RequestId>{request_id}</RequestId>"
        if self._service in ("s3", "s3control"):
            return xml_response(fault.status, f"<Error>{xml_fault(fault)}{request}</Error>", request_id)
        inner = f"<Error><Type>{fault.kind}</Type>{xml_fault(fault)}</Error>{request}"
        return xml_response(fault.status, f"<ErrorResponse>{inner}</ErrorResponse>", request_id)

    def _read_body(self, operation: str, bound: Bindings, body: bytes) -> dict[str, Any]:
        members = dict(bound.body.values())
        return self._reader.members(members, parse_xml(body))

    def _read_structure(self, ref: Ref, body: bytes) -> Any:
        return self._reader.read(ref, parse_xml(body))

    def _write_body(self, spec: Operation, bound: Bindings, output: Mapping[str, Any]) -> bytes:
        members = dict(bound.body.values())
        inner = self._writer.members(Shape("structure", members=members), output)
        ref = spec.output
        root = (ref.location_name if ref else None) or self._root(spec)
        space = f' xmlns="{self._model.namespace}"' if self._model.namespace else ""
        return f"<{root}{space}>{inner}</{root}>".encode() if members else b""

    @staticmethod
    def _root(spec: Operation) -> str:
        """S3 names a document after its shape, where that is a thing's own (NotificationConfiguration)."""
        shape = spec.output.shape if spec.output else ""
        own = shape and not shape.endswith(("Output", "Response", "Result"))
        return shape if own else f"{spec.name}Response"

    def _write_payload(self, name: str, ref: Ref, value: Any) -> bytes:
        shape = self._model.shapes[ref.shape]
        return self._writer.element(ref.location_name or shape.location_name or name, ref, value).encode()
