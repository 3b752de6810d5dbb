"""An expression as tokens, and the wording of what is wrong with it."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import validation

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<alias>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<number>[0-9]+)|(?P<symbol><>|<=|>=|[=<>+\-(),.\[\]])|(?P<other>\S))"
)
_MAX_BYTES = 4096


class Token(msgspec.Struct, frozen=True):
    """A token.

    Attributes:
        kind: `name`, `alias`, `value`, `number`, `symbol`, `other` or `end`.
        mark: what it is accepted as: a symbol itself, a name in upper case (keywords do not mind case); empty
            for other tokens.
    """

    kind: str
    text: str
    start: int
    end: int
    mark: str = ""


class Tokens:
    """The tokens of one expression, read from left to right.

    Args:
        kind: `ConditionExpression`, …: named in errors.

    Raises:
        AwsError: ValidationException: the expression is empty or too long.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self._text = text
        if not text.strip():
            raise self.error("The expression can not be empty;")
        if len(text.encode()) > _MAX_BYTES:
            raise self.error(
                "Expression size has exceeded the maximum allowed size; "
                f"expression size: {len(text.encode())}"
            )
        self._tokens = _tokens(text)
        self._at = 0
        #: The token that is next.
        self.current = self._tokens[0]

    def error(self, problem: str) -> AwsError:
        """The refusal of this expression."""
        return validation(f"Invalid {self.kind}: {problem}")

    @property
    def position(self) -> int:
        """How many tokens were taken."""
        return self._at

    def peek(self, ahead: int = 1) -> Token:
        """A token further on."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, and past it."""
        token = self.current
        if token.kind != "end":
            self._at += 1
            self.current = self._tokens[self._at]
        return token

    def accept(self, text: str) -> bool:
        """Goes past the next token if it is this symbol or keyword."""
        if self.current.mark != text:
            return False
        self.take()
        return True

    def expect(self, text: str) -> None:
        """Goes past this symbol or keyword.

        Raises:
            AwsError: ValidationException: something else stands there.
        """
        if not self.accept(text):
            raise self.unexpected()

    def unexpected(self) -> AwsError:
        """The refusal of the next token."""
        token = self.current
        first = self._tokens[max(self._at - 1, 0)]
        last = self.peek()
        near = self._text[first.start : max(last.end if last.kind != "end" else token.end, first.end)]
        return self.error(f'Syntax error; token: "{token.text}", near: "{near.strip()}"')


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[Token, ...]:
    """The tokens of an expression; clients send the same few again and again, with other values."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        word = match[kind]
        mark = word if kind == "symbol" else word.upper() if kind == "name" else ""
        tokens.append(Token(kind, word, match.start(kind), match.end(), mark))
    tokens.append(Token("end", "<EOF>", len(text), len(text)))
    return tuple(tokens)
