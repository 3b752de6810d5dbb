"""Operations on queues: create, find, configure, delete.

Page: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.model.arn import Arn, queue_arn, queue_url
from sandbox.model.awserror import AwsError
from sandbox.model.call import Call
from sandbox.model.redrive import RedriveAllowPolicy, check_target, parse_redrive_policy
from sandbox.model.scope import Scope
from sandbox.model.sqs_attributes import (
    COUNTS,
    DELETE_INTERVAL,
    PURGE_INTERVAL,
    READABLE,
    check_queue_name,
    described,
    first_difference,
    merged,
    normalise,
)
from sandbox.model.sqs_errors import deleted_recently, missing, unknown_attribute
from sandbox.model.sqs_fifo import check_throughput
from sandbox.services.base import Answer, Params, operation
from sandbox.services.sqs.core import SqsCore
from sandbox.services.sqs.paging import page_of
from sandbox.services.sqs.queues import Queue
from sandbox.services.sqs.tags import check_tags


class QueueOperations(SqsCore):
    """What SQS does with queues as a whole."""

    @operation("CreateQueue", "QueueName Attributes tags")
    def create_queue(self, call: Call, params: Params) -> Answer:
        """Creates a queue; the same name with the same attributes answers the queue that is there."""
        name = params.get("QueueName")
        if name is None:
            raise missing("QueueName")
        given: Mapping[str, str] = params.get("Attributes") or {}
        attributes = normalise(given, fifo=check_queue_name(name, given))
        check_throughput(attributes)
        tags: Mapping[str, str] = params.get("tags") or {}
        check_tags(tags)
        existing = self.queues.find(call.scope, name)
        if existing is None:
            self._check_rest(call, name)
            self._check_redrive(queue_arn(call.scope, name), attributes)
            self.queues.create(call.scope, name, merged({}, attributes), tags, self.clock.now())
            self.arrivals.refresh(queue_arn(call.scope, name))
        else:
            different = first_difference(existing.attributes, attributes)
            if different is not None:
                raise AwsError(
                    "QueueNameExists",
                    "A queue already exists with the same name and a different value for attribute "
                    f"{different}",
                )
        return {"QueueUrl": queue_url(call.scope, name, call.endpoint)}

    @operation("DeleteQueue", "QueueUrl")
    def delete_queue(self, call: Call, params: Params) -> Answer:
        """Deletes a queue and its messages; its name is free again after a minute."""
        queue = self.queue_of(call, params)
        self.queues.delete(queue)
        if call.endpoint:
            self.queues.note_deleted(queue, self.clock.now())
        self._forget(queue)
        self.attempts.forget(queue)
        self.arrivals.refresh(queue.arn)
        return {}

    @operation("GetQueueUrl", "QueueName QueueOwnerAWSAccountId")
    def get_queue_url(self, call: Call, params: Params) -> Answer:
        """The URL of a queue by its name."""
        name = params.get("QueueName")
        if not name:
            raise missing("QueueName")
        scope = Scope(params.get("QueueOwnerAWSAccountId") or call.scope.account, call.scope.region)
        return {"QueueUrl": self._url(self.queues.get(scope, name), call)}

    @operation("ListQueues", "QueueNamePrefix MaxResults NextToken")
    def list_queues(self, call: Call, params: Params) -> Answer:
        """The queues of the caller's account and region, by name."""
        prefix = params.get("QueueNamePrefix") or ""
        queues = [queue for queue in self.queues.all(call.scope) if queue.name.startswith(prefix)]
        return self._listed(queues, call, params, "QueueUrls", optional=True)

    @operation("ListDeadLetterSourceQueues", "QueueUrl MaxResults NextToken")
    def list_dead_letter_source_queues(self, call: Call, params: Params) -> Answer:
        """The queues whose redrive policy names this one."""
        target = self.queue_of(call, params).arn
        sources = [
            queue
            for queue in self.queues.all(target.scope)
            if queue.settings.redrive is not None and queue.settings.redrive.target == target
        ]
        return self._listed(sources, call, params, "queueUrls", optional=False)

    @operation("GetQueueAttributes", "QueueUrl AttributeNames")
    def get_queue_attributes(self, call: Call, params: Params) -> Answer:
        """Attributes by name, or `All`."""
        queue = self.queue_of(call, params)
        names: Sequence[str] = params.get("AttributeNames") or []
        for name in names:
            if name != "All" and name not in READABLE:
                raise unknown_attribute(name)
        wanted = READABLE if "All" in names else set(names)
        values = described(queue.arn, queue.attributes, queue.created, queue.modified)
        if wanted.intersection(COUNTS):
            counts = self.counts(queue)
            values |= dict(
                zip(COUNTS, map(str, (counts.visible, counts.delayed, counts.in_flight)), strict=True)
            )
        attributes = {name: value for name, value in values.items() if name in wanted}
        return {"Attributes": attributes} if attributes else {}

    @operation("SetQueueAttributes", "QueueUrl Attributes")
    def set_queue_attributes(self, call: Call, params: Params) -> Answer:
        """Changes attributes; an empty value brings the default back."""
        queue = self.queue_of(call, params)
        given: Mapping[str, str] = params.get("Attributes") or {}
        if not given:
            raise missing("Attributes")
        changes = normalise(given, fifo=queue.settings.fifo)
        self._check_redrive(queue.arn, changes)
        after = merged(queue.attributes, changes)
        check_throughput(after)
        self.queues.set_attributes(queue, after, self.clock.now())
        self._delay_anew(queue, self.queues.get(queue.arn.scope, queue.name))
        self.retention.rebuild()
        return {}

    @operation("PurgeQueue", "QueueUrl")
    def purge_queue(self, call: Call, params: Params) -> Answer:
        """Deletes every message of a queue, at most once in 60 seconds."""
        queue = self.queue_of(call, params)
        now = self.clock.now()
        if queue.purged is not None and now - queue.purged < PURGE_INTERVAL:
            raise AwsError(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
            )
        with self.database.atomic():
            self.messages.purge(queue.id)
            self._forget(queue)
            self.queues.set_purged(queue, now)
        self.arrivals.refresh(queue.arn)
        return {}

    def _check_rest(self, call: Call, name: str) -> None:
        """Refuses the name of a queue that was deleted within the last minute.

        CloudFormation waits the minute out, so what is called from inside is not held up by it.

        Raises:
            AwsError: QueueDeletedRecently.
        """
        deleted = self.queues.deleted_at(call.scope, name)
        if call.endpoint and deleted is not None and self.clock.now() < deleted + DELETE_INTERVAL:
            raise deleted_recently()

    def _forget(self, queue: Queue) -> None:
        """Drops what a FIFO queue knows of messages that are gone."""
        self.groups.forget(queue)
        self.deduplication.forget(queue)

    def _delay_anew(self, before: Queue, queue: Queue) -> None:
        """Another delay of a FIFO queue, unlike a standard one, counts for the messages in it too."""
        if queue.settings.fifo and queue.settings.delay != before.settings.delay:
            self.messages.delay_anew(queue.id, queue.settings.delay)
            self.groups.rebuild(queue, self.clock.now())
            self.arrivals.refresh(queue.arn)

    def _check_redrive(self, source: Arn, attributes: Mapping[str, str]) -> None:
        text = attributes.get("RedrivePolicy")
        if not text:
            return
        policy = parse_redrive_policy(text)
        target = self.queues.by_arn(policy.target)
        allow = RedriveAllowPolicy() if target is None else target.settings.allow
        check_target(source, policy, exists=target is not None, allow=allow)

    def _listed(
        self, queues: Sequence[Queue], call: Call, params: Params, member: str, *, optional: bool
    ) -> Answer:
        page, token = page_of(
            [queue.name for queue in queues], params.get("MaxResults"), params.get("NextToken")
        )
        by_name = {queue.name: queue for queue in queues}
        answer: Answer = {}
        if page or not optional:
            answer[member] = [self._url(by_name[name], call) for name in page]
        if token is not None:
            answer["NextToken"] = token
        return answer

    def _url(self, queue: Queue, call: Call) -> str:
        return queue_url(queue.arn.scope, queue.name, call.endpoint)
