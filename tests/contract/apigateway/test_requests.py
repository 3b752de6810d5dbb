"""Requests to deployed stages: routed, throttled, answered by functions, recorded."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from tests.contract.apigateway.harness import FUNCTION, Api, header, message, method
from tests.support.world import turns


def test_a_function_answers(api: Api) -> None:
    api.functions.answer = lambda event: {
        "statusCode": 201,
        "headers": {"X-Nota": event["pathParameters"]["id"]},
        "body": json.dumps({"stage": event["requestContext"]["stage"]}),
    }
    identity = api.deployed()
    response = api.request(identity, "/notas/7")
    assert (response.status, json.loads(response.body)) == (201, {"stage": "dev"})
    assert header(response, "X-Nota") == "7"
    assert header(response, "Content-Type") == "application/json"
    assert api.functions.functions == [FUNCTION]


def test_every_answer_names_its_request(api: Api) -> None:
    response = api.request(api.deployed())
    assert header(response, "x-amzn-RequestId") == api.functions.events[0]["requestContext"]["requestId"]
    assert header(response, "X-Amzn-Trace-Id") == api.functions.events[0]["headers"]["X-Amzn-Trace-Id"]
    assert header(response, "x-amz-apigw-id")


def test_the_trace_of_the_client_is_carried_on(api: Api) -> None:
    given = "Root=1-6553f100-00000000000000000000abcd;Sampled=1"
    response = api.request(api.deployed(), headers=(("x-amzn-trace-id", given),))
    assert header(response, "X-Amzn-Trace-Id") == given


@pytest.mark.parametrize(("path", "method"), [("/outra", "GET"), ("/notas", "DELETE"), ("/", "GET")])
def test_what_no_route_answers_is_403_as_on_aws(api: Api, path: str, method: str) -> None:
    response = api.request(api.deployed(), path, method)
    assert (response.status, message(response)) == (403, "Missing Authentication Token")
    assert header(response, "x-amzn-ErrorType") == "MissingAuthenticationTokenException"
    assert api.functions.events == []


def test_a_stage_that_is_not_there_is_403(api: Api) -> None:
    identity = api.deployed()
    for response in (api.request(identity, stage="prod"), api.request("nenhuma")):
        assert (response.status, message(response)) == (403, "Forbidden")


def test_a_definition_is_served_only_once_it_is_deployed(api: Api) -> None:
    identity = api.deployed()
    paths = json.dumps({"openapi": "3.0.1", "paths": {"/nova": {"get": method()}}}).encode()
    api.call("PutRestApi", restApiId=identity, mode="overwrite", body=paths)
    assert api.request(identity, "/nova").status == 403
    api.call("CreateDeployment", restApiId=identity, stageName="dev")
    assert api.request(identity, "/nova").status == 200
    assert api.request(identity, "/notas").status == 403


def test_stages_are_served_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with Api(file) as before:
        identity = before.deployed()
    with Api(file) as after:
        assert after.request(identity).status == 200


# --- what goes wrong -------------------------------------------------------------------------------------
def test_a_function_that_fails_is_502(api: Api) -> None:
    api.functions.function_error = "Unhandled"
    response = api.request(api.deployed())
    assert (response.status, message(response)) == (502, "Internal server error")
    assert header(response, "x-amzn-ErrorType") == "InternalServerErrorException"


@pytest.mark.parametrize("answer", ["text", {}, {"statusCode": 200, "other": 1}, {"statusCode": "x"}])
def test_an_answer_that_is_none_is_502(api: Api, answer: object) -> None:
    api.functions.answer = lambda event: answer
    response = api.request(api.deployed())
    assert (response.status, message(response)) == (502, "Internal server error")
    assert "Malformed Lambda proxy response" in api.hops.of(HopKind.HTTP_REQUEST)[0].error


def test_a_function_that_cannot_be_invoked_is_500(api: Api) -> None:
    api.functions.refusal = AwsError("ResourceNotFoundException", "Function not found", status=404)
    response = api.request(api.deployed())
    assert (response.status, message(response)) == (500, "Internal server error")


def test_an_integration_that_is_no_post_is_500(api: Api) -> None:
    identity = api.deployed({"/notas": {"get": method(httpMethod="GET")}})
    response = api.request(identity)
    assert (response.status, message(response)) == (500, "Internal server error")
    assert "always POST" in api.hops.of(HopKind.HTTP_REQUEST)[0].error
    assert api.functions.events == []


def test_a_body_that_is_too_large_is_413(api: Api) -> None:
    response = api.request(api.deployed(), method="POST", body=b"x" * (10 * 1024 * 1024 + 1))
    assert (response.status, message(response)) == (413, "Request Too Long")


def test_a_function_that_is_too_slow_is_504_and_goes_on(api: Api) -> None:
    identity = api.deployed({"/notas": {"get": method(timeoutInMillis=50)}})
    api.functions.hold()
    response = api.request(identity)
    assert (response.status, message(response)) == (504, "Endpoint request timed out")
    assert (api.functions.finished, api.functions.cancelled) == (0, 0)
    api.do(api.functions.release)
    assert (api.functions.finished, api.functions.cancelled) == (1, 0)


def test_a_client_that_leaves_does_not_stop_the_function_and_is_recorded(api: Api) -> None:
    identity = api.deployed()
    api.functions.hold()
    waiting = api.begin(identity)

    async def leave() -> None:
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        api.functions.release()
        await turns()

    api.run(leave)
    assert (api.functions.finished, api.functions.cancelled) == (1, 0)
    hop = api.hops.of(HopKind.HTTP_REQUEST)[0]
    assert (hop.status, hop.detail["http_status"]) == ("client-gone", 499)
    assert api.functions.causes == [hop.id]


def test_stopping_ends_what_still_runs(api: Api) -> None:
    identity = api.deployed({"/notas": {"get": method(timeoutInMillis=50)}})
    api.functions.hold()
    api.request(identity)
    api.run(api.service.stop)
    assert api.functions.cancelled == 1


def test_a_defect_is_recorded_before_it_is_passed_on(api: Api) -> None:
    api.functions.refusal = RuntimeError("broken")
    identity = api.deployed()
    with pytest.raises(RuntimeError):
        api.request(identity)
    assert api.hops.of(HopKind.HTTP_REQUEST)[0].status == "error"


# --- throttling ------------------------------------------------------------------------------------------
def test_more_than_the_burst_is_429(api: Api) -> None:
    identity = api.deployed()
    api.patch(identity, **{"*__*__throttling__rateLimit": "10", "*__*__throttling__burstLimit": "3"})
    statuses = [api.request(identity).status for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    response = api.request(identity)
    assert message(response) == "Too Many Requests"
    assert header(response, "x-amzn-ErrorType") == "TooManyRequestsException"
    assert api.hops.of(HopKind.HTTP_REQUEST)[-1].status == "throttled"
    api.advance(0.1)
    assert [api.request(identity).status for _ in range(2)] == [200, 429]


def test_a_method_may_have_a_limit_of_its_own(api: Api) -> None:
    identity = api.deployed()
    api.patch(identity, **{"~1notas__POST__throttling__burstLimit": "0"})
    # `~1` stands for a slash in the paths of patches.
    assert api.request(identity, method="POST").status == 429
    assert api.request(identity, method="GET").status == 200
    assert api.request(identity, "/notas/1").status == 200


# --- the journal and the execution log -------------------------------------------------------------------
def test_a_request_is_one_hop_and_the_cause_of_its_invocation(api: Api) -> None:
    api.functions.answer = lambda event: {"statusCode": 201, "body": '{"notaFiscalId":"7"}'}
    identity = api.deployed()
    api.request(identity, method="POST", body=b'{"items":[]}')
    (hop,) = api.hops.hops
    assert hop.kind is HopKind.HTTP_REQUEST
    assert api.functions.causes == [hop.id]
    assert (hop.operation, hop.status, hop.error) == ("POST /notas", "ok", "")
    assert hop.resource == f"arn:aws:execute-api:us-east-1:000000000000:{identity}/dev/POST/notas"
    assert (hop.detail["http_status"], hop.detail["request"]) == (201, '{"items":[]}')
    assert hop.payload == b'{"notaFiscalId":"7"}'
    assert hop.duration_ms is not None


def test_mistakes_of_clients_are_no_failures_of_the_flow(api: Api) -> None:
    api.functions.answer = lambda event: {"statusCode": 404}
    api.request(api.deployed())
    assert api.hops.of(HopKind.HTTP_REQUEST)[0].status == "ok"


def test_nothing_is_logged_unless_the_stage_asks(api: Api) -> None:
    api.request(api.deployed())
    assert api.logs.writes == []


def test_the_execution_log(api: Api) -> None:
    identity = api.deployed()
    api.patch(identity, **{"*__*__logging__loglevel": "INFO", "*__*__logging__dataTrace": "true"})
    api.request(identity, method="POST", body=b"x" * 2000)
    (write,) = api.logs.writes
    assert write.group == f"API-Gateway-Execution-Logs_{identity}/dev"
    assert write.cause == api.hops.of(HopKind.HTTP_REQUEST)[0].id
    lines = [line for _, line in write.lines]
    request = api.functions.events[0]["requestContext"]["requestId"]
    assert lines[0] == f"({request}) Starting execution for request: {request}"
    assert lines[-1] == f"({request}) Method completed with status: 200"
    assert max(map(len, lines)) == 1024


def test_only_failures_are_logged_at_level_error(api: Api) -> None:
    identity = api.deployed()
    api.patch(identity, **{"*__*__logging__loglevel": "ERROR"})
    api.request(identity)
    assert api.logs.writes == []
    api.functions.function_error = "Unhandled"
    api.request(identity)
    assert "Lambda execution failed" in api.logs.writes[0].lines[0][1]
