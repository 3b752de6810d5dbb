"""What matches what: every operator of the pattern language, against values of every kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.event_patterns import EventPattern, decode, flatten

NOTA = {
    "source": "nfe.faturamento",
    "detail-type": "NotaFiscalCriada",
    "resources": ["arn:aws:x:::one", "arn:aws:x:::two"],
    "detail": {
        "total": 10.5,
        "quantidade": 300,
        "cliente": {"uf": "SP", "nome": "Maria"},
        "ip": "10.1.2.77",
        "ip6": "2001:0db8:0000:0000:0000:0000:0000:0001",
        "arquivo": "notas/2026/nota-17.xml",
        "pago": False,
        "cancelada": None,
        "vazio": "",
        "lista": [],
        "objeto": {},
        "etiquetas": ["urgente", "interna", 7, None],
    },
}


def matches(pattern: Any, event: Any) -> bool:
    pattern_text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    event_text = event if isinstance(event, str) else json.dumps(event)
    return EventPattern(pattern_text).matches(flatten(decode(event_text)))


def detail(**fields: Any) -> dict[str, Any]:
    return {"detail": fields}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["nfe.faturamento"]},
        {"source": ["outra", "nfe.faturamento"], "detail-type": ["NotaFiscalCriada"]},
        {"resources": ["arn:aws:x:::two", "arn:aws:x:::three"]},
        detail(cliente={"uf": ["RJ", "SP"]}),
        detail(pago=[False]),
        detail(cancelada=[None]),
        detail(vazio=[""]),
        detail(quantidade=[300]),
        detail(quantidade=[3.0e2]),
        detail(total=[10.50]),
        detail(etiquetas=["interna"]),
        detail(etiquetas=[7]),
        detail(etiquetas=[None]),
        {"source": [{"prefix": "nfe."}]},
        {"source": [{"prefix": ""}]},
        {"source": [{"suffix": "mento"}]},
        {"source": [{"suffix": ""}]},
        {"source": [{"prefix": {"equals-ignore-case": "NFE.F"}}]},
        {"source": [{"suffix": {"equals-ignore-case": "MENTO"}}]},
        {"source": [{"equals-ignore-case": "NFE.Faturamento"}]},
        detail(vazio=[{"equals-ignore-case": ""}]),
        {"source": [{"exactly": "nfe.faturamento"}]},
        detail(arquivo=[{"wildcard": "notas/*/nota-*.xml"}]),
        detail(arquivo=[{"wildcard": "*"}]),
        detail(arquivo=[{"wildcard": "notas/2026/nota-17.xml"}]),
        detail(vazio=[{"wildcard": "*"}]),
        detail(quantidade=[{"numeric": ["=", 300]}]),
        detail(quantidade=[{"numeric": ["=", 3e2]}]),
        detail(quantidade=[{"numeric": [">", 299.999999]}]),
        detail(quantidade=[{"numeric": [">=", 300, "<", 301]}]),
        detail(quantidade=[{"numeric": ["<=", 300]}]),
        detail(total=[{"numeric": [">", -5e9, "<=", 5e9]}]),
        detail(ip=[{"cidr": "10.1.2.0/24"}]),
        detail(ip=[{"cidr": "10.1.2.200/24"}]),
        detail(ip=[{"cidr": "0.0.0.0/0"}]),
        detail(ip6=[{"cidr": "2001:db8::/64"}]),
        detail(ip6=["2001:db8::1"]),
        detail(ip=["10.1.2.77"]),
        detail(total=[{"exists": True}]),
        detail(cancelada=[{"exists": True}]),
        detail(vazio=[{"exists": True}]),
        detail(nada=[{"exists": False}]),
        detail(lista=[{"exists": False}]),
        detail(objeto=[{"exists": False}]),
        detail(cliente=[{"exists": False}]),
        detail(nada={"dentro": [{"exists": False}]}),
        detail(nada=["x", {"exists": False}]),
        detail(nada=[{"anything-but": "x"}, {"exists": False}]),
        detail(total=[{"exists": True}, {"prefix": "never"}]),
        detail(quantidade=[{"anything-but": 0}]),
        detail(quantidade=[{"anything-but": [100, 200]}]),
        detail(quantidade=[{"anything-but": "300"}]),
        {"source": [{"anything-but": 5}]},
        {"source": [{"anything-but": ["a", "b"]}]},
        detail(cancelada=[{"anything-but": "x"}]),
        detail(pago=[{"anything-but": "x"}]),
        detail(vazio=[{"anything-but": "x"}]),
        detail(etiquetas=[{"anything-but": "urgente"}]),
        detail(arquivo=[{"anything-but": {"prefix": "fotos/"}}]),
        detail(arquivo=[{"anything-but": {"prefix": ["fotos/", "x"]}}]),
        detail(arquivo=[{"anything-but": {"suffix": ".pdf"}}]),
        detail(arquivo=[{"anything-but": {"suffix": [".pdf", ".zip"]}}]),
        detail(arquivo=[{"anything-but": {"wildcard": "*/2025/*"}}]),
        detail(arquivo=[{"anything-but": {"wildcard": ["*/2025/*", "*.pdf"]}}]),
        detail(arquivo=[{"anything-but": {"wildcard": ""}}]),
        detail(arquivo=[{"anything-but": {"equals-ignore-case": "notas"}}]),
        detail(quantidade=[{"anything-but": {"prefix": "3"}}]),
        detail(quantidade=[{"anything-but": {"suffix": "0"}}]),
        detail(quantidade=[{"anything-but": {"wildcard": "*"}}]),
        detail(cancelada=[{"anything-but": {"equals-ignore-case": ["x", "y"]}}]),
        {"detail.cliente.uf": ["SP"]},
        {"detail": {"cliente.uf": ["SP"]}},
        {"$or": [{"source": ["x"]}, {"detail": {"pago": [False]}}]},
        {"source": ["nfe.faturamento"], "detail": {"$or": [{"total": [1]}, {"cliente": {"uf": ["SP"]}}]}},
        {"$or": [{"$or": [{"a": [1]}, {"b": [1]}]}, {"source": [{"prefix": "nfe"}]}]},
        {
            "$or": [{"a": [1]}, {"source": ["nfe.faturamento"]}],
            "detail": {"$or": [{"b": [1]}, {"vazio": [""]}]},
        },
    ],
    ids=json.dumps,
)
def test_matches(pattern: dict[str, Any]) -> None:
    assert matches(pattern, NOTA)
    assert EventPattern(json.dumps(pattern)).explain(flatten(decode(json.dumps(NOTA)))) is None


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["nfe.faturament"]},
        {"source": ["NFE.faturamento"]},
        {"Source": ["nfe.faturamento"]},
        {"source": ["nfe.faturamento"], "detail-type": ["NotaFiscalPaga"]},
        {"resources": ["arn:aws:x:::three"]},
        detail(pago=[True]),
        detail(pago=["false"]),
        detail(pago=[0]),
        detail(cancelada=["null"]),
        detail(cancelada=[""]),
        detail(vazio=[None]),
        detail(lista=[None]),
        detail(lista=[{"exists": True}]),
        detail(objeto=[{"exists": True}]),
        detail(quantidade=["300"]),
        detail(cliente=["SP"]),
        detail(cliente=[{"exists": True}]),
        detail(cliente={"uf": {"sigla": ["SP"]}}),
        {"detail": {"cliente.uf": {"sigla": ["SP"]}}},
        {"source": [{"prefix": "NFE"}]},
        {"source": [{"suffix": "Mento"}]},
        {"source": [{"prefix": {"equals-ignore-case": "X"}}]},
        {"source": [{"suffix": {"equals-ignore-case": "X"}}]},
        {"source": [{"equals-ignore-case": "NFE"}]},
        {"source": [{"equals-ignore-case": ""}]},
        {"source": [{"wildcard": ""}]},
        detail(arquivo=[{"wildcard": "notas/*/nota-*.XML"}]),
        detail(arquivo=[{"wildcard": "notas/*/*/*/nota-17.xml"}]),
        detail(arquivo=[{"wildcard": "*notas/2026/nota-17.xmlnota-17.xml"}]),
        detail(quantidade=[{"wildcard": "*"}]),
        detail(quantidade=[{"prefix": "3"}]),
        detail(quantidade=[{"suffix": "0"}]),
        detail(quantidade=[{"equals-ignore-case": "300"}]),
        detail(quantidade=[{"numeric": [">", 300]}]),
        detail(quantidade=[{"numeric": ["<", 300]}]),
        detail(quantidade=[{"numeric": [">", 0, "<=", 5]}]),
        detail(quantidade=[{"numeric": ["=", 300.000001]}]),
        detail(cancelada=[{"numeric": ["<", 1]}]),
        detail(pago=[{"numeric": ["=", 0]}]),
        {"source": [{"numeric": [">", 0]}]},
        detail(ip=[{"cidr": "10.1.3.0/24"}]),
        detail(ip6=[{"cidr": "2001:db8:1::/48"}]),
        detail(ip6=[{"cidr": "10.0.0.0/8"}]),
        detail(quantidade=[{"cidr": "0.0.0.0/0"}]),
        {"source": [{"cidr": "0.0.0.0/0"}]},
        detail(total=[{"exists": False}]),
        detail(cancelada=[{"exists": False}]),
        detail(nada=[{"exists": True}]),
        detail(nada=[{"anything-but": "x"}]),
        detail(nada=[{"anything-but": ["x", "y"]}]),
        detail(nada=[{"anything-but": 1}]),
        detail(nada=[{"anything-but": {"prefix": "x"}}]),
        detail(nada=[{"anything-but": {"suffix": ["x"]}}]),
        detail(nada=[{"anything-but": {"wildcard": "*x"}}]),
        detail(nada=[{"anything-but": {"equals-ignore-case": "x"}}]),
        detail(quantidade=[{"anything-but": 300}]),
        detail(quantidade=[{"anything-but": 300.0}]),
        detail(quantidade=[{"anything-but": [1, 300]}]),
        {"source": [{"anything-but": "nfe.faturamento"}]},
        {"source": [{"anything-but": ["x", "nfe.faturamento"]}]},
        {"source": [{"anything-but": {"prefix": "nfe"}}]},
        {"source": [{"anything-but": {"prefix": ["x", "nfe"]}}]},
        {"source": [{"anything-but": {"suffix": "mento"}}]},
        {"source": [{"anything-but": {"suffix": ["x", "mento"]}}]},
        {"source": [{"anything-but": {"equals-ignore-case": "NFE.FATURAMENTO"}}]},
        {"source": [{"anything-but": {"equals-ignore-case": ["x", "NFE.FATURAMENTO"]}}]},
        {"source": [{"anything-but": {"wildcard": "nfe.*"}}]},
        {"source": [{"anything-but": {"wildcard": ["x*", "*.faturamento"]}}]},
        {"source": ["x"], "$or": [{"detail": {"pago": [False]}}, {"detail": {"total": [10.5]}}]},
        {"$or": [{"source": ["x"]}, {"detail": {"pago": [True]}}]},
        {"$or": [{"source": ["nfe.faturamento"], "detail-type": ["x"]}, {"detail": {"pago": [True]}}]},
    ],
    ids=json.dumps,
)
def test_does_not_match(pattern: dict[str, Any]) -> None:
    assert not matches(pattern, NOTA)
    mismatch = EventPattern(json.dumps(pattern)).explain(flatten(decode(json.dumps(NOTA))))
    assert mismatch is not None
    assert mismatch.path in mismatch.why


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ('{"n": [1.0]}', "1", True),
        ('{"n": [1]}', "1.000", True),
        ('{"n": [1e-6]}', "0.000001", True),
        ('{"n": [-0.5]}', "-5e-1", True),
        # Beyond the range of numeric matching only the text counts.
        ('{"n": [123456789012]}', "123456789012", True),
        ('{"n": [123456789012]}', "1.23456789012e11", False),
        ('{"n": [1.23456789012e11]}', "1.23456789012e11", True),
        ('{"n": [1.00000001]}', "1.00000001", True),
        ('{"n": [{"numeric": [">", 0]}]}', "123456789012", False),
        ('{"n": [{"numeric": [">", 0]}]}', "0.00000001", False),
        ('{"n": [{"anything-but": 1}]}', "123456789012", True),
        ('{"n": [5000000000]}', "5e9", True),
        ('{"n": [true]}', "1", False),
        ('{"n": [1]}', "true", False),
        ('{"n": [0]}', "false", False),
    ],
)
def test_numbers_compare_by_value_within_the_documented_range(
    pattern: str, value: str, expected: bool
) -> None:
    assert matches(pattern, f'{{"n": {value}}}') is expected


@pytest.mark.parametrize(
    ("wildcard", "value", "expected"),
    [
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\\b", "a\\b", True),
        (r"a\\*", "a\\anything", True),
        ("*.png", ".png", True),
        ("dir/*.png", "dir/a/b.png", True),
        ("dir/*.png", "dir/b.png.bak", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a--b--b--c", True),
        ("a*b*c", "a--c--b", False),
        ("*é*", "café com leite", True),
        ("/Users/*/dir/dir/dir/dir/dir/doc.txt", "/Users/a/dir/dir/dir/dir/dir/doc.txt", True),
    ],
)
def test_wildcards(wildcard: str, value: str, expected: bool) -> None:
    assert matches({"v": [{"wildcard": wildcard}]}, {"v": value}) is expected


PEDIDO = {
    "itens": [
        {"produto": "caneta", "quantidade": 2, "lotes": [{"n": 1, "ok": True}, {"n": 2, "ok": False}]},
        {"produto": "papel", "quantidade": 9},
    ]
}


class TestArrays:
    """All fields of a match come from the same elements of an array of objects."""

    @pytest.mark.parametrize(
        ("pattern", "expected"),
        [
            ({"produto": ["caneta"], "quantidade": [2]}, True),
            ({"produto": ["papel"], "quantidade": [9]}, True),
            ({"produto": ["caneta"], "quantidade": [9]}, False),
            ({"produto": ["caneta", "papel"], "quantidade": [9]}, True),
            ({"produto": ["caneta"], "lotes": {"n": [2]}}, True),
            ({"produto": ["papel"], "lotes": {"n": [2]}}, False),
            ({"lotes": {"n": [1], "ok": [True]}}, True),
            ({"lotes": {"n": [1], "ok": [False]}}, False),
            # Absence is asked of the element that the fields before it (by name) have settled on.
            ({"lote": [{"exists": False}], "produto": ["papel"]}, True),
            ({"a": [{"exists": False}]}, True),
        ],
    )
    def test_consistency(self, pattern: dict[str, Any], expected: bool) -> None:
        assert matches({"itens": pattern}, PEDIDO) is expected

    def test_an_inconsistent_match_is_explained(self) -> None:
        pattern = EventPattern(json.dumps({"itens": {"produto": ["caneta"], "quantidade": [9]}}))
        mismatch = pattern.explain(flatten(decode(json.dumps(PEDIDO))))
        assert mismatch is not None
        assert mismatch.path == "itens.quantidade"
        assert "other elements" in mismatch.why

    def test_nested_arrays_are_one_level_of_values(self) -> None:
        assert matches({"m": [3]}, {"m": [[1, 2], [3]]})

    def test_different_arrays_do_not_bind_each_other(self) -> None:
        event = {"a": [{"x": 1}, {"x": 2}], "b": [{"y": 1}, {"y": 2}]}
        assert matches({"a": {"x": [1]}, "b": {"y": [2]}}, event)


def test_a_path_named_twice_counts_as_written_last() -> None:
    pattern = '{"detail": {"local": [{"prefix": "us-"}], "local": [{"anything-but": "us-east"}]}}'
    assert matches(pattern, {"detail": {"local": "eu-central"}})


def test_two_objects_of_one_name_are_both_asked() -> None:
    pattern = '{"detail": {"a": [1]}, "detail": {"b": [2]}}'
    assert matches(pattern, {"detail": {"a": 1, "b": 2}})
    assert not matches(pattern, {"detail": {"b": 2}})


def test_dots_join_in_events_as_in_patterns() -> None:
    assert matches({"a": {"b": ["x"]}}, {"a.b": "x"})
    assert not matches({"a": {"b": ["x"]}}, {"a.b": {"b": "x"}})


def test_strings_compare_character_by_character() -> None:
    text = "Três Corações 🚀 "
    assert matches({"v": [text]}, {"v": text})
    assert not matches({"v": [text.strip()]}, {"v": text})
    assert matches({"v": [{"equals-ignore-case": "TRÊS CORAÇÕES 🚀 "}]}, {"v": text})


def test_an_explanation_names_the_first_part_that_failed() -> None:
    pattern = EventPattern(
        '{"source": ["nfe.faturamento"], "detail": {"cliente": {"uf": ["RJ", {"prefix": "M"}]}}}'
    )
    mismatch = pattern.explain(flatten(decode(json.dumps(NOTA))))
    assert mismatch is not None
    assert mismatch.path == "detail.cliente.uf"
    assert mismatch.expected == '"RJ" or prefix "M"'
    assert mismatch.found == ('"SP"',)
    assert mismatch.why == 'detail.cliente.uf is "SP"; the pattern asks for "RJ" or prefix "M"'


def test_an_explanation_tells_of_an_absent_field() -> None:
    mismatch = EventPattern('{"detail": {"nada": [{"exists": true}]}}').explain(
        flatten(decode(json.dumps(NOTA)))
    )
    assert mismatch is not None
    assert mismatch.why == "detail.nada is not in the event; the pattern asks for any value"


def test_the_closest_alternative_is_explained() -> None:
    pattern = EventPattern(
        '{"$or": [{"source": ["x"], "detail-type": ["y"]},'
        ' {"source": ["nfe.faturamento"], "detail-type": ["z"]}]}'
    )
    mismatch = pattern.explain(flatten(decode(json.dumps(NOTA))))
    assert mismatch is not None
    assert mismatch.path == "detail-type"
    assert mismatch.expected == '"z"'
