"""Lints over plain facts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sandbox.model.lints import (
    LINTS,
    ConsumerFact,
    Facts,
    FunctionFact,
    QueueFact,
    RuleFact,
    ScheduleFact,
    Suppression,
    fails,
    lint,
)
from sandbox.model.views.system import LintView

QUEUE = QueueFact(name="orders", visibility=180, retention=345_600, dead_letter_queue="orders-dlq", stack="s")
DLQ = QueueFact(name="orders-dlq", visibility=30, retention=1_209_600, takes_dead_letters=True, stack="s")
FUNCTION = FunctionFact(name="worker", timeout=30, stack="s")
CONSUMER = ConsumerFact(
    function="worker", queue="orders", reports_failures=True, processed=True, remembers=True, stack="s"
)
RULE = RuleFact(name="r", bus="b", matched=True, bus_had_events=True, stack="s")
SCHEDULE = ScheduleFact(name="t", expression="rate(1 minute)", fired=True, due=True, stack="s")


def facts(
    queue: QueueFact = QUEUE,
    dlq: QueueFact = DLQ,
    function: FunctionFact = FUNCTION,
    consumer: ConsumerFact = CONSUMER,
    rule: RuleFact = RULE,
    schedule: ScheduleFact = SCHEDULE,
) -> Facts:
    return Facts(
        queues=[queue, dlq], functions=[function], consumers=[consumer], rules=[rule], schedules=[schedule]
    )


def codes(given: Facts) -> list[tuple[str, str, str]]:
    return [(one.severity, one.code, one.subject) for one in lint(given)]


def test_a_sound_system_gets_no_lesson() -> None:
    assert lint(facts()) == []
    assert not fails([])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (facts(queue=replace(QUEUE, visibility=29)), ("error", "function-timeout-over-visibility", "orders")),
        (facts(queue=replace(QUEUE, visibility=179)), ("warning", "visibility-under-six-timeouts", "orders")),
        (facts(consumer=replace(CONSUMER, window=1)), ("warning", "visibility-under-six-timeouts", "orders")),
        (
            facts(queue=replace(QUEUE, dead_letter_queue=None)),
            ("warning", "queue-without-dead-letter-queue", "orders"),
        ),
        (
            facts(dlq=replace(DLQ, retention=345_599)),
            ("warning", "dead-letter-retention-too-short", "orders-dlq"),
        ),
        (
            facts(consumer=replace(CONSUMER, reports_failures=False)),
            ("warning", "missing-batch-item-failures", "worker"),
        ),
        (
            facts(consumer=replace(CONSUMER, remembers=False)),
            ("warning", "consumer-without-idempotency", "worker"),
        ),
        (facts(rule=replace(RULE, matched=False)), ("info", "rule-never-matched", "r")),
        (facts(schedule=replace(SCHEDULE, fired=False)), ("warning", "schedule-never-fired", "t")),
        (
            facts(schedule=replace(SCHEDULE, fired=False, due=False, ends=True)),
            ("warning", "schedule-never-fired", "t"),
        ),
    ],
)
def test_each_slip_gets_its_lesson(given: Facts, expected: tuple[str, str, str]) -> None:
    assert codes(given) == [expected]


@pytest.mark.parametrize(
    "given",
    [
        facts(queue=replace(QUEUE, visibility=180)),
        facts(dlq=replace(DLQ, retention=345_600)),
        facts(consumer=replace(CONSUMER, reports_failures=False, batch_size=1)),
        facts(consumer=replace(CONSUMER, remembers=False, processed=False)),
        facts(rule=replace(RULE, matched=False, bus_had_events=False)),
        facts(schedule=replace(SCHEDULE, fired=False, due=False)),
        Facts(queues=[replace(DLQ, name="failures-of-rules")]),
        facts(consumer=replace(CONSUMER, queue="of-another-account")),
    ],
)
def test_what_is_at_the_limit_or_cannot_be_judged_yet_gets_none(given: Facts) -> None:
    assert lint(given) == []


def test_every_lint_teaches() -> None:
    bad = facts(
        queue=replace(QUEUE, visibility=60, dead_letter_queue=None),
        consumer=replace(CONSUMER, reports_failures=False, remembers=False),
        rule=replace(RULE, matched=False),
        schedule=replace(SCHEDULE, fired=False),
    )
    worse = facts(queue=replace(QUEUE, visibility=1), dlq=replace(DLQ, retention=60))
    found = [*lint(bad), *lint(worse)]
    assert {one.code for one in found} == set(LINTS)
    for one in found:
        assert one.text
        assert one.remedy
        assert one.stack == "s"
        assert one.page.startswith("https://docs.aws.amazon.com/")


def suppressed(suppression: Suppression, stack: str = "s") -> LintView:
    (found,) = lint(facts(queue=replace(QUEUE, visibility=90)), {stack: [suppression]})
    return found


def test_a_suppressed_lint_keeps_its_reason_and_does_not_fail() -> None:
    found = suppressed(Suppression("visibility-under-six-timeouts", "ord*", "batches are quick"))
    assert found.suppressed == "batches are quick"
    assert not fails([found])


@pytest.mark.parametrize(
    ("suppression", "stack"),
    [
        (Suppression("visibility-under-six-timeouts", "other", "no"), "s"),
        (Suppression("missing-batch-item-failures", "*", "no"), "s"),
        (Suppression("visibility-under-six-timeouts", "*", "no"), "another"),
    ],
)
def test_a_suppression_covers_only_what_it_names(suppression: Suppression, stack: str) -> None:
    found = suppressed(suppression, stack)
    assert not found.suppressed
    assert fails([found])


def test_information_does_not_fail_and_errors_come_first() -> None:
    found = lint(facts(rule=replace(RULE, matched=False)))
    assert not fails(found)
    found = lint(facts(rule=replace(RULE, matched=False), queue=replace(QUEUE, visibility=1)))
    assert [one.severity for one in found] == ["error", "info"]
