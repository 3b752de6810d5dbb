"""What a caller and a log get from a function, in every way an invocation can end."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.ports import FunctionSpec, Outcome
from sandbox.runtime.interpreters import Interpreter, Interpreters

if TYPE_CHECKING:
    from tests.contract.runtime.conftest import Lab


def run_all(lab: Lab, spec: FunctionSpec, *events: Any, **options: Any) -> list[Outcome]:
    async def go() -> list[Outcome]:
        async with lab.runtime(**options) as runtime:
            return [await runtime.run(spec, lab.request(event)) for event in events]

    return asyncio.run(go())


def run(lab: Lab, spec: FunctionSpec, event: Any = None, **options: Any) -> Outcome:
    return run_all(lab, spec, event, **options)[0]


def document(outcome: Outcome) -> dict[str, Any]:
    decoded = json.loads(outcome.payload)
    assert isinstance(decoded, dict)
    return decoded


ECHO = """
    import logging, os
    logging.getLogger().setLevel("INFO")
    print("loading")
    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        print("before")
        logging.info("in between")
        print("after")
        return {
            "event": event, "calls": calls, "pid": os.getpid(), "id": context.aws_request_id,
            "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
            "left": context.get_remaining_time_in_millis(), "stream": context.log_stream_name,
            "trace": os.environ["_X_AMZN_TRACE_ID"],
            "client": context.client_context and context.client_context.custom,
        }
