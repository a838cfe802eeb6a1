"""The only doors between a host's native bytes and a Picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster

from . import spaces
from .picture import F32, Picture

Native = npt.NDArray[Any]

_TYPES = {Depth.U8: "<u1", Depth.U16: "<u2", Depth.U32: "<u4", Depth.F16: "<f2", Depth.F32: "<f4"}
_FULL = {Depth.U8: 255, Depth.U16: 65535, Depth.U32: 4294967295}
_BAND_PIXELS = 1 << 19
"""Pixels converted at once: a large layer costs its Picture and little more."""
_FARTHEST = np.float32(65504)
"""The largest half float; floats beyond it, and infinities, become this."""

_WITH_ALPHA = {Channels.GRAY: Channels.GRAY_ALPHA, Channels.RGB: Channels.RGBA}


def decode(raster: Raster, data: bytes, icc: bytes | None) -> Picture:
    """The picture in ``data``, laid out as ``raster`` says and coloured as ``icc`` says (sRGB where it is None).

    NaN becomes 0 and an infinity a large number. Raises OverpaintError (BAD_REQUEST) where the size does not fit.
    """
    native = _rows(raster, data)
    space = spaces.choose(raster, icc).space
    rgb = np.empty((*native.shape[:2], 3), np.float32)
    alpha = np.ones(native.shape[:2], np.float32)
    for band in _bands(native.shape):
        colour = _floats(_colours(native[band], raster.channels), raster.depth)
        with np.errstate(over="ignore", invalid="ignore"):  # a hostile profile's curves; made finite at once
            rgb[band] = _finite(space.to_srgb(colour.reshape(-1, colour.shape[-1]))).reshape(rgb[band].shape)
        if raster.channels.has_alpha:
            alpha[band] = np.clip(_floats(native[band][..., -1], raster.depth), 0, 1)
    return Picture(rgb, alpha)


def encode(picture: Picture, raster: Raster, icc: bytes | None) -> bytes:
    """The bytes of ``picture`` as ``raster`` and ``icc`` want them; the inverse of ``decode``.

    Integers are rounded and clipped. Raises OverpaintError (BAD_REQUEST) where ``raster`` has another size.
    """
    return _encoded(picture, raster, icc).tobytes()


@dataclass(frozen=True, eq=False)
class Source:
    """A layer as it came: its native bytes and the picture in them."""

    raster: Raster
    data: bytes
    icc: bytes | None
    picture: Picture

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user about the colours, none as a rule."""
        return spaces.choose(self.raster, self.icc).notices


def read_source(raster: Raster, data: bytes, icc: bytes | None) -> Source:
    """``decode`` that remembers what it read, for ``encode_answer``."""
    return Source(raster, data, icc, decode(raster, data, icc))


def answer_raster(raster: Raster, bounds: Bounds | None = None) -> Raster:
    """How a new layer above ``raster`` is laid out: the same, with alpha. bounds: where else than just above it."""
    channels = _WITH_ALPHA.get(raster.channels, raster.channels)
    return Raster(raster.bounds if bounds is None else bounds, channels, raster.depth, raster.transfer)


def encode_answer(answer: Picture, source: Source, bounds: Bounds | None = None) -> bytes:
    """The bytes of the layer ``answer`` above ``source``, as ``answer_raster(source.raster, bounds)``.

    A colour that is the source picture's own, bit for bit, is written with the source's own native numbers: float32 and
    8-bit colour management cannot change what was not painted, in any depth or profile. So is its alpha, if it is the
    source's own too.
    """
    raster = answer_raster(source.raster, bounds)
    result = _encoded(answer, raster, source.icc)
    shared = raster.bounds.intersect(source.raster.bounds)
    here, there = shared.relative_to(raster.bounds).slices, shared.relative_to(source.raster.bounds).slices
    original = Picture(source.picture.rgb[there], source.picture.alpha[there])
    part = Picture(answer.rgb[here], answer.alpha[here])
    _keep_own_numbers(result[here], part, _rows(source.raster, source.data)[there], original, source.raster)
    return result.tobytes()


