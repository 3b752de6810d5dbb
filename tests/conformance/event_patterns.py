"""Patterns and events of our own, one for each name that was recorded of `TestEventPattern`.

A pattern that is refused has AWS's reason instead of whether it matches. Names say what a case is about:
`_NEG` does not match, `_EXC` is refused.
"""

from __future__ import annotations

from typing import Any

#: Whether it matches, or why the pattern is refused.
Verdict = bool | str
#: The pattern, the members of the event that are not the envelope's, the verdict.
Case = tuple[Any, dict[str, Any], Verdict]

ONE_VALUE = "Value of anything-but must be an array or single string/number value."
AFFIX = "prefix/suffix match pattern must be a string"
NO_AFFIX = "Null prefix/suffix not allowed"
ONLY_TEXTS = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."


def state(value: Any) -> dict[str, Any]:
    """An event in a state."""
    return {"detail": {"estado": value}}


def asks(*values: Any) -> dict[str, Any]:
    """A pattern that asks for a state."""
    return {"detail": {"estado": list(values)}}


def but(value: Any) -> dict[str, Any]:
    """A pattern that asks for any state but some."""
    return asks({"anything-but": value})


def must_be_text(operator: str) -> str:
    """The reason for an operator with something else."""
    return f"{operator} match pattern must be a string"


NOTHING: dict[str, Any] = {"detail": {"outro": "campo"}}
ROW: dict[str, Any] = {"dynamodb": {"NewImage": {"loja": {"S": "l-7"}, "total": {"N": "3"}}}}


def row(**fields: Any) -> dict[str, Any]:
    """A pattern that asks for fields of a row."""
    return {"dynamodb": {"NewImage": fields}}


