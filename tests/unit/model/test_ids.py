"""Ids in the forms of AWS, repeatable from a seed."""

from __future__ import annotations

import re
import uuid

from sandbox.model.ids import Ids


def test_forms() -> None:
    ids = Ids()
    made = uuid.UUID(ids.uuid())
    assert made.version == 4
    assert made.variant == uuid.RFC_4122
    assert re.fullmatch(r"[a-z0-9]{10}", ids.short())
    assert re.fullmatch(r"[0-9a-f]{24}", ids.hex(24))
    assert re.fullmatch(r"[A-Z0-9]{17}", ids.upper(17))


def test_a_seed_repeats() -> None:
    one, two, other = Ids(seed=1), Ids(seed=1), Ids(seed=2)
    assert [one.uuid(), one.short(), one.hex(8)] == [two.uuid(), two.short(), two.hex(8)]
    assert one.uuid() != other.uuid()


def test_without_a_seed_no_two_are_alike() -> None:
    ids = Ids()
    assert len({ids.uuid() for _ in range(1000)}) == 1000
