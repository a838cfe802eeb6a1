"""Reading the ICC profiles we evaluate ourselves: RGB by matrix and curves, gray by one curve (versions 2 and 4).

A profile comes from a stranger's file: every offset and count is checked, and what does not fit is a
``BrokenProfileError``. Section numbers are those of ICC.1:2022.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .curves import Curve, CurveTable, Gamma, Parametric

MAX_BYTES = 16 << 20
_MAX_TAGS = 256
_MAX_SAMPLES = 65536

F64 = npt.NDArray[np.float64]


class BrokenProfileError(ValueError):
    """The bytes are no profile, or not one of the kind asked for."""


@dataclass(frozen=True)
class IccHeader:
    """``space`` and ``pcs``: four-letter signatures of the data and of the connection space; ``tags``: their data."""

    space: str
    pcs: str
    tags: dict[str, bytes]

    @property
    def by_matrix(self) -> bool:
        return self.space == "RGB " and {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"} <= self.tags.keys()

    @property
    def by_gray_curve(self) -> bool:
        return self.space == "GRAY" and "kTRC" in self.tags


def header(data: bytes) -> IccHeader:
    """Sections 7.2 and 7.3. Raises BrokenProfileError."""
    if not 132 <= len(data) <= MAX_BYTES:
        raise BrokenProfileError(f"{len(data)} bytes are no ICC profile")
    if data[36:40] != b"acsp":
        raise BrokenProfileError("the signature is missing")
    (size,), (count,) = struct.unpack_from(">I", data, 0), struct.unpack_from(">I", data, 128)
    if size > len(data) or count > _MAX_TAGS or 132 + 12 * count > len(data):
        raise BrokenProfileError("it is cut short")
    tags = dict(_tag(data, 132 + 12 * i) for i in range(count))
    return IccHeader(data[16:20].decode("latin-1"), data[20:24].decode("latin-1"), tags)


def _tag(data: bytes, entry: int) -> tuple[str, bytes]:
    name, offset, size = struct.unpack_from(">4sII", data, entry)
    if offset + size > len(data):
        raise BrokenProfileError("a tag lies beyond the end")
    return name.decode("latin-1"), data[offset : offset + size]


def matrix(profile: IccHeader) -> F64:
    """float64 (3, 3): linear RGB of this profile to XYZ at D50. Raises BrokenProfileError."""
    columns = np.array([_xyz(profile.tags[name]) for name in ("rXYZ", "gXYZ", "bXYZ")]).T
    if abs(np.linalg.det(columns)) < 1e-6 or np.linalg.cond(columns) > 1e4:
        raise BrokenProfileError("its primaries span no colours")
    return columns


def curves(profile: IccHeader) -> tuple[Curve, Curve, Curve]:
    """The red, green and blue tone curves. Raises BrokenProfileError."""
    red, green, blue = (curve(profile.tags[name]) for name in ("rTRC", "gTRC", "bTRC"))
    return red, green, blue


def _xyz(tag: bytes) -> tuple[float, float, float]:
    """XYZType, section 10.31."""
    if len(tag) < 20 or tag[:4] != b"XYZ ":
        raise BrokenProfileError("a colour is unreadable")
    x, y, z = struct.unpack_from(">3i", tag, 8)
    return x / 65536, y / 65536, z / 65536


def curve(tag: bytes) -> Curve:
    """curveType (section 10.6) or parametricCurveType (10.18). Raises BrokenProfileError."""
    if len(tag) >= 12 and tag[:4] == b"curv":
        return _table(tag)
    if len(tag) >= 12 and tag[:4] == b"para":
        return _parametric(tag)
    raise BrokenProfileError("a tone curve is unreadable")


def _table(tag: bytes) -> Curve:
    (count,) = struct.unpack_from(">I", tag, 8)
    if count > _MAX_SAMPLES or 12 + 2 * count > len(tag):
        raise BrokenProfileError("a tone curve is cut short")
    if count == 0:
        return Gamma(1.0)
    if count == 1:
        return _gamma(struct.unpack_from(">H", tag, 12)[0] / 256)
    samples = np.frombuffer(tag, ">u2", count, 12).astype(np.float32) / np.float32(65535)
    if np.any(np.diff(samples) < 0) or samples[-1] <= samples[0]:
        raise BrokenProfileError("a tone curve does not rise")
    return CurveTable(samples)


_FIELDS = ("g", "gab", "gabc", "gabcd", "gabcdef")


def _parametric(tag: bytes) -> Curve:
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind >= len(_FIELDS) or 12 + 4 * len(_FIELDS[kind]) > len(tag):
        raise BrokenProfileError("a tone curve is of no known kind")
    numbers = struct.unpack_from(f">{len(_FIELDS[kind])}i", tag, 12)
    v = {name: number / 65536 for name, number in zip(_FIELDS[kind], numbers, strict=True)}
    if kind == 0:
        return _gamma(v["g"])
    if not 0.05 <= v["g"] <= 20 or v["a"] <= 0:
        raise BrokenProfileError("a tone curve does not rise")
    if kind in (1, 2):
        # Type 1 is 0 and type 2 is c below x = -b/a; type 2's c is added above as well.
        offset = v.get("c", 0.0)
        return _rising(Parametric(v["g"], v["a"], v["b"], 0.0, -v["b"] / v["a"], offset, offset))
    return _rising(Parametric(**v))


def _rising(candidate: Parametric) -> Parametric:
    light = candidate.linear(np.linspace(0, 1, 513, dtype=np.float32))
    if not np.isfinite(light).all() or np.any(np.diff(light) < -1e-4) or light[-1] <= light[0]:
        raise BrokenProfileError("a tone curve does not rise")
    return candidate


def _gamma(exponent: float) -> Curve:
    if not 0.05 <= exponent <= 20:
        raise BrokenProfileError("a tone curve does not rise")
    return Gamma(exponent)
