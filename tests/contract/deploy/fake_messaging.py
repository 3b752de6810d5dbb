"""Topics and queues, for the deployer."""

from __future__ import annotations

from tests.contract.deploy.fake_things import Params, Things


class FakeMessaging(Things):
    """Topics and queues."""

    def _sns_CreateTopic(self, p: Params) -> Params:  # noqa: N802
        arn = f"arn:aws:sns:us-east-1:000000000000:{p['Name']}"
        self._add("topic", arn, p.get("Attributes", {}))
        return {"TopicArn": arn}

    def _sns_GetTopicAttributes(self, p: Params) -> Params:  # noqa: N802
        return {"Attributes": self._find("topic", p["TopicArn"], "NotFoundException")}

    def _sns_DeleteTopic(self, p: Params) -> None:  # noqa: N802
        self.things.pop(("topic", p["TopicArn"]), None)
        for name in self.names("subscription"):
            if name.startswith(p["TopicArn"]):
                del self.things["subscription", name]

    def _sns_Subscribe(self, p: Params) -> Params:  # noqa: N802
        arn = f"{p['TopicArn']}:{next(self._ids)}"
        self._add("subscription", arn, p)
        return {"SubscriptionArn": arn}

    def _sns_ListSubscriptionsByTopic(self, p: Params) -> Params:  # noqa: N802
        names = [name for name in self.names("subscription") if name.startswith(p["TopicArn"])]
        return {"Subscriptions": [{**self.things["subscription", n], "SubscriptionArn": n} for n in names]}

    def _sns_Unsubscribe(self, p: Params) -> None:  # noqa: N802
        self.things.pop(("subscription", p["SubscriptionArn"]), None)

    def _sqs_GetQueueUrl(self, p: Params) -> Params:  # noqa: N802
        self._find("queue", p["QueueName"], "AWS.SimpleQueueService.NonExistentQueue")
        return {"QueueUrl": f"http://127.0.0.1:1/000000000000/{p['QueueName']}"}

    def _sqs_CreateQueue(self, p: Params) -> Params:  # noqa: N802
        self.things[("queue", p["QueueName"])] = dict(p.get("Attributes", {}))
        return {"QueueUrl": f"http://127.0.0.1:1/000000000000/{p['QueueName']}"}

    def _sqs_SetQueueAttributes(self, p: Params) -> None:  # noqa: N802
        name = p["QueueUrl"].rsplit("/", 1)[-1]
        self._find("queue", name, "AWS.SimpleQueueService.NonExistentQueue").update(p["Attributes"])

    def _sqs_DeleteQueue(self, p: Params) -> None:  # noqa: N802
        self._drop("queue", p["QueueUrl"].rsplit("/", 1)[-1], "AWS.SimpleQueueService.NonExistentQueue")
