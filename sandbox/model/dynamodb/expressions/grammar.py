"""The grammar of the four kinds of expressions, as a parser by descent.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from sandbox.model.awserror import AwsError
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
from sandbox.model.dynamodb.expressions.placeholders import Placeholders
from sandbox.model.dynamodb.expressions.tokens import Tokens

COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})
#: Operands of IN, at most.
_MAX_OPTIONS = 100
#: Operators and functions of one expression, at most.
MAX_OPERATORS = 300
#: Levels of a document path, at most.
_MAX_STEPS = 32
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


class Parser:
    """Parses one expression.

    Args:
        kind: `ConditionExpression`, …: named in errors.

    Raises:
        AwsError: ValidationException, from every method: what is wrong and where.
    """

    def __init__(self, kind: str, text: str, placeholders: Placeholders) -> None:
        self.tokens = Tokens(kind, text)
        self._placeholders = placeholders
        #: Positions of the parentheses that were closed last.
        self._group = (-1, -1)

    # --- conditions --------------------------------------------------------------------------------------
    def condition(self) -> Condition:
        """A condition, filter or key condition expression."""
        try:
            parsed = self._or()
        except RecursionError:
            raise self.too_deep() from None
        if self.tokens.current.kind != "end":
            raise self.tokens.unexpected()
        return parsed

    def too_deep(self) -> AwsError:
        """The refusal of operators within operators, of which nothing but too many can be so deep."""
        return self.tokens.error(
            f"The expression contains too many operators; operator count: {MAX_OPERATORS + 1}"
        )

    def _or(self) -> Condition:
        left = self._and()
        while self.tokens.accept("OR"):
            left = Logical("OR", left, self._and())
        return left

    def _and(self) -> Condition:
        left = self._not()
        while self.tokens.accept("AND"):
            left = Logical("AND", left, self._not())
        return left

    def _not(self) -> Condition:
        if self.tokens.accept("NOT"):
            return Not(self._not())
        start = self.tokens.position
        if not self.tokens.accept("("):
            return self._predicate()
        inner = self._or()
        if self._group == (start + 1, self.tokens.position - 1):
            raise self.tokens.error("The expression has redundant parentheses;")
        self.tokens.expect(")")
        self._group = (start, self.tokens.position - 1)
        return inner

    def _predicate(self) -> Condition:
        left = self.operand()
        token = self.tokens.current
        if token.kind == "symbol" and token.text in COMPARATORS:
            self.tokens.take()
            return Comparison(token.text, left, self.operand())
        if self.tokens.accept("BETWEEN"):
            low = self.operand()
            self.tokens.expect("AND")
            return Between(left, low, self.operand())
        if self.tokens.accept("IN"):
            return In(left, self._options())
        if isinstance(left, Function):
            return left
        raise self.tokens.unexpected()

    def _options(self) -> tuple[Operand, ...]:
        self.tokens.expect("(")
        options = [self.operand()]
        while self.tokens.accept(","):
            options.append(self.operand())
        self.tokens.expect(")")
        if len(options) > _MAX_OPTIONS:
            raise self.tokens.error(
                "Invalid number of operands for the IN operator; "
                f"number of operands: {len(options)}, maximum: {_MAX_OPTIONS}"
            )
        return tuple(options)

    # --- operands ----------------------------------------------------------------------------------------
    def operand(self) -> Operand:
        """A path, a value or a function."""
        token = self.tokens.current
        if token.kind == "value":
            return self._constant()
        if token.kind == "name" and self.tokens.peek().text == "(":
            return self._function()
        return self.path()

    def _constant(self) -> Constant:
        token = self.tokens.current
        if token.kind != "value":
            raise self.tokens.unexpected()
        self.tokens.take()
        return Constant(token.text, self._placeholders.value(self.tokens, token.text))

    def _function(self) -> Function:
        name = self.tokens.take().text
        self.tokens.expect("(")
        arguments = [self.operand()]
        while self.tokens.accept(","):
            arguments.append(self.operand())
        self.tokens.expect(")")
        return Function(name, tuple(arguments))

    def path(self) -> Path:
        """A document path."""
        steps: list[str | int] = [self._step()]
        while True:
            if self.tokens.accept("."):
                steps.append(self._step())
            elif self.tokens.accept("["):
                token = self.tokens.current
                if token.kind != "number":
                    raise self.tokens.unexpected()
                self.tokens.take()
                self.tokens.expect("]")
                steps.append(int(token.text))
            elif len(steps) > _MAX_STEPS:
                raise self.tokens.error(
                    f"The document path has too many nesting levels; nesting levels: {len(steps)}"
                )
            else:
                return Path(tuple(steps))

    def _step(self) -> str:
        token = self.tokens.current
        if token.kind == "alias":
            self.tokens.take()
            return self._placeholders.name(self.tokens, token.text)
        if token.kind == "name":
            self.tokens.take()
            return self._placeholders.plain(self.tokens, token.text)
        raise self.tokens.unexpected()

    # --- projections -------------------------------------------------------------------------------------
    def projection(self) -> tuple[Path, ...]:
        """A projection expression."""
        paths = [self.path()]
        while self.tokens.accept(","):
            paths.append(self.path())
        if self.tokens.current.kind != "end":
            raise self.tokens.unexpected()
        return tuple(paths)

    # --- updates -----------------------------------------------------------------------------------------
    def update(self) -> Update:
        """An update expression."""
        sets: list[Assignment] = []
        removes: list[Path] = []
        adds: list[Adjustment] = []
        deletes: list[Adjustment] = []
        paths: list[Path] = []
        seen: set[str] = set()
        while self.tokens.current.kind != "end":
            section = self.tokens.current.mark
            if section not in _SECTIONS:
                raise self.tokens.unexpected()
            if section in seen:
                raise self.tokens.error(
                    f'The "{section}" section can only be used once in an update expression;'
                )
            seen.add(section)
            self.tokens.take()
            while True:
                path = self.path()
                paths.append(path)
                if section == "SET":
                    sets.append(Assignment(path, self._new_value()))
                elif section == "REMOVE":
                    removes.append(path)
                else:
                    target = adds if section == "ADD" else deletes
                    target.append(Adjustment(path, self._constant()))
                if not self.tokens.accept(","):
                    break
        return Update(tuple(sets), tuple(removes), tuple(adds), tuple(deletes), tuple(paths))

    def _new_value(self) -> Operand:
        self.tokens.expect("=")
        left = self._term()
        for text, sign in (("+", 1), ("-", -1)):
            if self.tokens.accept(text):
                return Arithmetic(sign, left, self._term())
        return left

    def _term(self) -> Operand:
        if not self.tokens.accept("("):
            return self.operand()
        left = self._term()
        for text, sign in (("+", 1), ("-", -1)):
            if self.tokens.accept(text):
                left = Arithmetic(sign, left, self._term())
                break
        self.tokens.expect(")")
        return left
