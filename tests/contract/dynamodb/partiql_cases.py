"""Statements that DynamoDB Local and the native service must answer alike, in order, on one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Case = tuple[str, dict[str, Any]]

ONE = "WHERE pk='a' AND sk=1"
ITEMS = (
    "{'pk':'a','sk':1,'x':'hi','g':'g','l':[1,'b',{'c':true}],'ss':<<'a','b'>>,'n':null,'m':{'a':{'b':1.5}}}",
    "{'pk':'a','sk':2,'x':'ho','g':'g','l':[],'ns':<<1,2>>}",
    "{'pk':'a','sk':3,'x':7,'m':{'a':'flat'}}",
    "{'pk':'b','sk':1,'x':-7.5,'b':false}",
    "{'pk':'it''s','sk':0}",
)
FAULTY_INSERTS = (
    "INSERT INTO tab VALUE {'pk':'z'}",
    "INSERT INTO tab VALUE {'pk':1,'sk':1}",
    "INSERT INTO tab VALUE {\"pk\":'a','sk':5}",
    "INSERT INTO tab VALUE {'pk':'z','sk':1,'m':missing}",
    "INSERT INTO tab VALUE ?",
)
SELECTS = (
    'SELECT * FROM "tab"."gidx" WHERE g=\'g\'',
    "SELECT * FROM tab.gidx",
    "select pk, sk from tab where pk='a'",
    f"SELECT m.a.b, l[0] FROM tab {ONE}",
    f"SELECT m['a'] FROM tab {ONE}",
    f"SELECT zz FROM tab {ONE}",
    "SELECT sk FROM tab WHERE pk='it''s'",
    "SELECT sk FROM tab WHERE pk='a' ORDER BY sk",
    "SELECT sk FROM tab WHERE pk IN ('a','b')",
    "SELECT sk FROM tab WHERE pk='a' AND pk='b'",
    "SELECT sk FROM tab WHERE (pk='a' AND sk>1) AND sk<3",
    "SELECT sk FROM tab WHERE status='x'",
    "SELECT * FROM tab WHERE pk='q';",
)
FAULTY_SELECTS = (
    "SELECT FROM tab",
    "SELEC * FROM tab",
    "SELECT name, order FROM tab",
    "SELECT sk FROM tab WHERE user='x'",
    f"SELECT m.a.b AS z FROM tab {ONE}",
    "SELECT t.m FROM tab t WHERE pk='a' AND sk=1",
    "SELECT COUNT(*) FROM tab",
    "SELECT 1 FROM tab",
    "SELECT \"pk\",'sk' FROM tab",
    "SELECT x.y.* FROM tab",
    "SELECT *, pk FROM tab",
    "SELECT DISTINCT sk FROM tab",
    "SELECT * FROM tab GROUP BY pk",
    "SELECT * FROM tab.nope",
    "SELECT pk FROM tab ORDER BY pk",
    "SELECT pk FROM tab WHERE x='hi' ORDER BY pk",
    "SELECT pk FROM tab WHERE pk='a' ORDER BY x",
    "SELECT sk FROM tab WHERE exists(x)",
    "SELECT sk FROM tab WHERE sk + 1 = 2",
    "SELECT sk FROM tab WHERE x LIKE 'h%'",
    "SELECT sk FROM tab WHERE x = ?",
    "SELECT sk FROM tab WHERE pk = 1",
    "SELECT sk FROM tab WHERE pk = 'a' AND sk = 'x'",
    "SELECT sk FROM tab WHERE pk='a' AND begins_with(sk,'1')",
    "SELECT sk FROM tab WHERE x BETWEEN 5 AND 1",
    f"EXISTS(SELECT * FROM tab {ONE})",
)
UPDATES = (
    f"UPDATE tab SET x=10 {ONE} RETURNING ALL OLD *",
    f"UPDATE tab SET x=11, m.q='w' {ONE} RETURNING MODIFIED OLD *",
    f"UPDATE tab SET x=12 SET y='v' {ONE} RETURNING MODIFIED NEW *",
    f"UPDATE tab SET x=x+1 REMOVE l[0] {ONE} RETURNING ALL NEW *",
    f"UPDATE tab SET l=list_append(l,[9]) SET ss=set_add(ss,<<'c'>>) {ONE} RETURNING ALL NEW *",
    f"UPDATE tab SET ss=set_delete(ss,<<'c'>>), x=-1 {ONE} RETURNING ALL NEW *",
    f"UPDATE tab SET z=if_not_exists(z,1) {ONE}",
    f"UPDATE tab SET x=1 {ONE} AND (x=1 OR x=-1) RETURNING ALL NEW *",
    f"UPDATE tab REMOVE y {ONE} RETURNING MODIFIED NEW *",
    f"UPDATE tab SET x=1 {ONE} AND x=77",
    "UPDATE tab SET x=1 WHERE pk='a' AND sk=99",
    "UPDATE tab SET x=1 WHERE pk='a'",
    "UPDATE tab SET x=1 WHERE pk='a' AND sk>1",
    "UPDATE tab SET x=1 WHERE pk='a' AND sk IN (1)",
    "UPDATE tab SET x=1",
    f"UPDATE tab SET sk=1 {ONE}",
    f"UPDATE tab SET nope.a=1 {ONE}",
    f"UPDATE tab SET x=1, x=2 {ONE}",
    f"UPDATE tab SET x=zz {ONE}",
    f"UPDATE tab SET x=1 {ONE} OR x=1",
    f"UPDATE tab SET x=1 {ONE} RETURNING ALL OLD x",
    f"UPDATE tab.gidx SET x=1 {ONE}",
    f"UPDATE tab {ONE}",
)
DELETES = (
    f"DELETE FROM tab {ONE} RETURNING ALL NEW *",
    f"DELETE FROM tab {ONE} AND x=99",
    "DELETE FROM tab WHERE pk='a' AND sk=99 AND x=99",
    f"DELETE FROM tab {ONE} RETURNING ALL OLD *",
    f"DELETE FROM tab {ONE}",
    "DELETE FROM tab WHERE pk='a'",
    "DELETE FROM tab",
)
TWO = "WHERE pk='a' AND sk=2"
BATCHES = (
    (f"SELECT x FROM tab {TWO}", "SELECT * FROM tab WHERE pk='q' AND sk=9", "SELECT * FROM tab WHERE pk='a'"),
    ("INSERT INTO tab VALUE {'pk':'c','sk':1}", "INSERT INTO tab VALUE {'pk':'a','sk':2}"),
    ("UPDATE tab SET x=1 WHERE pk='a' AND sk=99",
     "DELETE FROM tab WHERE pk='b' AND sk=1 RETURNING ALL OLD *"),
    ("INSERT INTO tab VALUE {'pk':'d','sk':1}", f"SELECT * FROM tab {TWO}"),
    (f"SELECT * FROM tab {TWO}", f"SELECT x FROM tab {TWO}"),
)  # fmt: skip
TRANSACTIONS = (
    ("INSERT INTO tab VALUE {'pk':'t','sk':1}", f"UPDATE tab SET x=5 {TWO}"),
    ("EXISTS(SELECT * FROM tab WHERE pk='t' AND sk=1 AND x IS MISSING)", f"UPDATE tab SET x=6 {TWO}"),
    ("EXISTS(SELECT * FROM tab WHERE pk='t' AND sk=1)", f"UPDATE tab SET x=7 {TWO}"),
    (f"UPDATE tab SET x=8 {TWO}", "UPDATE tab SET x=8 WHERE pk='a' AND sk=777"),
    (f"SELECT * FROM tab {TWO}", "SELECT * FROM tab WHERE pk='t' AND sk=9"),
    (f"SELECT * FROM tab {TWO}", "DELETE FROM tab WHERE pk='t' AND sk=1"),
    (f"UPDATE tab SET x=2 {TWO}", f"UPDATE tab SET x=3 {TWO}"),
    ("SELECT * FROM tab WHERE pk='t'",),
    (f"UPDATE tab SET x=2 {TWO} RETURNING ALL OLD *",),
)


def inserts() -> Iterator[Case]:
    """The items that the statements are about."""
    for item in ITEMS:
        yield "ExecuteStatement", {"Statement": f"INSERT INTO tab VALUE {item}"}


def all_cases() -> Iterator[Case]:
    """Every chosen request."""
    yield from inserts()
    for statement in (*FAULTY_INSERTS, *SELECTS, *FAULTY_SELECTS, *UPDATES, *DELETES):
        yield "ExecuteStatement", {"Statement": statement}
    parameters = [{"N": "5"}, {"S": "a"}, {"N": "3"}]
    statement = "UPDATE tab SET x=? WHERE pk=? AND sk=? RETURNING ALL NEW *"
    yield "ExecuteStatement", {"Statement": statement, "Parameters": parameters}
    refused = {"Statement": f"DELETE FROM tab {TWO} AND x=99"}
    yield "ExecuteStatement", {**refused, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    index = {"Statement": "SELECT sk FROM tab.gidx WHERE g='a'"}
    yield "ExecuteStatement", {**index, "ConsistentRead": True}
    yield "ExecuteStatement", {**index, "NextToken": "abc"}
    yield "ExecuteStatement", {**index, "Limit": 0}
    for batch in BATCHES:
        yield "BatchExecuteStatement", {"Statements": [{"Statement": one} for one in batch]}
    for transaction in TRANSACTIONS:
        yield "ExecuteTransaction", {"TransactStatements": [{"Statement": one} for one in transaction]}


_PATHS = st.sampled_from(["x", "l", "l[0]", "l[2].c", "m", "m.a", "m.a.b", "ss", "ns", "n", "b", "g", '"zz"'])
_VALUES = st.sampled_from(
    [
        "'hi'",
        "'h'",
        "1",
        "7",
        "-7.5",
        "true",
        "false",
        "null",
        "[]",
        "[1]",
        "{'b':1.5}",
        "<<1,2>>",
        "<<'a','b'>>",
    ]
)
_ORDERED = st.sampled_from(["'hi'", "'a'", "1", "7", "-7.5"])


def _texts(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: pattern.format(*values))


_PLAIN = st.one_of(
    _texts("{0} {1} {2}", _PATHS, st.sampled_from(["=", "<>", "!="]), _VALUES),
    _texts("{0} {1} {2}", _PATHS, st.sampled_from(["<", "<=", ">", ">="]), _ORDERED),
    _texts("{0} IS {1}", _PATHS, st.sampled_from(["MISSING", "NOT MISSING", "NULL", "NOT NULL"])),
    _texts("{0} IN ({1}, {2})", _PATHS, _VALUES, _VALUES),
    _texts("contains({0}, {1})", _PATHS, _ORDERED),
    _texts("begins_with({0}, {1})", _PATHS, st.sampled_from(["'h'", "''"])),
    _texts(
        "attribute_type({0}, '{1}')",
        _PATHS,
        st.sampled_from(["S", "N", "M", "L", "SS", "BOOL"]),
    ),
    _texts("size({0}) >= {1}", _PATHS, st.sampled_from(["0", "1", "2"])),
)

_NESTED = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(
        _texts("NOT ({0})", inner),
        _texts("({0}) AND ({1})", inner, inner),
        _texts("({0}) OR ({1})", inner, inner),
    ),
    max_leaves=5,
)
_PARTITION = st.sampled_from(["pk = 'a'", "pk = 'c'", "pk IN ('a', 'b')", "pk = 'b' AND x < 'a'"])
_SORT = st.one_of(
    _texts("sk {0} {1}", st.sampled_from(["=", "<", "<=", ">", ">="]), st.sampled_from(["1", "2", "3"])),
    _texts("sk BETWEEN {0} AND 2", st.sampled_from(["0", "1", "2"])),
)

#: Conditions of WHERE. The key stands beside the rest: DynamoDB Local loses one of two conditions on the sort
#: key where the other stands within OR or NOT.
CONDITIONS = st.one_of(
    _NESTED,
    _texts("{0} AND ({1})", _PARTITION, _NESTED),
    _texts("({1}) AND {0}", _SORT, _NESTED),
    _texts("{0} AND {1} AND ({2})", _PARTITION, _SORT, _NESTED),
)
