"""Values, paths and functions of statements.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.data-types.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.model.dynamodb.errors import validation
from sandbox.model.dynamodb.expressions.nodes import Constant, Function, Operand, Path
from sandbox.model.dynamodb.partiql.keywords import KEYWORDS
from sandbox.model.dynamodb.partiql.tokens import Tokens
from sandbox.model.dynamodb.values import Value, check_value

T = TypeVar("T")

#: Levels of values, parentheses and functions within one another, and operators between conditions.
_DEEPEST, _MAX_OPERATORS = 50, 300

_CONDITION_FUNCTIONS = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}
)
_WORDS: dict[str, Value] = {"TRUE": {"BOOL": True}, "FALSE": {"BOOL": False}, "NULL": {"NULL": True}}


class OperandParser:
    """Reads operands of one statement.

    Args:
        parameters: the values of its `?`, in order.

    Raises:
        AwsError: ValidationException, from every method.
    """

    def __init__(self, statement: str, parameters: Sequence[Value]) -> None:
        self.tokens = Tokens(statement)
        self.parameters = [check_value(value) for value in parameters]
        self._used = 0
        self._depth = 0
        self._operators = 0

    def nested(self, read: Callable[[], T]) -> T:
        """What is read one level further down; a statement may not nest without end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise validation("Nesting Levels have exceeded supported limits")
        found = read()
        self._depth -= 1
        return found

    def count_operator(self) -> None:
        """Refuses an expression of too many operators."""
        self._operators += 1
        if self._operators > _MAX_OPERATORS:
            raise validation(
                "The expression contains too many operators; "
                f"number of operators: {self._operators}, maximum: {_MAX_OPERATORS}"
            )

    def operand(self, functions: frozenset[str] = _CONDITION_FUNCTIONS) -> Operand:
        """A value, a path, or one of the functions that may stand here."""
        token = self.tokens.current
        if self._at_value():
            return Constant(token.text, self.value())
        if token.kind == "name" and self.tokens.peek().text == "(":
            return self._function(functions)
        return self.path()

    def _function(self, functions: frozenset[str]) -> Function:
        name = self.tokens.take().text
        if name.lower() not in functions:
            raise validation(f"Unrecognized function: {name}")
        self.tokens.expect("(")
        arguments = self.nested(lambda: self.listed(")", lambda: self.operand(functions)))
        return Function(name.lower(), tuple(arguments))

    # --- paths -------------------------------------------------------------------------------------------
    def name(self) -> str:
        """A name; keywords must be quoted."""
        token = self.tokens.current
        if token.kind != "quoted" and (token.kind != "name" or token.word in KEYWORDS):
            raise self.tokens.malformed()
        return self.tokens.take().text

    def path(self) -> Path:
        """A document path: `a.b`, `a['b']`, `a[0]`."""
        steps: list[str | int] = [self.name()]
        while True:
            if self.tokens.accept("."):
                if self.tokens.sees("*"):
                    raise validation("Changing item's hierarchy while reading isn't supported")
                steps.append(self.name())
            elif self.tokens.accept("["):
                token = self.tokens.take()
                if token.kind != "string" and not (token.kind == "number" and token.text.isdigit()):
                    raise self.tokens.malformed()
                steps.append(int(token.text) if token.kind == "number" else token.text)
                self.tokens.expect("]")
            else:
                return Path(tuple(steps))

    # --- values ------------------------------------------------------------------------------------------
    def _at_value(self) -> bool:
        token = self.tokens.current
        return (
            token.kind in ("string", "number")
            or token.word in (*_WORDS, "MISSING")
            or self.tokens.sees("?", "[", "{", "<<", "-")
        )

    def value(self) -> Value:
        """A literal, or what a `?` stands for."""
        token = self.tokens.take()
        if token.kind == "string":
            return {"S": token.text}
        if token.kind == "number":
            return check_value({"N": token.text})
        if token.word in _WORDS:
            return dict(_WORDS[token.word])
        if token.word == "MISSING":
            place = self.tokens.place(token)
            raise validation(f"Unsupported data type: MISSING under key root {place}")
        read = {
            "?": self._parameter,
            "-": self._negative,
            "[": self._elements,
            "{": self.struct,
            "<<": self._set,
        }
        if token.kind != "symbol" or token.text not in read:
            raise self.tokens.malformed()
        return self.nested(read[token.text])

    def _parameter(self) -> Value:
        if self._used >= len(self.parameters):
            raise validation("Number of parameters in request and statement don't match.")
        self._used += 1
        return self.parameters[self._used - 1]

    def _negative(self) -> Value:
        token = self.tokens.take()
        if token.kind != "number":
            raise self.tokens.malformed()
        return check_value({"N": "-" + token.text})

    def _elements(self) -> Value:
        return check_value({"L": self.listed("]", self.value)})

    def struct(self) -> Value:
        """What follows `{`."""
        content: dict[str, Value] = {}

        def pair() -> None:
            token = self.tokens.take()
            if token.kind in ("name", "quoted"):
                raise validation(
                    "Tuple keys must be of type String. Actual type: VariableReference under root "
                    + self.tokens.place(token)
                )
            if token.kind != "string":
                raise self.tokens.malformed()
            self.tokens.expect(":")
            content[token.text] = self.value()

        self.listed("}", pair)
        return check_value({"M": content})

    def _set(self) -> Value:
        elements = self.listed(">>", self.value)
        kinds = {kind for element in elements for kind in element}
        if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
            raise validation("Sets must have elements of one type: strings, numbers or binary values")
        (kind,) = kinds
        return check_value({kind + "S": [element[kind] for element in elements]})

    def listed(self, end: str, read: Callable[[], T]) -> list[T]:
        """What stands between commas up to `end`."""
        found: list[T] = []
        if self.tokens.accept(end):
            return found
        while True:
            found.append(read())
            if not self.tokens.accept(","):
                self.tokens.expect(end)
                return found
