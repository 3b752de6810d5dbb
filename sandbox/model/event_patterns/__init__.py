"""EventBridge's event patterns: compiled once, matched in microseconds, and able to say why not.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html

    pattern = EventPattern('{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}')
    pattern.matches(flatten(decode(event_text)))
"""

from sandbox.model.event_patterns.index import RuleIndex
from sandbox.model.event_patterns.jsontext import MalformedJsonError, Number, compact, decode, encode
from sandbox.model.event_patterns.matching import EventPattern, FlatEvent, Mismatch, flatten
from sandbox.model.event_patterns.reasons import InvalidEventPatternError

__all__ = [
    "EventPattern",
    "FlatEvent",
    "InvalidEventPatternError",
    "MalformedJsonError",
    "Mismatch",
    "Number",
    "RuleIndex",
    "compact",
    "decode",
    "encode",
    "explain",
    "flatten",
]


def explain(pattern: str, event: str) -> Mismatch | None:
    """The first part of `pattern` that `event` (both JSON texts) does not pass, or None when it matches.

    Raises:
        InvalidEventPatternError: the pattern is not valid.
        MalformedJsonError: the event is not a JSON object.
    """
    document = decode(event)
    if not isinstance(document, dict):
        raise MalformedJsonError("an event is a JSON object")
    return EventPattern(pattern).explain(flatten(document))
