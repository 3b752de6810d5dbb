"""A new service over the same database goes on where the old one ended."""

from __future__ import annotations

from pathlib import Path

from tests.contract.sqs.harness import START, World, arn, bodies


def test_queues_messages_handles_and_timers_survive(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with World(path) as before:
        url, dead = before.with_dead_letters(2, MessageRetentionPeriod="600")
        before.send(url, "em voo")
        (message,) = before.receive(url)
        before.send(url, "demorada", DelaySeconds=50)
        before.send(url, "à vista")
        before.call("TagQueue", QueueUrl=url, Tags={"a": "b"})
        attributes = before.attributes(url)
        before.call("PurgeQueue", QueueUrl=dead)
    with World(path, start=START + 10) as after:
        assert after.attributes(url) == attributes
        assert after.call("ListQueueTags", QueueUrl=url) == {"Tags": {"a": "b"}}
        assert after.depth(url) == (1, 1, 1)
        assert after.refused("PurgeQueue", QueueUrl=dead).code == "PurgeQueueInProgress"
        after.hide(url, message["ReceiptHandle"], 5)
        after.advance(5)
        assert bodies(after.receive(url)) == ["à vista", "em voo"]
        after.advance(585)
        assert after.database.rows("SELECT * FROM sqs_messages") == []


def test_a_database_put_back_under_a_running_service(tmp_path: Path) -> None:
    with World(tmp_path / "state.db") as world:
        url = world.queue()
        heard: list[str] = []

        async def restored() -> None:
            world.sqs.on_available(arn(), lambda: heard.append("again"))
            world.database.execute('UPDATE sqs_queues SET attributes = \'{"VisibilityTimeout": "7"}\'')
            await world.sqs.start()

        world.run(restored)
        assert heard == ["again"]
        assert world.attributes(url, "VisibilityTimeout") == {"VisibilityTimeout": "7"}
