"""Runs inside LocalStack, as one of its start scripts, and keeps invocations whole when code is edited.

LocalStack's own hot reloading is a file watcher in each function's container, which resets the runtime half
a second after an edit, whatever it is doing: an invocation that runs then is answered with nothing, as if it
had succeeded, or its answer ends the container and LocalStack waits for it for 15 minutes. Here the engine
tells of an edit instead, and an environment that began before it is retired once it is at rest: what runs
ends with the code it began with, as on AWS, and what begins after the edit runs the edited code.

An invocation is waited for as long as its function may take and a while more, however its container ended.

Where no engine tells of edits (`docker compose up` by hand), nothing is changed.

LocalStack runs the file with `exec`: it imports nothing of the sandbox's.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections import Counter, defaultdict
from concurrent.futures import InvalidStateError
from contextlib import suppress
from typing import Any

from localstack import config
from localstack.aws.api.lambda_ import ServiceException
from localstack.http import Response
from localstack.services.edge import ROUTER
from localstack.services.lambda_.invocation.assignment import AssignmentService
from localstack.services.lambda_.invocation.docker_runtime_executor import DockerRuntimeExecutor
from localstack.services.lambda_.invocation.execution_environment import (
    ExecutionEnvironment,
    InvalidStatusException,
    RuntimeStatus,
)
from localstack.services.lambda_.invocation.lambda_models import InitializationType

#: Where the engine tells of edits.
_PATH = "/_sandbox/edited"
#: Seconds beyond a function's timeout: the runtime may have to begin anew within an invocation.
_BEYOND = 15
_log = logging.getLogger("sandbox.environments")
#: How often each folder was edited.
_editions: Counter[str] = Counter()


class _Environments(dict[str, Any]):
    """Of one version. One thread looks through them while another takes one out."""

    def values(self) -> Any:
        return list(super().values())


def _edited(request: Any) -> Response:
    """Answers the engine."""
    _editions[json.loads(request.data)["folder"]] += 1
    return Response(status=204)


def _edition(environment: Any) -> int:
    """Of the folder that an environment mounts; 0 where it mounts none."""
    return _editions[str(getattr(environment.function_version.config.code, "host_path", ""))]


def _noted(begin: Any) -> Any:
    def begin_and_note(environment: Any, *args: Any, **kwargs: Any) -> None:
        begin(environment, *args, **kwargs)
        environment.sandbox_edition = _edition(environment)
        environment.sandbox_used = False

    return begin_and_note


def _current(reserve: Any) -> Any:
    """Reserves as before, but never an environment of older code, which is retired.

    One that has not run yet was started for whoever reserves it.
    """

    def reserve_current(environment: Any) -> None:
        with environment.status_lock:
            if (
                environment.status == RuntimeStatus.READY
                and environment.initialization_type == InitializationType.on_demand
                and environment.sandbox_used
                and environment.sandbox_edition != _edition(environment)
            ):
                # As when it was idle for too long: nobody else reserves or stops it now.
                environment.status = RuntimeStatus.TIMING_OUT
                threading.Thread(target=_retire, args=(environment,), daemon=True).start()
                raise InvalidStatusException(f"the code of environment {environment.id} was edited")
            reserve(environment)
            environment.sandbox_used = True

    return reserve_current


def _retire(environment: Any) -> None:
    try:
        environment.keepalive_timer.cancel()
        environment.stop()
        environment.on_timeout(environment.version_manager_id, environment.id)
    except Exception:  # its version may have been stopped meanwhile
        _log.debug("environment %s was not retired", environment.id, exc_info=True)


def _bounded(invoke: Any) -> Any:
    """Invokes as before; what is waited for in vain becomes an error."""

    def invoke_within(executor: Any, payload: Any) -> Any:
        seconds = executor.function_version.config.timeout + _BEYOND

        def give_up() -> None:
            why = f"the function's container has not answered within {seconds} seconds; it may have ended"
            with suppress(InvalidStateError):
                executor.executor_endpoint.invocation_future.set_exception(ServiceException(why))

        timer = threading.Timer(seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            return invoke(executor, payload)
        finally:
            timer.cancel()

    return invoke_within


def _gathered(begin: Any) -> Any:
    def begin_with_ours(assignment: Any) -> None:
        begin(assignment)
        assignment.environments = defaultdict(_Environments)

    return begin_with_ours


if os.environ.get("SANDBOX_TELLS_EDITS"):
    DockerRuntimeExecutor.invoke = _bounded(DockerRuntimeExecutor.invoke)
    ExecutionEnvironment.__init__ = _noted(ExecutionEnvironment.__init__)
    ExecutionEnvironment.reserve = _current(ExecutionEnvironment.reserve)
    AssignmentService.__init__ = _gathered(AssignmentService.__init__)
    ROUTER.add(_PATH, _edited, methods=["POST"])
    # Nothing to watch: LocalStack's own watchers rest.
    config.LAMBDA_DOCKER_FLAGS += " --env LOCALSTACK_HOT_RELOADING_PATHS="
