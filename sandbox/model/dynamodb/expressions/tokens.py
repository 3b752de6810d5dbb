"""An expression as tokens, and the wording of what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import validation

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<alias>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<number>[0-9]+)|(?P<symbol><>|<=|>=|[=<>+\-(),.\[\]])|(?P<other>\S))"
)
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is `name`, `alias`, `value`, `number`, `symbol`, `other` or `end`."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A name in upper case (keywords do not mind case); empty for other tokens."""
        return self.text.upper() if self.kind == "name" else ""


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
        self._tokens = [
            Token(match.lastgroup or "other", match[match.lastgroup or 0], match.start(match.lastgroup or 0),
                  match.end())
            for match in _TOKEN.finditer(text)
        ]  # fmt: skip
        self._tokens.append(Token("end", "<EOF>", len(text), len(text)))
        self._at = 0

    def error(self, problem: str) -> AwsError:
        """The refusal of this expression."""
        return validation(f"Invalid {self.kind}: {problem}")

    @property
    def current(self) -> Token:
        """The token that is next."""
        return self._tokens[self._at]

    @property
    def position(self) -> int:
        """How many tokens were taken."""
        return self._at

    def peek(self, ahead: int = 1) -> Token:
        """A token further on."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, and past it."""
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def accept(self, text: str) -> bool:
        """Goes past the next token if it is this symbol or keyword."""
        token = self.current
        if (token.kind == "symbol" and token.text == text) or (token.word and token.word == text):
            self.take()
            return True
        return False

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
