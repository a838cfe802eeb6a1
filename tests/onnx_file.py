"""Small ONNX files written byte by byte, so that a test needs no exporter."""

from __future__ import annotations

import struct
from pathlib import Path

Fields = list[tuple[int, "int | bytes | str | Fields"]]


def message(fields: Fields) -> bytes:
    """Protobuf: integers as varints, all else with its length."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        data = message(value) if isinstance(value, list) else value.encode() if isinstance(value, str) else value
        out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def node(kind: str, inputs: list[str], output: str, attributes: list[Fields] | None = None) -> Fields:
    many: Fields = [(5, attribute) for attribute in attributes or []]
    return [*((1, name) for name in inputs), (2, output), (3, output), (4, kind), *many]


def scalar(name: str, value: float) -> Fields:
    return [(1, 1), (2, 1), (8, name), (9, struct.pack("<f", value))]


def ints(name: str, values: list[int]) -> Fields:
    return [(1, len(values)), (2, 7), (8, name), (9, struct.pack(f"<{len(values)}q", *values))]


def tensor(name: str, shape: tuple[int | str, ...]) -> Fields:
    sides: Fields = [(1, [(1, side)] if isinstance(side, int) else [(2, side)]) for side in shape]
    return [(1, name), (2, [(1, [(1, 1), (2, sides)])])]


def write(path: Path, nodes: list[Fields], constants: list[Fields], inputs: list[Fields], output: Fields) -> Path:
    graph: Fields = [
        *((1, entry) for entry in nodes),
        (2, "g"),
        *((5, entry) for entry in constants),
        *((11, entry) for entry in inputs),
        (12, output),
    ]
    path.write_bytes(message([(1, 8), (2, "test"), (7, graph), (8, [(1, ""), (2, 13)])]))
    return path


def lama(path: Path, grey: float, unit: float = 255) -> Path:
    """LaMa's contract: picture and mask in, the picture in 0..255 (or 0..``unit``) out. Paints ``grey``."""
    nodes = [
        node("Mul", ["mask", "grey"], "paint"),
        node("Add", ["image", "paint"], "sum"),
        node("Mul", ["sum", "unit"], "output"),
    ]
    constants = [scalar("grey", grey), scalar("unit", unit)]
    inputs = [tensor("image", (1, 3, 512, 512)), tensor("mask", (1, 1, 512, 512))]
    return write(path, nodes, constants, inputs, tensor("output", (1, 3, 512, 512)))


def migan(path: Path, side: int | str = 512) -> Path:
    """MI-GAN's contract: 0.5 - mask and the picture in -1..1 in, -1..1 out. Gives back the colours it was given, so a
    hole comes out as middle grey."""
    nodes = [node("Slice", ["input", "from", "to", "axis"], "output")]
    constants = [ints("from", [1]), ints("to", [4]), ints("axis", [1])]
    return write(path, nodes, constants, [tensor("input", (1, 4, side, side))], tensor("output", (1, 3, side, side)))
