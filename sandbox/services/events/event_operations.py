"""Operations on events: publishing them, and trying patterns on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.awserror import NotImplementedByName
from sandbox.model.call import Call
from sandbox.model.event_patterns import (
    EventPattern,
    InvalidEventPatternError,
    MalformedJsonError,
    decode,
    flatten,
)
from sandbox.services.base import Answer, Params, operation
from sandbox.services.events.core import EventsCore
from sandbox.services.events.errors import invalid
from sandbox.services.events.publishing import ENTRY_MEMBERS, check_request
from sandbox.services.events.rule_operations import invalid_pattern

#: What TestEventPattern wants of an event; `resources` is documented as mandatory too, but not asked for.
_MANDATORY = ("id", "account", "source", "time", "region", "detail-type")


class EventOperations(EventsCore):
    """Events."""

    @operation("PutEvents", "Entries")
    async def put_events(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html

        The front door records the call; each accepted entry is an EVENT_PUT hop caused by it.
        """
        entries = params["Entries"]
        for entry in entries:
            for member in entry:
                if member not in ENTRY_MEMBERS:
                    raise NotImplementedByName("events", f"{member} of the entries of PutEvents")
        check_request(entries)
        results = [await self.publisher.put(call, entry) for entry in entries]
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    async def put_own(self, call: Call, entry: Mapping[str, Any]) -> dict[str, str]:
        """Puts an event of AWS's own, whose source may begin with `aws.`; otherwise as PutEvents.

        Returns:
            The entry of the answer: an event id, or an error code and message.

        Raises:
            AwsError: it is too large.
        """
        check_request([entry])
        return await self.publisher.put(call, entry, own=True)

    @operation("TestEventPattern", "EventPattern Event")
    def test_event_pattern(self, call: Call, params: Params) -> Answer:
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html"""
        try:
            event = decode(params["Event"])
            if not isinstance(event, dict) or not all(member in event for member in _MANDATORY):
                raise MalformedJsonError("an event is an object with all mandatory members")
            flat = flatten(event)
        except MalformedJsonError:
            raise invalid("Parameter Event is not valid.") from None
        try:
            pattern = EventPattern(params["EventPattern"])
        except InvalidEventPatternError as error:
            raise invalid_pattern(error) from None
        return {"Result": pattern.matches(flat)}
