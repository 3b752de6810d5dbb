"""Dead letters of LocalStack's queues, one by one: none is lost, whatever is in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.engines.docker.hearing import Hearing
from sandbox.engines.docker.invocations import Invocations
from sandbox.engines.docker.moving import Edit, LetterMoves
from sandbox.engines.queues import ForeignQueue
from sandbox.model.arn import Arn, queue_arn
from sandbox.model.awserror import AwsError
from sandbox.model.hops import HopKind
from sandbox.model.ids import Ids
from sandbox.model.scope import Scope
from sandbox.services.sqs.desk import RefusedMoveError
from sandbox.services.sqs.messages import IN_FLIGHT, VISIBLE, Counts
from sandbox.services.sqs.service import PeekedMessage, QueueDepth
from tests.support.fakes import KeptHops

LETTERS, SOURCE = queue_arn(Scope(), "cartas"), queue_arn(Scope(), "fila")


class FakeSqs:
    """A dead-letter queue and the queue that its letters came from.

    Attributes:
        letters: ids in the first. held: those that are in flight. sent: what the second got.
        fail: operations that are refused.
        max_receives: of the dead-letter queue itself.
    """

    def __init__(self, *letters: str) -> None:
        self.letters = list(letters)
        self.held: set[str] = set()
        self.sent: list[Mapping[str, Any]] = []
        self.fail: set[str] = set()
        self.max_receives: int | None = None
        self.hops = KeptHops()
        hearing = Hearing(self.hops, Invocations(self.hops), lambda _: None, lambda *_: None)
        self.moves = LetterMoves(self._ask, self._queues, self._peek, hearing, Ids(seed=7))

    async def _ask(self, operation: str, asked: Mapping[str, Any], hop: int | None) -> dict[str, Any]:
        if operation in self.fail:
            raise AwsError("InvalidMessageContents", "no such thing")
        if operation == "SendMessage":
            assert hop is not None
            self.sent.append(asked)
            return {"MessageId": "novo"}
        assert hop is None, "what is only looked for is not told"
        if operation == "ReceiveMessage":
            free = [one for one in self.letters if one not in self.held][: asked["MaxNumberOfMessages"]]
            self.held |= set(free)
            return {"Messages": [{"MessageId": one, "ReceiptHandle": one} for one in free]}
        if operation == "ChangeMessageVisibilityBatch":
            self.held -= {entry["ReceiptHandle"] for entry in asked["Entries"]}
        if operation == "DeleteMessage":
            self.letters.remove(asked["ReceiptHandle"])
            self.held.discard(asked["ReceiptHandle"])
        return {}

    async def _queues(self) -> list[ForeignQueue]:
        nothing = Counts(0, 0, 0, None)
        return [
            ForeignQueue(QueueDepth(LETTERS, nothing, None), 30, 60, self.max_receives),
            ForeignQueue(QueueDepth(SOURCE, nothing, LETTERS), 30, 60, 3),
        ]

    async def _peek(self, queue: Arn) -> list[PeekedMessage]:
        return [
            PeekedMessage(
                message_id=one,
                body=f"corpo de {one}",
                attributes={"cor": {"DataType": "String", "StringValue": "azul"}},
                state=IN_FLIGHT if one in self.held else VISIBLE,
                receive_count=0,
                sent=1.0,
                visible_at=1.0,
                first_received=None,
                trace=None,
                group_id=None,
                deduplication_id=None,
                source=str(SOURCE),
                hop=0,
            )
            for one in self.letters
        ]


def test_a_letter_behind_others_is_sent_back_and_they_stay() -> None:
    sqs = FakeSqs(*(f"m{number}" for number in range(25)))
    sent = asyncio.run(sqs.moves.send_anew(LETTERS, "m24", "Redrive", Edit()))
    assert (sent.queue, sent.message_id, sent.was, sent.changed) == (SOURCE, "novo", "m24", ())
    assert sqs.sent[0]["MessageBody"] == "corpo de m24"
    assert (len(sqs.letters), sqs.held) == (24, set())


def test_an_edit_takes_the_place_of_what_was_and_is_told() -> None:
    sqs = FakeSqs("a")
    edit = Edit("outro", {"cor": {"DataType": "String", "StringValue": "azul"}}, 5)
    sent = asyncio.run(sqs.moves.send_anew(LETTERS, "a", "Resend", edit))
    assert sent.changed == ("body",)
    assert (sqs.sent[0]["MessageBody"], sqs.sent[0]["DelaySeconds"]) == ("outro", 5)
    (hop,) = sqs.hops.of(HopKind.REDRIVEN)
    assert hop.detail == {"source": str(LETTERS), "original_id": "a", "changed": ["body"]}


def test_a_letter_that_its_queue_refuses_stays_and_can_be_had_at_once() -> None:
    sqs = FakeSqs("a")
    sqs.fail = {"SendMessage"}
    with pytest.raises(RefusedMoveError, match="fila refuses it: no such thing"):
        asyncio.run(sqs.moves.send_anew(LETTERS, "a", "Redrive", Edit()))
    assert (sqs.letters, sqs.held) == (["a"], set())
    assert sqs.hops.of(HopKind.REDRIVEN)[0].status == "error"


def test_a_letter_that_was_sent_and_could_not_be_deleted_is_said_to_be_in_both_queues() -> None:
    sqs = FakeSqs("a")
    sqs.fail = {"DeleteMessage"}
    with pytest.raises(RefusedMoveError, match="it was sent to fila as novo, and could not be deleted here"):
        asyncio.run(sqs.moves.send_anew(LETTERS, "a", "Redrive", Edit()))
    assert (len(sqs.sent), sqs.letters) == (1, ["a"])


def test_a_letter_is_dropped_alone() -> None:
    sqs = FakeSqs("a", "b", "c")
    assert asyncio.run(sqs.moves.drop(LETTERS, "b")) == "b"
    assert (sqs.letters, sqs.held, sqs.sent) == (["a", "c"], set(), [])
    assert [hop.operation for hop in sqs.hops.of(HopKind.MESSAGE_DELETED)] == ["Drop"]


def test_what_cannot_be_had_is_left_alone() -> None:
    sqs = FakeSqs("a", "b")
    sqs.held.add("a")
    for message, why in (("a", "somebody has received it"), ("z", "not in the queue any more")):
        with pytest.raises(RefusedMoveError, match=why):
            asyncio.run(sqs.moves.drop(LETTERS, message))
    sqs.max_receives = 1
    with pytest.raises(RefusedMoveError, match="counts as a receive of others"):
        asyncio.run(sqs.moves.drop(LETTERS, "b"))
    assert sqs.letters == ["a", "b"]
