"""What of a payload is kept in the journal: a bounded text, with secrets masked."""

from __future__ import annotations

import re

#: Longest payload kept, in characters; the rest is cut and said so.
DEFAULT_LIMIT = 32 * 1024

_SECRET = re.compile(
    r'(?i)("[^"]*(?:password|passwd|senha|secret|token|authorization|api[-_]?key|credential)[^"]*"\s*:\s*)'
    r'"(?:[^"\\]|\\.)*"'
)
_FORM_SECRET = re.compile(r"(?i)(^|[&?])([\w.]*(?:password|secret|token)[\w.]*=)[^&\s]*")
_HINT = re.compile(r"(?i)pass|senha|secret|token|authorization|key|credential")


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
    if _HINT.search(text):
        text = _SECRET.sub(r'\1"***"', text)
        text = _FORM_SECRET.sub(r"\1\2***", text)
    if len(payload) > limit:
        text += f"… ({len(payload) - limit} more characters)"
    return text
