"""What of a payload is kept in the journal: a bounded text, with secrets masked."""

from __future__ import annotations

import re

#: Longest payload kept, in characters; the rest is cut and said so.
DEFAULT_LIMIT = 32 * 1024

# A member of a JSON document whose name speaks of a secret. The document may itself stand as text in another
# (the body of a proxy event): its quotes are escaped then, and the value ends at a quote escaped alike. A
# value that was cut ends with the text.
_SECRET = re.compile(
    r'("[^"]*(?:password|passwd|senha|secret|token|authorization|api[-_]?key|credential)[^"]*"\s*:\s*)'
    r'(\\*)".*?(?:(?<!\\)\2"|$)',
    re.IGNORECASE | re.DOTALL,
)
_FORM_SECRET = re.compile(r"(^|[&?])([\w.]*(?:password|secret|token)[\w.]*=)[^&\s]*", re.IGNORECASE)
#: Words of the names above, cheap to look for: most payloads have none.
_HINTS = ("pass", "senha", "secret", "token", "authorization", "credential", "apikey", "api_key", "api-key")


def keep(payload: str | bytes, limit: int = DEFAULT_LIMIT) -> str:
    """The text of a payload as it is stored.

    Args:
        payload: text or bytes; bytes that are not UTF-8 are described, not stored.
        limit: characters kept.

    Returns:
        The text, values of members whose name speaks of a secret replaced by `***`, cut at `limit`.
    """
    if isinstance(payload, bytes):
        try:
            payload = payload.decode()
        except UnicodeDecodeError:
            return f"<{len(payload)} bytes, not text>"
    text = payload if len(payload) <= limit else payload[:limit]
    lowered = text.lower()
    for hint in _HINTS:
        if hint in lowered:
            text = mask(text)
            break
    if len(payload) > limit:
        text += f"… ({len(payload) - limit} more characters)"
    return text


def mask(text: str) -> str:
    """The text with the values of members whose name speaks of a secret replaced by `***`."""
    text = _SECRET.sub(r'\1\2"***\2"', text)
    return _FORM_SECRET.sub(r"\1\2***", text)
