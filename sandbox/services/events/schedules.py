"""Scheduled rules: one timer each, its next firing in the store, so that a restart keeps the phase.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.clock import Timer, TimerKind
from sandbox.model.hops import HopKind
from sandbox.model.schedule import parse_schedule
from sandbox.model.scope import Scope
from sandbox.services.base import PAUSE, Kit
from sandbox.services.events.documents import scheduled_event
from sandbox.services.events.inputs import Firing
from sandbox.services.events.pending import pending_delivery
from sandbox.services.events.routing import Router
from sandbox.services.events.rulebook import RuleBook
from sandbox.services.events.store import EventsStore, Rule

#: Account, region, bus and name of a rule.
_Key = tuple[Scope, str, str]


class ScheduleRunner:
    """Fires scheduled rules.

    Args:
        kit: clock, journal and ids.
        store: where the rules are.
        rulebook: gives their targets.
        router: delivers what they fire.
    """

    def __init__(self, kit: Kit, store: EventsStore, rulebook: RuleBook, router: Router) -> None:
        self._clock = kit.clock
        self._recorder = kit.recorder
        self._ids = kit.ids
        self._store = store
        self._rulebook = rulebook
        self._router = router
        self._timers: dict[_Key, Timer] = {}

    def start(self) -> None:
        """Sets the timers of all scheduled rules; firings that were missed are skipped, as on AWS."""
        self.stop()
        now = self._clock.now()
        for rule in self._store.scheduled_rules():
            if rule.next_fire is not None and rule.next_fire <= now:
                missed = replace(rule, next_fire=_next_firing(rule, now))
                self._store.put_rule(missed)
                self._arm(missed)
            else:
                self._arm(rule)

    def recall(self) -> None:
        """Sets all timers anew; see `Service.recall`."""
        self.stop()
        for rule in self._store.scheduled_rules():
            self._arm(rule, not_before=self._clock.now() + PAUSE)

    def stop(self) -> None:
        """Ends all timers; the next firings stay in the store."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def planned(self, rule: Rule, before: Rule | None) -> Rule:
        """The rule with its next firing: of the running schedule when that stays, else counted from now."""
        if rule.schedule is None or not rule.enabled:
            return replace(rule, next_fire=None)
        if before is not None and before.enabled and before.schedule == rule.schedule:
            return replace(rule, phase=before.phase, next_fire=before.next_fire)
        now = self._clock.now()
        fresh = replace(rule, phase=now)
        return replace(fresh, next_fire=_next_firing(fresh, now))

    def changed(self, rule: Rule) -> None:
        """A rule was stored: its timer follows."""
        self.removed(rule)
        self._arm(rule)

    def removed(self, rule: Rule) -> None:
        """A rule is gone: so is its timer."""
        timer = self._timers.pop(_key(rule), None)
        if timer is not None:
            timer.cancel()

    def _arm(self, rule: Rule, *, not_before: float = 0.0) -> None:
        if rule.next_fire is not None and rule.enabled:
            key = _key(rule)
            self._timers[key] = self._clock.call_at(
                max(rule.next_fire, not_before),
                lambda: self._fire(key),
                label=f"rule {rule.name}",
                kind=TimerKind.SCHEDULE,
                key=str(rule.arn),
            )

    def _fire(self, key: _Key) -> None:
        self._timers.pop(key, None)
        rule = self._store.find_rule(*key)
        if rule is None or rule.next_fire is None:
            return
        due = rule.next_fire
        following = replace(rule, next_fire=_next_firing(rule, max(due, self._clock.now())))
        self._store.put_rule(following)
        self._arm(following)
        arn = str(rule.arn)
        scope = rule.scope
        event = scheduled_event(
            self._ids.uuid(), account=scope.account, region=scope.region, at=due, rule_arn=arn
        )
        hop = self._recorder.record(
            HopKind.SCHEDULE_FIRED,
            scope,
            "events",
            resource=arn,
            event_id=event.id,
            payload=event.text,
            detail={"schedule": rule.schedule or ""},
        )
        firing = Firing(arn, rule.name, event.time)
        for target in self._rulebook.targets(rule):
            now = self._clock.now()
            self._router.enqueue(pending_delivery(scope, firing, target, event, now=now, cause=hop))


def _key(rule: Rule) -> _Key:
    return rule.scope, rule.bus, rule.name


def _next_firing(rule: Rule, after: float) -> float | None:
    return (
        None if rule.schedule is None else parse_schedule(rule.schedule).next_after(after, phase=rule.phase)
    )
