"""Lambda's own words: report lines, exits, runtimes, variables."""

from __future__ import annotations

import json

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.ids import Ids
from sandbox.model.ports import FunctionSpec
from sandbox.model.scope import Scope
from sandbox.runtime import report
from sandbox.runtime.environ import Credentials, environment_variables
from sandbox.runtime.families import Family, family_of


def test_a_report_line() -> None:
    line = report.report_line("id", duration_ms=1.234, init_ms=100.4, memory_size=128, max_memory=30)
    assert line == (
        "REPORT RequestId: id\tDuration: 1.23 ms\tBilled Duration: 102 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 30 MB\tInit Duration: 100.40 ms"
    )


def test_a_report_line_of_a_failed_environment() -> None:
    line = report.report_line(
        "id",
        duration_ms=3000.0,
        init_ms=None,
        memory_size=256,
        max_memory=31,
        status="error",
        error_type="Runtime.ExitError",
    )
    assert line.endswith("Max Memory Used: 31 MB\tStatus: error\tError Type: Runtime.ExitError")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (0, "Runtime exited without providing a reason"),
        (2, "Runtime exited with error: exit status 2"),
        (-9, "Runtime exited with error: signal: killed"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
        (-10, "Runtime exited with error: signal: signal 10"),
        (-250, "Runtime exited with error: signal: signal 250"),
    ],
)
def test_how_a_runtime_ended(status: int, text: str) -> None:
    assert report.describe_exit(status) == text


def test_a_timeout_line_and_document() -> None:
    assert (
        report.timeout_line("id", 3.0, 0.25)
        == "1970-01-01T00:00:00.250Z id Task timed out after 3.00 seconds"
    )
    assert json.loads(report.error_document("Sandbox.Timedout", report.timeout_text(3), "id")) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id Error: Task timed out after 3.00 seconds",
    }


def test_a_log_stream_carries_the_virtual_date() -> None:
    assert report.log_stream_name("$LATEST", 86400.0, "abc") == "1970/01/02/[$LATEST]abc"


@pytest.mark.parametrize(
    ("runtime", "family"),
    [
        ("python3.9", Family.PYTHON),
        ("python3.13", Family.PYTHON),
        ("provided.al2023", Family.PROVIDED),
    ],
)
def test_families(runtime: str, family: Family) -> None:
    assert family_of(runtime) is family


@pytest.mark.parametrize(
    "runtime", ["nodejs16.x", "java21", "python2.7", "python3.8", "python", "", "provided"]
)
def test_other_runtimes_are_refused_by_name(runtime: str) -> None:
    with pytest.raises(AwsError, match=repr(runtime).replace(".", r"\.")) as caught:
        family_of(runtime)
    assert caught.value.code == "InvalidRuntimeException"


def test_a_function_cannot_replace_the_reserved_variables() -> None:
    spec = FunctionSpec(
        arn="arn",
        name="f",
        version="7",
        scope=Scope("111122223333", "eu-west-1"),
        runtime="python3.13",
        handler="app.handler",
        code="/code",
        code_key="1",
        environment=(("AWS_ACCESS_KEY_ID", "mine"), ("PATH", "/mine"), ("NAME", "value")),
    )
    credentials = Credentials.make(Ids(1))
    variables = environment_variables(
        spec, credentials, endpoint="http://127.0.0.1:4566", api="127.0.0.1:9", log_stream="s", log_fd=None
    )
    assert len(credentials.access_key) == 20
    assert variables["AWS_ACCESS_KEY_ID"] == credentials.access_key
    assert variables["PATH"] == "/mine"
    assert variables["NAME"] == "value"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert variables["AWS_LAMBDA_FUNCTION_VERSION"] == "7"
    assert "_LAMBDA_TELEMETRY_LOG_FD" not in variables
