"""DynamoDB Local's streams as a test has them: records are put into shards, and read from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.model.awserror import AwsError

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026"


class FakeStreams:
    """One stream, without HTTP; a call of `ask` is one of its API.

    The last digit of a sequence number is the key of its item.

    Attributes:
        shards: the sequence numbers in each; the order is that of their birth.
        parents: of shards.
        closed: shards that get nothing more.
        forget: answers the next GetRecords with this code, once.
        gone: the stream is not there.
    """

    def __init__(self) -> None:
        self.shards: dict[str, list[int]] = {"s-1": []}
        self.parents: dict[str, str] = {}
        self.closed: set[str] = set()
        self.forget = ""
        self.gone = False
        self.asked: list[str] = []

    def put(self, *numbers: int, shard: str = "s-1") -> None:
        """Adds records."""
        self.shards[shard] += numbers

    async def ask(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One call."""
        self.asked.append(operation)
        if self.gone:
            raise AwsError("ResourceNotFoundException", "Requested resource not found")
        if operation == "DescribeStream":
            known = [{"ShardId": name, "ParentShardId": self.parents.get(name, "")} for name in self.shards]
            return {"StreamDescription": {"Shards": known}}
        if operation == "GetShardIterator":
            after = int(params.get("SequenceNumber", -1))
            return {"ShardIterator": f"{params['ShardId']} {after}"}
        if self.forget:
            code, self.forget = self.forget, ""
            raise AwsError(code, "as the test wants it")
        shard, _, after = params["ShardIterator"].partition(" ")
        found = [number for number in self.shards[shard] if number > int(after)][: params["Limit"]]
        last = found[-1] if found else int(after)
        over = shard in self.closed and last == max(self.shards[shard], default=-1)
        records = [
            {
                "eventID": f"e-{number}",
                "eventName": "INSERT",
                "awsRegion": "ddblocal",
                "dynamodb": {
                    "Keys": {"pk": {"N": str(number % 10)}},
                    "SequenceNumber": str(number).zfill(21),
                    "ApproximateCreationDateTime": 1.0,
                },
            }
            for number in found
        ]
        return {"Records": records, **({} if over else {"NextShardIterator": f"{shard} {last}"})}
