"""Failed calls, counted: what `sandbox load` explains losses with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.control.server import Method
from sandbox.flow.queries import failed_calls, last_hop

if TYPE_CHECKING:
    from sandbox.session.session import Session


class Failures:
    """Methods about calls that were refused or failed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> dict[str, Method]:
        """Name of each method -> what answers it."""
        return {"failures": self.failures}

    async def failures(self, since: int) -> dict[str, Any]:
        """Failed API calls after a place in the journal, by service, operation, resource and error.

        Args:
            since: the place; negative: only the present place is asked for.
        """
        journal = self._session.journal
        found = failed_calls(journal.database, since) if since >= 0 else []
        return {"position": last_hop(journal.database), "failures": found}
