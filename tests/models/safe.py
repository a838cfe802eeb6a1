"""Small .safetensors files, written after the format's own description."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

_BYTES = {"F16": 2, "F32": 4, "I64": 8, "U8": 1, "F8_E4M3": 1, "I8": 1}


def write_safetensors(
    path: Path, tensors: dict[str, tuple[str, tuple[int, ...]]], metadata: dict[str, str] | None = None
) -> Path:
    """All tensors zero."""
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name, (dtype, shape) in tensors.items():
        begin, end = end, end + math.prod(shape) * _BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    return write_raw(path, json.dumps(header).encode(), end)


def write_raw(path: Path, header: bytes, data_bytes: int = 0, length: int | None = None) -> Path:
    """``length``: what the file claims its header to be long."""
    claimed = len(header) if length is None else length
    path.write_bytes(claimed.to_bytes(8, "little") + header)
    os.truncate(path, 8 + len(header) + data_bytes)  # zeros that take no room, so that gigabytes may be claimed
    return path