BASICS: dict[str, Case] = {
    "minimal": ({"id": ["7"]}, {"id": "7"}, True),
    "sample1": (
        {"source": ["loja"], "detail-type": ["Pedido"], "detail": {"estado": ["pago", "entregue"]}},
        state("entregue"),
        True,
    ),
    "string": (asks("Á vista 🚀 e um espaço "), state("Á vista 🚀 e um espaço "), True),
    "string_empty": (asks(""), state(""), True),
    "boolean": (asks(True), state(True), True),
    "boolean_NEG": (asks(True), state(False), False),
    "null_value": (asks(None), state(None), True),
    "null_value_NEG": (asks(None), state("null"), False),
    "number_comparison_float": (asks(12.50), state(12.5), True),
    "arrays": ({"resources": ["arn:b", "arn:c"]}, {"resources": ["arn:a", "arn:b"]}, True),
    "arrays_NEG": ({"resources": ["arn:b", "arn:c"]}, {"resources": ["arn:a"]}, False),
    "arrays_empty_EXC": ({"resources": []}, {"resources": []}, "Empty arrays are not allowed"),
    "arrays_empty_null_NEG": ({"resources": [None]}, {"resources": []}, False),
    "key_case_sensitive_NEG": ({"detail": {"ESTADO": ["pago"]}}, state("pago"), False),
    "nested_json_NEG": (asks("pago"), {"detail": '{"estado": "pago"}'}, False),
    "list_within_dict": (
        {"detail": {"itens": {"tipo": ["bolo"]}}},
        {"detail": {"itens": [{"tipo": "pão"}, {"tipo": "bolo"}]}},
        True,
    ),
    "int_nolist_EXC": ({"detail": {"total": 3}}, state(3), '"total" must be an object or an array'),
    "string_nolist_EXC": ({"detail": {"uf": "SP"}}, state("a"), '"uf" must be an object or an array'),
    "dot_joining_event": (
        {"detail": {"pedido": {"estado": ["pago"]}}},
        {"detail": {"pedido.estado": "pago"}},
        True,
    ),
    "dot_joining_event_NEG": (
        {"detail": {"pedido": {"estado": ["pago"]}}},
        {"detail": {"pedido.estado": {"estado": "pago"}}},
        False,
    ),
    "dot_joining_pattern": (
        {"detail": {"pedido.estado": ["pago"]}},
        {"detail": {"pedido": {"estado": "pago"}}},
        True,
    ),
    "dot_joining_pattern_NEG": (
        {"detail": {"pedido.estado": {"estado": ["pago"]}}},
        {"detail": {"pedido": {"estado": "pago"}}},
        False,
    ),
    "operator_case_sensitive_EXC": (asks({"Prefix": "pa"}), state("pago"), "Unrecognized match type Prefix"),
    "operator_multiple_list": (asks({"prefix": "x"}, {"exists": True}, {"suffix": "y"}), state("pago"), True),
}
EXISTS: dict[str, Case] = {
    "content_exists": (asks({"exists": True}), state("pago"), True),
    "content_exists_NEG": (asks({"exists": True}), NOTHING, False),
    "content_exists_false": (asks({"exists": False}), NOTHING, True),
    "content_exists_false_NEG": (asks({"exists": False}), state("pago"), False),
    "exists_list_empty": (asks({"exists": False}), state([]), True),
    "exists_list_empty_NEG": (asks({"exists": True}), state([]), False),
    "exists_dynamodb": (row(loja={"S": [{"exists": True}]}), ROW, True),
    "exists_dynamodb_NEG": (row(loja=[{"exists": True}]), ROW, False),
    "dynamodb": (row(loja={"S": ["l-7"]}, uf={"S": [{"exists": False}]}), ROW, True),
    "or-exists": (asks("cancelado", {"exists": False}), NOTHING, True),
    "or-exists-parent": (row(uf={"S": [{"anything-but": ["SP"]}, {"exists": False}]}), ROW, True),
}
ANYTHING_BUT: dict[str, Case] = {
    "content_anything_but_string": (but("pago"), state("aberto"), True),
    "content_anything_but_string_NEG": (but("pago"), state("pago"), False),
    "content_anything_but_string_null": (but("pago"), state(None), True),
    "content_anything_but_string_missing_NEG": (but("pago"), NOTHING, False),
    "content_anything_but_string_null_type_EXC": (but(None), state(None), ONE_VALUE),
    "content_anything_but_string_list": (but(["pago", "novo"]), state("aberto"), True),
    "content_anything_but_string_list_NEG": (but(["pago", "novo"]), state("novo"), False),
    "content_anything_but_string_list_null": (but(["pago", "novo"]), state(None), True),
    "content_anything_but_string_list_missing_NEG": (but(["pago", "novo"]), NOTHING, False),
    "content_anything_but_string_list_null_type_EXC": (
        but(["pago", None]),
        state(None),
        "Inside anything but list, start|null|boolean is not supported.",
    ),
    "content_anything_but_number": (but(7), state(8), True),
    "content_anything_but_number_NEG": (but(7), state(7), False),
    "content_anything_but_number_zero": (but(7), state(0), True),
    "content_anything_but_number_list": (but([7, 8]), state(9), True),
    "content_anything_but_number_list_NEG": (but([7, 8]), state(8.0), False),
    "or-anything-but": (asks({"anything-but": ["pago"]}, {"prefix": "pa"}), state("pago"), True),
    "or-numeric-anything-but": (asks({"numeric": [">", 9]}, {"anything-but": "8"}), state("7"), True),
    "or-numeric-anything-but_NEG": (asks({"numeric": [">", 9]}, {"anything-but": "8"}), state("8"), False),
}
#: `anything-but` with another operator inside, as `{name: (one, what it refuses, several)}`.
_INSIDE = {
    "but_ignorecase": ("equals-ignore-case", "pago", "PAGO", ["pago", "novo"], "Novo"),
    "prefix": ("prefix", "pa", "pago", ["pa", "no"], "novo"),
    "suffix": ("suffix", "go", "pago", ["go", "vo"], "novo"),
    "wildcard": ("wildcard", "notas/*.xml", "notas/7.xml", ["*.xml", "*.pdf"], "7.pdf"),
}
for _name, (_operator, _one, _refused, _several, _refused_too) in _INSIDE.items():
    _stem = f"content_anything_{_name}"
    _single, _list = but({_operator: _one}), but({_operator: _several})
    ANYTHING_BUT |= {
        _stem: (_single, state("aberto"), True),
        f"{_stem}_NEG": (_single, state(_refused), False),
        f"{_stem}_null": (_single, state(None), True),
        f"{_stem}_missing_NEG": (_single, NOTHING, False),
        f"{_stem}_list": (_list, state("aberto"), True),
        f"{_stem}_list_NEG": (_list, state(_refused_too), False),
        f"{_stem}_list_null": (_list, state(None), True),
        f"{_stem}_list_missing_NEG": (_list, NOTHING, False),
    }
