"""The exception behind a dead letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.flow.failures import Failure, failure_of
from sandbox.model.hops import Hop
from sandbox.model.stack_traces import Raised, raised_in_document, raised_in_log

if TYPE_CHECKING:
    from sandbox.session.session import Session


def raised_by(session: Session, failure: Failure, message_id: str) -> Raised:
    """What failed a message: as it was logged, else as the invocation answered it.

    A function that reports failed messages one by one may end well; only its log has the exception then.
    """
    document = raised_in_document(failure.payload)
    logged = None
    if failure.invocation is not None:
        lines = session.engine.logs.lines_caused_by(failure.invocation)
        if document is None or any(message_id in line for line in lines):
            logged = raised_in_log(lines, message_id)
    return logged or document or Raised(failure.error.split("\n", 1)[0])


def last_error(session: Session, dead: Hop) -> str:
    """What failed the message of a dead-letter hop, in one line."""
    failure = failure_of(session.journal.database, dead.id)
    return raised_by(session, failure, dead.message_id).error
