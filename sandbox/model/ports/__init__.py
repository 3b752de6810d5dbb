"""The ports between services: each service sees these protocols, the engine wires the implementations.

Services do not import one another, nor the runtime, the journal or the fault plan.
"""

from __future__ import annotations

from sandbox.model.ports.clients import AwsClient, AwsHttp, Bindings, SigningKeys
from sandbox.model.ports.delivering import Deliverer, Delivery
from sandbox.model.ports.faults import Fault, FaultPoint, NoFaults
from sandbox.model.ports.functions import (
    CallerDirectory,
    Doom,
    Executor,
    FunctionSpec,
    InvocationRequest,
    Invoker,
    InvokeResult,
    LogLines,
    Outcome,
)
from sandbox.model.ports.queues import EventSource, LeasedMessage
from sandbox.model.ports.recording import LogSink, Recorder
from sandbox.model.ports.streams import Shard, StreamPage, StreamRecord, StreamSource

__all__ = [
    "AwsClient",
    "AwsHttp",
    "Bindings",
    "CallerDirectory",
    "Deliverer",
    "Delivery",
    "Doom",
    "EventSource",
    "Executor",
    "Fault",
    "FaultPoint",
    "FunctionSpec",
    "InvocationRequest",
    "InvokeResult",
    "Invoker",
    "LeasedMessage",
    "LogLines",
    "LogSink",
    "NoFaults",
    "Outcome",
    "Recorder",
    "Shard",
    "SigningKeys",
    "StreamPage",
    "StreamRecord",
    "StreamSource",
]
