"""What targets get of events, as AWS was recorded to make it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.bus_world import BusWorld
from tests.conformance.recorded import recorded

PEDIDO = {"acao": "confirmar", "pedido": {"loja": "l-7", "total": "caro"}}


def got(buses: BusWorld, detail: Any, **target: Any) -> list[str]:
    """What a queue gets of an event."""
    buses.rule(**target)
    buses.put(detail)
    return buses.texts()


@recorded("events_inputs", "TestInputPath::test_put_events_with_input_path")
def test_a_part_of_the_event(buses: BusWorld) -> None:
    (text,) = got(buses, PEDIDO, InputPath="$.detail")
    assert json.loads(text) == PEDIDO


@recorded("events_inputs", "TestInputPath::test_put_events_with_input_path_nested")
@pytest.mark.parametrize(
    "inside",
    [{"loja": "l-7", "total": "caro"}, {"loja": "l-7", "itens": {"nome": "bolo", "id": "9"}}],
    ids=["event_detail0", "event_detail1"],
)
def test_a_part_deep_inside(buses: BusWorld, inside: Any) -> None:
    (text,) = got(buses, {"acao": "confirmar", "pedido": inside}, InputPath="$.detail.pedido")
    assert json.loads(text) == inside


@recorded("events_inputs", "TestInputPath::test_put_events_with_input_path_max_level_depth")
def test_a_value_is_json_too(buses: BusWorld) -> None:
    assert got(buses, PEDIDO, InputPath="$.detail.pedido.total") == ['"caro"']


@recorded("events_inputs", "TestInputPath::test_put_events_with_input_path_multiple_targets")
def test_each_target_has_its_own(buses: BusWorld) -> None:
    buses.rule(InputPath="$.detail")
    buses.events("PutTargets", Rule="regra", Targets=[{"Id": "todo", "Arn": buses.queue("todo")}])
    published = buses.put(PEDIDO)
    assert buses.bodies() == [PEDIDO]
    (whole,) = buses.bodies("todo")
    assert (whole["id"], whole["detail"]) == (published, PEDIDO)


# --- transformers ----------------------------------------------------------------------------------------
PATHS = {"tipo": "$.detail-type", "quando": "$.time", "acao": "$.detail.acao"}


def transformed(buses: BusWorld, template: str, paths: Any, *details: Any) -> list[str]:
    buses.rule(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})
    for detail in details:
        buses.put(detail, Time=1_700_000_000)
    return buses.texts()


@recorded(
    "events_inputs", "TestInputTransformer::test_put_events_with_input_transformer_input_template_string"
)
@pytest.mark.parametrize(
    ("template", "full", "empty"),
    [
        (
            '"Um <tipo>, às <quando>: <acao>"',
            '"Um Pedido, às 2023-11-14T22:13:20Z: confirmar"',
            '"Um Pedido, às 2023-11-14T22:13:20Z: "',
        ),
        (
            '"{[/Começa estranho: <tipo>"',
            '"{[/Começa estranho: Pedido"',
            '"{[/Começa estranho: Pedido"',
        ),
    ],
    ids=[
        '"Event of <detail-type> type, at time <timestamp>, info extracted from detail <command>"',
        '"{[/Check with special starting characters for event of <detail-type> type"',
    ],
)
def test_a_text_of_values(buses: BusWorld, template: str, full: str, empty: str) -> None:
    found = transformed(buses, template, PATHS, {"acao": "confirmar"}, {"outra": "coisa"})
    assert sorted(found) == sorted([full, empty])


@recorded(
    "events_inputs", "TestInputTransformer::test_put_events_with_input_transformer_input_template_string"
)
def test_a_text_without_names(buses: BusWorld) -> None:
    assert transformed(buses, '"<acao> e fim"', PATHS, {"acao": "a"}, {}) == ['"a e fim"', '" e fim"']


@recorded("events_inputs", "TestInputTransformer::test_put_events_with_input_transformer_input_template_json")
def test_a_document_of_values(buses: BusWorld) -> None:
    template = '{"tipo": <tipo>, "quando": <quando>, "acao": <acao>}'
    found = transformed(buses, template, PATHS, {"acao": "confirmar"}, {})
    whole = {"tipo": "Pedido", "quando": "2023-11-14T22:13:20Z"}
    assert [json.loads(text) for text in found] == [
        {**whole, "acao": "confirmar"},
        {**whole, "acao": ""},
    ]


@recorded("events_inputs", "TestInputTransformer::test_put_events_with_input_transformer_missing_keys")
def test_a_name_that_is_not_declared(buses: BusWorld) -> None:
    buses.events("PutRule", Name="regra", EventPattern='{"source": ["loja"]}')
    transformer = {"InputPathsMap": {"acao": "$.detail.acao"}, "InputTemplate": '"<acao> <outra>"'}
    target = {"Id": "alvo", "Arn": buses.queue(), "InputTransformer": transformer}
    assert buses.events.refused("PutTargets", Rule="regra", Targets=[target]) == (
        "ValidationException",
        "InputTemplate for target alvo contains invalid placeholder outra.",
    )


@recorded("events_inputs", "test_put_event_input_path_and_input_transformer")
def test_one_kind_of_input(buses: BusWorld) -> None:
    buses.events("PutRule", Name="regra", EventPattern='{"source": ["loja"]}')
    transformer = {"InputPathsMap": {"acao": "$.detail.acao"}, "InputTemplate": '"<acao>"'}
    target = {"Id": "alvo", "Arn": buses.queue(), "InputPath": "$.detail", "InputTransformer": transformer}
    assert buses.events.refused("PutTargets", Rule="regra", Targets=[target]) == (
        "ValidationException",
        "Only one of Input, InputPath, or InputTransformer must be provided for target alvo.",
    )


VARIABLES = (
    '"Message containing all pre defined variables '
    '<aws.events.rule-arn> <aws.events.rule-name> <aws.events.event.ingestion-time>"'
)
ORIGINAL = '{"originalEvent": <aws.events.event>, "originalEventJson": <aws.events.event.json>}'


@recorded("events_inputs", "TestInputTransformer::test_input_transformer_predefined_variables")
@pytest.mark.parametrize("template", [VARIABLES, ORIGINAL], ids=[VARIABLES, ORIGINAL])
def test_names_that_are_always_there(buses: BusWorld, template: str) -> None:
    rule = buses.rule(InputTransformer={"InputTemplate": template})
    published = buses.put({"n": 1}, Time=1_600_000_000)
    (text,) = buses.texts()
    if template == VARIABLES:
        words = f"Message containing all pre defined variables {rule} regra 2023-11-14T22:13:20Z"
        assert json.loads(text) == words
        return
    envelope = {
        "version": "0",
        "id": published,
        "source": "loja",
        "account": "000000000000",
        "time": "2020-09-13T12:26:40Z",
        "region": "us-east-1",
        "resources": [],
    }
    assert json.loads(text) == {
        "originalEvent": {**envelope, "detailType": "Pedido"},
        "originalEventJson": {**envelope, "detail-type": "Pedido", "detail": {"n": 1}},
    }


FIELDS = {
    "texto": "$.detail.loja.id",
    "objeto": "$.detail.loja",
    "um": "$.detail.um",
    "varios": "$.detail.varios",
    "falta": "$.detail.falta",
    "certo": "$.detail.certo",
}
FIELDS_OF = {
    "loja": {"id": "l-7", "uf": "SP"},
    "um": ["ALTO"],
    "varios": ["ABERTO", "PAGO"],
    "certo": True,
}
#: The recorded template -> a template of ours of its kind, and what it makes: JSON, or text as it is.
REPLACED: dict[str, tuple[str, Any]] = {
    '{"method": "PUT", "path": "users-service/users/<userId>", "bod": <payload>}': (
        '{"via": "PUT", "rota": "lojas/<texto>", "corpo": <objeto>}',
        {"via": "PUT", "rota": "lojas/l-7", "corpo": {"id": "l-7", "uf": "SP"}},
    ),
    '"Payload of <payload> with path users-service/users/<userId> and <userId>"': (
        '"Loja <objeto> em lojas/<texto> e <texto>"',
        '"Loja {id:l-7,uf:SP} em lojas/l-7 e l-7"',
    ),
    '{"method": "PUT", "path": "users-service/users/<userId>", "id": <userId>, "body": <payload>}': (
        '{"rota": "lojas/<texto>", "id": <texto>, "corpo": <objeto>}',
        {"rota": "lojas/l-7", "id": "l-7", "corpo": {"id": "l-7", "uf": "SP"}},
    ),
    '{"method": "PUT", "path": "users-service/users/<userId>", "bod": [<userId>, "hardcoded"]}': (
        '{"rota": "lojas/<texto>", "corpo": [<texto>, "fixo"]}',
        {"rota": "lojas/l-7", "corpo": ["l-7", "fixo"]},
    ),
    '{"method": "PUT", "nested": {"level1": {"level2": {"level3": "users-service/users/<userId>"} } }, '
    '"bod": "<userId>"}': (
        '{"a": {"b": {"c": {"d": "lojas/<texto>"} } }, "corpo": "<texto>"}',
        {"a": {"b": {"c": {"d": "lojas/l-7"}}}, "corpo": "l-7"},
    ),
    '"<listsingle> single list item"\n"<listmulti> multiple list items"\n"<systemstring> system account id"'
    '\n"<payload> payload"\n"<userId> user id"': (
        '"<um> um"\n"<varios> vários"\n"<falta> falta"\n"<objeto> loja"\n"<texto> texto"',
        '"[ALTO] um"\n"[ABERTO,PAGO] vários"\n" falta"\n"{id:l-7,uf:SP} loja"\n"l-7 texto"',
    ),
    '{"id" : <userId>}': ('{"id" : <texto>}', {"id": "l-7"}),
    '{"id" : "<userId>"}': ('{"id" : "<texto>"}', {"id": "l-7"}),
    '"<listsingle> single list item"': ('"<um> um só"', '"[ALTO] um só"'),
    '"<listmulti> multiple list items"': ('"<varios> vários"', '"[ABERTO,PAGO] vários"'),
    '{"singlelistitem": <listsingle>}': ('{"um": <um>}', {"um": ["ALTO"]}),
    '"<listsingle> single list item <listmulti> multiple list items <systemstring> system account id '
    '<payload> payload <userId> user id"': (
        '"<um> um <varios> vários <falta> falta <objeto> loja <texto> texto"',
        '"[ALTO] um [ABERTO,PAGO] vários  falta {id:l-7,uf:SP} loja l-7 texto"',
    ),
    '{"multi_replacement": "users/<userId>/second/<userId>"}': (
        '{"dois": "lojas/<texto>/e/<texto>"}',
        {"dois": "lojas/l-7/e/l-7"},
    ),
    '"Command is <valid>!"': ('"É <certo>!"', '"É true!"'),
}
#: Templates that make no JSON: AWS delivers nothing of them, and the recording is empty.
UNDELIVERED = {
    "<listsingle> single list item": "<um> um só",
    "<listmulti> multiple list items": "<varios> vários",
    '{"singlelistitem": "<listsingle>"}': '{"um": "<um>"}',
    '{"singlelistitem": "<listsingle>", "multiplelistitems": "<listmulti>"}': (
        '{"um": "<um>", "varios": "<varios>"}'
    ),
}


@recorded("events_inputs", "TestInputTransformer::test_input_transformer_nested_keys_replacement")
@pytest.mark.parametrize(("template", "made"), REPLACED.values(), ids=REPLACED)
def test_values_in_their_places(buses: BusWorld, template: str, made: Any) -> None:
    (text,) = transformed(buses, template, FIELDS, FIELDS_OF)
    assert (text if isinstance(made, str) else json.loads(text)) == made


@recorded("events_inputs", "TestInputTransformer::test_input_transformer_nested_keys_replacement")
@pytest.mark.parametrize("template", UNDELIVERED.values(), ids=UNDELIVERED)
def test_what_is_no_json_is_not_delivered(buses: BusWorld, template: str) -> None:
    assert transformed(buses, template, FIELDS, FIELDS_OF) == []
