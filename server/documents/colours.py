"""What the numbers of a file mean: a profile, or chunks that say it without one (PNG, third edition, section 4.3).

An edit goes by an ICC profile; where a file says it with chunks, one that says the same is made for the edit, and the
chunks go into what is written as they were.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import imagecodecs
import numpy as np

from server.documents.chunks import PngChunk, first
from server.documents.found import Pixels

White = tuple[float, float]
Primaries = tuple[float, float, float, float, float, float]
"""x and y of red, green and blue."""

_D65: White = (0.3127, 0.3290)
_BT709: Primaries = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_ADOBE_RGB: Primaries = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
_ADOBE_GAMMA = 2.19921875

_CODED_PRIMARIES: dict[int, tuple[Primaries, White]] = {
    1: (_BT709, _D65),
    5: ((0.64, 0.33, 0.29, 0.60, 0.15, 0.06), _D65),
    6: ((0.630, 0.340, 0.310, 0.595, 0.155, 0.070), _D65),
    9: ((0.708, 0.292, 0.170, 0.797, 0.131, 0.046), _D65),
    11: ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060), _D65),
}
"""ITU-T H.273, table 2."""
_CODED_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_CODED_CAMERA, _CODED_SRGB = (1, 6, 14, 15), 13
"""H.273, table 3."""
_CODED_HDR = {16: "PQ", 18: "HLG"}
_SRGB_GAMMA, _NEAR_GAMMA, _NEAR_PLACE = 1 / 2.2, 0.005, 0.002
"""PNG writers say sRGB as gAMA 0.45455."""
_SAMPLES = 4096
_USABLE = 16 << 20
"""Bytes of a profile that the server takes."""


class Meaning(NamedTuple):
    """profile: for the edit; None for sRGB. notices: what of it could not be followed."""

    profile: bytes | None
    notices: tuple[str, ...] = ()


class Fitting(NamedTuple):
    """icc: the profile in the file where it fits the pixels, else None."""

    icc: bytes | None
    notices: tuple[str, ...] = ()


def fitting(icc: bytes | None, channels: int) -> Fitting:
    """A profile for another kind of colours, or none at all, is not carried on."""
    if not icc:
        return Fitting(None)
    if len(icc) < 132 or icc[36:40] != b"acsp":
        return Fitting(None, ("Its colour profile is damaged and was left out; its colours were read as sRGB.",))
    space, gray = icc[16:20].decode("latin-1").strip(), channels < 3
    if space == ("GRAY" if gray else "RGB"):
        return Fitting(icc)
    if gray and space == "RGB":
        return Fitting(icc, ("It is gray with a profile for RGB: the profile's tones were used.",))
    kind = "gray" if gray else "RGB"
    sentence = (
        f"Its colour profile is for {space} colours, its pixels are {kind}: the profile was left out, and they were"
    )
    return Fitting(None, (f"{sentence} read as sRGB.",))


def meaning(icc: bytes | None, chunks: Sequence[PngChunk]) -> Meaning:
    """By PNG's own order: cICP, a profile, sRGB, gamma and primaries."""
    coded = first(chunks, b"cICP")
    if coded is not None and (said := _coded(coded, icc)):
        return said
    if icc:
        return _usable(icc)
    gamma, places = first(chunks, b"gAMA"), first(chunks, b"cHRM")
    if first(chunks, b"sRGB") is not None or (gamma is None and places is None):
        return Meaning(None)
    return _calibrated(gamma, places)


@lru_cache(maxsize=1)
def adobe_rgb() -> bytes:
    return _profile(_ADOBE_RGB, _D65, gamma=_ADOBE_GAMMA)


def primaries_chunk(white: White, primaries: Primaries) -> PngChunk:
    return PngChunk(b"cHRM", struct.pack(">8I", *(round(place * 100000) for place in (*white, *primaries))))


def gamma_chunk(exponent: float) -> PngChunk:
    """exponent: of the light a number stands for, as in 2.2."""
    return PngChunk(b"gAMA", struct.pack(">I", round(100000 / exponent)))


