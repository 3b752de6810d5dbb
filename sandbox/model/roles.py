"""What others need to know of an IAM role."""

from __future__ import annotations

from typing import NamedTuple


class RoleFacts(NamedTuple):
    """A role.

    Attributes:
        role_id: its unique id (`AROA…`).
        max_session: seconds that a session of it may last.
    """

    role_id: str
    max_session: int
