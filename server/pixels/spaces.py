"""Colour spaces: between the channels of a document (0..1 floats) and sRGB-encoded floats.

Matrix and gray profiles, linear light and CIE Lab are evaluated here in float, without clipping. Profiles made of
look-up tables (CMYK, and RGB ones without a matrix) go through Little CMS as Pillow offers it, which is 8 bits a
channel: enough for what a model sees; source pixels never make that trip, see ``formats.encode_answer``.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np
from PIL import Image, ImageCms

from server.wire.raster import Channels, Depth, Raster, Transfer
from server.wire.words import mark

from . import icc
from .curves import LINEAR, SRGB, Curve
from .picture import F32

_SRGB_TO_XYZ = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
"""Linear sRGB to XYZ, adapted to D50 by Bradford (brucelindbloom.com), as the profiles' colorants are."""
_D50 = np.array([0.9642, 1.0, 0.8249])
_MISSED = np.float32(8 / 255)
"""A larger error is a colour that the device does not have."""
_LAB_SPAN, _LAB_ZERO = np.array([100, 255, 255], np.float32), np.array([0, 128, 128], np.float32)
_LUMINANCE = np.array([0.2225045, 0.7168786, 0.0606169], np.float32)


class Space(Protocol):
    """``to_srgb``: (N, C) native 0..1 → (N, 3) sRGB-encoded; ``from_srgb``: back. float32, nothing clipped."""

    def to_srgb(self, colour: F32) -> F32: ...

    def from_srgb(self, rgb: F32) -> F32: ...


@dataclass(frozen=True)
class Chosen:
    """``notices``: sentences for the user where the colours are not quite what the document says."""

    space: Space
    notices: tuple[str, ...] = ()


class Srgb:
    """The native numbers are sRGB already."""

    def to_srgb(self, colour: F32) -> F32:
        return colour

    def from_srgb(self, rgb: F32) -> F32:
        return rgb


@dataclass(frozen=True, eq=False)
class Matrix:
    """RGB by three curves and a matrix ``to_linear_srgb`` (3, 3), or None where the primaries are sRGB's."""

    curves: tuple[Curve, Curve, Curve]
    to_linear_srgb: icc.F64 | None = None

    def to_srgb(self, colour: F32) -> F32:
        light = np.stack([c.linear(colour[:, i]) for i, c in enumerate(self.curves)], axis=1)
        if self.to_linear_srgb is not None:
            light = light @ self.to_linear_srgb.T.astype(np.float32)
        return SRGB.encoded(light)

    def from_srgb(self, rgb: F32) -> F32:
        light = SRGB.linear(rgb)
        if self.to_linear_srgb is not None:
            light = light @ np.linalg.inv(self.to_linear_srgb).T.astype(np.float32)
        return np.stack([c.encoded(light[:, i]) for i, c in enumerate(self.curves)], axis=1)


@dataclass(frozen=True, eq=False)
class Gray:
    """One channel; ``curve`` gives its light. Colours become their luminance."""

    curve: Curve

    def to_srgb(self, colour: F32) -> F32:
        gray = colour if self.curve is SRGB else SRGB.encoded(self.curve.linear(colour))
        return np.repeat(gray, 3, axis=1)

    def from_srgb(self, rgb: F32) -> F32:
        light = SRGB.linear(rgb)
        red, green, blue = light[:, :1], light[:, 1:2], light[:, 2:]
        # Written as differences so that a neutral colour keeps its exact value.
        luminance = green + _LUMINANCE[0] * (red - green) + _LUMINANCE[2] * (blue - green)
        return self.curve.encoded(luminance)


@dataclass(frozen=True)
class Lab:
    """CIE L*a*b* at D50. Integers: 0..1 is L 0..100 and a, b -128..127; floats: the values themselves (as in Krita)."""

    normalised: bool

    def to_srgb(self, colour: F32) -> F32:
        lab = colour * _LAB_SPAN - _LAB_ZERO if self.normalised else colour
        fy = (lab[:, 0] + 16) / 116
        f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], axis=1).astype(np.float64)
        xyz = np.where(f > 6 / 29, f**3, (f - 4 / 29) * (3 * (6 / 29) ** 2)) * _D50
        return SRGB.encoded((xyz @ np.linalg.inv(_SRGB_TO_XYZ).T).astype(np.float32))

    def from_srgb(self, rgb: F32) -> F32:
        t = SRGB.linear(rgb).astype(np.float64) @ _SRGB_TO_XYZ.T / _D50
        f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
        lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
        if self.normalised:
            lab = (lab + _LAB_ZERO) / _LAB_SPAN
        native: F32 = lab.astype(np.float32)
        return native


@dataclass(frozen=True)
class Ink:
    """CMYK without a usable profile: light = (1 - ink)(1 - black). ``scale``: the number that means full ink."""

    scale: float

    def to_srgb(self, colour: F32) -> F32:
        ink = colour / np.float32(self.scale)
        return (1 - ink[:, :3]) * (1 - ink[:, 3:])

    def from_srgb(self, rgb: F32) -> F32:
        ink = 1 - np.clip(rgb, 0, 1)
        black = ink.min(axis=1, keepdims=True)
        coloured = (ink - black) / np.maximum(1 - black, np.float32(1e-6))
        return np.concatenate([coloured, black], axis=1) * np.float32(self.scale)


