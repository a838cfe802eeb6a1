"""Frames as no client sends them: valid messages of every type, and mutations of their bytes and of their fields."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from server.wire import codec
from server.wire import messages as wire
from server.wire.errors import Code
from server.wire.geometry import Bounds
from server.wire.offers import Limits, MethodOffer, ModelOffer, Need, PresetOffer, Role
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Extra, Recipe
from server.wire.results import ResultBlob, ResultKind
from server.wire.setting import Setting, SettingKind

_JOB = "0123456789abcdef" * 2
_LAYER = Raster(Bounds(-3, 7, 20, 10), Channels.RGBA, Depth.U16)
_RECIPE = Recipe("erase", "a boat", seed=3, strength=0.5, eta=(0.1, 0.7), extras=(Extra("shift", "3"),))
_BLOBS = (wire.Blob("layer", 1600), wire.Blob("mask", 200))
_LOOKING = (*_BLOBS, *(wire.Blob(name, 1600) for name in ("reference-0", "reference-1")))
_SHIFT = Setting("shift", SettingKind.NUMBER, "Shift", "How far", 0, 9, 3)
_METHOD = MethodOffer(
    "erase", "Erase", "", Role.ERASE, (Need.SELECTION,), ("seed",), (_SHIFT,), models=("a",),
    references=("a",), presets=(PresetOffer("quick", "Quick", ""),),
)  # fmt: skip

SEEDS: tuple[wire.Message, ...] = (
    wire.Hello(wire.PROTOCOL_MAJOR, 0, "fuzz", "session", wire.Channel.DATA, "bench"),
    wire.Welcome(1, 0, "s", "CPU", (_METHOD,), (ModelOffer("a", "A", "sd15", "", "", 4.0),), Limits(), 3),
    wire.Ping(3),
    wire.Pong(3),
    wire.Submit(_JOB, _RECIPE, _LAYER, _BLOBS, Depth.U8),
    wire.Submit(_JOB, _RECIPE, _LAYER, _LOOKING, Depth.U8, True, (_LAYER, _LAYER)),
    wire.Accepted(_JOB, wire.JobState.UPLOADING, _BLOBS),
    wire.Chunk(_JOB, "layer", 0),
    wire.Credit(_JOB, 2),
    wire.Queued(_JOB, 7),
    wire.Progress(_JOB, "Painting", 1, 20, 3.5, 16, 16),
    wire.Finished(
        _JOB,
        _RECIPE,
        _LAYER.bounds,
        (ResultBlob(ResultKind.REPAINT, "result-0", _LAYER, 3, 0.7),),
        {"editing": 1.0},
        ("a notice",),
    ),
    wire.Fetch(_JOB, "result-0", 0, 8),
    wire.Acknowledge(_JOB),
    wire.Acknowledged(_JOB),
    wire.Cancel(_JOB),
    wire.Cancelled(_JOB),
    wire.Skip(_JOB),
    wire.Failed(_JOB, Code.BUSY, "It is busy.", "Wait.", 7),
    wire.Estimate(_JOB, _RECIPE, _LAYER, Depth.U8, "a" * 64),
    wire.Estimated(_JOB, "a", "quick", 1.0, 2.0, 3.0, 0.5),
    wire.ListJobs(),
    wire.Jobs((wire.JobLine(_JOB, wire.JobState.QUEUED, "erase", "a boat", 5.0),)),
    wire.Attach(_JOB),
)
"""At least one of every type."""

EVIL: tuple[Any, ...] = (
    None, True, -1, 0, 1 << 31, 1 << 63, 1 << 200, -(1 << 70), 1e308, -0.0, 0.1, "", "\x00", "../../etc/passwd",
    "C:\\Windows\\win.ini", "/etc/shadow", "\ud800", "é" * 50, "a" * 5000, [], {}, [[[[]]]],
    {"": {"": 0}}, ["layer"] * 50, {"k" * 60_000: "x"}, {"\U0001f600" * 15_000: "x"}, "\x1b[2J\r\n" * 2_000,
    "j" * 60_000,
)  # fmt: skip

_TOKENS = (b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\u0000", b"\\ud800", b"NaN", b"Infinity", b"1e999",
           b"-", b"9" * 400, b"null", b"true", b"\xff", b"\xc3", b"\x00", b"[" * 3000, b'{"a":' * 500)  # fmt: skip

_LARGEST = bytes(wire.CHUNK_BYTES)
_HEADERS = tuple(codec.encode(message) for message in SEEDS)


def mutated(rng: random.Random) -> bytes:
    """A header frame that is nearly right."""
    header = rng.choice(_HEADERS)
    if rng.random() < 0.5:
        return _with_evil_field(header, rng)
    data = bytearray(header)
    for _ in range(rng.randrange(1, 5)):
        rng.choice(_BYTE_CHANGES)(data, rng)
    return bytes(data)


def payload(rng: random.Random) -> bytes | None:
    """What comes beside it: nothing, as a rule."""
    kind = rng.random()
    if kind < 0.7:
        return None
    return rng.randbytes(rng.choice((0, 1, 10, 768, 4096))) if kind < 0.99 else _LARGEST


def _with_evil_field(header: bytes, rng: random.Random) -> bytes:
    fields = json.loads(header)
    node: Any = fields
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return header
        key = rng.choice(keys)
        below = node[key]
        if not isinstance(below, (dict, list)) or not below or rng.random() < 0.3:
            break
        node = below
    if rng.random() < 0.15 and isinstance(node, dict):
        del node[key]
    else:
        node[key] = rng.choice(EVIL)
    return json.dumps(fields, ensure_ascii=rng.random() < 0.5).encode(errors="surrogatepass")


def _flip(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _drop(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.randrange(1, 20)]


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.choice(_TOKENS)


def _double(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = data[at : at + rng.randrange(1, 60)]


_BYTE_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _cut, _drop, _insert, _double)


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    """The same for any file: a few changes of its bytes, and of numbers of 2 and 4 bytes in it."""
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 8)):
        rng.choice((_flip, _flip, _drop, _double, _cut, _number))(changed, rng)
    return bytes(changed)


def _number(data: bytearray, rng: random.Random) -> None:
    size = rng.choice((2, 4, 8))
    if len(data) > size:
        at = rng.randrange(len(data) - size)
        data[at : at + size] = rng.choice((b"\xff", b"\x00", b"\x7f", b"\x80")) * size
