"""Invocation: answers, errors, limits, the throttle, hops and logs."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.lambda_trace import without_lineage
from tests.contract.lambda_.fakes import Failure
from tests.contract.lambda_.harness import START, World, arn

TRACE = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1"


def test_an_invocation_answers_what_the_function_returned(world: World) -> None:
    world.function()
    world.executor.handlers["estoque"] = lambda event: {"saldo": event["quantidade"] * 2}
    answer = world.invoke(payload={"quantidade": 2})
    assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b'{"saldo": 4}'}


def test_a_function_that_fails_is_an_answer_too(world: World) -> None:
    world.function()

    def fail(event: Any) -> None:
        raise Failure("sem estoque")

    world.executor.handlers["estoque"] = fail
    answer = world.invoke(LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"])["errorMessage"] == "sem estoque"
    tail = b64decode(answer["LogResult"]).decode()
    assert tail.startswith("START RequestId: ")
    assert "olá do handler\n" in tail
    (end,) = world.hops.of(HopKind.INVOKE_END)
    assert (end.status, end.error) == ("error", "Failure: sem estoque")


def test_the_journal_has_start_and_end_with_their_causes(world: World) -> None:
    world.function()
    world.call("Invoke", FunctionName="estoque", Payload=b'{"a": 1}', trace=TRACE)
    (start,), (end,) = world.hops.of(HopKind.INVOKE_START), world.hops.of(HopKind.INVOKE_END)
    spec, request = world.executor.requests[0]
    assert request.hop == start.id == end.cause
    assert start.cause is not None
    assert f"r{start.cause}" == request.request_id == start.request_id == end.request_id
    assert start.function == end.function == str(arn())
    assert (start.payload, end.payload) == (b'{"a": 1}', b'{"a": 1}')
    assert start.trace == end.trace == without_lineage(request.trace) == TRACE
    assert (end.status, end.duration_ms) == ("ok", 1.5)
    assert end.detail == {
        "cold": True,
        "init_ms": 6.0,
        "billed_ms": 2,
        "max_memory_mb": 40,
        "environment": "env-1",
        "log_stream": "2023/11/14/[$LATEST]abc",
        "attempt": 1,
    }
    for log in world.logs.writes:
        assert (log.group, log.stream, log.cause) == (spec.log_group, end.detail["log_stream"], start.id)
    assert [at for log in world.logs.writes for at, _ in log.lines] == [START] * 4


def test_log_lines_are_written_while_the_function_runs(world: World) -> None:
    world.function()
    world.executor.hold("estoque")
    running = world.begin_invoke()
    lines = [line for log in world.logs.writes for _, line in log.lines]
    assert [line.split()[0] for line in lines] == ["START"]
    world.executor.release("estoque")
    world.settle()
    assert running.done()
    assert "REPORT" in world.logs.writes[-1].lines[-1][1]


def test_a_trace_is_begun_where_none_came_in(world: World) -> None:
    world.function()
    world.function("ativa", TracingConfig={"Mode": "Active"})
    world.invoke()
    world.invoke("ativa")
    passed, active = (without_lineage(request.trace) or "" for _, request in world.executor.requests)
    assert passed.startswith("Root=1-6553f100-")
    assert passed.endswith("Sampled=0")
    assert active.endswith("Sampled=1")


def test_the_spec_says_all_that_the_runtime_needs(world: World) -> None:
    world.function(
        Timeout=9,
        MemorySize=512,
        EphemeralStorage={"Size": 1024},
        Environment={"Variables": {"B2": "{{sandbox:endpoint}}", "A1": "1"}},
        LoggingConfig={"LogGroup": "/nfe/tudo"},
    )
    world.invoke()
    spec, _ = world.executor.requests[0]
    assert (spec.arn, spec.name, spec.version) == (str(arn()), "estoque", "$LATEST")
    assert (spec.timeout, spec.memory, spec.tmp_size) == (9.0, 512, 1024)
    assert spec.environment == (("A1", "1"), ("B2", "http://127.0.0.1:4566"))
    assert (spec.runtime, spec.handler, spec.log_group) == ("python3.13", "app.handler", "/nfe/tudo")
    assert Path(spec.code, "app.py").is_file()


def test_no_payload_is_the_empty_object(world: World) -> None:
    world.function()
    world.invoke()
    world.call("Invoke", FunctionName="estoque", Payload=b"")
    assert world.executor.events == [{}, {}]


@pytest.mark.parametrize(
    ("params", "code", "status", "message"),
    [
        (
            {"Payload": b"{nope"},
            "InvalidRequestContentException",
            400,
            "Could not parse request body into json",
        ),
        (
            {"Payload": b'"\xff"'},
            "InvalidRequestContentException",
            400,
            "Could not parse request body into json",
        ),
        (
            {"Payload": b'"' + b"x" * 6_291_456 + b'"'},
            "RequestTooLargeException",
            413,
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        ),
        (
            {"Payload": b'"' + b"x" * 1_048_576 + b'"', "InvocationType": "Event"},
            "RequestTooLargeException",
            413,
            "Request must be smaller than 1048576 bytes for the InvokeFunction operation",
        ),
        ({"InvocationType": "Agora"}, "ValidationException", 400, "at 'invocationType' failed"),
        (
            {"ClientContext": "###"},
            "InvalidRequestContentException",
            400,
            "Client context must be a valid Base64",
        ),
        ({"TenantId": "t"}, "NotImplemented", 501, "TenantId"),
    ],
)
def test_wrong_requests_run_nothing(
    world: World, params: dict[str, Any], code: str, status: int, message: str
) -> None:
    world.function()
    error = world.refused("Invoke", FunctionName="estoque", **params)
    assert (error.code, error.status) == (code, status)
    assert message in error.message
    assert world.executor.requests == []


def test_a_dry_run_runs_nothing(world: World) -> None:
    world.function()
    assert world.invoke(InvocationType="DryRun") == {"StatusCode": 204}
    assert world.executor.requests == []


def test_the_client_context_is_handed_on_as_json(world: World) -> None:
    world.function()
    world.invoke(ClientContext=b64encode(b'{"custom": {"a": 1}}').decode())
    assert world.executor.requests[0][1].client_context == '{"custom": {"a": 1}}'


def test_reserved_concurrency_is_the_most_that_runs(world: World) -> None:
    world.function()
    world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=2)
    world.executor.hold("estoque")
    first, second = world.begin_invoke(), world.begin_invoke()
    error = world.refused("Invoke", FunctionName="estoque")
    assert (error.code, error.status, error.message) == ("TooManyRequestsException", 429, "Rate Exceeded.")
    assert error.fields["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    (hop,) = world.hops.of(HopKind.INVOKE_THROTTLED)
    assert (hop.status, hop.resource) == ("throttled", str(arn()))
    world.executor.release("estoque")
    world.settle()
    assert first.result()["StatusCode"] == second.result()["StatusCode"] == 200
    assert world.invoke()["StatusCode"] == 200
    assert world.service.running == 0


def test_the_account_has_a_limit_that_reservations_take_from(tmp_path: Path) -> None:
    with World(tmp_path, concurrency=102) as world:
        world.function()
        world.function("faturamento")
        world.call("PutFunctionConcurrency", FunctionName="faturamento", ReservedConcurrentExecutions=2)
        world.executor.hold("estoque")
        running = [world.begin_invoke() for _ in range(100)]
        error = world.refused("Invoke", FunctionName="estoque")
        assert error.fields["Reason"] == "ConcurrentInvocationLimitExceeded"
        assert world.invoke("faturamento")["StatusCode"] == 200
        world.executor.release("estoque")
        world.settle()
        assert all(future.done() for future in running)
        settings = world.call("GetAccountSettings")
        assert settings["AccountLimit"]["ConcurrentExecutions"] == 102
        assert settings["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
        assert settings["AccountUsage"]["FunctionCount"] == 2


def test_a_reservation_leaves_the_account_its_minimum(world: World) -> None:
    world.function()
    error = world.refused("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=901)
    assert error.code == "InvalidParameterValueException"
    assert "below its minimum value of [100]" in error.message
    put = world.call("PutFunctionConcurrency", FunctionName="estoque", ReservedConcurrentExecutions=900)
    assert put == {"ReservedConcurrentExecutions": 900}
    assert world.call("GetFunctionConcurrency", FunctionName="estoque") == put
    assert world.call("GetFunction", FunctionName="estoque")["Concurrency"] == put
    world.call("DeleteFunctionConcurrency", FunctionName="estoque")
    assert world.call("GetFunctionConcurrency", FunctionName="estoque") == {}


def test_a_caller_that_hangs_up_does_not_end_the_function(world: World) -> None:
    world.function()
    world.executor.hold("estoque")
    caller = world.begin_invoke()
    caller.cancel()
    world.settle()
    assert world.executor.running == 1
    world.executor.release("estoque")
    world.settle()
    assert [hop.status for hop in world.hops.of(HopKind.INVOKE_END)] == ["ok"]
    assert world.service.running == 0


def test_stopping_ends_what_runs(world: World) -> None:
    world.function()
    world.executor.hold("estoque")
    caller = world.begin_invoke()
    world.run(world.service.stop)
    with pytest.raises(AwsError, match="stopping"):
        caller.result()
    (end,) = world.hops.of(HopKind.INVOKE_END)
    assert end.status == "stopped"
    assert world.service.running == 0


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (AwsError("InvalidRuntimeException", "no ruby here", status=502), "InvalidRuntimeException"),
        (OSError("fork failed"), "ServiceException"),
    ],
)
def test_what_cannot_run_is_said_and_recorded(world: World, raised: Exception, code: str) -> None:
    world.function()
    world.executor.refusal = raised
    assert world.refused("Invoke", FunctionName="estoque").code == code
    (end,) = world.hops.of(HopKind.INVOKE_END)
    assert str(raised) in end.error
    assert world.service.running == 0


def test_the_port_invokes_by_arn(world: World) -> None:
    world.function()
    result = world.run(lambda: world.service.invoke(arn(), b'{"a": 1}', cause=77, trace=TRACE))
    assert (result.payload, result.function_error) == (b'{"a": 1}', None)
    start, end = world.hops.of(HopKind.INVOKE_START)[0], world.hops.of(HopKind.INVOKE_END)[0]
    assert (start.cause, result.hop, result.request_id) == (77, end.id, start.request_id)


def test_many_run_at_a_time(world: World) -> None:
    world.function()
    world.executor.hold("estoque")
    running = [world.begin_invoke(payload={"n": n}) for n in range(20)]
    assert world.executor.running == 20
    world.executor.release("estoque")
    world.run(lambda: asyncio.wait_for(asyncio.gather(*running), 5))
    assert sorted(json.loads(future.result()["Payload"])["n"] for future in running) == list(range(20))
