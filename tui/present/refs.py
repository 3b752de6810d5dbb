"""What a thing refers to, so that one can jump from anything to what it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.model.hops import Hop
from sandbox.model.views.archives import ArchiveView, ReplayView
from sandbox.model.views.flows import FlowSummary
from sandbox.model.views.messages import DeadLetter, MessageView, QueueView
from sandbox.model.views.sagas import SagaView
from sandbox.model.views.system import FunctionStats, LintView, LogView, NodeView, ProblemView, RuleView

#: Kind of a reference -> the screen that shows it.
SCREEN_OF = {
    "queue": "queues",
    "dlq": "queues",
    "message": "queues",
    "saga": "sagas",
    "flow": "flows",
    "hop": "flows",
    "function": "functions",
    "bus": "bus",
    "rule": "bus",
    "schedule": "bus",
    "logs": "logs",
    "table": "data",
    "database": "data",
    "topic": "overview",
    "bucket": "overview",
    "lint": "lints",
}


@dataclass(frozen=True)
class Ref:
    """A reference: its kind, the name or id, and what to call it in a list."""

    kind: str
    id: str
    label: str = ""

    @property
    def words(self) -> str:
        """What the reference is, for people."""
        return f"{self.kind} {self.label or self.id}"


def short(arn: str) -> str:
    """The name at the end of an ARN."""
    if ":log-group:" in arn:
        return arn.removesuffix(":*").split(":")[-1]
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def refs_of(thing: Any) -> list[Ref]:
    """What a thing refers to, the most useful first; nothing for things that refer to nothing."""
    for kind, find in _FINDERS:
        if isinstance(thing, kind):
            return [ref for ref in find(thing) if ref.id]
    return []


def _queue(queue: QueueView) -> list[Ref]:
    refs = [Ref("function", name) for name in queue.consumers]
    refs += [Ref("dlq", queue.dead_letter_queue or "")]
    return refs + [Ref("queue", name, f"{name} (its source)") for name in queue.sources]


def _message(message: MessageView) -> list[Ref]:
    return [Ref("flow", str(message.flow) if message.flow is not None else message.message_id)]


def _letter(letter: DeadLetter) -> list[Ref]:
    function = letter.function or ""
    return [
        *_message(letter.message),
        Ref("function", function),
        Ref("logs", function, f"of {function}"),
        Ref("queue", letter.source or "", f"{letter.source} (where it came from)"),
    ]


def _saga(saga: SagaView) -> list[Ref]:
    return [Ref("flow", str(saga.flow) if saga.flow is not None else saga.id)]


def _flow(flow: FlowSummary) -> list[Ref]:
    return [Ref("saga", value, f"{name} {value}") for name, value in flow.keys.items()]


def _hop(hop: Hop) -> list[Ref]:
    refs = [Ref("logs", short(hop.function), f"of {short(hop.function)}")] if hop.function else []
    refs += [Ref("function", short(hop.function))] if hop.function else []
    if ":sqs:" in hop.resource or hop.service == "sqs":
        refs.append(Ref("queue", short(hop.resource)))
    if hop.service == "events":
        refs.append(Ref("rule" if ":rule/" in hop.resource else "bus", short(hop.resource)))
    return refs + [Ref("saga", value, f"{name} {value}") for name, value in hop.keys.items()]


def _function(function: FunctionStats) -> list[Ref]:
    return [Ref("logs", function.name, f"of {function.name}")]


def _rule(rule: RuleView) -> list[Ref]:
    return [Ref("function" if ":function:" in target else "queue", short(target)) for target in rule.targets]


def _log(line: LogView) -> list[Ref]:
    name = line.group.rsplit("/", 1)[-1]
    return [
        Ref("hop", str(line.hop) if line.hop is not None else "", f"of hop {line.hop}"),
        Ref("function", name),
    ]


def _node(node: NodeView) -> list[Ref]:
    return [Ref(node.kind, node.name)] if node.kind in SCREEN_OF else []


def _problem(problem: ProblemView) -> list[Ref]:
    return [Ref(problem.refers_kind, problem.refers)] if problem.refers_kind in SCREEN_OF else []


def _lint(lint: LintView) -> list[Ref]:
    return [Ref("queue", short(lint.subject)), Ref("function", short(lint.subject))]


_FINDERS: tuple[tuple[type, Any], ...] = (
    (QueueView, _queue),
    (MessageView, _message),
    (DeadLetter, _letter),
    (SagaView, _saga),
    (FlowSummary, _flow),
    (Hop, _hop),
    (FunctionStats, _function),
    (RuleView, _rule),
    (ArchiveView, lambda archive: [Ref("bus", archive.bus)]),
    (ReplayView, lambda replay: [Ref("bus", replay.bus)]),
    (LogView, _log),
    (NodeView, _node),
    (ProblemView, _problem),
    (LintView, _lint),
    (Ref, lambda ref: [ref]),
)
