"""What a metric filter makes of log events: points, gathered into the data of one PutMetricData.

Follows "Filter pattern syntax for metric filters" of the CloudWatch Logs User Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from sandbox.model.awserror import AwsError
from sandbox.services.logs.column_filter import ColumnFilter
from sandbox.services.logs.filter_values import number, text_of
from sandbox.services.logs.filters import compile_filter
from sandbox.services.logs.json_filter import compile_selector

#: Limits of CloudWatch: data of one PutMetricData, different values of one of them, letters of a dimension.
MOST_DATA = 1_000
_MOST_VALUES = 150
_LONGEST_DIMENSION = 1_024
#: Values of metrics lie between minus and plus this.
_LARGEST = 2.0**360
_MOST_DIMENSIONS = 3
_UNITS = (
    "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second",
    "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second",
    "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
)  # fmt: skip

#: Reads a field of an event: None where it has none.
_Field = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a metric."""

    metric: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    value: float


class MetricFilter:
    """A filter pattern and its transformation, ready for use.

    Args:
        pattern: the filter pattern.
        transformation: a `MetricTransformation` of the API.

    Raises:
        AwsError: `InvalidParameterException`, one of them is not valid.
    """

    def __init__(self, pattern: str, transformation: Mapping[str, Any]) -> None:
        self._matches = compile_filter(pattern)
        self._is_json = pattern.lstrip().startswith("{")
        self._metric: str = transformation["metricName"]
        self._unit: str = transformation.get("unit") or "None"
        if self._unit not in _UNITS:
            raise invalid(f"Invalid metric transformation: {self._unit!r} is no unit of CloudWatch")
        self._value = self._number_or_field(transformation["metricValue"])
        dimensions = transformation.get("dimensions") or {}
        self._dimensions = self._check_dimensions(dimensions)
        default = transformation.get("defaultValue")
        if default is not None and dimensions:
            raise invalid(
                "Invalid metric transformation: "
                "dimensions and default value are mutually exclusive properties"
            )
        if default is not None and not abs(default) <= _LARGEST:
            raise invalid("Invalid metric transformation: the default value is too large, or no number")
        #: What a minute gives in which there were events and none matched; None for nothing.
        self.default = None if default is None else Point(self._metric, self._unit, (), float(default))

    def look(self, message: str) -> tuple[bool, Point | None]:
        """Whether an event matches, and the point it gives: none where its value is no number.

        A dimension whose field the event lacks is left out of the point.
        """
        event: Any = None
        if isinstance(self._matches, ColumnFilter):
            event = self._matches.values(message)
            if event is None:
                return False, None
        elif not self._matches(message):
            return False, None
        elif self._is_json:
            event = msgspec.json.decode(message)
        value = self._value if isinstance(self._value, float) else number(self._value(event))
        if value is None or abs(value) > _LARGEST:
            return True, None
        found = ((name, read(event)) for name, read in self._dimensions.items())
        dimensions = tuple(
            (name, text_of(given)[:_LONGEST_DIMENSION])
            for name, given in found
            if given is not None and not isinstance(given, dict | list) and text_of(given).strip()
        )
        return True, Point(self._metric, self._unit, dimensions, value)

    # --- inside ------------------------------------------------------------------------------------------
    def _number_or_field(self, text: str) -> float | _Field:
        if text.startswith("$"):
            return self._field(text, "metric value")
        value = number(text)
        if value is None or abs(value) > _LARGEST:
            raise invalid(
                f"Invalid metric transformation: metric value {text!r} is neither a number nor a field ($x)"
            )
        return value

    def _check_dimensions(self, dimensions: Mapping[str, str]) -> dict[str, _Field]:
        if not dimensions:
            return {}
        if not self._has_fields:
            raise invalid("The specified filter pattern does not support dimensions")
        if len(dimensions) > _MOST_DIMENSIONS:
            raise invalid(f"Invalid metric transformation: at most {_MOST_DIMENSIONS} dimensions are allowed")
        for name in dimensions:
            if not (name.isascii() and name.strip()) or name.startswith(":"):
                raise invalid(f"Invalid metric transformation: {name!r} is no name of a dimension")
        return {name: self._field(text, "dimension value") for name, text in dimensions.items()}

    @property
    def _has_fields(self) -> bool:
        return self._is_json or isinstance(self._matches, ColumnFilter)

    def _field(self, text: str, what: str) -> _Field:
        if self._is_json and text.startswith(("$.", "$[")):
            return compile_selector(text)
        if isinstance(self._matches, ColumnFilter) and len(text) > 1 and text[0] == "$" and text[1] != ".":
            return lambda values: values.get(text)
        raise invalid(
            f"Invalid metric transformation: {what} {text!r} names no field of the pattern: patterns "
            "over JSON have $.path, those over columns $name, those over text none"
        )


@lru_cache(maxsize=512)
def ready(pattern: str, transformation: str) -> MetricFilter:
    """A filter as it is stored, its transformation as JSON."""
    return MetricFilter(pattern, msgspec.json.decode(transformation))


class Data:
    """The points of one PutMetricData: those of a second with the same name and dimensions are one datum.

    Attributes:
        cause: the first hop known to have led to a point.
    """

    def __init__(self) -> None:
        self._data: list[tuple[int, Point, dict[float, int]]] = []
        self._open: dict[tuple[int, str, str, tuple[tuple[str, str], ...]], dict[float, int]] = {}
        self.cause: int | None = None

    def __len__(self) -> int:
        return len(self._data)

    def add(self, second: int, point: Point, cause: int | None = None) -> None:
        """Adds a point; `second` is its virtual time."""
        key = (second, point.metric, point.unit, point.dimensions)
        counts = self._open.get(key)
        if counts is None or (len(counts) >= _MOST_VALUES and point.value not in counts):
            counts = self._open[key] = {}
            self._data.append((second, point, counts))
        counts[point.value] = counts.get(point.value, 0) + 1
        if self.cause is None:
            self.cause = cause

    def members(self) -> list[dict[str, Any]]:
        """As PutMetricData takes them."""
        return [
            {
                "MetricName": point.metric,
                **_dimensions(point.dimensions),
                "Timestamp": second,
                "Unit": point.unit,
                "Values": list(counts),
                "Counts": [float(count) for count in counts.values()],
            }
            for second, point, counts in self._data
        ]


def invalid(message: str) -> AwsError:
    """The request cannot be taken."""
    return AwsError("InvalidParameterException", message)


def _dimensions(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found = [{"Name": name, "Value": value} for name, value in pairs]
    return {"Dimensions": found} if found else {}
