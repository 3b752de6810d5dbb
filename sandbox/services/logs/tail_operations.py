"""StartLiveTail."""

from __future__ import annotations

from weakref import WeakSet

from sandbox.model.arn import is_arn
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.services.base import Answer, Kit, Params, operation
from sandbox.services.logs.filters import compile_filter
from sandbox.services.logs.live_tail import Session, Wanted
from sandbox.services.logs.store import LogStore

_MOST_GROUPS = 10


class TailOperations(LogStore):
    """Live tails of groups."""

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._sessions: WeakSet[Session] = WeakSet()

    def hang_up(self) -> None:
        """Ends the live tails, as a client sees an answer that is complete."""
        for session in tuple(self._sessions):
            session.close()

    async def stop(self) -> None:
        """Ends the live tails."""
        self.hang_up()
        await super().stop()

    @operation(
        "StartLiveTail", "logGroupIdentifiers logStreamNames logStreamNamePrefixes logEventFilterPattern"
    )
    def start_live_tail(self, call: Call, params: Params) -> Answer:
        """Begins a live tail; its answer is a stream that ends when its client leaves."""
        identifiers = params["logGroupIdentifiers"]
        names, prefixes = params.get("logStreamNames") or (), params.get("logStreamNamePrefixes") or ()
        if not 1 <= len(identifiers) <= _MOST_GROUPS:
            raise _invalid(f"logGroupIdentifiers must have 1 to {_MOST_GROUPS} members")
        if names and prefixes:
            raise _invalid("logStreamNames and logStreamNamePrefixes are exclusive")
        if (names or prefixes) and len(identifiers) > 1:
            raise _invalid("log streams can be named for one log group only")
        groups = {}
        for identifier in identifiers:
            if not is_arn(identifier):
                raise _invalid(f"logGroupIdentifiers are ARNs of log groups, and {identifier!r} is none")
            groups[self._group_of_arn(call.scope, identifier)["name"]] = identifier
        pattern = params.get("logEventFilterPattern") or ""
        wanted = Wanted(call.scope, groups, tuple(names), tuple(prefixes), pattern, compile_filter(pattern))
        session = Session(self.clock, self.follow, wanted, self.kit.ids.uuid(), call.request_id)
        self._sessions.add(session)
        return {"responseStream": session.events()}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