"""


@pytest.mark.parametrize("start_method", ["fork", "exec"])
def test_a_warm_environment_serves_again(lab: Lab, start_method: str) -> None:
    spec = lab.function(ECHO)
    cold, warm = run_all(lab, spec, {"n": 1}, {"n": 2}, start_method=start_method)
    first, second = document(cold), document(warm)
    assert (first["event"], second["event"]) == ({"n": 1}, {"n": 2})
    assert (first["calls"], second["calls"]) == (1, 2)
    assert first["pid"] == second["pid"]
    assert cold.environment == warm.environment
    assert cold.log_stream == first["stream"]
    assert first["arn"] == spec.arn
    assert first["memory"] == "128"
    assert 0 < first["left"] <= 3000
    assert first["trace"] == "Root=1-5759e988-bd862e3fe1be46a994272793"
    assert cold.init_ms is not None
    assert warm.init_ms is None
    assert cold.billed_ms >= cold.init_ms


def test_the_log_of_a_cold_and_of_a_warm_invocation(lab: Lab) -> None:
    cold, warm = run_all(lab, lab.function(ECHO), 1, 2)
    request_id = document(cold)["id"]
    assert cold.log[0].startswith("INIT_START Runtime Version: python:3.11")
    assert cold.log[1] == "loading"
    assert cold.log[2] == f"START RequestId: {request_id} Version: $LATEST"
    assert cold.log[3] == "before"
    assert re.fullmatch(rf"\[INFO\]\t\d{{4}}-\S+Z\t{request_id}\tin between", cold.log[4])
    assert cold.log[5:7] == ("after", f"END RequestId: {request_id}")
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms",
        cold.log[7],
    )
    assert len(cold.log) == 8
    assert warm.log[0].startswith("START RequestId:")
    assert "Init Duration" not in warm.log[-1]


def test_the_client_context_reaches_the_function(lab: Lab) -> None:
    async def go() -> Outcome:
        async with lab.runtime() as runtime:
            return await runtime.run(
                lab.function(ECHO), lab.request({}, client_context='{"custom": {"a": 1}}')
            )

    assert document(asyncio.run(go()))["client"] == {"a": 1}


def test_a_handled_exception_keeps_the_environment_warm(lab: Lab) -> None:
    spec = lab.function(
        """
        import os
        def handler(event, context):
            if event == "bad":
                raise ValueError("no good")
            return os.getpid()
        """
    )
    first, failed, third = run_all(lab, spec, "fine", "bad", "fine")
    assert failed.error == "Unhandled"
    assert failed.kind == "error"
    error = document(failed)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no good")
    assert "app.py" in error["stackTrace"][0]
    assert any(line.startswith("[ERROR] ValueError: no good\nTraceback") for line in failed.log)
    assert "Status:" not in failed.log[-1]
    assert first.payload == third.payload


def test_lines_are_handed_on_while_the_handler_runs(lab: Lab) -> None:
    spec = lab.function(
        """
        import os
        print("loading")
        def handler(event, context):
            print("waiting")
            open(event).read()
            print("going on")
        """,
        timeout=60.0,
    )
    gate = lab.folder / "gate"
    os.mkfifo(gate)

    async def go() -> tuple[list[str], Outcome]:
        seen: list[tuple[str, str]] = []
        waiting = asyncio.Event()

        def log(stream: str, lines: Sequence[tuple[float, str]]) -> None:
            seen.extend((stream, line) for _, line in lines)
            if any(line == "waiting" for _, line in lines):
                waiting.set()

        async with lab.runtime(start_method="exec") as runtime:
            running = asyncio.create_task(runtime.run(spec, lab.request(str(gate)), log))
            await waiting.wait()
            before = [line for _, line in seen]
            await asyncio.to_thread(gate.write_text, "")
            outcome = await running
            assert [line for _, line in seen] == list(outcome.log)
            assert {stream for stream, _ in seen} == {outcome.log_stream}
            return before, outcome

    before, outcome = asyncio.run(go())
    assert [line.split()[0] for line in before] == ["INIT_START", "loading", "START", "waiting"]
    assert outcome.log[4] == "going on"


def test_a_timeout_ends_the_environment(lab: Lab) -> None:
    spec = lab.function(
        """
        import os, time
        def handler(event, context):
            print("working")
            time.sleep(event)
            return os.getpid()
        """,
        timeout=1.0,
    )
    slow, after = run_all(lab, spec, 60, 0)
    request_id = slow.log[1].split()[2]
    assert document(slow) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }
    assert slow.kind == "timeout"
    assert slow.error == "Unhandled"
    assert "working" in slow.log
    assert slow.log[-3].endswith(f"Z {request_id} Task timed out after 1.00 seconds")
    assert slow.log[-1].endswith("\tStatus: timeout")
    assert after.error is None
    assert after.environment != slow.environment


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("def handler(e, c):\n    return len([bytearray(1 << 20) for _ in range(2000)])", "slowly"),
        ("def handler(e, c):\n    return len(b'x' * (300 << 20))", "at once"),
        (
            "import subprocess, sys\ndef handler(e, c):\n"
            "    program = 'import time; x = b\"x\" * (300 << 20); time.sleep(9)'\n"
            "    subprocess.run([sys.executable, '-c', program])",
            "in a child",
        ),
    ],
)
def test_too_much_memory_ends_the_environment(lab: Lab, source: str, kind: str) -> None:
    outcome = run(lab, lab.function(source, timeout=20.0))
    error = document(outcome)
    assert error["errorType"] == "Runtime.OutOfMemory", kind
    assert error["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert outcome.kind == "memory"
    assert outcome.max_memory_mb == 128
    assert outcome.log[-1].endswith("\tStatus: error\tError Type: Runtime.OutOfMemory")


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("sys.exit(1)", "Runtime exited with error: exit status 1"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("os._exit(7)", "Runtime exited with error: exit status 7"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
        ("exit(3)", "Runtime exited with error: exit status 3"),
    ],
)
def test_a_crash_names_how_the_runtime_ended(lab: Lab, statement: str, text: str) -> None:
    spec = lab.function(f"import os, sys\ndef handler(event, context):\n    {statement}\n")
    outcome = run(lab, spec)
    request_id = outcome.log[1].split()[2]
    assert document(outcome) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: {text}",
    }
    assert outcome.kind == "crash"
    assert f"RequestId: {request_id} Error: {text}" in outcome.log
    assert outcome.log[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError")


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "text"),
    [
        (
            "import not_there",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'not_there'",
        ),
        ("", "nothing.handler", "Runtime.ImportModuleError", "Unable to import module 'nothing'"),
        ("def handler(:", "app.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("", "app.missing", "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'"),
        ("", "app", "Runtime.MalformedHandlerName", "Bad handler 'app'"),
        ("1 / 0", "app.handler", "ZeroDivisionError", "division by zero"),
    ],
)
def test_a_function_that_cannot_be_loaded(
    lab: Lab, source: str, handler: str, error_type: str, text: str
) -> None:
    outcome = run(lab, lab.function(source, handler))
    error = document(outcome)
    assert error["errorType"] == error_type
    assert error["errorMessage"].startswith(text)
    assert outcome.kind == "init-error"
    assert outcome.error == "Unhandled"
    joined = "\n".join(outcome.log)
    assert f"[ERROR] {error_type}: {text}" in joined
    assert "Phase: init\tStatus: error" in joined
    assert "Phase: invoke\tStatus: error" in joined
    assert outcome.log[-1].endswith(f"\tStatus: error\tError Type: {error_type}")


def test_an_exit_while_loading(lab: Lab) -> None:
    outcome = run(lab, lab.function("import sys\nprint('bye')\nsys.exit(4)"))
    assert document(outcome)["errorType"] == "Runtime.ExitError"
    assert document(outcome)["errorMessage"].endswith("Error: Runtime exited with error: exit status 4")
    assert "bye" in outcome.log


def test_loading_that_never_ends_runs_into_the_timeout_of_the_invocation(lab: Lab) -> None:
    source = """
        import os, time
        marker = os.environ["MARKER"]
        if os.path.exists(marker):
            time.sleep(60)
        open(marker, "w").close()
        raise RuntimeError("the first attempt fails")
    """
    spec = lab.function(
        source, timeout=1.0, environment=(("MARKER", str(lab.folder / "function-1" / "seen")),)
    )
    outcome = run(lab, spec)
    assert outcome.kind == "timeout"
    assert document(outcome)["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_loading_longer_than_the_init_phase_goes_on_inside_the_invocation(lab: Lab) -> None:
    source = """
        import time
        time.sleep(0.6)
        def handler(event, context):
            return "slow to load"
    """
    outcome = run(lab, lab.function(source, timeout=10.0), init_seconds=0.3)
    assert outcome.payload == b'"slow to load"'
    assert any("Phase: init\tStatus: timeout" in line for line in outcome.log)


def test_a_second_attempt_at_loading_may_succeed(lab: Lab) -> None:
    source = """
        import os
        marker = os.environ["MARKER"]
        if not os.path.exists(marker):
            open(marker, "w").close()
            os._exit(1)
        def handler(event, context):
            return "fine"
    """
    spec = lab.function(source, environment=(("MARKER", str(lab.folder / "function-1" / "seen")),))
    outcome = run(lab, spec)
    assert outcome.payload == b'"fine"'
    assert outcome.init_ms is None
    assert any("Phase: init\tStatus: error\tError Type: Runtime.ExitError" in line for line in outcome.log)


def test_an_answer_that_is_too_large(lab: Lab) -> None:
    spec = lab.function("def handler(event, context):\n    return 'x' * event")
    fits, large, again = run_all(lab, spec, 6_000_000, 7_000_000, 1)
    assert fits.error is None
    assert document(large) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert again.payload == b'"x"'


def test_an_answer_that_is_not_json(lab: Lab) -> None:
    outcome = run(lab, lab.function("def handler(event, context):\n    return {1, 2}"))
    error = document(outcome)
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"].startswith("Unable to marshal response")
    assert outcome.kind == "error"


def test_a_flood_of_output_is_bounded_and_says_so(lab: Lab) -> None:
    spec = lab.function("def handler(event, context):\n    for _ in range(20): print('x' * (1 << 20))")
    outcome = run(lab, spec)
    assert outcome.error is None
    assert sum(len(line) for line in outcome.log) < 5_000_000
    assert any("bytes of output beyond the first" in line for line in outcome.log)
    assert outcome.log[-1].startswith("REPORT")


def test_what_children_and_the_standard_error_write_is_logged(lab: Lab) -> None:
    spec = lab.function(
        """
        import os, sys
        def handler(event, context):
            print("to stderr", file=sys.stderr)
            os.system("echo from a child")
            sys.stdout.write("no newline at the end")
        """
    )
    log = run(lab, spec).log
    assert log[2:5] == ("to stderr", "from a child", "no newline at the end")


def test_a_runtime_that_cannot_be_run_is_refused_by_name(lab: Lab) -> None:
    with pytest.raises(AwsError, match=r"InvalidRuntimeException: .*'java21'"):
        run(lab, lab.function("", runtime="java21"))


def test_a_missing_code_folder_is_said(lab: Lab) -> None:
    spec = lab.function("")
    (lab.folder / spec.name / "app.py").unlink()
    (lab.folder / spec.name).rmdir()
    with pytest.raises(AwsError, match="is not a folder"):
        run(lab, spec)


def test_a_custom_runtime_runs_its_bootstrap(lab: Lab) -> None:
    spec = lab.function("", runtime="provided.al2023", handler="whatever")
    bootstrap = lab.folder / spec.name / "bootstrap"
    bootstrap.write_text(
        "#!/bin/bash\n"
        'api="/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"\n'
        'host="$AWS_LAMBDA_RUNTIME_API"\n'
        "while true; do\n"
        '  exec 5<>"$api"\n'
        '  printf "GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: $host\\r\\n\\r\\n" >&5\n'
        "  while read -r -u 5 line; do line=${line%$'\\r'}; [ -z \"$line\" ] && break\n"
        '    case "$line" in Lambda-Runtime-Aws-Request-Id:*) id=${line#*: };; esac\n'
        '    case "$line" in Content-Length:*) n=${line#*: };; esac\n'
        "  done\n"
        '  read -r -N "$n" -u 5 event\n'
        '  echo "handling $_HANDLER"\n'
        '  printf "POST /2018-06-01/runtime/invocation/$id/response HTTP/1.1\\r\\nHost: $host\\r\\n'
        'Content-Length: ${#event}\\r\\n\\r\\n$event" >&5\n'
        "  read -r -u 5 line; exec 5>&-\n"
        "done\n"
    )
    bootstrap.chmod(0o755)
    outcome = run(lab, spec, {"a": 1})
    assert document(outcome) == {"a": 1}
    assert "handling whatever" in outcome.log


def test_a_custom_runtime_without_a_bootstrap(lab: Lab) -> None:
    outcome = run(lab, lab.function("", runtime="provided.al2023"))
    assert document(outcome)["errorType"] == "Runtime.ExitError"
    assert any("bootstrap: No such file or directory" in line for line in outcome.log)


def test_an_interpreter_that_lies_below_tmp_is_there_for_what_a_function_starts(lab: Lab) -> None:
    link = lab.folder / "venv" / "bin" / Path(sys.executable).name
    link.parent.mkdir(parents=True)
    link.symlink_to(Path(sys.executable).resolve())
    source = """
        import subprocess, sys
        def handler(e, c):
            return [sys.executable, subprocess.check_output([sys.executable, "-c", "print(1)"], text=True)]
    """

    class Linked(Interpreters):
        async def find(self, version: str) -> Interpreter:
            return dataclasses.replace(await super().own(), path=str(link))

    async def go() -> object:
        async with lab.runtime(interpreters=Linked(lab.notices.append)) as runtime:
            outcome = await runtime.run(lab.function(source), lab.request())
            return json.loads(outcome.payload)

    assert asyncio.run(go()) == [str(link), "1\n"]


def test_a_log_of_json(lab: Lab) -> None:
    source = """
        import logging
        def handler(event, context):
            logging.getLogger().info("quiet")
            logging.getLogger().warning("loud")
            if event:
                raise ValueError("no good")
    """
    spec = lab.function(source, log_format="JSON", log_level="WARN", system_log_level="DEBUG")
    fine, failed = run_all(lab, spec, False, True)
    events = [json.loads(line) for line in fine.log]
    kinds = [event.get("type", event.get("message")) for event in events]
    assert kinds == [
        "platform.initStart",
        "platform.start",
        "loud",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert events[2]["level"] == "WARNING"
    assert events[2]["requestId"] == events[1]["record"]["requestId"]
    metrics = events[4]["record"]["metrics"]
    assert {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"} == set(
        metrics
    )
    assert json.loads(failed.log[-1])["record"]["status"] == "failure"
    quiet = run(lab, dataclasses.replace(spec, name="quiet", system_log_level="WARN"), False)
    assert [json.loads(line)["message"] for line in quiet.log] == ["loud"]
