"""Tone curves: between the numbers of a document and linear light. Each is defined for every real number.

Negative values mirror the positive ones, so that out-of-gamut colours survive; curves of a table go on straight
beyond 0..1 with the slope of their last steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .picture import F32


class Curve(Protocol):
    def linear(self, encoded: F32) -> F32:
        """Light, 0..1 nominal, of encoded values of the same shape."""
        ...

    def encoded(self, linear: F32) -> F32:
        """The inverse of ``linear``."""
        ...


def _mirrored(result: F32, argument: F32) -> F32:
    return np.copysign(result, argument)


@dataclass(frozen=True)
class Gamma:
    """y = x ** gamma."""

    gamma: float

    def linear(self, encoded: F32) -> F32:
        return encoded if self.gamma == 1.0 else self._power(encoded, self.gamma)

    def encoded(self, linear: F32) -> F32:
        return linear if self.gamma == 1.0 else self._power(linear, 1.0 / self.gamma)

    @staticmethod
    def _power(values: F32, exponent: float) -> F32:
        return _mirrored(np.power(np.abs(values), np.float32(exponent)), values)


@dataclass(frozen=True)
class Parametric:
    """ICC.1:2022 section 10.18, all five types: y = (a x + b) ** g + e from x = d on, y = c x + f below."""

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def linear(self, encoded: F32) -> F32:
        x = np.abs(encoded)
        upper = np.power(np.maximum(np.float32(self.a) * x + np.float32(self.b), 0), np.float32(self.g))
        y = np.where(x >= self.d, upper + np.float32(self.e), np.float32(self.c) * x + np.float32(self.f))
        return _mirrored(y.astype(np.float32, copy=False), encoded)

    def encoded(self, linear: F32) -> F32:
        y = np.abs(linear)
        upper = np.power(np.maximum(y - np.float32(self.e), 0), np.float32(1.0 / self.g))
        x = (upper - np.float32(self.b)) / np.float32(self.a)
        if self.d > 0 and self.c > 0:
            knee = max(self.a * self.d + self.b, 0.0) ** self.g + self.e
            x = np.where(y >= knee, x, (y - np.float32(self.f)) / np.float32(self.c))
        elif self.d > 0:
            x = np.maximum(x, 0)
        return _mirrored(x.astype(np.float32, copy=False), linear)


SRGB = Parametric(g=2.4, a=1 / 1.055, b=0.055 / 1.055, c=1 / 12.92, d=0.04045)
"""IEC 61966-2-1."""

LINEAR = Gamma(1.0)


@dataclass(frozen=True, eq=False)
class CurveTable:
    """``samples``: light at evenly spaced encoded values from 0 to 1, never falling, at least two."""

    samples: F32

    def linear(self, encoded: F32) -> F32:
        last = len(self.samples) - 1
        place = np.abs(encoded) * np.float32(last)
        below = np.clip(place, 0, last - 1).astype(np.intp)
        low, high = self.samples[below], self.samples[below + 1]
        return _mirrored(low + (high - low) * (place - below), encoded)

    def encoded(self, linear: F32) -> F32:
        magnitude = np.abs(linear)
        places = np.linspace(0.0, 1.0, len(self.samples))
        inner = np.interp(magnitude, self.samples, places).astype(np.float32)
        top, slope = self.samples[-1], (self.samples[-1] - self.samples[-2]) * (len(self.samples) - 1)
        if slope > 0:
            inner = np.where(magnitude > top, 1 + (magnitude - top) / slope, inner)
        return _mirrored(inner, linear)
