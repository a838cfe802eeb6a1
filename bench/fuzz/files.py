"""Hostile pictures, profiles, masks and models, each given to what reads it in the product.

``python -m bench.fuzz.files SEED FIRST LAST`` reads those cases in a process of its own, so that one that crashes it is
counted: a line for each case, ``number seconds`` or ``number seconds crash NAME``, and at the end ``growth BYTES``.
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import tifffile
from PIL import Image as Pillow
from PIL import ImageCms

from bench.fuzz.frames import mutated_bytes
from server.documents import image, png
from server.documents.chunks import SIGNATURE, PngChunk
from server.documents.found import Pixels
from server.models.headers import onnx, safetensors
from server.models.store import files, sniff
from server.pixels import formats, masks
from server.wire import codec, invitation
from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds, Extent
from server.wire.messages import Submit
from server.wire.raster import Channels, Depth, Raster


@dataclass(frozen=True)
class Kind:
    """seeds: sound files. read: gives one to the product; raises ``OverpaintError`` when it is refused."""

    name: str
    seeds: tuple[bytes, ...]
    read: Callable[[Path], object]


def kinds() -> tuple[Kind, ...]:
    return (
        Kind("picture.png", _pictures("PNG") + _deep_pngs() + (_bomb(),), image.read),
        Kind("picture.tif", _pictures("TIFF") + _tiffs(), image.read),
        Kind("picture.jpg", _pictures("JPEG"), image.read),
        Kind("picture.webp", _pictures("WEBP"), image.read),
        Kind("picture.gif", _pictures("GIF"), image.read),
        Kind("picture.bmp", _pictures("BMP"), image.read),
        Kind("mask.png", _pictures("PNG")[:1], lambda path: image.read_mask(path, Extent(24, 16))),
        Kind("profile.icc", _profiles(), _read_profile),
        Kind("layer.raw", tuple(np.random.default_rng(1).bytes(4 * 4 * 4 * 4) for _ in range(3)), _read_layer),
        Kind("model.safetensors", _models(), safetensors.read),
        Kind("model.onnx", _onnx(), lambda path: sniff.sniff(onnx.read(path))),
        Kind("model_index.json", (b'{"_class_name": "X", "unet": ["diffusers", "U"]}',), _read_index),
        Kind("letter.overpaint", (_letter(),), invitation.read),
        Kind("request.json", (b'{"job": "0", "recipe": {"method": "erase"}}',), _read_request),
    )


def case(number: int, seed: int, every: tuple[Kind, ...]) -> tuple[Kind, bytes]:
    """The first of each kind are its sound files, then come their mutations."""
    kind, turn = every[number % len(every)], number // len(every)
    if turn < len(kind.seeds):
        return kind, kind.seeds[turn]
    rng = random.Random(f"{seed} {number}")
    return kind, mutated_bytes(rng.choice(kind.seeds), rng)


def _pictures(form: str) -> tuple[bytes, ...]:
    made = []
    for mode in ("L", "RGB", "RGBA", "P", "1", "LA"):
        buffer = io.BytesIO()
        picture = Pillow.effect_noise((24, 16), 90).convert("RGB").convert(mode)
        try:
            picture.save(buffer, form, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        except (OSError, KeyError):  # this format has no such mode
            continue
        made.append(buffer.getvalue())
    return tuple(made)


def _deep_pngs() -> tuple[bytes, ...]:
    noise = np.random.default_rng(2).integers(0, 65536, (16, 24, 4), np.uint16)
    return tuple(png.encode(image.Image(noise[..., :count], None)) for count in (1, 2, 3, 4))


def _tiffs() -> tuple[bytes, ...]:
    """Of every layout that its reader has a way of its own for."""
    deep = np.random.default_rng(3).integers(0, 65536, (16, 24, 4), np.uint16)
    planes, white = np.moveaxis(deep[..., :3], -1, 0).copy(), (deep[..., 0] >> 8).astype(np.uint8)
    table = np.random.default_rng(4).integers(0, 65536, (3, 256), np.uint16)
    layouts: tuple[tuple[Pixels, dict[str, Any]], ...] = (
        (deep, {"photometric": "rgb", "extrasamples": ["assocalpha"], "compression": "lzw"}),
        (deep[..., :3], {"photometric": "rgb", "tile": (16, 16), "compression": "zlib", "predictor": True}),
        (planes, {"photometric": "rgb", "planarconfig": "separate", "bigtiff": True, "compression": "packbits"}),
        (deep[..., 0] >> 4, {"photometric": "minisblack", "bitspersample": 12}),
        (white, {"photometric": "miniswhite", "byteorder": ">", "compression": "zstd"}),
        (white, {"photometric": "palette", "colormap": table}),
        (white, {"photometric": "minisblack", "compression": "jpeg"}),
    )
    made = []
    for pixels, how in layouts:
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, pixels, **how)
        made.append(buffer.getvalue())
    return tuple(made)


def _bomb() -> bytes:
    """60000 × 60000 pixels, said in a few bytes."""
    header = PngChunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    return SIGNATURE + b"".join(
        chunk.packed for chunk in (header, PngChunk(b"IDAT", bytes(20)), PngChunk(b"IEND", b""))
    )


def _profiles() -> tuple[bytes, ...]:
    return tuple(ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes() for space in ("sRGB", "LAB", "XYZ"))


def _read_profile(path: Path) -> object:
    raster = Raster(Bounds(0, 0, 4, 4), Channels.RGBA, Depth.U8)
    source = formats.read_source(raster, bytes(range(64)), path.read_bytes() or None)
    return formats.encode_answer(source.picture, source)


def _read_layer(path: Path) -> object:
    data = (path.read_bytes() + bytes(256))[:256]
    raster = Raster(Bounds(0, 0, 4, 4), Channels.RGBA, Depth.F32)
    mask = masks.decode_mask(data[:64], Depth.F32, Extent(4, 4))
    return formats.read_source(raster, data, None), masks.derive(mask, 2, 3)


def _models() -> tuple[bytes, ...]:
    made = []
    for count in (1, 5, 40):
        table = {
            f"t{i}": {"dtype": "F16", "shape": [2, 3], "data_offsets": [12 * i, 12 * i + 12]} for i in range(count)
        }
        header = json.dumps({"__metadata__": {"a": "b"}, **table}).encode()
        made.append(len(header).to_bytes(8, "little") + header + bytes(12 * count))
    pickled = b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."
    return (*made, pickled)


def _onnx() -> tuple[bytes, ...]:
    def field(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    sides = b"".join(field(1, b"\x08" + side) for side in (b"\x01", b"\x04", b"\x80\x04", b"\x80\x04"))
    taken = field(1, b"x") + field(2, field(1, b"\x08\x01" + field(2, sides)))
    return (b"\x08\x08" + field(7, field(11, taken)),)


def _read_index(path: Path) -> object:
    return files.parts_of(files.read_index(path.read_bytes()))


def _letter() -> bytes:
    key = "a" * 40
    return codec.to_text(invitation.Invitation(1, 2, "me", "studio", ("10.0.0.1:28717",), key, key, key)).encode()


def _read_request(path: Path) -> object:
    return codec.from_text(Submit, path.read_bytes(), path.name)


def main() -> None:
    seed, first, last = (int(word) for word in sys.argv[1:4])
    every = kinds()
    process, start = psutil.Process(), 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            if number == first + (last - first) // 3:
                start = process.memory_info().rss
            kind, data = case(number, seed, every)
            path = Path(folder) / kind.name
            path.write_bytes(data)
            print(number, *_outcome(kind, path), flush=True)
    print("growth", process.memory_info().rss - start, flush=True)


def _outcome(kind: Kind, path: Path) -> tuple[str, ...]:
    began = time.process_time()
    crash: tuple[str, ...] = ()
    try:
        kind.read(path)
    except OverpaintError:
        pass
    except Exception as error:  # noqa: BLE001  # any error is what is sought here
        traceback.print_exc()
        crash = ("crash", kind.name, type(error).__name__)
    return (f"{time.process_time() - began:.3f}", *crash)


if __name__ == "__main__":
    main()
