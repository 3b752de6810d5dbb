"""The lines and documents that Lambda itself writes: START, END, REPORT, INIT_REPORT, and error documents.

AWS pages: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html (REPORT line) and
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html (phases and their failures).
"""

from __future__ import annotations

import hashlib
import math
import signal
from datetime import UTC, datetime

import msgspec

from sandbox.runtime.api import RESPONSE_LIMIT

EXIT_ERROR = "Runtime.ExitError"
OUT_OF_MEMORY = "Runtime.OutOfMemory"
TIMED_OUT = "Sandbox.Timedout"
TOO_LARGE = "Function.ResponseSizeTooLarge"

_SIGNALS = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGKILL: "killed",
    signal.SIGABRT: "aborted",
    signal.SIGTERM: "terminated",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGILL: "illegal instruction",
}


def init_start_line(runtime: str, region: str) -> str:
    """The first line of a cold start."""
    return (
        f"INIT_START Runtime Version: {runtime_version(runtime)}\t"
        f"Runtime Version ARN: {runtime_arn(runtime, region)}"
    )


def runtime_version(runtime: str) -> str:
    """What stands for the version of a runtime: `python:3.13.sandbox`."""
    name = runtime.replace("python", "python:").replace("nodejs", "nodejs:").replace("provided.", "provided:")
    return f"{name}.sandbox"


def runtime_arn(runtime: str, region: str) -> str:
    """The ARN of a runtime's version."""
    return f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"


def init_report_line(milliseconds: float, phase: str, status: str, error_type: str = "") -> str:
    """The line about an initialisation that failed."""
    line = f"INIT_REPORT Init Duration: {milliseconds:.2f} ms\tPhase: {phase}\tStatus: {status}"
    return f"{line}\tError Type: {error_type}" if error_type else line


def start_line(request_id: str, version: str) -> str:
    """The line that begins an invocation."""
    return f"START RequestId: {request_id} Version: {version}"


def end_line(request_id: str) -> str:
    """The line that ends an invocation."""
    return f"END RequestId: {request_id}"


def billed_milliseconds(duration_ms: float, init_ms: float | None) -> int:
    """What AWS charges for: since August 2025 the initialisation counts too."""
    return max(1, math.ceil(duration_ms + (init_ms or 0.0)))


def report_line(
    request_id: str,
    *,
    duration_ms: float,
    init_ms: float | None,
    memory_size: int,
    max_memory: int,
    status: str = "",
    error_type: str = "",
) -> str:
    """The REPORT line; `status` and `error_type` only where the environment failed, not the handler."""
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {billed_milliseconds(duration_ms, init_ms)} ms",
        f"Memory Size: {memory_size} MB",
        f"Max Memory Used: {max_memory} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    if status:
        fields.append(f"Status: {status}")
    if error_type:
        fields.append(f"Error Type: {error_type}")
    return "\t".join(fields)


def describe_exit(status: int) -> str:
    """How a runtime ended, in Lambda's words."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    try:
        number = signal.Signals(-status)
    except ValueError:
        return f"Runtime exited with error: signal: signal {-status}"
    return f"Runtime exited with error: signal: {_SIGNALS.get(number, f'signal {number.value}')}"


def timeout_text(seconds: float) -> str:
    """What is said about an invocation that ran out of time."""
    return f"Task timed out after {seconds:.2f} seconds"


def timeout_line(request_id: str, seconds: float, real_now: float) -> str:
    """The log line of a timeout."""
    moment = datetime.fromtimestamp(real_now, UTC)
    return (
        f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z {request_id} {timeout_text(seconds)}"
    )


def error_document(error_type: str, message: str, request_id: str = "") -> bytes:
    """The payload of an invocation that failed outside of the handler."""
    text = f"RequestId: {request_id} Error: {message}" if request_id else message
    return msgspec.json.encode({"errorType": error_type, "errorMessage": text})


#: What is said about an answer beyond the limit of `Invoke`.
TOO_LARGE_MESSAGE = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."


def log_stream_name(version: str, virtual_now: float, unique: str) -> str:
    """The log stream of an execution environment."""
    return f"{datetime.fromtimestamp(virtual_now, UTC):%Y/%m/%d}/[{version}]{unique}"
