"""The grammar of statements, as a parser by descent.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.checking import check_condition
from sandbox.model.dynamodb.expressions.nodes import (
    Adjustment,
    Arithmetic,
    Assignment,
    Between,
    Comparison,
    Condition,
    Constant,
    Function,
    In,
    Logical,
    Not,
    Operand,
    Path,
    Update,
)
from sandbox.model.dynamodb.expressions.updates import check_update
from sandbox.model.dynamodb.partiql.nodes import Change, Exists, Insert, Removal, Select, Statement
from sandbox.model.dynamodb.partiql.operands import OperandParser
from sandbox.model.dynamodb.values import Value

_COMPARATORS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_UPDATE_FUNCTIONS = frozenset({"list_append", "if_not_exists", "set_add", "set_delete"})
_UNSUPPORTED = ("LIMIT", "OFFSET", "GROUP", "HAVING")


def parse_statement(statement: str, parameters: Sequence[Value]) -> Statement:
    """A statement with its parameters.

    Raises:
        AwsError: ValidationException.
    """
    return parse_with_values(statement, parameters)[0]


def parse_with_values(statement: str, parameters: Sequence[Value]) -> tuple[Statement, Sequence[Value]]:
    """The same, and the checked parameters: the very objects that stand in the statement.

    Raises:
        AwsError: ValidationException.
    """
    parser = _StatementParser(statement, parameters)
    return parser.statement(), parser.parameters


class _ConditionParser(OperandParser):
    """Conditions of WHERE."""

    def condition(self) -> Condition:
        """A condition, checked."""
        parsed = self._or()
        check_condition(parsed, validation)
        return parsed

    def _or(self) -> Condition:
        left = self._and()
        while self.tokens.accept("OR"):
            self.count_operator()
            left = Logical("OR", left, self._and())
        return left

    def _and(self) -> Condition:
        left = self._not()
        while self.tokens.accept("AND"):
            self.count_operator()
            left = Logical("AND", left, self._not())
        return left

    def _not(self) -> Condition:
        if self.tokens.accept("NOT"):
            self.count_operator()
            return Not(self._not())
        if self.tokens.accept("("):
            inner = self.nested(self._or)
            self.tokens.expect(")")
            return inner
        return self._predicate()

    def _predicate(self) -> Condition:
        left = self.operand()
        token = self.tokens.current
        if self.tokens.sees(*_COMPARATORS):
            self.tokens.take()
            return Comparison("<>" if token.text == "!=" else token.text, left, self.operand())
        if self.tokens.accept("IS"):
            return self._kind(left)
        negated = self.tokens.accept("NOT")
        if self.tokens.accept("BETWEEN"):
            low = self.operand()
            self.tokens.expect("AND")
            found: Condition = Between(left, low, self.operand())
        elif self.tokens.accept("IN"):
            found = In(left, self._options())
        elif isinstance(left, Function) and not negated:
            return left
        elif self.tokens.sees("LIKE", "+", "-", "*", "/"):
            operator = self.tokens.current.text.lower()
            raise validation(f"Unsupported operator in Condition Expression. Operator: {operator}")
        else:
            raise self.tokens.malformed()
        return Not(found) if negated else found

    def _kind(self, operand: Operand) -> Condition:
        """`IS [NOT] MISSING`, `IS [NOT] NULL`: NULL is a value, MISSING is none."""
        negated = self.tokens.accept("NOT")
        if self.tokens.accept("MISSING"):
            return Function("attribute_exists" if negated else "attribute_not_exists", (operand,))
        self.tokens.expect("NULL")
        is_null = Function("attribute_type", (operand, Constant("NULL", {"S": "NULL"})))
        return Not(is_null) if negated else is_null

    def _options(self) -> tuple[Operand, ...]:
        end = "]" if self.tokens.accept("[") else ")"
        if end == ")":
            self.tokens.expect("(")
        return tuple(self.listed(end, self.operand))


class _StatementParser(_ConditionParser):
    def statement(self) -> Statement:
        """The whole statement."""
        parsed: Statement
        if self.tokens.accept("SELECT"):
            parsed = self._select()
        elif self.tokens.accept("EXISTS"):
            self.tokens.expect("(")
            self.tokens.expect("SELECT")
            parsed = Exists(self._select())
            self.tokens.expect(")")
        elif self.tokens.accept("INSERT"):
            parsed = self._insert()
        elif self.tokens.accept("UPDATE"):
            parsed = self._update()
        else:
            self.tokens.expect("DELETE")
            self.tokens.expect("FROM")
            parsed = self._delete()
        self.tokens.accept(";")
        if self.tokens.current.kind != "end":
            raise self.tokens.malformed()
        return parsed

    # --- reads -------------------------------------------------------------------------------------------
    def _select(self) -> Select:
        if self.tokens.sees("DISTINCT"):
            raise validation("Unsupported token in expression: DISTINCT")
        paths = None if self.tokens.accept("*") else self._projection()
        self.tokens.expect("FROM")
        table = self.name()
        index = self.name() if self.tokens.accept(".") else None
        self._refuse_alias()
        where = self._where()
        order = self._order()
        if self.tokens.sees(*_UNSUPPORTED):
            clause = self.tokens.current.word
            raise validation(f"Unsupported clause: {'GROUP BY' if clause == 'GROUP' else clause}")
        return Select(table, index, paths, where, order)

    def _projection(self) -> tuple[Path, ...]:
        paths = []
        while True:
            token = self.tokens.current
            called = token.kind == "name" and self.tokens.peek().text == "("
            if token.kind in ("string", "number") or called:
                raise validation(f"Unexpected path component {self.tokens.place(token)}")
            paths.append(self.path())
            self._refuse_alias()
            if not self.tokens.accept(","):
                return tuple(paths)

    def _refuse_alias(self) -> None:
        if self.tokens.sees("AS") or (self.tokens.current.kind == "name" and not self._at_keyword()):
            raise validation("Aliasing is not supported")

    def _at_keyword(self) -> bool:
        return self.tokens.sees("FROM", "WHERE", "ORDER", *_UNSUPPORTED)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if not self.tokens.accept("ORDER"):
            return ()
        self.tokens.expect("BY")
        order = []
        while True:
            name = self.name()
            descending = self.tokens.accept("DESC")
            if not descending:
                self.tokens.accept("ASC")
            order.append((name, descending))
            if not self.tokens.accept(","):
                return tuple(order)

    def _where(self) -> Condition | None:
        return self.condition() if self.tokens.accept("WHERE") else None

    # --- writes ------------------------------------------------------------------------------------------
    def _table(self) -> str:
        """The table of a write."""
        table = self.name()
        if self.tokens.sees("."):
            raise validation("This operation is not supported on an index")
        return table

    def _insert(self) -> Insert:
        self.tokens.expect("INTO")
        table = self._table()
        self.tokens.expect("VALUE")
        token = self.tokens.current
        if not self.tokens.accept("{"):
            raise validation(
                "Unsupported format in item expression. Please use struct format {...} to express item "
                f"values for insert statement. {self.tokens.place(token)}"
            )
        return Insert(table, self.struct()["M"])

    def _delete(self) -> Removal:
        table = self._table()
        where = self._where()
        returning = self._returning()
        if returning not in (None, "ALL_OLD"):
            shown = (returning or "").replace("UPDATED", "MODIFIED").replace("_", " ")
            raise validation(
                f"Invalid returning clause: RETURNING {shown} *. Only RETURNING ALL OLD * is allowed in "
                "DELETE statements."
            )
        return Removal(table, where, returning)

    def _update(self) -> Change:
        table = self._table()
        sets: list[Assignment] = []
        removes: list[Path] = []
        adds: list[Adjustment] = []
        deletes: list[Adjustment] = []
        paths: list[Path] = []
        while self.tokens.sees("SET", "REMOVE"):
            setting = self.tokens.take().word == "SET"
            while True:
                path = self.path()
                paths.append(path)
                if setting:
                    self.tokens.expect("=")
                    _assign(path, self._new_value(), sets, adds, deletes)
                else:
                    removes.append(path)
                if not self.tokens.accept(","):
                    break
        if not paths:
            raise self.tokens.malformed()
        update = Update(tuple(sets), tuple(removes), tuple(adds), tuple(deletes), tuple(paths))
        check_update(update, validation)
        where = self._where()
        return Change(table, update, where, self._returning())

    def _new_value(self) -> Operand:
        left = self.operand(_UPDATE_FUNCTIONS)
        for text, sign in (("+", 1), ("-", -1)):
            if self.tokens.accept(text):
                return Arithmetic(sign, left, self.operand(_UPDATE_FUNCTIONS))
        return left

    def _returning(self) -> str | None:
        """What is returned, as ReturnValues names it."""
        if not self.tokens.accept("RETURNING"):
            return None
        scope, age = self.tokens.take().word, self.tokens.take().word
        if scope not in ("ALL", "MODIFIED") or age not in ("OLD", "NEW"):
            raise self.tokens.malformed()
        if not self.tokens.accept("*"):
            raise validation("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")
        return f"{'ALL' if scope == 'ALL' else 'UPDATED'}_{age}"


def _assign(
    path: Path,
    value: Operand,
    sets: list[Assignment],
    adds: list[Adjustment],
    deletes: list[Adjustment],
) -> None:
    """One assignment; `set_add` and `set_delete` are what ADD and DELETE are elsewhere."""
    if not isinstance(value, Function) or value.name not in ("set_add", "set_delete"):
        sets.append(Assignment(path, value))
        return
    if (
        len(value.arguments) != 2
        or value.arguments[0] != path
        or not isinstance(value.arguments[1], Constant)
    ):
        raise validation(
            f"{value.name} takes the path that is set and a set of values: SET p = {value.name}(p, <<...>>)"
        )
    (adds if value.name == "set_add" else deletes).append(Adjustment(path, value.arguments[1]))
