"""ICC profiles made from scratch, one of each kind that documents come with, to measure and test with."""

from __future__ import annotations

import struct

import numpy as np
from PIL import ImageCms

from server.pixels import spaces
from server.pixels.icc import F64

Colorants = tuple[tuple[float, float, float], ...]

SRGB_COLORANTS: Colorants = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
"""XYZ at D50 of red, green and blue, as HP's sRGB profile has them."""
ADOBE_COLORANTS: Colorants = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO_COLORANTS: Colorants = ((0.79767, 0.28804, 0.0), (0.13519, 0.71187, 0.0), (0.03135, 0.00009, 0.82491))


def srgb() -> bytes:
    made: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made


def adobe_like() -> bytes:
    return by_matrix(ADOBE_COLORANTS, power(2.19921875))


def prophoto_like() -> bytes:
    return by_matrix(PROPHOTO_COLORANTS, power(1.8))


def linear_v4() -> bytes:
    """sRGB's primaries in linear light, version 4, by a parametric curve."""
    return by_matrix(SRGB_COLORANTS, parametric(0, 1.0), version=4)


def rec709_v4() -> bytes:
    """Adobe's primaries with a curve that has a straight foot (type 3)."""
    return by_matrix(ADOBE_COLORANTS, parametric(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081), version=4)


def display_like() -> bytes:
    """A monitor's: three tables, each a little different."""
    x = np.linspace(0, 1, 1024)
    red, green, blue = (table(0.02 * x + 0.98 * x**gamma) for gamma in (2.15, 2.2, 2.3))
    return by_matrix(ADOBE_COLORANTS, red, green, blue)


def gray(gamma: float = 2.2) -> bytes:
    return assembled(b"GRAY", b"XYZ ", {b"kTRC": power(gamma)}, 2)


def cmyk() -> bytes:
    """Ink tables for the plainest press there is: light = (1 - ink)(1 - black)."""
    ink = _nodes(4, 5)
    to_lab = spaces.Lab(normalised=True).from_srgb(spaces.Ink(1.0).to_srgb(ink.astype(np.float32)))
    to_ink = spaces.Ink(1.0).from_srgb(spaces.Lab(normalised=True).to_srgb(_nodes(3, 17).astype(np.float32)))
    tables = {b"A2B0": _lut8(to_lab.astype(np.float64), 4, 5), b"B2A0": _lut8(to_ink.astype(np.float64), 3, 17)}
    return assembled(b"CMYK", b"Lab ", tables, 2, device=b"prtr")


def rgb_by_tables() -> bytes:
    """An RGB device without a matrix, as scanners and printers have."""
    lab = spaces.Lab(normalised=True)
    to_lab = lab.from_srgb(_nodes(3, 17).astype(np.float32)).astype(np.float64)
    to_rgb = lab.to_srgb(_nodes(3, 17).astype(np.float32)).astype(np.float64)
    tables = {b"A2B0": _lut8(to_lab, 3, 17), b"B2A0": _lut8(to_rgb, 3, 17)}
    return assembled(b"RGB ", b"Lab ", tables, 2, device=b"scnr")


def by_matrix(colorants: Colorants, *curves: bytes, version: int = 2) -> bytes:
    red, green, blue = curves if len(curves) == 3 else curves * 3
    tags = {name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)}
    return assembled(b"RGB ", b"XYZ ", tags | {b"rTRC": red, b"gTRC": green, b"bTRC": blue}, version)


def power(gamma: float) -> bytes:
    return struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))


def table(samples: F64) -> bytes:
    codes = np.round(np.clip(samples, 0, 1) * 65535).astype(">u2")
    return struct.pack(">4s4xI", b"curv", len(codes)) + codes.tobytes()


def parametric(kind: int, *numbers: float) -> bytes:
    return struct.pack(f">4s4xH2x{len(numbers)}i", b"para", kind, *(round(n * 65536) for n in numbers))


def assembled(space: bytes, pcs: bytes, tags: dict[bytes, bytes], version: int, device: bytes = b"mntr") -> bytes:
    """A whole profile: header, tag table, tags."""
    tags = {b"wtpt": _xyz((0.9642, 1.0, 0.8249)), **tags}
    offset, entries, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        entries += struct.pack(">4sII", name, offset + len(body), len(data))
        body += padded
    white = struct.pack(">3i", *(round(n * 65536) for n in (0.9642, 1.0, 0.8249)))
    head = struct.pack(">I4xI4s4s4s12x4s", offset + len(body), version << 24, device, space, pcs, b"acsp")
    head = (head + bytes(28) + white).ljust(128, b"\0")
    return head + struct.pack(">I", len(tags)) + entries + body


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(n * 65536) for n in colour))


def _nodes(channels: int, grid: int) -> F64:
    """(grid ** channels, channels): every node of a table, the first channel slowest."""
    axis = np.linspace(0, 1, grid)
    return np.stack(np.meshgrid(*[axis] * channels, indexing="ij"), axis=-1).reshape(-1, channels)


def _lut8(values: F64, inputs: int, grid: int) -> bytes:
    """lut8Type with straight input and output tables; ``values``: (nodes, outputs), 0..1."""
    outputs, straight = values.shape[1], bytes(range(256))
    head = struct.pack(">4s4xBBBx", b"mft1", inputs, outputs, grid)
    unity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    codes: bytes = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8).tobytes()
    return b"".join([head, unity, straight * inputs, codes, straight * outputs])
