"""The X-Ray trace header of an invocation.

Reference: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

from sandbox.model.ids import Ids


def trace_header(incoming: str | None, now: float, ids: Ids, *, active: bool) -> str:
    """The header a function gets: what came in, completed where parts of it are missing.

    Args:
        incoming: the caller's header, or None.
        now: virtual time, seconds since the epoch; a new root carries it.
        ids: makes new roots and parents.
        active: whether the function samples by itself (`TracingConfig` is `Active`).
    """
    fields: dict[str, str] = {}
    for part in (incoming or "").split(";"):
        name, separator, value = part.strip().partition("=")
        if separator and name and value:
            fields[name] = value
    root = fields.pop("Root", "") or f"1-{int(now) & 0xFFFFFFFF:08x}-{ids.hex(24)}"
    parent = fields.pop("Parent", "") or ids.hex(16)
    sampled = fields.pop("Sampled", "") or ("1" if active else "0")
    known = [f"Root={root}", f"Parent={parent}", f"Sampled={sampled}"]
    return ";".join(known + [f"{name}={value}" for name, value in fields.items()])