def _keep_own_numbers(result: Native, answer: Picture, native: Native, original: Picture, raster: Raster) -> None:
    """Where ``answer`` is ``original``, ``result`` gets its ``native`` numbers, which are laid out as ``raster``."""
    count = result.shape[2] - 1
    for band in _bands(native.shape):
        kept = np.all(answer.rgb[band] == original.rgb[band], axis=2)
        if raster.depth in (Depth.F16, Depth.F32):
            # Infinity times an alpha of 0 would still turn a blend into NaN.
            kept &= np.isfinite(native[band][..., :count]).all(axis=2)
        np.copyto(result[band][..., :count], native[band][..., :count], where=kept[..., None])
        if raster.depth is Depth.U32 and raster.channels.has_alpha:
            # The one depth whose alpha is finer than float32.
            kept &= answer.alpha[band] == original.alpha[band]
            np.copyto(result[band][..., -1], native[band][..., -1], where=kept)


def _encoded(picture: Picture, raster: Raster, icc: bytes | None) -> Native:
    if picture.extent != raster.bounds.extent:
        raise OverpaintError(Code.BAD_REQUEST, "The picture and the layer differ in size.")
    space = spaces.choose(raster, icc).space
    shape = (*picture.alpha.shape, raster.channels.per_pixel)
    result: Native = np.empty(shape, _TYPES[raster.depth])
    for band in _bands(shape):
        with np.errstate(over="ignore", invalid="ignore"):
            colour = _finite(space.from_srgb(picture.rgb[band].reshape(-1, 3)))
        native = _numbers(colour, raster.depth).reshape(*result[band].shape[:2], -1)
        _colours(result[band], raster.channels)[...] = native
        if raster.channels.has_alpha:
            result[band][..., -1] = _numbers(np.clip(picture.alpha[band], 0, 1), raster.depth)
    return result


def _rows(raster: Raster, data: bytes) -> Native:
    """(H, W, C) view of the bytes."""
    if raster.bounds.empty:
        raise OverpaintError(Code.BAD_REQUEST, "The layer has no pixels here.", "Choose another layer or selection.")
    if len(data) != raster.nbytes:
        raise OverpaintError(Code.BAD_REQUEST, f"The layer came with {len(data)} bytes instead of {raster.nbytes}.")
    shape = (raster.bounds.height, raster.bounds.width, raster.channels.per_pixel)
    return np.frombuffer(data, _TYPES[raster.depth]).reshape(shape)


def _colours(native: Native, channels: Channels) -> Native:
    """The colour channels of (…, C) pixels as a view, red first."""
    if channels is Channels.BGRA:
        return native[..., 2::-1]
    return native[..., :-1] if channels.has_alpha else native


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    rows = max(1, _BAND_PIXELS // max(1, shape[1]))
    return (slice(top, top + rows) for top in range(0, shape[0], rows))


def numbers(values: F32, depth: Depth) -> bytes:
    """The inverse of ``samples``; integers are rounded and clipped."""
    return _numbers(values, depth).tobytes()


def samples(data: bytes, depth: Depth) -> F32:
    """The numbers in ``data`` as float32, integers as 0..1. The length must be a whole number of them."""
    return _floats(np.frombuffer(data, _TYPES[depth]), depth)


def _floats(numbers: Native, depth: Depth) -> F32:
    if depth is Depth.U32:
        return np.divide(numbers, _FULL[depth], dtype=np.float64).astype(np.float32)
    if depth in _FULL:
        return np.divide(numbers, np.float32(_FULL[depth]), dtype=np.float32)
    return _finite(numbers.astype(np.float32)).clip(-_FARTHEST, _FARTHEST)


def _finite(values: F32) -> F32:
    if np.isfinite(values).all():
        return values
    return np.nan_to_num(values, nan=0.0, posinf=float(_FARTHEST), neginf=-float(_FARTHEST))


def _numbers(values: F32, depth: Depth) -> Native:
    if depth is Depth.F32:
        return values
    if depth is Depth.F16:
        return np.clip(values, -_FARTHEST, _FARTHEST).astype("<f2")
    wide: Native = values.astype(np.float64) if depth is Depth.U32 else values
    return np.round(wide.clip(0, 1) * _FULL[depth]).astype(_TYPES[depth])