@dataclass(frozen=True)
class Managed:
    """A profile of look-up tables through Little CMS, relative colorimetric with black point compensation (its two
    directions fit each other best), 8 bits a channel. ``scale``: the native number that means full."""

    mode: str
    scale: float
    forward: ImageCms.ImageCmsTransform = field(repr=False)
    backward: ImageCms.ImageCmsTransform = field(repr=False)

    def to_srgb(self, colour: F32) -> F32:
        return self._through(self.forward, colour / np.float32(self.scale), self.mode)

    def from_srgb(self, rgb: F32) -> F32:
        native = self._through(self.backward, rgb, "RGB")
        # The two directions of a printer's tables differ by some levels, which would show at the edge of an edit.
        missed = np.clip(rgb - self._through(self.forward, native, self.mode), -_MISSED, _MISSED)
        return self._through(self.backward, rgb + missed, "RGB") * np.float32(self.scale)

    @staticmethod
    def _through(transform: ImageCms.ImageCmsTransform, values: F32, mode: str) -> F32:
        codes = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
        image = Image.frombuffer(mode, (codes.shape[0], 1), codes.tobytes(), "raw", mode, 0, 1)
        answer: F32 = np.asarray(transform.apply(image), np.float32)[0] / np.float32(255)
        return answer


def choose(raster: Raster, profile: bytes | None) -> Chosen:
    """The space that ``raster``'s numbers are in. A profile that cannot be used leaves sRGB and a notice: what is
    decoded and encoded by the same wrong reading still lands where it was."""
    floats = raster.depth in (Depth.F16, Depth.F32)
    return _choose(raster.channels, floats, raster.transfer, profile or None)


@lru_cache(maxsize=16)
def _choose(channels: Channels, floats: bool, transfer: Transfer, profile: bytes | None) -> Chosen:
    if channels is Channels.LABA:
        return Chosen(Lab(normalised=not floats))
    scale = 100.0 if floats and channels is Channels.CMYKA else 1.0
    fallback = _without_profile(channels, transfer, scale)
    if profile is None:
        return fallback
    try:
        return _with_profile(channels, transfer, scale, profile)
    except (icc.BrokenProfileError, ImageCms.PyCMSError, OSError) as error:
        read = "plain CMYK" if channels is Channels.CMYKA else "sRGB"
        sentence = mark(f"The document's colour profile could not be used ({error}); its colours were read as {read}.")
        return Chosen(fallback.space, (sentence,))


def _without_profile(channels: Channels, transfer: Transfer, scale: float) -> Chosen:
    curve: Curve = LINEAR if transfer is Transfer.LINEAR else SRGB
    if channels is Channels.CMYKA:
        return Chosen(Ink(scale), (mark("The document names no CMYK profile; its colours are approximate."),))
    if channels in (Channels.GRAY, Channels.GRAY_ALPHA):
        return Chosen(Gray(curve))
    return Chosen(Srgb() if curve is SRGB else Matrix((curve, curve, curve)))


def _with_profile(channels: Channels, transfer: Transfer, scale: float, profile: bytes) -> Chosen:
    header = icc.header(profile)
    gray = channels in (Channels.GRAY, Channels.GRAY_ALPHA)
    linear = transfer is Transfer.LINEAR
    if gray and header.by_gray_curve and header.pcs != "XYZ ":
        raise icc.BrokenProfileError("it measures gray in another way")
    if gray and (header.by_gray_curve or header.by_matrix):
        return Chosen(Gray(LINEAR if linear else _gray_curve(header)))
    if channels is Channels.CMYKA and header.space == "CMYK":
        return Chosen(_managed("CMYK", scale, profile))
    if gray or channels is Channels.CMYKA:
        raise icc.BrokenProfileError(f"it is for {header.space.strip() or 'other'} colours")
    if header.by_matrix:
        return Chosen(_matrix(header, linear))
    if header.space == "RGB " and not linear:
        return Chosen(_managed("RGB", scale, profile))
    raise icc.BrokenProfileError(f"it is for {header.space.strip() or 'other'} colours")


def _gray_curve(header: icc.IccHeader) -> Curve:
    curve = icc.curve(header.tags["kTRC"]) if header.by_gray_curve else icc.curves(header)[1]
    return SRGB if _is_srgb(curve) else curve


def _matrix(header: icc.IccHeader, linear: bool) -> Space:
    colorants = icc.matrix(header)
    same_primaries = np.abs(colorants - _SRGB_TO_XYZ).max() < 1e-3
    curves = (LINEAR, LINEAR, LINEAR) if linear else icc.curves(header)
    if same_primaries and all(_is_srgb(c) for c in curves):
        return Srgb()
    return Matrix(curves, None if same_primaries else np.linalg.inv(_SRGB_TO_XYZ) @ colorants)


def _is_srgb(curve: Curve) -> bool:
    """Whether it is sRGB's curve to within the rounding of profiles (a table of 1024 steps is 0.0003 off)."""
    values = np.linspace(0, 1, 1021, dtype=np.float32)
    return bool(np.abs(curve.linear(values) - SRGB.linear(values)).max() < 5e-4)


def _managed(mode: str, scale: float, profile: bytes) -> Managed:
    opened, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    intent, black_point = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    forward = ImageCms.buildTransform(opened, srgb, mode, "RGB", intent, black_point)
    backward = ImageCms.buildTransform(srgb, opened, "RGB", mode, intent, black_point)
    # Pillow writes the output profile into each image, which fails for profiles that Little CMS reads but cannot write.
    backward.output_profile = forward.output_profile
    space = Managed(mode, scale, forward, backward)
    space.from_srgb(space.to_srgb(np.zeros((1, len(mode)), np.float32)))
    return space
