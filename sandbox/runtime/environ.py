"""The environment variables of an execution environment: AWS's and the function's, nothing of the host's.

AWS page: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.model.ids import Ids
from sandbox.model.ports import FunctionSpec
from sandbox.runtime.families import node_version
from sandbox.runtime.nodes import node_path

_SECRET_LENGTH = 40
_TOKEN_LENGTH = 100

#: A home that does not exist, as on AWS: nothing reads the host's `~/.aws`, `~/.pgpass` or `~/.netrc`.
_HOME = "/home/sbx_user1051"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of one execution environment: its identity towards the front door."""

    access_key: str
    secret: str
    token: str

    @classmethod
    def make(cls, ids: Ids) -> Credentials:
        """New ones."""
        return cls(f"ASIA{ids.upper(16)}", ids.short(_SECRET_LENGTH), ids.short(_TOKEN_LENGTH))


def environment_variables(
    spec: FunctionSpec,
    credentials: Credentials,
    *,
    endpoint: str,
    api: str,
    log_stream: str,
    log_fd: int | None,
    provisioned: bool = False,
) -> dict[str, str]:
    """All variables of a worker.

    Args:
        spec: the function; its own variables cannot replace the reserved ones.
        endpoint: URL of the front door.
        api: host and port of the environment's Runtime API.
        log_stream: name of its log stream.
        provisioned: it is started ahead of need.
        log_fd: the descriptor for framed log records, for runtimes that write them.
    """
    code = spec.code
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "HOME": _HOME,
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": f"/lib64:/usr/lib64:{code}:{code}/lib:/opt/lib",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "TZ": ":UTC",
    }
    variables.update(spec.environment)
    variables.update(
        {
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_DEFAULT_REGION": spec.scope.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if provisioned else "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group or f"/aws/lambda/{spec.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_REGION": spec.scope.region,
            "AWS_SECRET_ACCESS_KEY": credentials.secret,
            "AWS_SESSION_TOKEN": credentials.token,
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "LAMBDA_TASK_ROOT": code,
            "_HANDLER": spec.handler,
        }
    )
    if spec.log_format == "JSON":
        variables |= {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": spec.log_level}
    if spec.runtime.startswith("nodejs"):
        variables["NODE_PATH"] = node_path(code, node_version(spec.runtime))
    if log_fd is not None:
        variables["_LAMBDA_TELEMETRY_LOG_FD"] = str(log_fd)
    return variables
