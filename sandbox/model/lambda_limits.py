"""What AWS allows of a function's configuration, and how it says no.

Reference: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.model.lambda_errors import invalid, lambda_error

SYNC_PAYLOAD = 6_291_456  # bytes
ASYNC_PAYLOAD = 1_048_576  # bytes
ZIPPED = 52_428_800  # bytes of a package uploaded in the request
UNZIPPED = 262_144_000  # bytes
LAYERS = 5  # of one function
ENVIRONMENT = 4096  # bytes of all variables, as JSON
CONCURRENCY = 1000
MIN_UNRESERVED = 100
LOG_TAIL = 4096  # bytes

RUNTIMES = (
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
)
RETIRED_RUNTIMES = frozenset(
    {
        *("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x"),
        *("nodejs14.x", "nodejs16.x", "java8", "go1.x", "provided", "ruby2.5", "ruby2.7"),
        *("python2.7", "python3.6", "python3.7", "python3.8", "python3.9"),
        *("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet6"),
    }
)

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)

_ROLE = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_LOG_GROUP = r"[\.\-_/#A-Za-z0-9]+"
_VARIABLE = r"[a-zA-Z]([a-zA-Z0-9_])+"


class Violations:
    """Gathers what is wrong with a request's values: AWS names all of it in one `ValidationException`."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, value: Any, at: str, rule: str) -> None:
        """Notes that `value` of the member `at` (camelCase, dotted) breaks `rule`."""
        self._found.append(f"Value '{value}' at '{at}' failed to satisfy constraint: {rule}")

    def note(self, text: str) -> None:
        """Notes a violation in its own words."""
        self._found.append(text)

    def between(self, value: int | None, at: str, low: int, high: int) -> None:
        """Checks a number; None is not there and passes."""
        if value is None:
            return
        if value < low:
            self.add(value, at, f"Member must have value greater than or equal to {low}")
        elif value > high:
            self.add(value, at, f"Member must have value less than or equal to {high}")

    def one_of(self, value: str | None, at: str, allowed: Sequence[str]) -> None:
        """Checks an enumeration; None passes."""
        if value is not None and value not in allowed:
            self.add(value, at, f"Member must satisfy enum value set: [{', '.join(allowed)}]")

    def pattern(self, value: str | None, at: str, pattern: str) -> None:
        """Checks a pattern against the whole value; None passes."""
        if value is not None and not re.fullmatch(pattern, value):
            self.add(value, at, f"Member must satisfy regular expression pattern: {pattern}")

    def longest(self, value: str | None, at: str, limit: int) -> None:
        """Checks a length in characters; None passes."""
        if value is not None and len(value) > limit:
            self.add(value, at, f"Member must have length less than or equal to {limit}")

    def check(self) -> None:
        """Raises what was found.

        Raises:
            AwsError: `ValidationException` naming every violation.
        """
        if self._found:
            count = len(self._found)
            plural = "" if count == 1 else "s"
            raise lambda_error(
                "ValidationException",
                f"{count} validation error{plural} detected: {'; '.join(self._found)}",
            )


def check_configuration(params: Mapping[str, Any]) -> None:
    """Checks the members that CreateFunction and UpdateFunctionConfiguration share; missing ones pass.

    Raises:
        AwsError: `ValidationException` or `InvalidParameterValueException`.
    """
    found = Violations()
    found.between(params.get("Timeout"), "timeout", 1, 900)
    found.between(params.get("MemorySize"), "memorySize", 128, 10_240)
    found.pattern(params.get("Role"), "role", _ROLE)
    found.pattern(params.get("Handler"), "handler", r"[^\s]+")
    found.longest(params.get("Handler"), "handler", 128)
    found.longest(params.get("Description"), "description", 256)
    found.between((params.get("EphemeralStorage") or {}).get("Size"), "ephemeralStorage.size", 512, 10_240)
    found.one_of(
        (params.get("TracingConfig") or {}).get("Mode"), "tracingConfig.mode", ("Active", "PassThrough")
    )
    found.pattern((params.get("LoggingConfig") or {}).get("LogGroup"), "loggingConfig.logGroup", _LOG_GROUP)
    logging = params.get("LoggingConfig") or {}
    found.one_of(logging.get("LogFormat"), "loggingConfig.logFormat", ("JSON", "Text"))
    levels = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
    found.one_of(logging.get("ApplicationLogLevel"), "loggingConfig.applicationLogLevel", levels)
    found.one_of(logging.get("SystemLogLevel"), "loggingConfig.systemLogLevel", levels[1:4])
    variables = (params.get("Environment") or {}).get("Variables") or {}
    if any(not re.fullmatch(_VARIABLE, name) for name in variables if name not in RESERVED_VARIABLES):
        found.note(
            "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy "
            f"constraint: [Member must satisfy regular expression pattern: {_VARIABLE}]"
        )
    found.check()
    if logging.get("LogFormat", "Text") == "Text" and {"ApplicationLogLevel", "SystemLogLevel"} & set(
        logging
    ):
        raise invalid("Log level is only supported when LogFormat is set to JSON.")
    check_environment(variables)
    if (runtime := params.get("Runtime")) is not None:
        check_runtime(runtime)


def check_environment(variables: Mapping[str, str]) -> None:
    """Checks the variables of a function.

    Raises:
        AwsError: `InvalidParameterValueException`, one is reserved or all together are above 4 KB.
    """
    reserved = [name for name in variables if name in RESERVED_VARIABLES]
    why = (
        "Lambda was unable to configure your environment variables because "
        "the environment variables you have provided"
    )
    if reserved:
        raise invalid(
            f"{why} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > ENVIRONMENT:
        raise invalid(f"{why} exceeded the 4KB limit. String measured: {text}")


def check_runtime(runtime: str) -> None:
    """Checks the name of a runtime.

    Raises:
        AwsError: `InvalidParameterValueException`, there is no such runtime, or AWS has retired it.
    """
    if runtime in RUNTIMES:
        return
    if runtime in RETIRED_RUNTIMES:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )
    raise invalid(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(RUNTIMES)}] or be a valid ARN"
    )
