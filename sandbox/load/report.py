"""The report of a load: what was asked, what came of it, where it bent first, and what to raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.load.causes import FULL, Cause, causes_of
from sandbox.load.processors import Share
from sandbox.load.profile import Profile
from sandbox.load.sender import Results
from sandbox.load.watching import Watch

#: The sender is late when one request in twenty left so many seconds after its time.
_LATE = 0.05


@dataclass(frozen=True, slots=True)
class Second:
    """One second: requests asked for, answered well, lost, and the 95th percentile of the answers (ms)."""

    at: int
    asked: int
    ok: int
    lost: int
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """A load and its outcome.

    Attributes:
        lost: requests without a good answer, and messages that came to nothing afterwards.
        seconds: second by second. machine: what this machine itself had to do with it; empty: nothing.
        before: messages that waited already when it began. share: who used the processors.
    """

    profile: str
    url: str
    parameters: dict[str, str]
    sent: int
    ok: int
    lost: int
    achieved: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    causes: Sequence[Cause]
    seconds: Sequence[Second]
    machine: str
    cpu: float
    oldest_s: float
    drained_s: float | None
    before: int = 0
    share: Share | None = None

    @property
    def loss(self) -> float:
        """Part of the requests that was lost, 0 to 1."""
        return self.lost / self.sent if self.sent else 0.0

    @property
    def bent_first(self) -> str | None:
        """Name of the cause that came first, `machine` where this machine was most likely behind it."""
        if not self.causes:
            return None
        return "machine" if self.causes[0].machine else self.causes[0].name

    def processor_ms(self) -> dict[str, float]:
        """Processor time of one request, in milliseconds, by who used it; empty where it was not measured."""
        if self.share is None or not self.sent:
            return {}
        parts = {
            "sandbox": self.share.sandbox, "functions": self.share.functions, "load": self.share.load,
            "all": self.share.own,
        }  # fmt: skip
        return {name: round(seconds / self.sent * 1000, 2) for name, seconds in parts.items()}

    def as_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "profile": self.profile,
            "url": self.url,
            "parameters": self.parameters,
            "sent": self.sent,
            "ok": self.ok,
            "lost": self.lost,
            "loss_percent": round(self.loss * 100, 2),
            "achieved_per_second": round(self.achieved, 1),
            "p50_ms": round(self.p50_ms, 1),
            "p95_ms": round(self.p95_ms, 1),
            "p99_ms": round(self.p99_ms, 1),
            "causes": {cause.name: cause.count for cause in self.causes},
            "explained": [
                {
                    "cause": cause.name,
                    "count": cause.count,
                    "first_at_s": None if cause.first is None else round(cause.first, 2),
                    "what": cause.what,
                    "raise": cause.setting,
                    "machine": cause.machine,
                }
                for cause in self.causes
            ],
            "bent_first": self.bent_first,
            "machine_limit": self.machine or None,
            "cpu_percent": round(self.cpu, 1),
            "cpu_percent_of_others": None if self.share is None else round(self.share.others * 100, 1),
            "load_average_before": None if self.share is None else round(self.share.before, 1),
            "cpu_ms_per_request": self.processor_ms() or None,
            "waiting_before": self.before,
            "queue_oldest_s": round(self.oldest_s, 2),
            "queue_drained_s": None if self.drained_s is None else round(self.drained_s, 2),
            "seconds": [
                {"at": s.at, "asked": s.asked, "ok": s.ok, "lost": s.lost, "p95_ms": round(s.p95_ms, 1)}
                for s in self.seconds
            ],
        }


def report_of(
    profile: Profile, url: str, parameters: dict[str, str], results: Results, watch: Watch
) -> Report:
    """Puts the report together."""
    causes = causes_of(results, watch)
    good = [took for took, status in zip(results.took, results.statuses, strict=True) if 200 <= status < 300]
    sent, ok = len(results.due), len(good)
    afterwards = sum(cause.count for cause in causes if cause.name in ("dead-letters", "queue-backlog"))
    looks = [look for look in watch.looks if look.at <= profile.seconds + 1]
    cpu = percentile([look.cpu for look in looks], 0.5)
    return Report(
        profile=profile.text,
        url=url,
        parameters=parameters,
        sent=sent,
        ok=ok,
        lost=sent - ok + afterwards,
        achieved=sent / max(profile.seconds, 1e-9),
        p50_ms=percentile(good, 0.5) * 1000,
        p95_ms=percentile(good, 0.95) * 1000,
        p99_ms=percentile(good, 0.99) * 1000,
        causes=causes,
        seconds=_seconds(profile, results),
        machine=_machine(results, cpu, watch.share),
        cpu=cpu,
        oldest_s=max((look.oldest for look in watch.looks), default=0.0),
        drained_s=watch.drained,
        before=watch.before,
        share=watch.share,
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of the values do not exceed; 0 without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def _seconds(profile: Profile, results: Results) -> list[Second]:
    whole = int(profile.seconds + 0.999)
    took: list[list[float]] = [[] for _ in range(whole)]
    asked, lost = [0] * whole, [0] * whole
    for due, time, status in zip(results.due, results.took, results.statuses, strict=True):
        at = min(int(due), whole - 1)
        asked[at] += 1
        if 200 <= status < 300:
            took[at].append(time)
        else:
            lost[at] += 1
    return [
        Second(at, asked[at], len(took[at]), lost[at], percentile(took[at], 0.95) * 1000)
        for at in range(whole)
    ]


def _machine(results: Results, cpu: float, share: Share | None) -> str:
    """What this machine could not do, told apart from what the emulated limits would not let through."""
    others = "" if share is None else f"; other programs took {share.others:.0%} of the machine"
    late = percentile(results.lag, 0.95)
    if late > _LATE:
        return (
            f"this machine was too slow to send: one request in twenty left {late * 1000:.0f} ms late (its "
            f"processors were {cpu:.0f} % busy{others}); latencies and losses are its own, not the system's"
        )
    if cpu >= FULL:
        return (
            f"this machine's processors were busy ({cpu:.0f} % in half of the time{others}): latencies are "
            "its own; what limits of AWS refused (429, throttles) is real all the same"
        )
    return ""
