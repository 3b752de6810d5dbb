"""Generates operations on the table of the oracle's cases."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Operation = tuple[str, dict[str, Any]]

#: Whole, but for one: DynamoDB Local keeps the zeros at the end of a sum (`1.00`).
_NUMBERS = st.sampled_from(["0", "1", "-1", "2", "10", "100000", "0.001"])
_TEXTS = st.sampled_from(["", "a", "ab", "abc", "b", "é", "z\x00y"])
_BYTES = st.sampled_from([b"", b"a", b"ab", b"\xff"])
SCALARS = st.one_of(
    st.builds(lambda number: {"N": number}, _NUMBERS),
    st.builds(lambda text: {"S": text}, _TEXTS),
    st.builds(lambda data: {"B": data}, _BYTES),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
)
SETS = st.one_of(
    st.builds(
        lambda some: {"SS": some},
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True),
    ),
    st.builds(
        lambda some: {"NS": some},
        st.lists(st.sampled_from(["1", "2", "30", "-4"]), min_size=1, max_size=3, unique=True),
    ),
)
_NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.recursive(
    st.one_of(SCALARS, SETS),
    lambda inner: st.one_of(
        st.builds(lambda some: {"L": some}, st.lists(inner, max_size=3)),
        st.builds(lambda some: {"M": some}, st.dictionaries(_NAMES, inner, max_size=3)),
    ),
    max_leaves=5,
)
KEYS = st.builds(
    lambda pk, sk: {"pk": {"S": pk}, "sk": {"N": sk}},
    st.sampled_from(["p", "q"]),
    st.sampled_from(["1", "2", "-3", "10"]),
)
_ATTRIBUTES = st.dictionaries(_NAMES, VALUES, max_size=4)
_INDEXED = st.one_of(st.just({}), st.builds(lambda text: {"g": {"S": text}}, st.sampled_from(["u", "v"])))
_PATHS = st.one_of(
    _NAMES,
    st.builds("{}.{}".format, _NAMES, _NAMES),
    st.builds("{}[{}]".format, _NAMES, st.integers(0, 3)),
    st.builds("{}.{}[{}]".format, _NAMES, _NAMES, st.integers(0, 1)),
)
_COMPARATORS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


class Values:
    """Names the values of an expression as it is written."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def name(self, value: Any) -> str:
        """The placeholder of a value."""
        key = f":v{len(self.given)}"
        self.given[key] = value
        return key


@st.composite
def conditions(draw: st.DrawFn, values: Values, depth: int = 0) -> str:
    """A condition; its values are added to `values`."""
    kind = draw(st.integers(0, 9 if depth < 2 else 6))
    path = draw(_PATHS)
    if kind <= 1:
        return f"{path} {draw(_COMPARATORS)} {values.name(draw(VALUES))}"
    if kind == 2:
        return f"{draw(st.sampled_from(['attribute_exists', 'attribute_not_exists']))}({path})"
    if kind == 3:
        return f"contains({path}, {values.name(draw(VALUES))})"
    if kind == 4:
        return f"begins_with({path}, {values.name(draw(st.one_of(SCALARS)))})"
    if kind == 5:
        return f"size({path}) {draw(_COMPARATORS)} {values.name({'N': draw(_NUMBERS)})}"
    if kind == 6:
        options = ", ".join(values.name(value) for value in draw(st.lists(VALUES, min_size=1, max_size=3)))
        return f"{path} IN ({options})"
    left = draw(conditions(values, depth + 1))
    if kind == 7:
        return f"NOT {left}"
    right = draw(conditions(values, depth + 1))
    return f"({left}) AND {right}" if kind == 8 else f"{left} OR {right}"


@st.composite
def updates(draw: st.DrawFn, values: Values) -> str:
    """An update expression of one to three actions."""
    sections: dict[str, list[str]] = {}
    for _ in range(draw(st.integers(1, 3))):
        section, action = draw(actions(values))
        sections.setdefault(section, []).append(action)
    return " ".join(f"{section} {', '.join(parts)}" for section, parts in sections.items())


@st.composite
def actions(draw: st.DrawFn, values: Values) -> tuple[str, str]:
    """One action and its section."""
    path = draw(_PATHS)
    kind = draw(st.integers(0, 8))
    if kind <= 2:
        return "SET", f"{path} = {values.name(draw(VALUES))}"
    if kind == 3:
        other = draw(_PATHS)
        return "SET", f"{path} = if_not_exists({other}, {values.name(draw(VALUES))})"
    if kind == 4:
        sign = draw(st.sampled_from("+-"))
        return "SET", f"{path} = {draw(_PATHS)} {sign} {values.name({'N': draw(_NUMBERS)})}"
    if kind == 5:
        more = values.name({"L": draw(st.lists(SCALARS, max_size=2))})
        return "SET", f"{path} = list_append({draw(_PATHS)}, {more})"
    if kind == 6:
        return "REMOVE", path
    if kind == 7:
        return "ADD", f"{path} {values.name(draw(st.one_of(SETS, st.just({'N': draw(_NUMBERS)}))))}"
    return "DELETE", f"{path} {values.name(draw(SETS))}"


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """A request for an item operation, query or transaction."""
    key = draw(KEYS)
    kind = draw(
        st.sampled_from(["put", "put", "update", "update", "update", "delete", "get", "query", "index"])
    )
    values = Values()
    params: dict[str, Any] = {"TableName": "tab"}
    if kind == "get":
        return "GetItem", {**params, "Key": key}
    if kind in ("query", "index"):
        return "Query", {**params, **draw(queries(values, kind == "index"))}
    if kind == "put":
        params["Item"] = {**draw(_ATTRIBUTES), **draw(_INDEXED), **key}
        params["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD"]))
    else:
        params["Key"] = key
        choices = ["NONE", "ALL_OLD"] + (["ALL_NEW"] if kind == "update" else [])
        params["ReturnValues"] = draw(st.sampled_from(choices))
    if kind == "update":
        params["UpdateExpression"] = draw(updates(values))
    if draw(st.integers(0, 3)) == 0:
        params["ConditionExpression"] = draw(conditions(values))
    if values.given:
        params["ExpressionAttributeValues"] = values.given
    return {"put": "PutItem", "update": "UpdateItem", "delete": "DeleteItem"}[kind], params


@st.composite
def queries(draw: st.DrawFn, values: Values, index: bool) -> dict[str, Any]:
    """The parameters of a query."""
    params: dict[str, Any] = {"ScanIndexForward": draw(st.booleans())}
    if index:
        params |= {"IndexName": "gidx", "Select": "COUNT"}
        text = f"g = {values.name({'S': draw(st.sampled_from(['u', 'v']))})}"
    else:
        text = f"pk = {values.name({'S': draw(st.sampled_from(['p', 'q']))})}"
        bound = draw(st.integers(0, 3))
        if bound == 1:
            operator = draw(st.sampled_from(["=", "<", "<=", ">", ">="]))
            text += f" AND sk {operator} {values.name({'N': draw(_NUMBERS)})}"
        elif bound == 2:
            text += f" AND sk BETWEEN {values.name({'N': '-2'})} AND {values.name({'N': draw(_NUMBERS)})}"
        if not bound and draw(st.booleans()):  # DynamoDB Local leaves LastEvaluatedKey out at an exact bound
            params["Limit"] = draw(st.integers(1, 3))
    params["KeyConditionExpression"] = text
    if draw(st.booleans()):
        params["FilterExpression"] = draw(conditions(values))
    params["ExpressionAttributeValues"] = values.given
    return params
