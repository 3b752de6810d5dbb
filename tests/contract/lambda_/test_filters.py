"""Filter criteria: what a mapping hands over, and what becomes of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.lambda_.harness import World, bodies


def filters(*patterns: Any) -> dict[str, Any]:
    texts = [pattern if isinstance(pattern, str) else json.dumps(pattern) for pattern in patterns]
    return {"Filters": [{"Pattern": text} for text in texts]}


def taken(world: World, pattern: Any, *messages: Any) -> list[str]:
    world.function()
    queue = world.queue()
    world.mapping(queue, FilterCriteria=filters(pattern))
    world.send(queue, *(one if isinstance(one, str) else json.dumps(one) for one in messages))
    assert world.queues.left(queue) == []  # what does not match is deleted
    return [body for event in world.executor.events for body in bodies(event)]


def test_only_what_matches_is_handed_over(world: World) -> None:
    pattern = {"body": {"total": [{"numeric": [">", 100]}], "tipo": ["nota"]}}
    large = {"total": 250, "tipo": "nota"}
    assert taken(world, pattern, {"total": 50, "tipo": "nota"}, large, {"tipo": "nota"}) == [
        json.dumps(large)
    ]


def test_a_text_and_a_document_do_not_match_one_another(world: World) -> None:
    assert taken(world, {"body": {"total": [1]}}, "apenas texto") == []


def test_a_plain_text_is_matched_as_one(world: World) -> None:
    assert taken(world, {"body": ["sim"]}, "sim", "nao", {"sim": 1}) == ["sim"]


def test_one_pattern_of_several_is_enough(world: World) -> None:
    world.function()
    queue = world.queue()
    criteria = filters({"body": {"a": [1]}}, {"body": {"b": [1]}})
    mapping = world.mapping(queue, FilterCriteria=criteria)
    assert mapping["FilterCriteria"] == criteria
    world.send(queue, '{"a": 1}', '{"b": 1}', '{"c": 1}')
    assert [body for event in world.executor.events for body in bodies(event)] == ['{"a": 1}', '{"b": 1}']
    none = world.call("UpdateEventSourceMapping", UUID=mapping["UUID"], FilterCriteria={"Filters": []})
    assert "FilterCriteria" not in none
    world.send(queue, '{"c": 2}')
    assert bodies(world.executor.events[-1]) == ['{"c": 2}']


@pytest.mark.parametrize("pattern", ["{", '{"body": "x"}', '{"body": [{"nada": 1}]}', ""])
def test_a_pattern_that_is_none_is_refused(world: World, pattern: str) -> None:
    world.function()
    queue = world.queue()
    error = world.refused(
        "CreateEventSourceMapping",
        FunctionName="estoque",
        EventSourceArn=str(queue),
        FilterCriteria=filters(pattern),
    )
    assert (error.code, error.message) == (
        "InvalidParameterValueException",
        "Invalid filter pattern definition.",
    )
