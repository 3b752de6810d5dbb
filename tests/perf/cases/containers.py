"""What the Docker engine takes to start, and what the front door adds to a call of its containers."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping

import uvloop

from sandbox.engines.docker.daemon import connect
from sandbox.engines.docker.engine import project_of
from tests.perf.bench import NFE, OWN, Bench
from tests.perf.furniture import Furniture
from tests.perf.http import Line, dynamodb_request, sqs_request
from tests.perf.load import time_each
from tests.perf.report import Measure
from tests.perf.sandbox import Sandbox

_CALLS = 50
_TURNS = 11
#: Steps of a start, as `sandbox up` tells them.
_CONTAINERS = ("images and network", "container localstack", "container dynamodb", "container postgres")
_DEPLOYMENT = ("deploy nfe", "migrate nfe", "seed nfe")


def containers(bench: Bench) -> list[Measure]:
    """Starts with the images on the machine, until each container shows that it is ready; then NF-e."""
    ready, deployed = [], []
    with bench.sandbox(NFE) as sandbox:
        for turn in range(bench.runs + 1):
            steps = sandbox.steps()
            first, *started = (steps[name] for name in _CONTAINERS)
            if turn:  # the first time the functions' packages are installed
                ready.append(first + max(started))
                deployed.append(sum(steps[name] for name in _DEPLOYMENT))
            sandbox.down()
    return [Measure("containers", "s", ready), Measure("containers deploy", "s", deployed)]


def front_door(bench: Bench) -> list[Measure]:
    """Calls by the front door and past it, turn by turn, one after another."""
    with bench.sandbox(OWN) as sandbox:
        sandbox.up(fresh=True)
        furniture = Furniture(sandbox.endpoint)
        send = {"QueueUrl": furniture.queue(), "MessageBody": "{}"}
        key = {"TableName": furniture.table(), "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}
        calls: Mapping[str, Callable[[str], bytes]] = {
            "sqs": lambda endpoint: sqs_request(endpoint, "SendMessage", **send),
            "dynamodb": lambda endpoint: dynamodb_request(endpoint, "GetItem", key),
        }
        past = _past(sandbox)
        added = {
            service: uvloop.run(_added(call, sandbox.endpoint, past[service]))
            for service, call in calls.items()
        }
    return [Measure(f"front-door {service}", "ms", times) for service, times in added.items()]


async def _added(call: Callable[[str], bytes], through: str, past: str) -> list[float]:
    """What it adds to the median call, turn by turn; the first turn is not counted.

    One call by it, one past it: what else the machine does strikes both alike.
    """
    lines = {endpoint: Line(endpoint) for endpoint in (through, past)}
    added = []
    for _ in range(_TURNS + 1):
        times: dict[str, list[float]] = {endpoint: [] for endpoint in lines}
        for _ in range(_CALLS):
            for endpoint, line in lines.items():
                times[endpoint] += await time_each(line, call(endpoint), 1)
        added.append(statistics.median(times[through]) - statistics.median(times[past]))
    for line in lines.values():
        line.close()
    return added[1:]


def _past(sandbox: Sandbox) -> dict[str, str]:
    """Where the containers themselves are reached."""
    daemon = connect()
    try:
        found = {}
        for service, name, port in (("sqs", "localstack", 4566), ("dynamodb", "dynamodb", 8000)):
            container = daemon.client.containers.get(f"{project_of(sandbox.state)}-{name}")
            found[service] = f"http://127.0.0.1:{container.ports[f'{port}/tcp'][0]['HostPort']}"
        return found
    finally:
        daemon.client.close()
