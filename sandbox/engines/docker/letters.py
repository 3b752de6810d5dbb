"""The dead-letter queues of rule targets, which LocalStack does not know: what it cannot deliver goes there.

Page: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html. AWS tries some failures
again, for up to a day; LocalStack gives up at once, so an event is dead-lettered at its first failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.model.arn import parse_arn, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.delivering import classify
from sandbox.model.hops import HopKind
from sandbox.model.http import HttpRequest
from sandbox.model.ports import AwsHttp, Recorder
from sandbox.model.scope import Scope
from sandbox.services.events.letters import dead_letter_attributes


class TargetLetters:
    """Sends dead letters.

    Args:
        recorder: the journal.
        aws: reaches the queues.
    """

    def __init__(self, recorder: Recorder, aws: AwsHttp) -> None:
        self._recorder = recorder
        self._aws = aws
        self._sending: set[asyncio.Task[None]] = set()

    def send(self, facts: Mapping[str, Any], cause: int) -> None:
        """Sends what could not be delivered to the dead-letter queue of its target.

        Args:
            facts: `letters` (the queue), `source` (the rule), `target`, `body`, and `code`, `why`, `status`.
            cause: the hop of the failure.
        """
        task = asyncio.ensure_future(self._send(facts, cause))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def stop(self) -> None:
        """Waits until what was given is sent."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _send(self, facts: Mapping[str, Any], cause: int) -> None:
        queue = parse_arn(facts["letters"])
        failure = classify(AwsError(facts["code"], facts["why"], status=int(facts["status"])))
        hop = self._recorder.reserve(cause)
        body = {
            "QueueUrl": queue_url(queue.scope, queue.resource, "http://127.0.0.1"),
            "MessageBody": facts["body"],
            "MessageAttributes": dead_letter_attributes(facts["source"], facts["target"], failure, 0, None),
        }
        headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.SendMessage")]
        request = HttpRequest("POST", "/", headers=headers, body=msgspec.json.encode(body))
        answer = await self._aws.send("sqs", request, Call(scope=queue.scope, hop=hop, trace=facts["trace"]))
        error = ""
        if answer.status >= 400:
            refused = answer.body[:500].decode(errors="replace")
            error = f"the event is lost, its dead-letter queue refused it: {refused}"
        self._recorder.record(
            HopKind.DELIVERY_FAILED if error else HopKind.DEAD_LETTERED,
            Scope(facts["account"], facts["region"]),
            "events",
            hop=hop,
            cause=cause,
            resource=str(queue),
            status="error" if error else "ok",
            error=error,
            event_id=facts["event"],
            trace=facts["trace"],
        )
