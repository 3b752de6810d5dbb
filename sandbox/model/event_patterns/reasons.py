"""Why an event pattern is refused."""

from __future__ import annotations


class InvalidEventPatternError(ValueError):
    """An event pattern breaks the rules of the language.

    Args:
        reason: what EventBridge says after `Event pattern is not valid. Reason: `.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def message(self) -> str:
        """The whole message, in EventBridge's wording."""
        return f"Event pattern is not valid. Reason: {self.reason}"
