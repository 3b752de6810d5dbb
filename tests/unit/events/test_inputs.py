"""What targets get of an event."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.awserror import AwsError
from sandbox.model.event_patterns import decode
from sandbox.services.events.documents import EventDocument, build_document
from sandbox.services.events.inputs import Firing, InputError
from sandbox.services.events.targets import compile_target

DETAIL = (
    '{"comando":"pagar","pago":true,"valor":10.50,"nada":null,"texto":"diz \\"oi\\"",'
    '"cliente":{"id":"7ab","uf":"SP"},"etiquetas":["A","B"],"uma":["A"],"itens":[{"p":1},{"p":2}],"fim":false}'
)
FIRING = Firing(
    "arn:aws:events:us-east-1:000000000000:rule/nfe/pagamentos", "pagamentos", "2026-01-02T03:04:06Z"
)


def event() -> EventDocument:
    return build_document(
        "id-1",
        source="nfe",
        detail_type="Pagamento",
        account="000000000000",
        region="us-east-1",
        time="2026-01-02T03:04:05Z",
        resources=["arn:x"],
        detail_text=DETAIL,
        detail=decode(DETAIL),
    )


def rendered(**members: Any) -> str:
    target = compile_target({"Id": "t", "Arn": "arn:aws:sqs:us-east-1:000000000000:fila", **members})
    return target.render(event(), FIRING)


def transformed(template: str, **paths: str) -> str:
    return rendered(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})


def test_the_whole_event_keeps_awss_order_and_the_text_of_its_detail() -> None:
    assert rendered() == (
        '{"version":"0","id":"id-1","detail-type":"Pagamento","source":"nfe","account":"000000000000",'
        '"time":"2026-01-02T03:04:05Z","region":"us-east-1","resources":["arn:x"],"detail":' + DETAIL + "}"
    )


def test_a_constant() -> None:
    assert rendered(Input='{"fixo": 1.0}') == '{"fixo": 1.0}'


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.detail.cliente", '{"id":"7ab","uf":"SP"}'),
        ("$.detail.comando", '"pagar"'),
        ("$.detail.valor", "10.50"),
        ("$.detail-type", '"Pagamento"'),
        ("$.resources[0]", '"arn:x"'),
        ("$['detail']['cliente'].uf", '"SP"'),
        ('$["detail"].etiquetas[-1]', '"B"'),
        ("$.detail.itens[*].p", "[1,2]"),
        ("$.detail.cliente.*", '["7ab","SP"]'),
        ("$.detail.itens[7]", "null"),
        ("$.detail.falta.mais", "null"),
    ],
)
def test_a_part(path: str, expected: str) -> None:
    assert rendered(InputPath=path) == expected


def test_the_root_path_is_the_event() -> None:
    assert decode(rendered(InputPath="$"))["detail"]["comando"] == "pagar"


PATHS = {
    "comando": "$.detail.comando",
    "pago": "$.detail.pago",
    "valor": "$.detail.valor",
    "cliente": "$.detail.cliente",
    "id": "$.detail.cliente.id",
    "lista": "$.detail.etiquetas",
    "uma": "$.detail.uma",
    "falta": "$.detail.falta",
    "texto": "$.detail.texto",
    "nada": "$.detail.nada",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"c": <comando>, "x": "<comando>"}', '{"c":"pagar","x":"pagar"}'),
        ('{"caminho": "notas/<id>/itens/<id>", "corpo": <cliente>}',
         '{"caminho":"notas/7ab/itens/7ab","corpo":{"id":"7ab","uf":"SP"}}'),
        ('{"fundo": {"mais": {"fundo": "<id>"}}, "l": [<id>, "fixo"]}',
         '{"fundo":{"mais":{"fundo":"7ab"}},"l":["7ab","fixo"]}'),
        ('{"l": <lista>}', '{"l":["A","B"]}'),
        ('[<pago>, <valor>, "<valor>", "<pago>", <nada>]', '[true,10.50,"10.50","true",null]'),
        ('{"f": <falta>, "g": "<falta>"}', '{"f":"","g":""}'),
        ('{"t": <texto>, "u": "ele <texto>"}', '{"t":"diz \\"oi\\"","u":"ele diz \\"oi\\""}'),
        ('{"q": "uma \\" aspa <id>"}', '{"q":"uma \\" aspa 7ab"}'),
        ('"Comando <comando> de <id>!"', '"Comando pagar de 7ab!"'),
        ('"<lista> e <uma> e <cliente>"', '"[A,B] e [A] e {id:7ab,uf:SP}"'),
        ('"pago: <pago>, valor: <valor>, falta: <falta>."', '"pago: true, valor: 10.50, falta: ."'),
        ('"{[/ estranho <id>"', '"{[/ estranho 7ab"'),
        ('"um <id>"\n"dois <comando>"', '"um 7ab"\n"dois pagar"'),
        ("<cliente>", '{"id":"7ab","uf":"SP"}'),
        ('"<aws.events.rule-name> <aws.events.event.ingestion-time>"', '"pagamentos 2026-01-02T03:04:06Z"'),
        ('{"arn": <aws.events.rule-arn>}',
         '{"arn":"arn:aws:events:us-east-1:000000000000:rule/nfe/pagamentos"}'),
    ],
)  # fmt: skip
def test_transformers(template: str, expected: str) -> None:
    assert transformed(template, **PATHS) == expected


def test_the_event_in_a_transformer() -> None:
    text = transformed('{"e": <aws.events.event>, "j": <aws.events.event.json>}')
    made = decode(text)
    assert made["e"] == {
        "version": "0",
        "id": "id-1",
        "detailType": "Pagamento",
        "source": "nfe",
        "account": "000000000000",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": ["arn:x"],
    }
    assert made["j"]["detail-type"] == "Pagamento"
    assert '"valor":10.50' in text


@pytest.mark.parametrize(
    "template",
    ['{"l": "<uma>"}', '{"c": "<cliente>"}', "<uma> solto", '{"c": <comando>', '"aberto <id>'],
)
def test_what_makes_no_json_is_not_delivered(template: str) -> None:
    with pytest.raises(InputError):
        transformed(template, **PATHS)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"Input": "{}", "InputPath": "$.a"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            {"InputPath": "$.a", "InputTransformer": {"InputTemplate": '"x"'}},
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": '"<a> <b>"'}},
            "InputTemplate for target t contains invalid placeholder b.",
        ),
        ({"InputPath": "detail"}, "Invalid InputPath for target t: a path begins with $."),
        ({"InputPath": "$..detail"}, "Invalid InputPath for target t: '..detail' is not a step of a path."),
        ({"Arn": "fila"}, "Parameter fila is not valid. Reason: Provided Arn is not in correct format."),
        (
            {"DeadLetterConfig": {"Arn": "arn:aws:sns:us-east-1:000000000000:t"}},
            "Parameter DeadLetterConfig is not valid. Reason: arn:aws:sns:us-east-1:000000000000:t is not "
            "the ARN of a standard SQS queue.",
        ),
    ],
)
def test_invalid_targets(members: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        rendered(**members)
    assert (caught.value.code, caught.value.message) == ("ValidationException", message)


def test_an_input_that_is_no_json() -> None:
    with pytest.raises(AwsError, match="JSON syntax error in input for target t"):
        rendered(Input="{fixo}")


@pytest.mark.parametrize("member", ["EcsParameters", "KinesisParameters", "BatchParameters"])
def test_parameters_of_other_kinds_are_refused_by_name(member: str) -> None:
    with pytest.raises(AwsError, match=f"{member} of targets") as caught:
        rendered(**{member: {}})
    assert caught.value.status == 501
