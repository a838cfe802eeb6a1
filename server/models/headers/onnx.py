"""What an .onnx file takes in, read from its protobuf without loading or running it.

An ONNX file is a ``ModelProto`` of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: plain data, no code. Only
the few fields that are needed are looked at.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.wire.errors import Code, OverpaintError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH = 7  # of ModelProto
_INITIALIZER, _INPUT = 5, 11  # of GraphProto
_TENSOR_NAME = 8  # of TensorProto
_NAME, _TYPE = 1, 2  # of ValueInfoProto


@dataclass(frozen=True)
class Input:
    """``shape``: 0 where the file leaves a side open."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class OnnxHeader:
    """path: of the file it was read from. inputs: in its order, without the weights."""

    path: Path
    inputs: tuple[Input, ...]

    @property
    def nbytes_in_half(self) -> int:
        """Of its numbers at two bytes each, about."""
        return self.path.stat().st_size


def read(path: Path) -> OnnxHeader:
    """Raises ``OverpaintError`` (bad-request) when it is not an ONNX file."""
    return OnnxHeader(path, inputs(path))


def inputs(path: Path) -> tuple[Input, ...]:
    """In the file's order. Raises ``OverpaintError`` (bad-request) when it is not an ONNX file."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            whole = memoryview(mapped)
            try:
                return _inputs(whole)
            finally:
                whole.release()
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise OverpaintError(
            Code.BAD_REQUEST, f"{path.name} is not a readable ONNX file.", "Download it again."
        ) from error


def _inputs(whole: memoryview) -> tuple[Input, ...]:
    found: list[Input] = []
    weights: set[str] = set()
    for start, end in _parts(whole, (0, len(whole)), _GRAPH):
        for number, place in _fields(whole, start, end):
            if number == _INPUT:
                found.append(_input(whole, place))
            elif number == _INITIALIZER:
                weights.update(_text(whole, name) for name in _parts(whole, place, _TENSOR_NAME))
    if not found:
        raise ValueError("no graph")
    return tuple(entry for entry in found if entry.name not in weights)


def _input(whole: memoryview, place: tuple[int, int]) -> Input:
    name = next((_text(whole, part) for part in _parts(whole, place, _NAME)), "")
    sides: list[int] = []
    for kind in _parts(whole, place, _TYPE):
        for tensor in _parts(whole, kind, 1):
            for shape in _parts(whole, tensor, 2):
                sides += [_side(whole, dimension) for dimension in _parts(whole, shape, 1)]
    return Input(name, tuple(sides))


def _side(whole: memoryview, place: tuple[int, int]) -> int:
    """``dim_value`` of a TensorShapeProto.Dimension; 0 where it has a name instead."""
    at, end = place
    while at < end:
        key, at = _varint(whole, at)
        if key == 1 << 3 | _VARINT:
            return _varint(whole, at)[0]
        _, at = _payload(whole, at, key & 7)
    return 0


def _parts(whole: memoryview, place: tuple[int, int], wanted: int) -> Iterator[tuple[int, int]]:
    return (part for number, part in _fields(whole, *place) if number == wanted)


def _fields(whole: memoryview, at: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Field numbers with the places of their payloads."""
    while at < end:
        key, at = _varint(whole, at)
        payload, at = _payload(whole, at, key & 7)
        if at > end:
            raise ValueError("a field runs past its message")
        yield key >> 3, payload


def _payload(whole: memoryview, at: int, kind: int) -> tuple[tuple[int, int], int]:
    if kind == _VARINT:
        end = _varint(whole, at)[1]
    elif kind == _BYTES:
        length, at = _varint(whole, at)
        end = at + length
    elif kind in (_FIXED64, _FIXED32):
        end = at + (8 if kind == _FIXED64 else 4)
    else:
        raise ValueError(f"protobuf wire type {kind}")
    return (at, end), end


def _varint(whole: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = whole[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("an endless number")


def _text(whole: memoryview, place: tuple[int, int]) -> str:
    return str(whole[place[0] : place[1]], "utf-8")
