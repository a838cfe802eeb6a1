"""The header of a .safetensors file, read without trusting it. Torch-free.

Layout (safetensors' own specification): 8 bytes, the header's length n, little endian; n bytes of JSON; then the
tensors' bytes, to which ``data_offsets`` refer, without holes or overlaps.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from server.wire.errors import Code, OverpaintError

if TYPE_CHECKING:
    from server.pixels.picture import F32

_NUMPY = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}

MAX_HEADER_BYTES = 100 << 20
"""The limit of the safetensors library itself."""

_BLOCK = 4 << 20

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4, "I16": 16, "U16": 16, "F16": 16,
    "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """begin: of its bytes in the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int = 0

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class SafetensorsHeader:
    """path: of the file it was read from."""

    path: Path
    tensors: dict[str, Tensor]
    metadata: dict[str, str]

    def shape(self, name: str) -> tuple[int, ...] | None:
        tensor = self.tensors.get(name)
        return tensor.shape if tensor else None

    def holds(self, *beginnings: str) -> bool:
        """Whether any tensor's name begins with one of them."""
        return any(name.startswith(beginnings) for name in self.tensors)

    @property
    def elements(self) -> int:
        return sum(tensor.elements for tensor in self.tensors.values())

    @property
    def nbytes_in_half(self) -> int:
        """Of its numbers at two bytes each, as on a graphics card."""
        return 2 * self.elements


def read(path: Path) -> SafetensorsHeader:
    """Raises ``OverpaintError`` (unsafe-file) when the file is not what it says it is."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
            raise _broken(path, "its header is longer than the file")
        text = file.read(length)
    entries = _entries(path, text)
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _broken(path, "its notes are not text")
    spans = sorted(_span(path, entry) for entry in entries.values())
    _check_spans(path, spans, size - 8 - length)
    return SafetensorsHeader(
        path, {name: _tensor(path, entry, 8 + length) for name, entry in entries.items()}, metadata
    )


def content_digest(path: Path) -> str:
    """SHA-256, in hex digits, of the tensors' bytes alone: the same whatever the file's notes say (``modelspec``)."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        _after_header(file)
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def copy_with(source: Path, target: Path, notes: Mapping[str, str]) -> None:
    """``target`` becomes a copy of ``source`` with ``notes`` as all its metadata; on the disk when this returns, and
    this user's alone. Raises as ``read``, and ``OSError``."""
    read(source)
    with source.open("rb") as file, os.fdopen(os.open(target, _NEW, 0o600), "wb") as out:
        header = _after_header(file)
        text = json.dumps({**header, "__metadata__": dict(notes)}, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)  # as the library does: the numbers begin where processors like it
        out.write(len(text).to_bytes(8, "little") + text)
        while block := file.read(_BLOCK):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def _after_header(file: IO[bytes]) -> dict[str, Any]:
    """Reads past the header, and returns it."""
    header: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return header


def values(header: SafetensorsHeader, name: str) -> F32 | None:
    """The numbers of one tensor, as float32; None where there is none, or of a type that is no usual floating point."""
    tensor = header.tensors.get(name)
    if tensor is None or tensor.dtype not in _NUMPY:
        return None
    import numpy as np  # the gateway reads this file too, and loads nothing heavy

    kind = np.dtype(_NUMPY[tensor.dtype])
    with header.path.open("rb") as file:
        file.seek(tensor.begin)
        stored = np.frombuffer(file.read(tensor.elements * kind.itemsize), kind)
    if tensor.dtype == "BF16":  # the upper half of a float32
        return (stored.astype(np.uint32) << 16).view(np.float32).reshape(tensor.shape)
    return stored.astype(np.float32).reshape(tensor.shape)


def _entries(path: Path, text: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise _broken(path, "its header is not readable") from None
    if not isinstance(entries, dict):
        raise _broken(path, "its header is not a table")
    return entries


def _tensor(path: Path, entry: Any, data: int) -> Tensor:
    shape, dtype = entry.get("shape"), entry.get("dtype")
    if dtype not in _BITS or not isinstance(shape, list) or not all(_is_count(side) for side in shape):
        raise _broken(path, "a tensor has no proper type or shape")
    begin, end = _span(path, entry)
    tensor = Tensor(dtype, tuple(shape), data + begin)
    if tensor.elements * _BITS[dtype] != 8 * (end - begin):
        raise _broken(path, "a tensor's size does not agree with its shape")
    return tensor


def _span(path: Path, entry: Any) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_is_count(offset) for offset in offsets):
        raise _broken(path, "a tensor has no proper place")
    return offsets[0], offsets[1]


def _check_spans(path: Path, spans: list[tuple[int, int]], data_bytes: int) -> None:
    reached = 0
    for begin, end in spans:
        if begin != reached or end < begin:
            raise _broken(path, "its tensors overlap or leave holes")
        reached = end
    if reached != data_bytes:
        raise _broken(path, "it is shorter or longer than its header says")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


def _broken(path: Path, reason: str) -> OverpaintError:
    return OverpaintError(
        Code.UNSAFE_FILE,
        f"{path.name} is not a sound .safetensors file: {reason}.",
        "It may be damaged or cut off: get it again.",
    )
