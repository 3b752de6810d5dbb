"""The parts that the operations of SQS are made of, wired once."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from sandbox.model.arn import Arn, parse_queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.sqs_attributes import is_queue_name
from sandbox.model.sqs_errors import missing
from sandbox.services.again import Again
from sandbox.services.base import Kit, Params, Service
from sandbox.services.sqs.arrivals import Arrivals
from sandbox.services.sqs.attempts import Attempts
from sandbox.services.sqs.deduplication import Deduplication
from sandbox.services.sqs.faulty import MessageFaults
from sandbox.services.sqs.groups import Groups, GroupStore
from sandbox.services.sqs.journal import MessageJournal
from sandbox.services.sqs.messages import Counts, MessageStore
from sandbox.services.sqs.queues import Queue, QueueStore
from sandbox.services.sqs.receiving import Receiver
from sandbox.services.sqs.retention import Retention
from sandbox.services.sqs.schema import SCHEMA
from sandbox.services.sqs.sending import Sender
from sandbox.services.sqs.settling import Settler


class StoreHorizon:
    """What waits for messages sees of the store."""

    def __init__(self, kit: Kit, queues: QueueStore, messages: MessageStore, groups: GroupStore) -> None:
        self._clock = kit.clock
        self._queues = queues
        self._messages = messages
        self._groups = groups

    def any_visible(self, queue: Arn) -> bool:
        """Whether a receive would find something now."""
        found = self._queues.by_arn(queue)
        if found is None:
            return False
        if found.settings.fifo:
            return self._groups.any_ready(found.id, self._clock.now())
        return self._messages.any_visible(found.id, self._clock.now())

    def next_visible(self, queue: Arn) -> float | None:
        """When the next hidden message becomes visible; None when the queue is gone or hides none."""
        found = self._queues.by_arn(queue)
        if found is None:
            return None
        if found.settings.fifo:
            return self._groups.next_ready(found.id, self._clock.now())
        return self._messages.next_visible(found.id, self._clock.now())


class SqsCore(Service):
    """State and parts of the service; the operations are in its subclasses."""

    name: ClassVar[str] = "sqs"
    SCHEMA: ClassVar[str] = SCHEMA

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._again = Again(kit.clock, self.look_again, "sqs: look again")
        # Pure, and asked of the same few URLs again and again.
        self._parse_url = lru_cache(maxsize=1024)(parse_queue_url)
        self.queues = QueueStore(kit.database)
        self.messages = MessageStore(kit.database)
        self.journal = MessageJournal(kit.recorder)
        group_store = GroupStore(kit.database)
        self.arrivals = Arrivals(kit.clock, StoreHorizon(kit, self.queues, self.messages, group_store))
        self.groups = Groups(group_store, self.arrivals)
        self.deduplication = Deduplication(kit.database)
        self.attempts = Attempts(kit.database)
        self.retention = Retention(kit.clock, self.queues, self.messages, self.groups)
        faults = MessageFaults(kit.faults)
        self.sender = Sender(
            kit.clock,
            kit.ids,
            self.messages,
            self.arrivals,
            self.retention,
            self.journal,
            self.groups,
            self.deduplication,
            faults,
        )
        self.receiver = Receiver(
            kit.clock,
            kit.ids,
            self.queues,
            self.messages,
            self.arrivals,
            self.journal,
            group_store,
            self.groups,
            self.attempts,
            faults,
        )
        self.settler = Settler(kit.clock, self.messages, self.arrivals, self.journal, self.groups)

    async def start(self) -> None:
        """Sets timers by the store and has everybody who waits look again."""
        self.queues.rebuild()
        self.receiver.flight.forget()
        self.retention.rebuild()
        self.arrivals.rebuild()

    def recall(self) -> None:
        """Reads queues anew, and has everybody look again after a while; see `Service.recall`."""
        self.queues.rebuild()
        self.receiver.flight.forget()
        self.retention.rebuild()
        self._again.soon()

    def look_again(self) -> None:
        """Has everybody who waits for messages look whether there are any."""
        self.arrivals.rebuild()

    async def stop(self) -> None:
        """Ends long polls, with no messages, and drops the timers."""
        self._again.stop()
        self.arrivals.close()
        self.retention.stop()

    def queue_of(self, call: Call, params: Params) -> Queue:
        """The queue that a request names by its URL, or by its name.

        Raises:
            AwsError: MissingParameter, InvalidAddress, QueueDoesNotExist.
        """
        url = params.get("QueueUrl")
        if not url:
            raise missing("QueueUrl")
        try:
            scope, name = self._parse_url(url, call.scope.region)
        except ValueError:
            # The name of a queue does for its URL, as on AWS.
            if not is_queue_name(url):
                raise AwsError(
                    "InvalidAddress", f"The address {url} is not valid for this endpoint."
                ) from None
            return self.queues.get(call.scope, url)
        return self.queues.get(scope, name)

    def counts(self, queue: Queue) -> Counts:
        """How many messages of a queue are in which state now."""
        now = self.clock.now()
        return self.messages.counts(queue.id, now, now - queue.settings.retention)

    def queue_by_arn(self, arn: Arn) -> Queue:
        """The queue with that ARN.

        Raises:
            AwsError: QueueDoesNotExist.
        """
        return self.queues.get(arn.scope, arn.resource)