ANYTHING_BUT |= {
    "content_anything_but_ignorecase_EXC": (but({"equals-ignore-case": 7}), state("7"), ONLY_TEXTS),
    "content_anything_but_ignorecase_list_EXC": (but({"equals-ignore-case": [7, 8]}), state("7"), ONLY_TEXTS),
    "content_anything_prefix_empty_EXC": (but({"prefix": ""}), state("pago"), NO_AFFIX),
    "content_anything_prefix_int_EXC": (but({"prefix": 7}), state("7"), AFFIX),
    "content_anything_prefix_int_value": (but({"prefix": "7"}), state(7), True),
    "content_anything_prefix_ignorecase_EXC": (
        but({"prefix": {"equals-ignore-case": "pa"}}),
        state("pago"),
        ONE_VALUE,
    ),
    "content_anything_prefix_list_int": (but({"prefix": ["7", "8"]}), state(78), True),
    "content_anything_prefix_list_type_EXC": (but({"prefix": [7, "no"]}), state("novo"), AFFIX),
    "content_anything_suffix_empty_EXC": (but({"suffix": ""}), state("pago"), NO_AFFIX),
    "content_anything_suffix_int_EXC": (but({"suffix": 7}), state("7"), AFFIX),
    "content_anything_suffix_ignorecase_EXC": (
        but({"suffix": {"equals-ignore-case": "go"}}),
        state("pago"),
        ONE_VALUE,
    ),
    "content_anything_suffix_list_type_EXC": (but({"suffix": [7, "vo"]}), state("novo"), AFFIX),
    "content_anything_suffix_list_null_type_EXC": (but({"suffix": [None, "vo"]}), state("novo"), AFFIX),
    "content_anything_wildcard_empty": (but({"wildcard": ""}), state("notas"), True),
    "content_anything_wildcard_int": (but({"wildcard": "notas/*"}), state(7), True),
    "content_anything_wildcard_type_EXC": (but({"wildcard": 7}), state("7"), must_be_text("wildcard")),
    "content_anything_wildcard_list_type_EXC": (
        but({"wildcard": [7, "*.pdf"]}),
        state("7.pdf"),
        must_be_text("wildcard"),
    ),
}
_DAY = {"time": [{"prefix": "2026-11-"}]}
_FOLDERS = asks({"wildcard": "notas/*/a.xml"})
_REPEATED = asks({"wildcard": "notas/*/x/x/x/a.xml"})
_XML = asks({"suffix": {"equals-ignore-case": ".XML"}})
TEXTS: dict[str, Case] = {
    "prefix": (row(loja={"S": [{"prefix": "l-"}]}), ROW, True),
    "content_prefix": (_DAY, {"time": "2026-11-27T12:00:00Z"}, True),
    "content_prefix_NEG": (_DAY, {"time": "2026-12-01T12:00:00Z"}, False),
    "content_prefix_empty": (asks({"prefix": ""}), state("pago"), True),
    "content_prefix_ignorecase": (asks({"prefix": {"equals-ignore-case": "PA"}}), state("pago"), True),
    "content_prefix_int_EXC": (asks({"prefix": 7}), state("7"), must_be_text("prefix")),
    "content_prefix_list_EXC": (asks({"prefix": ["pa"]}), state("pago"), must_be_text("prefix")),
    "content_suffix": (asks({"suffix": ".xml"}), state("nota.xml"), True),
    "content_suffix_NEG": (asks({"suffix": ".xml"}), state("nota.xmls"), False),
    "content_suffix_empty": (asks({"suffix": ""}), state("nota"), True),
    "content_suffix_ignorecase": (_XML, state("n.xMl"), True),
    "content_suffix_ignorecase_NEG": (_XML, state("n.xmls"), False),
    "content_suffix_int_EXC": (asks({"suffix": 7}), state("7"), must_be_text("suffix")),
    "content_suffix_list_EXC": (asks({"suffix": [".xml"]}), state("n.xml"), must_be_text("suffix")),
    "content_ignorecase": (asks({"equals-ignore-case": "pago"}), state("PAGO"), True),
    "content_ignorecase_NEG": (asks({"equals-ignore-case": "pago"}), state("pagos"), False),
    "content_ignorecase_empty": (asks({"equals-ignore-case": ""}), state(""), True),
    "content_ignorecase_empty_NEG": (asks({"equals-ignore-case": ""}), state("pago"), False),
    "content_ignorecase_EXC": (
        asks({"equals-ignore-case": 7}),
        state("7"),
        must_be_text("equals-ignore-case"),
    ),
    "content_ignorecase_list_EXC": (
        asks({"equals-ignore-case": ["pago"]}),
        state("pago"),
        must_be_text("equals-ignore-case"),
    ),
    "content_wildcard_nonrepeating": (_FOLDERS, state("notas/1/2/a.xml"), True),
    "content_wildcard_nonrepeating_NEG": (_FOLDERS, state("notas/1/ba.xml"), False),
    "content_wildcard_repeating": (_REPEATED, state("notas/1/x/x/x/x/a.xml"), True),
    "content_wildcard_repeating_NEG": (_REPEATED, state("notas/1/x/x/y/x/a.xml"), False),
    "content_wildcard_simplified": (asks({"wildcard": "*/x/*/a.xml"}), state("n/x/1/x/a.xml"), True),
    "content_wildcard_empty_NEG": (asks({"wildcard": ""}), state("notas"), False),
    "content_wildcard_int_EXC": (asks({"wildcard": 7}), state("7"), must_be_text("wildcard")),
    "content_wildcard_list_EXC": (asks({"wildcard": ["n*"]}), state("n1"), must_be_text("wildcard")),
    "content_wildcard_repeating_star_EXC": (
        asks({"wildcard": "notas/**/a"}),
        state("notas/1/a"),
        "Consecutive wildcard characters at pos 7",
    ),
    "content_wildcard_complex_EXC": (
        asks({"wildcard": "*/*/*/*/*/notas/*"}),
        state("1/2/3/4/5/notas/7"),
        "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
        "after a wildcard character",
    ),
}
NUMBERS: dict[str, Case] = {
    "content_numeric_and": (asks({"numeric": [">", 0, "<=", 5]}), state(5), True),
    "content_numeric_and_NEG": (asks({"numeric": [">", 0, "<", 5]}), state(5), False),
    "numeric-int-float": (asks({"numeric": [">", 100]}), state(100.5), True),
    "numeric-null_NEG": (asks({"numeric": [">", 100]}), state(None), False),
    "numeric-string_NEG": (asks({"numeric": [">", 100]}), state("300"), False),
    "content_numeric_EXC": (asks({"numeric": [">", 0, ">", 1]}), state(3), "Bad numeric range operator: >"),
    "content_numeric_syntax_EXC": (asks({"numeric": [">", 0, "<"]}), state(3), "Value of < must be numeric"),
    "content_numeric_number_EXC": (asks({"numeric": [">", "0"]}), state(3), "Value of > must be numeric"),
    "content_numeric_operatorcasing_EXC": (
        asks({"NUMERIC": ["=", 5]}),
        state(5),
        "Unrecognized match type NUMERIC",
    ),
}
_NET, _NET6 = asks({"cidr": "10.1.0.0/16"}), asks({"cidr": "2001:db8:7::/48"})
ADDRESSES: dict[str, Case] = {
    "content_ip_address": (_NET, state("10.1.200.3"), True),
    "content_ip_address_NEG": (_NET, state("10.2.0.1"), False),
    "content_ip_address_bad_type_NEG": (_NET, state("não é"), False),
    "content_ip_address_EXC": (asks({"cidr": "10.1.0.0"}), state("a"), "Malformed CIDR, one '/' required"),
    "content_ip_address_bad_ip_EXC": (
        asks({"cidr": "dez.1/8"}),
        state("10.1.0.1"),
        "Nonstandard IP address: dez.1",
    ),
    "content_ip_address_bad_mask_EXC": (
        asks({"cidr": "10.1.0.0/x"}),
        state("10.1.0.1"),
        "Malformed CIDR, mask bits must be an integer",
    ),
    "content_ip_address_type_EXC": (asks({"cidr": ["10.1.0.0/16"]}), state("a"), must_be_text("prefix")),
    "content_ip_address_v6": (_NET6, state("2001:0db8:0007:0:0:0:0:1"), True),
    "content_ip_address_v6_NEG": (_NET6, state("2001:db8:8::1"), False),
    "content_ip_address_v6_bad_ip_EXC": (
        asks({"cidr": "zz01:db8::/32"}),
        state("2001:db8::1"),
        "Nonstandard IP address: zz01:db8::",
    ),
}
_EVERYTHING = {
    "source": [{"prefix": "lo"}],
    "detail-type": [{"suffix": "dido"}],
    "detail": {
        "total": [{"numeric": [">=", 10, "<", 1000]}],
        "uf": [{"anything-but": ["SP", "RJ"]}],
        "cliente": {"nome": [{"equals-ignore-case": "MARIA"}], "ip": [{"cidr": "10.0.0.0/8"}]},
        "cupom": [{"exists": False}],
        "itens": [{"wildcard": "bolo-*"}],
    },
}
_FITS_EVERYTHING = {
    "detail": {
        "total": 10,
        "uf": "MG",
        "cliente": {"nome": "Maria", "ip": "10.9.8.7"},
        "itens": ["pão-1", "bolo-2"],
    },
}
_EITHER = {
    "detail": {
        "$or": [
            {"itens": [{"numeric": [">", 0, "<=", 5]}]},
            {"peso": [{"numeric": ["<", 10]}]},
            {"limite": [{"numeric": ["=", 3.018e2]}]},
        ]
    }
}
COMBINED: dict[str, Case] = {
    "complex_many_rules": (_EVERYTHING, _FITS_EVERYTHING, True),
    "complex_multi_match": (
        asks({"prefix": "x"}, {"anything-but": ["novo"]}, {"numeric": ["=", 3]}),
        state("pago"),
        True,
    ),
    "complex_multi_match_NEG": (
        {"detail": {"estado": [{"prefix": "pa"}], "uf": [{"anything-but": ["SP"]}]}},
        {"detail": {"estado": "pago", "uf": "SP"}},
        False,
    ),
    "complex_or": (_EITHER, {"detail": {"itens": 0, "peso": 0, "limite": 901.8}}, True),
    "complex_or_NEG": (_EITHER, {"detail": {"itens": 0, "peso": 10, "limite": 901.8}}, False),
}
CASES: dict[str, Case] = {
    **BASICS, **EXISTS, **ANYTHING_BUT, **TEXTS, **NUMBERS, **ADDRESSES, **COMBINED
}  # fmt: skip
