"""Strategies that make values of a service model's shapes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sandbox.wire.model import Ref, ServiceModel, Shape

# Text that may stand in a header or a path; botocore itself does not keep a bare carriage return in XML.
_PLAIN = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=',"'), min_size=1, max_size=12
)
_TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xD7FF, exclude_categories=("Cc", "Cs"))
    | st.sampled_from("\n\t&<>"),
    max_size=20,
)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**53), 2**53),
    "short": st.integers(-(2**15), 2**15 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "timestamp": st.integers(0, 4_000_000_000),
    "blob": st.binary(max_size=20),
}


class Values:
    """Makes values of one service's shapes.

    Args:
        model: the service.
        sparse: whether empty lists, maps and structures are made; forms and XML cannot tell them from absent.
    """

    def __init__(self, model: ServiceModel, *, sparse: bool) -> None:
        self._model = model
        self._sparse = sparse

    def structure(self, shape: Shape, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
        """A structure with its required members and a few of the others."""
        names = [name for name, ref in shape.members.items() if self._wanted(ref, depth)]
        required = [name for name in names if name in shape.required]
        optional = [name for name in names if name not in shape.required]
        if shape.union:
            return st.sampled_from(names).flatmap(
                lambda name: st.fixed_dictionaries({name: self.value(shape.members[name], depth + 1)})
            )
        few = st.lists(st.sampled_from(optional), max_size=5, unique=True) if optional else st.just([])
        if not self._sparse and not required and optional:
            few = st.lists(st.sampled_from(optional), min_size=1, max_size=5, unique=True)
        return few.flatmap(
            lambda chosen: st.fixed_dictionaries(
                {name: self.value(shape.members[name], depth + 1) for name in [*required, *chosen]}
            )
        )

    def value(self, ref: Ref, depth: int) -> st.SearchStrategy[Any]:
        """A value of the referenced shape."""
        shape = self._model.shapes[ref.shape]
        least = 0 if self._sparse and ref.location is None else 1
        if shape.document:
            return st.just({"a": [1, "b", None]})
        if shape.type == "structure":
            return self.structure(shape, depth)
        if shape.type == "list" and shape.member:
            member = shape.member if ref.location is None else Ref(shape.member.shape, location=ref.location)
            return st.lists(self.value(member, depth + 1), min_size=least, max_size=3)
        if shape.type == "map" and shape.value:
            return st.dictionaries(
                _PLAIN.map(str.lower), self.value(shape.value, depth + 1), min_size=least, max_size=3
            )
        if shape.type == "string":
            if shape.enum:
                return st.sampled_from(shape.enum)
            return _PLAIN if ref.location else _TEXT
        return _SCALARS[shape.type]

    def _wanted(self, ref: Ref, depth: int) -> bool:
        shape = self._model.shapes[ref.shape]
        if shape.eventstream or ref.location == "statusCode":
            return False
        if depth >= 3 and shape.type in ("structure", "list", "map"):
            return False
        return not (shape.type == "structure" and not shape.members and not self._sparse)
