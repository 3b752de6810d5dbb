"""Which messages somebody means by ids, or by what they copied of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def chosen_of(there: Sequence[str], message_ids: Sequence[str] | None) -> tuple[list[str], dict[str, str]]:
    """The messages that are meant, each once, and why others are not among them.

    Args:
        message_ids: as they were asked for; None means all that are there.
    """
    if message_ids is None:
        return list(there), {}
    known = dict.fromkeys(there)
    chosen: dict[str, None] = {}
    kept: dict[str, str] = {}
    for message_id in message_ids:
        matching = [message_id] if message_id in known else _beginning_with(message_id, known)
        if len(matching) == 1:
            chosen[matching[0]] = None
        else:
            kept[message_id] = (
                f"several ids begin with it: {', '.join(matching[:3])}"
                if matching
                else _missing(message_id, known)
            )
    return list(chosen), kept


def _beginning_with(start: str, known: Iterable[str]) -> list[str]:
    """Ids that begin with what was given of one, as people copy them; at least 4 characters."""
    return [message_id for message_id in known if message_id.startswith(start)] if len(start) >= 4 else []


def _missing(message_id: str, known: Iterable[str]) -> str:
    near = get_close_matches(message_id, list(known)[:1000], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"it is not in the queue{hint}"


def near_ids(reference: str, known: Sequence[str]) -> list[str]:
    """Up to three ids that somebody may have meant: those that have what was given, else those alike."""
    having = [one for one in known if reference and reference in one][:3]
    return having or get_close_matches(reference, known, n=3, cutoff=0.5)
