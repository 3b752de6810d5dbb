"""Random input for AWS operations, from botocore's own input shapes, and what no answer to it may be.

A service is fuzzed by one parametrized test over its operations:

    @pytest.mark.parametrize("operation", operations("sqs"))
    @given(data=st.data())
    def test_no_input_breaks_it(operation, data):
        with World() as world:
            params = data.draw(inputs("sqs", operation, {"QueueUrl": st.just(world.queue())}))
            answered("sqs", operation, params, world.call)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sandbox.model.awserror import AwsError, NotImplementedByName
from sandbox.model.http import HttpResponse
from sandbox.wire.incoming import Target
from sandbox.wire.model import Models, Ref, ServiceModel, Shape
from sandbox.wire.wire import Wire

#: Members by name, at any depth: values that mean something to the service under test.
Known = Mapping[str, SearchStrategy[Any]]

_DEEPEST = 5
_TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "0", "-1", "true", "*", "{}", "[]", "null", '{"a":[1]}', "a" * 300, "\x00", "ç\ud7ff"]
    ),
)
_WHOLE = st.one_of(st.integers(-2, 12), st.sampled_from([60, 900, 43_200, 2**31 - 1, -(2**31)]))
_LONG = st.one_of(_WHOLE, st.sampled_from([2**63 - 1, -(2**63)]))


@functools.cache
def wire() -> Wire:
    """The wire of all fuzzed services: what it compiled is kept."""
    return Wire(Models())


def operations(service: str) -> list[str]:
    """The names of every operation that botocore's model of a service has."""
    return sorted(wire().models[service].operations)


def inputs(
    service: str, operation: str, known: Known | None = None, only: Known | None = None
) -> SearchStrategy[dict[str, Any]]:
    """Parameters that have the shape of an operation's input, whatever their values.

    Args:
        known: values to mix in, by the member's name (`QueueUrl`), so that calls get past the first check.
        only: the values that members of a name have at all (`WaitTimeSeconds`: what would wait for real).
    """
    model = wire().models[service]
    ref = model.operations[operation].input
    if ref is None:
        return st.just({})
    return _Walk(model, known or {}, only or {}).value(ref, _DEEPEST)


def answered(
    service: str, operation: str, params: dict[str, Any], call: Callable[..., dict[str, Any]]
) -> HttpResponse:
    """Calls an operation as the front door does and renders what comes of it, which must be an AWS answer.

    Args:
        call: `call(operation, **params)` of the service.

    Returns:
        The answer; one that fails has an AWS code and is the caller's fault or a refusal by name.
    """
    target = Target(service, operation, wire().models[service].metadata.protocol)
    try:
        output = call(operation, **wire().accept(service, operation, params))
    except AwsError as error:
        problem = error
    else:
        return wire().answer(target, output, "r")
    assert problem.code, problem
    assert problem.message, problem
    response = wire().error(target, problem, "r")
    assert response.status < 500 or isinstance(problem, NotImplementedByName), problem
    return response


@dataclass(frozen=True)
class _Walk:
    """Walks the shapes of one service."""

    model: ServiceModel
    known: Known
    only: Known

    def value(self, ref: Ref, depth: int) -> SearchStrategy[Any]:
        shape = self.model.shapes[ref.shape]
        most = 3 if depth > 0 else 0
        match shape.type:
            case "structure":
                return self._structure(shape, depth)
            case "list":
                assert shape.member is not None
                return st.lists(self.value(shape.member, depth - 1), max_size=most)
            case "map":
                assert shape.key is not None
                assert shape.value is not None
                keys = self.value(shape.key, depth - 1)
                return st.dictionaries(keys, self.value(shape.value, depth - 1), max_size=most)
            case _:
                return _scalar(shape)

    def _structure(self, shape: Shape, depth: int) -> SearchStrategy[dict[str, Any]]:
        members = {
            name: self._member(name, ref, depth - 1)
            for name, ref in shape.members.items()
            if depth > 0 or name in shape.required
        }
        needed = {name: members.pop(name) for name in shape.required}
        return st.fixed_dictionaries(needed, optional=members)

    def _member(self, name: str, ref: Ref, depth: int) -> SearchStrategy[Any]:
        if name in self.only:
            return self.only[name]
        # A recursive structure ends here; nothing it requires is recursive.
        value = self.value(ref, depth)
        return st.one_of(self.known[name], value) if name in self.known else value


def _scalar(shape: Shape) -> SearchStrategy[Any]:
    match shape.type:
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            return _near(shape, _WHOLE if shape.type == "integer" else _LONG)
        case "float" | "double":
            return st.floats(width=32, allow_nan=False, allow_infinity=False)
        case "timestamp":
            return st.floats(0, 4e9)
        case "blob":
            return st.binary(max_size=16)
        case _:
            return st.one_of(st.sampled_from(shape.enum), _TEXTS) if shape.enum else _TEXTS


def _near(shape: Shape, numbers: SearchStrategy[int]) -> SearchStrategy[int]:
    """Numbers, those at the shape's own limits among them."""
    limits = [int(limit) for limit in (shape.min, shape.max) if limit is not None]
    if not limits:
        return numbers
    return st.one_of(numbers, st.sampled_from([limit + step for limit in limits for step in (-1, 0, 1)]))
