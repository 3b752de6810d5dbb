"""Lints that teach: each looks at plain facts of what is deployed, and says what, why, what to do, and where
AWS writes about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from sandbox.model.views.system import LintView

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
_SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide"
_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/userguide"
#: AWS recommends this multiple of the function's timeout.
_TIMES = 6


class Severity(StrEnum):
    """How much a lint matters."""

    ERROR = "error"  # AWS refuses it
    WARNING = "warning"  # messages get lost, doubled or delayed
    INFO = "info"  # worth a look


# --- facts -----------------------------------------------------------------------------------------------
class QueueFact(msgspec.Struct, frozen=True, kw_only=True):
    """A queue; times in seconds.

    Attributes:
        dead_letter_queue: name of its dead-letter queue.
        takes_dead_letters: something sends its dead letters here.
    """

    name: str
    visibility: float
    retention: float
    dead_letter_queue: str | None = None
    takes_dead_letters: bool = False
    stack: str = ""


class FunctionFact(msgspec.Struct, frozen=True, kw_only=True):
    """A function; `timeout` in seconds."""

    name: str
    timeout: float
    stack: str = ""


class ConsumerFact(msgspec.Struct, frozen=True, kw_only=True):
    """An enabled event source mapping.

    Attributes:
        window: seconds that it gathers a batch.
        reports_failures: it has `ReportBatchItemFailures`.
        processed: it has processed messages, so that a record of them should be there.
        remembers: such a record was seen: rows in the table that its saga participant declares as
            `processed`, or a conditional write to DynamoDB by one of its invocations.
    """

    function: str
    queue: str
    batch_size: int = 10
    window: float = 0
    reports_failures: bool = False
    processed: bool = False
    remembers: bool = False
    stack: str = ""


class RuleFact(msgspec.Struct, frozen=True, kw_only=True):
    """An enabled rule with a pattern.

    Attributes:
        bus_had_events: events were put on its bus.
    """

    name: str
    bus: str
    matched: bool
    bus_had_events: bool
    stack: str = ""


class ScheduleFact(msgspec.Struct, frozen=True, kw_only=True):
    """An enabled rule with a schedule.

    Attributes:
        due: its first run should have been by now.
        ends: it has no next run.
    """

    name: str
    expression: str
    fired: bool
    due: bool
    ends: bool = False
    stack: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is deployed, and what the journal has seen of it."""

    queues: Sequence[QueueFact] = ()
    functions: Sequence[FunctionFact] = ()
    consumers: Sequence[ConsumerFact] = ()
    rules: Sequence[RuleFact] = ()
    schedules: Sequence[ScheduleFact] = ()

    def queue(self, name: str) -> QueueFact | None:
        """The queue of that name."""
        return next((queue for queue in self.queues if queue.name == name), None)

    def fed(self) -> Iterator[tuple[ConsumerFact, QueueFact, FunctionFact]]:
        """Every consumer with its queue and function."""
        functions = {function.name: function for function in self.functions}
        for consumer in self.consumers:
            queue, function = self.queue(consumer.queue), functions.get(consumer.function)
            if queue is not None and function is not None:
                yield consumer, queue, function


class Suppression(msgspec.Struct, frozen=True):
    """A lint that a system accepts, with the reason; `subject` may hold `*` and `?`."""

    code: str
    subject: str
    reason: str

    def covers(self, lint: LintView) -> bool:
        """Whether it is meant."""
        return lint.code == self.code and fnmatchcase(lint.subject, self.subject)


# --- the lints -------------------------------------------------------------------------------------------
def timeout_over_visibility(facts: Facts) -> Iterator[LintView]:
    """A function that may run longer than its messages stay invisible."""
    for _, queue, function in facts.fed():
        if function.timeout > queue.visibility:
            yield _lint(
                "function-timeout-over-visibility",
                Severity.ERROR,
                queue,
                f"messages of {queue.name} become visible again after {queue.visibility:g} s while"
                f" {function.name} may still work on them for {function.timeout:g} s: another invocation gets"
                " them too. AWS refuses to create such an event source mapping.",
                f"raise VisibilityTimeout of {queue.name} to at least {_TIMES * function.timeout:g} s, or"
                f" lower Timeout of {function.name}",
                f"{_LAMBDA}/services-sqs-configure.html",
            )


