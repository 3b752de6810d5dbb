"""How assertions fail: with what was expected, and all that helps to see why it did not come."""

from __future__ import annotations

from collections.abc import Iterable


class FlowAssertionError(AssertionError):
    """Something did not go as the test says; its text has the flow's tree, log lines and dead letters."""


class NotSettledError(AssertionError):
    """The sandbox does not come to rest; its text says what goes on."""


def section(title: str, lines: Iterable[str]) -> str:
    """A part of a failure's text; empty when it has no lines."""
    told = [f"  {line}" for line in lines]
    return "\n".join([f"{title}:", *told]) if told else ""


def report(headline: str, *sections: str) -> str:
    """The text of a failure."""
    return "\n\n".join([headline, *(part for part in sections if part)])
