"""A profile of load (`50/s for 60s, then 50/s to 500/s over 60s`) as the times at which requests leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from sandbox.model.durations import parse_duration

_STEADY = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*s\s+for\s+(.+)")
_RAMP = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*s\s+to\s+(\d+(?:\.\d+)?)\s*/\s*s\s+(?:over|in|for)\s+(.+)")
_PAUSE = re.compile(r"pause\s+(.+)")
#: Requests per second, and requests in all, at most: beyond it one machine measures itself.
MAX_RATE, MAX_REQUESTS = 20_000, 5_000_000


@dataclass(frozen=True, slots=True)
class Phase:
    """A time in which the rate goes evenly from `first` to `last` (requests per second) in `seconds`."""

    first: float
    last: float
    seconds: float

    @property
    def requests(self) -> float:
        """How many requests it holds."""
        return (self.first + self.last) / 2 * self.seconds

    def time_of(self, number: float) -> float:
        """Seconds from its beginning to when `number` requests have left."""
        slope = (self.last - self.first) / self.seconds
        if not slope:
            return number / self.first
        return (sqrt(self.first**2 + 2 * slope * number) - self.first) / slope


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, as its text and its phases."""

    text: str
    phases: tuple[Phase, ...]

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(phase.seconds for phase in self.phases)

    def times(self) -> Iterator[float]:
        """When each request leaves, in seconds from the beginning: evenly, never by chance."""
        began, before, number = 0.0, 0.0, 0
        for phase in self.phases:
            end = before + phase.requests
            while number < end - 1e-9:
                yield began + phase.time_of(number - before)
                number += 1
            began, before = began + phase.seconds, end

    def rate_at(self, moment: float) -> float:
        """Requests per second that are asked for at a moment."""
        for phase in self.phases:
            if moment < phase.seconds:
                return phase.first + (phase.last - phase.first) * moment / phase.seconds
            moment -= phase.seconds
        return 0.0


def parse_profile(text: str) -> Profile:
    """Reads a profile.

    Args:
        text: parts separated by commas (and `then`): `RATE/s for DURATION`, `RATE/s to RATE/s over DURATION`,
            `pause DURATION`.

    Raises:
        ValueError: a part is none of these, or it is more than one machine can send.
    """
    parts = [part.strip().removeprefix("then ").strip() for part in text.replace(" then ", ", ").split(",")]
    phases = tuple(_phase(part) for part in parts if part and part != "then")
    if not phases:
        raise ValueError("the profile is empty: write 50/s for 60s")
    profile = Profile(text.strip(), phases)
    if max(max(phase.first, phase.last) for phase in phases) > MAX_RATE:
        raise ValueError(
            f"more than {MAX_RATE} requests per second are no measure of a system on this machine"
        )
    if not 1 <= sum(phase.requests for phase in phases) <= MAX_REQUESTS:
        raise ValueError(f"a profile has from 1 to {MAX_REQUESTS:,} requests")
    return profile


def _phase(part: str) -> Phase:
    if match := _RAMP.fullmatch(part):
        phase = Phase(float(match[1]), float(match[2]), parse_duration(match[3]))
    elif match := _STEADY.fullmatch(part):
        phase = Phase(float(match[1]), float(match[1]), parse_duration(match[2]))
    elif match := _PAUSE.fullmatch(part):
        phase = Phase(0.0, 0.0, parse_duration(match[1]))
    else:
        raise ValueError(
            f"{part!r} is no part of a profile: write 50/s for 60s, 50/s to 500/s over 60s, or pause 5s"
        )
    if phase.seconds <= 0:
        raise ValueError(f"{part!r} takes no time")
    return phase