def visibility_under_six_timeouts(facts: Facts) -> Iterator[LintView]:
    """A visibility timeout that leaves no room for Lambda's own retries."""
    for consumer, queue, function in facts.fed():
        wanted = _TIMES * function.timeout + consumer.window
        if function.timeout <= queue.visibility < wanted:
            yield _lint(
                "visibility-under-six-timeouts",
                Severity.WARNING,
                queue,
                f"the visibility timeout of {queue.name} is {queue.visibility:g} s, under six times the"
                f" {function.timeout:g} s timeout of {function.name}"
                + (f" plus its batching window of {consumer.window:g} s" if consumer.window else "")
                + ". When the function is throttled, Lambda tries the batch again; the rest of the time may"
                " not suffice, and messages are handed out twice.",
                f"set VisibilityTimeout of {queue.name} to {wanted:g} s",
                f"{_LAMBDA}/services-sqs-configure.html",
            )


def queue_without_dead_letters(facts: Facts) -> Iterator[LintView]:
    """A queue whose failed messages go round until they expire."""
    for queue in facts.queues:
        if queue.dead_letter_queue is None and not queue.takes_dead_letters:
            yield _lint(
                "queue-without-dead-letter-queue",
                Severity.WARNING,
                queue,
                f"{queue.name} has no dead-letter queue: a message that always fails is tried again until its"
                f" retention of {_days(queue.retention)} ends, and then it is lost.",
                f"give {queue.name} a RedrivePolicy with a dead-letter queue and a maxReceiveCount",
                f"{_SQS}/sqs-dead-letter-queues.html",
            )


def dead_letters_expire_early(facts: Facts) -> Iterator[LintView]:
    """A dead-letter queue that keeps messages for less time than the queue they come from."""
    for queue in facts.queues:
        target = facts.queue(queue.dead_letter_queue) if queue.dead_letter_queue else None
        if target is not None and target.retention < queue.retention:
            yield _lint(
                "dead-letter-retention-too-short",
                Severity.WARNING,
                target,
                f"{target.name} keeps messages for {_days(target.retention)}, its source {queue.name} for"
                f" {_days(queue.retention)}. A dead letter keeps the time at which it was first sent, so it"
                " may expire as soon as it arrives.",
                f"set MessageRetentionPeriod of {target.name} above {queue.retention:g} s; at most 1209600",
                f"{_SQS}/setting-up-dead-letter-queue-retention.html",
            )


def whole_batch_fails(facts: Facts) -> Iterator[LintView]:
    """A consumer that has a whole batch tried again because of one message."""
    for consumer in facts.consumers:
        if not consumer.reports_failures and consumer.batch_size > 1:
            yield _lint(
                "missing-batch-item-failures",
                Severity.WARNING,
                consumer,
                f"{consumer.function} gets up to {consumer.batch_size} messages of {consumer.queue} at once"
                " and does not report which of them failed: one bad message sends all of them back, and in"
                " the end to the dead-letter queue.",
                "set FunctionResponseTypes: [ReportBatchItemFailures] on the event source, and return"
                " batchItemFailures from the handler",
                f"{_LAMBDA}/services-sqs-errorhandling.html",
                consumer.function,
            )


def consumer_without_memory(facts: Facts) -> Iterator[LintView]:
    """A consumer that has processed messages without a trace of knowing them again."""
    for consumer in facts.consumers:
        if consumer.processed and not consumer.remembers:
            yield _lint(
                "consumer-without-idempotency",
                Severity.WARNING,
                consumer,
                f"{consumer.function} has processed messages of {consumer.queue}, and no record by which it"
                " would know them again was seen: no row in a `processed` table of a saga participant, no"
                " conditional write to DynamoDB. SQS delivers at least once, so its effect may happen twice.",
                "write the event's id in the transaction of its effect and name that table as `processed` in"
                " saga.yaml, or use the idempotency of Powertools",
                f"{_LAMBDA}/with-sqs.html",
                consumer.function,
            )


