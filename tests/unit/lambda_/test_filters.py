"""Filters of event source mappings look at what their patterns name, and decide as if they saw everything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sandbox.model.event_patterns.jsontext import decode
from sandbox.model.event_patterns.matching import EventPattern, flatten
from sandbox.model.lambda_filters import RecordFilter

RECORD: dict[str, Any] = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "a"}, "sk": {"S": "PEDIDO"}},
        "NewImage": {
            "status": {"S": "RECEBIDO"},
            "itens": {"L": [{"M": {"n": {"N": "1"}}}]},
            "x.y": {"S": "z"},
        },
    },
    "list": [{"a": 1}, {"a": 2}],
}


@pytest.mark.parametrize(
    "pattern",
    [
        '{"eventName": ["INSERT"]}',
        '{"eventName": ["MODIFY"]}',
        '{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": ["RECEBIDO"]}}}}',
        '{"dynamodb": {"OldImage": {"status": [{"exists": false}]}}}',
        '{"dynamodb": {"NewImage": {"itens": {"L": {"M": {"n": {"N": ["1"]}}}}}}}',
        '{"dynamodb": {"NewImage": {"x": {"y": {"S": ["z"]}}}}}',
        '{"dynamodb.Keys.sk.S": ["PEDIDO"]}',
        '{"$or": [{"eventName": ["REMOVE"]}, {"list": {"a": [2]}}]}',
        '{"list": {"a": [3]}}',
        '{"eventName": {"deep": ["INSERT"]}}',
        '{"eventName": ["MODIFY", "INSERT"], "dynamodb": {"Keys": {"sk": {"S": ["PEDIDO"]}}}}',
        '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": ["RESUMO"]}}}}',
        '{"dynamodb": {"Keys": {"gone": {"S": [""]}}}}',
        '{"dynamodb": {"Keys": {"sk": {"gone": [""]}}}}',
        '{"dynamodb": {"NewImage": {"x": {"y": {"S": ["other"]}}}}}',
        '{"dynamodb": {"NewImage": {"status": {"S": ["other"]}, "x": {"y": {"S": ["z"]}}}}}',
        '{"list": {"a": ["1"]}}',
        '{"dynamodb": {"NewImage": {"itens": {"L": ["1"]}}}}',
    ],
)
def test_what_no_pattern_names_decides_nothing(pattern: str) -> None:
    whole = flatten(decode(msgspec.json.encode(RECORD).decode()))
    alone = RecordFilter([pattern], bodies=False)
    assert alone.matches(RECORD) == EventPattern(pattern).matches(whole)
    never = '{"dynamodb": {"Keys": {"pk": {"S": ["other"]}}}}'
    assert RecordFilter([never, pattern], bodies=False).matches(RECORD) == alone.matches(RECORD)
