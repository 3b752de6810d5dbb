"""Bytes that no SDK would send: each gets an AWS-shaped answer, and the server goes on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from sandbox.gateway import connection
from tests.contract.gateway.fakes import House, raw, served

JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded"
SCOPE = "Credential=k/20260101/us-east-1/{}/aws4_request"


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@pytest.fixture(scope="module")
def port(house: House) -> Iterator[int]:
    with served(house) as port:
        yield port


def request(
    method: str = "POST", path: str = "/", body: bytes = b"", host: str | None = "localhost", **headers: str
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
    if host is not None:
        lines.append(f"Host: {host}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def send(body: bytes, **headers: str) -> bytes:
    return request(body=body, X_Amz_Target="AmazonSQS.SendMessage", Content_Type=JSON, **headers)


GOOD = json.dumps({"QueueUrl": "http://x/q", "MessageBody": "b"}).encode()


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (send(b"{"), 400, "SerializationException"),
        (send(b'{"QueueUrl": "\xff\xfe"}'), 400, "SerializationException"),
        (send(b'{"QueueUrl": 1, "MessageBody": "b"}'), 400, "SerializationException"),
        (send(b"[" * 100_000), 400, "SerializationException"),
        (send(b"{}"), 400, "MissingRequiredParameterException"),
        (send(b'{"QueueUrl":"q","MessageBody":"b","Wrong":1}'), 501, "NotImplemented"),
        (send(b'{"QueueUrl":"q","MessageBody":"b","MessageGroupId":"g"}'), 501, "NotImplemented"),
        (request(X_Amz_Target="AmazonSQS.Nope"), 400, "UnknownOperationException"),
        (request(X_Amz_Target="Nope"), 404, "UnknownService"),
        (request(X_Amz_Target="\x80\xff.\xfe"), 404, "UnknownService"),
        (request("GET", "/"), 404, "UnknownService"),
        (request("GET", "/%00%ff/../..%2f"), 404, "UnknownService"),
        (request("PATCH", "/2015-03-31/functions"), 404, "UnknownOperationException"),
        (request(Authorization="AWS4-HMAC-SHA256 Credential=////"), 404, "UnknownService"),
        (request(Authorization="\xff" * 5000), 404, "UnknownService"),
        (request(host=None), 403, "AccessDenied"),
        (request(host="evil.example"), 403, "AccessDenied"),
        (request(host="127.0.0.1.evil.example:4566"), 403, "AccessDenied"),
        (request(host="localhost.evil.example"), 403, "AccessDenied"),
        (request(host="evillocalhost"), 403, "AccessDenied"),
        (request(host="[::1]evil"), 404, "UnknownService"),
        (request("GET", "/_aws/execute-api/a/b/", host="evil.example"), 403, "AccessDenied"),
        (send(GOOD, Origin="https://evil.example"), 403, "AccessDenied"),
        (send(GOOD, Origin="null"), 403, "AccessDenied"),
        (send(GOOD, Origin="http://[::bad"), 403, "AccessDenied"),
        (send(GOOD, Sec_Fetch_Site="cross-site"), 403, "AccessDenied"),
        (request("OPTIONS", "/", Origin="https://evil.example"), 403, "AccessDenied"),
    ],
)
def test_bad_requests(port: int, sent: bytes, status: int, code: str) -> None:
    got, headers, body = raw(port, sent)
    document = json.loads(body)
    found = (document.get("__type") or headers["x-amzn-errortype"]).rsplit("#", 1)[-1]
    assert (got, found) == (status, code)
    assert document["message"]
    assert headers["x-amzn-requestid"]
    assert b"Traceback" not in body


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (request(body=b"Action=Nope&Version=2011-06-15", Content_Type=FORM), 400, b"InvalidAction"),
        (request(body=b"\xff\xff=\xff", Content_Type=FORM, Authorization=SCOPE.format("sts")),
         400, b"MalformedQueryString"),
        (request(body=b"A=1", Content_Type=FORM, Authorization=SCOPE.format("sts")), 400, b"MissingAction"),
        (request(body=b"Action=SendMessage&QueueUrl=q", Content_Type=FORM, Authorization=SCOPE.format("sqs")),
         400, b"<Code>MissingParameter</Code>"),
    ],
)  # fmt: skip
def test_bad_forms(port: int, sent: bytes, status: int, words: bytes) -> None:
    got, headers, body = raw(port, sent)
    assert got == status
    assert words in body
    assert headers["content-type"] == "text/xml"


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_that_are_too_large(port: int, chunked: bool) -> None:
    big = b'{"QueueUrl":"' + b"x" * (11 * 1024 * 1024) + b'"}'
    sent = send(big)
    if chunked:
        head = request(X_Amz_Target="AmazonSQS.SendMessage", Content_Type=JSON, Transfer_Encoding="chunked")
        sent = head + f"{len(big):x}\r\n".encode() + big + b"\r\n0\r\n\r\n"
    status, headers, body = raw(port, sent)
    assert status == 413
    assert "10 MB" in json.loads(body)["message"]
    assert headers["x-amzn-errortype"] == "RequestEntityTooLargeException"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:4566",
        "127.0.0.1:4566",
        "127.1.2.3",
        "[::1]:4566",
        "sqs.us-east-1.localhost.localstack.cloud:4566",
        "a.localhost",
    ],
)
def test_loopback_hosts_are_let_in(port: int, host: str) -> None:
    sent = request(body=GOOD, host=host, X_Amz_Target="AmazonSQS.SendMessage", Content_Type=JSON)
    assert raw(port, sent)[0] == 200


def test_pages_of_this_machine_may_call(port: int) -> None:
    origin = "http://localhost:3000"
    status, headers, body = raw(
        port, request("OPTIONS", Origin=origin, Access_Control_Request_Headers="x-amz-target")
    )
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-headers"] == "x-amz-target"
    status, headers, _ = raw(port, send(GOOD, Origin=origin))
    assert (status, headers["access-control-allow-origin"]) == (200, origin)
    status, headers, _ = raw(port, send(b"{", Origin=origin))
    assert (status, headers["access-control-allow-origin"]) == (400, origin)


@pytest.mark.parametrize(
    ("path", "host", "stage", "rest"),
    [
        ("/_aws/execute-api/abc/dev/api/v1/notas%2F1?a=%20b", "localhost", "dev", "/api/v1/notas%2F1"),
        ("/_aws/execute-api/abc/dev", "localhost", "dev", ""),
        ("/_aws/execute-api/abc/dev/", "localhost", "dev", "/"),
        ("/_aws/execute-api/abc//dev//x", "localhost", "dev", "//x"),
        ("/_aws/execute-api/abc", "localhost", "", ""),
        ("/restapis/abc/dev/_user_request_/x", "localhost", "dev", "/x"),
        ("/dev/x/y", "abc.execute-api.us-east-1.localhost.localstack.cloud:4566", "dev", "/x/y"),
        ("/dev", "abc.execute-api.localhost", "dev", ""),
        ("/", "abc.execute-api.localhost", "", ""),
    ],
)
def test_deployed_apis(port: int, house: House, path: str, host: str, stage: str, rest: str) -> None:
    status, headers, body = raw(
        port, request("PUT", path, b"body", host=host, Origin="https://elsewhere.example")
    )
    assert (status, body) == (201, b"made")
    api_id, got_stage, got = house.api.requests[-1]
    assert (api_id, got_stage, got.path, got.method, got.body) == ("abc", stage, rest, "PUT", b"body")
    assert got.query == ("a=%20b" if "?" in path else "")
    assert got.header("origin") == "https://elsewhere.example"
    # A header that a function fills cannot begin another one.
    assert "b" not in headers


def test_documents_of_the_sandbox_itself(port: int) -> None:
    status, _, body = raw(port, request("GET", "/_sandbox/about"))
    assert (status, json.loads(body)) == (200, {"about": "the sandbox"})
    assert raw(port, request("GET", "/_sandbox/nothing"))[0] == 404
    assert raw(port, request("POST", "/_sandbox/about"))[0] != 200


def test_queue_urls_without_an_sdk(port: int, house: House) -> None:
    status, _, body = raw(port, request("GET", "/000000000000/q?Action=ReceiveMessage"))
    assert status == 200
    assert b"<ReceiveMessageResult><Message>" in body
    assert house.sqs.calls[-1][2] == {"QueueUrl": "http://localhost/000000000000/q"}
    form = b"Action=SendMessage&MessageBody=hi+there"
    status, _, _ = raw(port, request(path="/queue/eu-west-1/000000000000/q", body=form, Content_Type=FORM))
    assert status == 200
    _, call, params = house.sqs.calls[-1]
    assert call.scope.region == "eu-west-1"
    assert params["MessageBody"] == "hi there"


@pytest.mark.parametrize("path", ["/_sandbox/health", "/_localstack/health"])
def test_health(port: int, path: str) -> None:
    status, _, body = raw(port, request("GET", path))
    assert status == 200
    assert "sqs" in json.loads(body)["services"]


def test_trace_header_and_endpoint_reach_the_service(port: int, house: House) -> None:
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    raw(port, send(GOOD, X_Amzn_Trace_Id=trace))
    _, call, _ = house.sqs.calls[-1]
    assert (call.trace, call.endpoint) == (trace, "http://localhost")


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(GOOD, mtime=0), "gzip", 200),
        (GOOD, "identity", 200),
        (GOOD, "gzip", 400),
        (gzip.compress(GOOD, mtime=0)[:-9], "gzip", 400),
        (gzip.compress(b" " * (11 * 1024 * 1024)), "gzip", 413),
        (GOOD, "br", 415),
    ],
)
def test_compressed_bodies(port: int, body: bytes, encoding: str, status: int) -> None:
    assert raw(port, send(body, Content_Encoding=encoding))[0] == status


def test_repeated_and_odd_headers(port: int) -> None:
    sent = send(GOOD, X_Nothing="", Cookie="\xe9=\xff", Authorization="Bearer x")
    assert raw(port, sent.replace(b"Cookie:", b"Cookie: a\r\nCookie:"))[0] == 200


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("my.bucket.localhost:4566", "/my.bucket/k"),
        ("b.s3.localhost.localstack.cloud:4566", "/b/k"),
        ("b.s3.eu-west-1.localhost.localstack.cloud", "/b/k"),
        ("s3.localhost.localstack.cloud", "/k"),
        ("localhost:4566", "/k"),
    ],
)
def test_buckets_in_the_host(port: int, house: House, host: str, path: str) -> None:
    raw(port, request("GET", "/k", host=host, Authorization=SCOPE.format("s3")))
    assert house.upstream.requests[-1][2].path == path


def test_long_targets_and_names_of_headers_are_not_remembered(port: int) -> None:
    raw(port, request())
    before = connection._target.cache_info().currsize, connection._lower.cache_info().currsize
    long = request(path="/" + "x" * 5000).replace(b"Connection", b"Y" * 5000 + b": 1\r\nConnection")
    raw(port, long)
    after = connection._target.cache_info().currsize, connection._lower.cache_info().currsize
    assert after == before
