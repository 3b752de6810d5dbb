"""The account of running invocations, and messages that wait for a window."""

from __future__ import annotations

from sandbox.model.lambda_errors import ACCOUNT_LIMIT, RESERVED_LIMIT
from sandbox.model.ports import LeasedMessage
from sandbox.model.scope import Scope
from sandbox.services.lambda_.concurrency import Concurrency, Slot
from sandbox.services.lambda_.gathering import Gathering
from sandbox.services.lambda_.records import Function, Package

PACKAGE = Package(live=False, sha256="", size=0, key="")


def function(name: str, reserved: int | None = None, account: str = "000000000000") -> Function:
    return Function(
        account=account,
        region="us-east-1",
        name=name,
        runtime="python3.13",
        handler="app.handler",
        role="",
        package=PACKAGE,
        modified=0.0,
        revision="",
        reserved=reserved,
    )


def account(*functions: Function, limit: int = 3) -> Concurrency:
    return Concurrency(lambda scope: [item for item in functions if item.scope == scope], limit)


def taken(slot: Slot | None) -> Slot:
    assert slot is not None
    return slot


def test_reserved_functions_have_their_own_share() -> None:
    shared, reserved = function("a"), function("b", 2)
    concurrency = account(shared, reserved)
    first = taken(concurrency.take(shared))
    assert concurrency.refusal(shared) == ACCOUNT_LIMIT
    taken(concurrency.take(reserved))
    taken(concurrency.take(reserved))
    assert concurrency.refusal(reserved) == RESERVED_LIMIT
    assert concurrency.total == 3
    first.release()
    first.release()
    assert (concurrency.total, concurrency.running(shared)) == (2, 0)
    assert concurrency.refusal(shared) is None


def test_scopes_do_not_share() -> None:
    here, there = function("a"), function("a", account="111111111111")
    concurrency = account(here, there, limit=1)
    taken(concurrency.take(here))
    assert concurrency.take(here) is None
    assert concurrency.take(there) is not None


def test_who_waits_longest_is_called_first() -> None:
    one = function("a")
    concurrency = account(one, limit=1)
    slot = taken(concurrency.take(one))
    called: list[str] = []

    def first() -> None:
        called.append("first")

    def second() -> None:
        called.append("second")

    concurrency.when_free(one, first)
    concurrency.when_free(one, second)
    slot.release()
    assert called == ["first", "second"]
    slot = taken(concurrency.take(one, first))
    concurrency.when_free(one, first)
    slot.release()
    assert called[2:] == ["second", "first"]
    concurrency.give_up(second)
    concurrency.changed(Scope())
    assert called[4:] == ["first"]


def leased(name: str) -> LeasedMessage:
    return LeasedMessage(name, name, 0, {})


def test_a_gathering_is_ready_when_full_or_over() -> None:
    gathering = Gathering(3)
    assert (gathering.room, gathering.begun, gathering.ready(100.0, 0.0)) == (3, None, False)
    gathering.add([leased("a")], 10.0)
    gathering.add([leased("b")], 14.0)
    assert (gathering.room, gathering.begun) == (1, 10.0)
    assert not gathering.ready(14.9, 5.0)
    assert gathering.ready(15.0, 5.0)
    gathering.add([leased("c")], 14.0)
    assert gathering.ready(14.0, 5.0)
    assert [message.message_id for message in gathering.take(40.0, 30.0)] == ["b", "c"]
    assert gathering.room == 3