def _usable(icc: bytes) -> Meaning:
    if len(icc) <= _USABLE:
        return Meaning(icc)
    return Meaning(
        None, ("Its colour profile is too large for the edit, which read the colours as sRGB; it was kept.",)
    )


def _coded(coded: bytes, icc: bytes | None) -> Meaning | None:
    """None where a profile beside it says it better."""
    primaries, transfer, matrix, full = coded[:4] if len(coded) >= 4 else (0, 0, 0, 0)
    if transfer in _CODED_HDR:
        words = "by its profile" if icc else "as if they were sRGB"
        name = _CODED_HDR[transfer]
        return Meaning(icc, (f"It is HDR ({name}): its numbers were edited {words}, and are still marked as {name}.",))
    if primaries in _CODED_PRIMARIES and (matrix, full) == (0, 1):
        places, white = _CODED_PRIMARIES[primaries]
        if (primaries, transfer) == (1, _CODED_SRGB):
            return Meaning(None)
        if transfer in _CODED_GAMMAS:
            return Meaning(_profile(places, white, gamma=_CODED_GAMMAS[transfer]))
        if transfer in (_CODED_SRGB, *_CODED_CAMERA):
            return Meaning(_profile(places, white, curve=_srgb() if transfer == _CODED_SRGB else _camera()))
    if icc:
        return None
    return Meaning(
        None, ("Its kind of colours (cICP) is unknown here: it was edited as sRGB, and is still marked so.",)
    )


def _calibrated(gamma: bytes | None, places: bytes | None) -> Meaning:
    exponent = struct.unpack(">I", gamma)[0] / 100000 if gamma and len(gamma) == 4 else _SRGB_GAMMA
    numbers = [n / 100000 for n in struct.unpack(">8I", places)] if places and len(places) == 32 else [*_D65, *_BT709]
    same_places = all(abs(a - b) < _NEAR_PLACE for a, b in zip(numbers, (*_D65, *_BT709), strict=True))
    like_srgb = abs(exponent - _SRGB_GAMMA) < _NEAR_GAMMA
    if like_srgb and same_places:
        return Meaning(None)
    x, y, *rest = numbers
    red_x, red_y, green_x, green_y, blue_x, blue_y = rest
    primaries = (red_x, red_y, green_x, green_y, blue_x, blue_y)
    area = (green_x - red_x) * (blue_y - red_y) - (blue_x - red_x) * (green_y - red_y)
    if not 0.05 < exponent < 20 or min(y, *primaries[1::2]) <= 0 or abs(area) < 1e-3:
        return Meaning(None, ("Its gamma and primaries make no sense: its colours were read as sRGB.",))
    if like_srgb:
        return Meaning(_profile(primaries, (x, y), curve=_srgb()))
    return Meaning(_profile(primaries, (x, y), gamma=1 / exponent))


def _profile(
    primaries: Primaries, white: White, *, gamma: float | None = None, curve: tuple[int, ...] | None = None
) -> bytes:
    red_x, red_y, green_x, green_y, blue_x, blue_y = primaries
    made: bytes = imagecodecs.cms_profile(
        "rgb",
        whitepoint=(*white, 1.0),
        primaries=(red_x, red_y, 1.0, green_x, green_y, 1.0, blue_x, blue_y, 1.0),
        gamma=gamma,
        transferfunction=None if curve is None else np.array(curve, np.uint16),
    )
    return made


@lru_cache(maxsize=1)
def _srgb() -> tuple[int, ...]:
    """IEC 61966-2-1."""
    x = np.linspace(0, 1, _SAMPLES)
    return _table(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4))


@lru_cache(maxsize=1)
def _camera() -> tuple[int, ...]:
    """ITU-R BT.709, item 1.2, the other way round."""
    x = np.linspace(0, 1, _SAMPLES)
    return _table(np.where(x < 0.081, x / 4.5, ((x + 0.099) / 1.099) ** (1 / 0.45)))


def _table(light: Pixels) -> tuple[int, ...]:
    return tuple(int(value) for value in np.round(light * 65535))
