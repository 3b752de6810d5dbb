"""CBOR, as far as the Smithy RPC v2 protocol uses it (CloudWatch's clients speak it by default).

Standards: RFC 8949; https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.wire.problems import MalformedBodyError

_INDEFINITE = 31
_BREAK = object()
#: Deeper documents are refused instead of exhausting the stack.
_MAX_DEPTH = 128
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_EPOCH_TAG = 1


def encode(value: Any) -> bytes:
    """The CBOR document of plain values (None, booleans, numbers, text, bytes, lists, dictionaries).

    Raises:
        TypeError: a value of another type.
    """
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _head(out: bytearray, major: int, number: int) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    for info, (size, limit) in enumerate(((1, 1 << 8), (2, 1 << 16), (4, 1 << 32), (8, 1 << 64)), 24):
        if number < limit:
            out.append(major << 5 | info)
            out += number.to_bytes(size, "big")
            return
    raise TypeError(f"{number} does not fit in 64 bits")


def _write(out: bytearray, value: Any) -> None:
    if value is None or isinstance(value, bool):
        out.append({None: 0xF6, True: 0xF5, False: 0xF4}[value])
    elif isinstance(value, int):
        _head(out, 0, value) if value >= 0 else _head(out, 1, -1 - value)
    elif isinstance(value, float):
        out.append(0xFB)
        out += struct.pack(">d", value)
    elif isinstance(value, str):
        encoded = value.encode()
        _head(out, 3, len(encoded))
        out += encoded
    elif isinstance(value, bytes | bytearray):
        _head(out, 2, len(value))
        out += value
    elif isinstance(value, Epoch):
        _head(out, 6, _EPOCH_TAG)
        _write(out, value.seconds)
    else:
        _write_container(out, value)


def _write_container(out: bytearray, value: Any) -> None:
    if isinstance(value, Mapping):
        _head(out, 5, len(value))
        for key, item in value.items():
            _write(out, key)
            _write(out, item)
    elif isinstance(value, list | tuple):
        _head(out, 4, len(value))
        for item in value:
            _write(out, item)
    else:
        raise TypeError(f"{type(value).__name__} has no CBOR form")


class Epoch:
    """A moment, written with the tag that marks seconds since the epoch."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def decode(body: bytes) -> Any:
    """The value of one CBOR document; tagged moments become their seconds.

    Raises:
        MalformedBodyError: it ends early, has something after its end, or uses what the protocol does not.
    """
    reader = _Reader(body)
    try:
        value = reader.item(0)
    except (IndexError, struct.error, UnicodeDecodeError, TypeError) as error:
        raise MalformedBodyError(f"not a CBOR document: {error}") from error
    if value is _BREAK or reader.at != len(body):
        raise MalformedBodyError(f"not a CBOR document: unexpected data at byte {reader.at}")
    return value


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.body):
            raise IndexError("it ends early")
        part = self.body[self.at : end]
        self.at = end
        return part

    def number(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise MalformedBodyError(f"not a CBOR document: bad length at byte {self.at}")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def item(self, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise MalformedBodyError(f"nested more than {_MAX_DEPTH} levels deep")
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self.simple(info)
        if major in (2, 3):
            raw = self.text(major, info)
            return raw if major == 2 else raw.decode()
        if major == 4:
            return self.items(info, lambda: self.item(depth + 1))
        if major == 5:
            return dict(self.items(info, lambda: self.pair(depth + 1)))
        number = self.number(info)
        if major == 6:
            return self.item(depth + 1)  # the shape says what a tagged value is
        return number if major == 0 else -1 - number

    def simple(self, info: int) -> Any:
        if info == _INDEFINITE:
            return _BREAK
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self.take(1 << (info - 24)))[0]
        if info not in _SIMPLE:
            raise MalformedBodyError(f"not a CBOR document: unknown simple value {info}")
        return _SIMPLE[info]

    def text(self, major: int, info: int) -> bytes:
        if info != _INDEFINITE:
            return self.take(self.number(info))
        parts: list[bytes] = []
        while (first := self.take(1)[0]) != 0xFF:
            if first >> 5 != major:
                raise MalformedBodyError(f"not a CBOR document: bad chunk at byte {self.at}")
            parts.append(self.take(self.number(first & 31)))
        return b"".join(parts)

    def items(self, info: int, read: Callable[[], Any]) -> list[Any]:
        if info != _INDEFINITE:
            count = self.number(info)
            if count > len(self.body):  # every item takes a byte at least
                raise IndexError("it ends early")
            found = [read() for _ in range(count)]
            if any(item is _BREAK for item in found):
                raise IndexError("a break where a value is expected")
            return found
        found = []
        while (value := read()) is not _BREAK:
            found.append(value)
        return found

    def pair(self, depth: int) -> Any:
        key = self.item(depth)
        if key is _BREAK:
            return _BREAK
        value = self.item(depth)
        if value is _BREAK:
            raise IndexError("a break where a value is expected")
        return key, value
