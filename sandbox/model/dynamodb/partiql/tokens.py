"""A PartiQL statement as tokens, and the wording of what is wrong with it.

Page: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from sandbox.model.awserror import AwsError
from sandbox.model.dynamodb.errors import validation

_TOKEN = re.compile(
    r"(?:\s|--[^\n]*)*(?:(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)|'(?P<string>(?:[^']|'')*)'"
    r'|"(?P<quoted>(?:[^"]|"")*)"|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)'
    r"|(?P<symbol><<|>>|<>|<=|>=|!=|[=<>+\-*/(),.\[\]{}:;?])|(?P<other>\S))"
)
_MARK = {"string": "'", "quoted": '"'}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is `name`, `string`, `quoted`, `number`, `symbol`, `other` or `end`.

    Attributes:
        text: without quotes.
        start: offset in the statement.
        length: characters, quotes included.
    """

    kind: str
    text: str
    start: int
    length: int

    @property
    def word(self) -> str:
        """A name in upper case (keywords do not mind case); empty for other tokens."""
        return self.text.upper() if self.kind == "name" else ""


class Tokens:
    """The tokens of one statement, read from left to right."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._tokens = _tokens(statement)
        self._at = 0

    @property
    def current(self) -> Token:
        """The token that is next."""
        return self._tokens[self._at]

    def peek(self) -> Token:
        """The token after the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, and past it."""
        token = self.current
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these symbols or keywords."""
        token = self.current
        return (token.text if token.kind == "symbol" else token.word or None) in texts

    def accept(self, text: str) -> bool:
        """Goes past the next token if it is this symbol or keyword."""
        if self.sees(text):
            self.take()
            return True
        return False

    def expect(self, text: str) -> None:
        """Goes past this symbol or keyword.

        Raises:
            AwsError: ValidationException: something else stands there.
        """
        if not self.accept(text):
            raise self.malformed()

    def malformed(self) -> AwsError:
        """The refusal of a statement that does not follow the grammar."""
        return validation(f"Statement wasn't well formed, can't be processed: {self._statement}")

    def place(self, token: Token) -> str:
        """Where a token stands, as errors say it: line, column and length."""
        before = self._statement[: token.start]
        column = token.start - (before.rfind("\n") + 1)
        return f"at {before.count(chr(10)) + 1}:{column + 1}:{token.length}"


@lru_cache(maxsize=128)
def _tokens(statement: str) -> tuple[Token, ...]:
    """The tokens of a statement; programs send the same ones again and again, with other parameters."""
    tokens = [_token(match) for match in _TOKEN.finditer(statement)]
    return (*tokens, Token("end", "", len(statement), 0))


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or "other"
    text, mark = match[kind], _MARK.get(kind, "")
    start = match.start(kind) - len(mark)
    return Token(kind, text.replace(mark * 2, mark) if mark else text, start, match.end() - start)
