"""What services call before the front door is there waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from sandbox.model.call import Call
from sandbox.session.lateclient import LateClient


class Echo:
    """A client that answers with what it was asked."""

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], call: Call | None = None
    ) -> dict[str, Any]:
        return {"asked": (service, operation, dict(params), call)}


def test_a_call_waits_until_there_is_a_client() -> None:
    async def scenario() -> None:
        late = LateClient()
        early = asyncio.ensure_future(late.call("sqs", "ListQueues", {}))
        await asyncio.sleep(0)
        assert not early.done()
        late.arrive(Echo())
        assert await early == {"asked": ("sqs", "ListQueues", {}, None)}
        call = Call(hop=3)
        answer = await late.call("sqs", "ListQueues", {"MaxResults": 1}, call)
        assert answer == {"asked": ("sqs", "ListQueues", {"MaxResults": 1}, call)}

    asyncio.run(scenario())


def test_who_waits_when_there_will_be_none_is_stopped() -> None:
    async def scenario() -> None:
        late = LateClient()
        early = asyncio.ensure_future(late.call("sqs", "ListQueues", {}))
        await asyncio.sleep(0)
        late.leave()
        await asyncio.wait([early], timeout=1)
        assert early.cancelled()
        with contextlib.suppress(asyncio.CancelledError):
            await late.call("sqs", "ListQueues", {})
            raise AssertionError("nobody answers")

    asyncio.run(scenario())


def test_one_that_was_there_stays_until_the_end() -> None:
    async def scenario() -> None:
        late = LateClient()
        late.arrive(Echo())
        late.leave()
        assert await late.call("sqs", "ListQueues", {}) == {"asked": ("sqs", "ListQueues", {}, None)}

    asyncio.run(scenario())
