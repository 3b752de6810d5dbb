"""Filter patterns over events of columns: `[ip, ..., status_code = 4* || status_code = 5*, bytes > 1000]`.

Columns are separated by spaces; what stands in brackets or quotes is one column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.services.logs.filter_values import OPERATORS, compare, malformed, read_value

_COLUMN = re.compile(r'\[([^\]]*)\]|"([^"]*)"|(\S+)')
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_REST = "..."

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a pattern; `name` is `...` for any number of them."""

    name: str
    test: Test | None = None


class ColumnFilter:
    """A compiled pattern.

    Args:
        pattern: with its brackets.

    Raises:
        AwsError: `InvalidParameterException`, it cannot be read.
    """

    def __init__(self, pattern: str) -> None:
        if not pattern.endswith("]"):
            raise malformed()
        self._columns = _Reader(pattern[1:-1]).columns()
        if sum(column.name == _REST for column in self._columns) > 1:
            raise malformed()

    def __call__(self, message: str) -> bool:
        return self.values(message) is not None

    def values(self, message: str) -> dict[str, str] | None:
        """The columns by name (`$status_code`, without one by number); None when the event does not match."""
        found = [match[match.lastindex or 0] for match in _COLUMN.finditer(message)]
        columns = _spread(self._columns, len(found))
        if columns is None:
            return None
        for column, value in zip(columns, found, strict=True):
            if column.test is not None and not column.test(value):
                return None
        return {
            f"${column.name if column.name != _REST else at}": value
            for at, (column, value) in enumerate(zip(columns, found, strict=True), 1)
        }


def _spread(columns: Sequence[Column], count: int) -> Sequence[Column] | None:
    """A column for each of `count` values; None where the pattern has more or fewer."""
    at = next((at for at, column in enumerate(columns) if column.name == _REST), None)
    if at is None:
        return columns if len(columns) == count else None
    missing = count - (len(columns) - 1)
    if missing < 0:
        return None
    return [*columns[:at], *([Column(_REST)] * missing), *columns[at + 1 :]]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def columns(self) -> list[Column]:
        """The columns of the pattern."""
        if not self._text.strip():
            return []
        columns = [self._column()]
        while self._take(","):
            columns.append(self._column())
        self._blank()
        if self._at != len(self._text):
            raise malformed()
        return columns

    def _column(self) -> Column:
        if self._take(_REST):
            return Column(_REST)
        name = self._name()
        test = self._either(name)
        return Column(name, test)

    def _either(self, name: str) -> Test | None:
        first = self._both(name)
        if first is None:
            return None
        tests = [first]
        while self._take("||"):
            tests.append(self._again(name, self._both))
        return lambda value: any(test(value) for test in tests)

    def _both(self, name: str) -> Test | None:
        first = self._condition()
        if first is None:
            return None
        tests = [first]
        while self._take("&&"):
            tests.append(self._again(name, lambda _: self._condition()))
        return lambda value: all(test(value) for test in tests)

    def _again(self, name: str, read: Callable[[str], Test | None]) -> Test:
        """A further condition names its column again."""
        if self._name() != name:
            raise malformed()
        test = read(name)
        if test is None:
            raise malformed()
        return test

    def _condition(self) -> Test | None:
        operator = next((operator for operator in OPERATORS if self._take(operator)), None)
        if operator is None:
            return None
        self._blank()
        kind, wanted, self._at = read_value(self._text, self._at)
        return compare(operator, kind, wanted)

    def _name(self) -> str:
        self._blank()
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise malformed()
        self._at = found.end()
        return found[0]

    def _blank(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _take(self, token: str) -> bool:
        self._blank()
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True
