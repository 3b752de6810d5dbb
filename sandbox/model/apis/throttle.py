"""The token bucket of "Throttle requests to your REST APIs" and HTTP APIs (API Gateway Developer Guide)."""

from __future__ import annotations

from dataclasses import dataclass

#: Limits of an account where a stage sets none: 10,000 requests per second, 5,000 at once.
ACCOUNT_RATE, ACCOUNT_BURST = 10_000.0, 5_000.0
#: What the journal says of a request that found no token; its client gets AWS's own words.
WHY_EMPTY = (
    "the token bucket is empty; it fills with the sandbox's time, so where that stands still, move it: "
    "`sandbox clock advance 1s`, clock.advance(1) in a test"
)
#: What differences of times (seconds since the epoch, as floats) may lack of a whole token.
_HAIR = 1e-4


@dataclass(slots=True)
class TokenBucket:
    """Lets `rate` requests per second through, and `burst` at once.

    Attributes:
        rate: tokens added per second of virtual time.
        burst: the most tokens it holds.
        tokens, at: how many it held at virtual time `at` (seconds).
    """

    rate: float
    burst: float
    tokens: float
    at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> TokenBucket:
        """A bucket that is full at virtual time `now`."""
        return cls(rate, burst, burst, now)

    def take(self, now: float) -> bool:
        """Takes a token at virtual time `now`, if there is one."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1 - _HAIR:
            return False
        self.tokens = max(0.0, self.tokens - 1)
        return True