def rule_never_matched(facts: Facts) -> Iterator[LintView]:
    """A rule whose pattern no event has matched although its bus had events."""
    for rule in facts.rules:
        if rule.bus_had_events and not rule.matched:
            yield _lint(
                "rule-never-matched",
                Severity.INFO,
                rule,
                f"{rule.bus} had events, and none has matched the rule {rule.name}: its pattern may ask for"
                " something that no event has.",
                "compare the pattern with an event: `sandbox rule test` names the first part that fails",
                f"{_EVENTS}/eb-troubleshooting.html",
            )


def schedule_never_fired(facts: Facts) -> Iterator[LintView]:
    """A schedule that should have run and has not, or never will."""
    for schedule in facts.schedules:
        if schedule.fired or not (schedule.due or schedule.ends):
            continue
        why = "it has no next run" if schedule.ends else "its first run is due"
        yield _lint(
            "schedule-never-fired",
            Severity.WARNING,
            schedule,
            f"the schedule {schedule.name}, {schedule.expression}, has never fired, and {why}.",
            "check the expression: cron fields are in UTC, and a year in the past never comes",
            f"{_EVENTS}/eb-scheduled-rule-pattern.html",
        )


#: Every lint by its code.
LINTS: Mapping[str, Callable[[Facts], Iterable[LintView]]] = {
    "function-timeout-over-visibility": timeout_over_visibility,
    "visibility-under-six-timeouts": visibility_under_six_timeouts,
    "queue-without-dead-letter-queue": queue_without_dead_letters,
    "dead-letter-retention-too-short": dead_letters_expire_early,
    "missing-batch-item-failures": whole_batch_fails,
    "consumer-without-idempotency": consumer_without_memory,
    "rule-never-matched": rule_never_matched,
    "schedule-never-fired": schedule_never_fired,
}
_ORDER = [severity.value for severity in Severity]


def lint(facts: Facts, suppressions: Mapping[str, Sequence[Suppression]] | None = None) -> list[LintView]:
    """Everything there is to say, the gravest first, what is suppressed last.

    Args:
        suppressions: of each stack, by its name; they cover the resources of their own stack only.
    """
    found = [one for rule in LINTS.values() for one in rule(facts)]
    judged = [_suppressed(one, (suppressions or {}).get(one.stack, ())) for one in found]
    return sorted(
        judged, key=lambda one: (bool(one.suppressed), _ORDER.index(one.severity), one.code, one.subject)
    )


def fails(lints: Iterable[LintView]) -> bool:
    """Whether something is wrong: an error or warning that nobody suppressed."""
    return any(not one.suppressed and one.severity != Severity.INFO for one in lints)


def _suppressed(found: LintView, suppressions: Iterable[Suppression]) -> LintView:
    reason = next((one.reason for one in suppressions if one.covers(found)), "")
    return msgspec.structs.replace(found, suppressed=reason) if reason else found


def _lint(
    code: str,
    severity: Severity,
    fact: QueueFact | ConsumerFact | RuleFact | ScheduleFact,
    text: str,
    remedy: str,
    page: str,
    subject: str | None = None,
) -> LintView:
    return LintView(
        code=code,
        severity=severity.value,
        subject=subject if subject is not None else _name(fact),
        text=text,
        remedy=remedy,
        page=page,
        stack=fact.stack,
    )


def _name(fact: QueueFact | ConsumerFact | RuleFact | ScheduleFact) -> str:
    return fact.function if isinstance(fact, ConsumerFact) else fact.name


def _days(seconds: float) -> str:
    days = seconds / 86_400
    if days >= 1:
        return f"{days:g} day{'' if days == 1 else 's'}"
    return f"{seconds:g} s"
