"""Which known patch looks most like the one being painted: PatchMatch on principal components.

C. Barnes et al., "PatchMatch: A Randomized Correspondence Algorithm for Structural Image Editing", 2009, made of
whole-array operations: every target tries its neighbours' shifts, and random places around its own, at the same time.
Patches are compared by their leading principal components, so that a comparison reads one short row of memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
Bits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

Pulse = Callable[[], None]
"""Called several times a second while something long is computed; may raise to stop it."""

COMPONENTS = 24
"""Principal components kept of a patch; on photographs they carry well over 95 % of its variance."""

_SAMPLES = 3000
_STRIPE = 1 << 15


def offsets(radius: int, width: int, stride: int = 1) -> Ints:
    """Flat index steps to the pixels of a patch in a picture of that width, row by row; of every ``stride``-th row and
    column only."""
    reach = np.arange(-radius, radius + 1, stride)
    return np.asarray((reach[:, None] * width + reach[None, :]).ravel(), np.int64)


@dataclass(frozen=True, eq=False)
class Describer:
    """Turns the patch of side 2 * radius + 1 around a pixel into a row of numbers, reading every ``stride``-th of its
    rows and columns.

    basis: float32 (pixels read * C, D). The squared distance of two rows is about the mean squared difference of the
    patches' pixels, summed over channels.
    """

    radius: int
    stride: int
    basis: F32

    @staticmethod
    def learn(planes: F32, centres: Ints, radius: int, stride: int, rng: np.random.Generator) -> Describer:
        """From patches of ``planes`` (H, W, C) around ``centres`` (flat indices, patches wholly inside)."""
        some = rng.choice(centres, min(_SAMPLES, len(centres)), replace=False)
        rows = _gather(_softened(planes, stride), some, radius, stride)
        rows -= rows.mean(0)
        _, vectors = np.linalg.eigh(rows.T @ rows)
        leading = vectors[:, ::-1][:, :COMPONENTS] / len(range(-radius, radius + 1, stride))
        return Describer(radius, stride, np.ascontiguousarray(leading, np.float32))

    def describe(self, planes: F32, centres: Ints, pulse: Pulse) -> F32:
        """float32 (len(centres), D)"""
        planes = _softened(planes, self.stride)
        out = np.empty((len(centres), self.basis.shape[1]), np.float32)
        for start in range(0, len(centres), _STRIPE):
            pulse()
            some = centres[start : start + _STRIPE]
            np.matmul(_gather(planes, some, self.radius, self.stride), self.basis, out=out[start : start + _STRIPE])
        return out


def _softened(planes: F32, stride: int) -> F32:
    """What may be read at every ``stride``-th pixel: what lies between counts too."""
    return planes if stride == 1 else np.asarray(cv2.GaussianBlur(planes, (0, 0), 0.4 * stride), np.float32)


def _gather(planes: F32, centres: Ints, radius: int, stride: int) -> F32:
    """float32 (len(centres), pixels read * C)"""
    height, width, channels = planes.shape
    flat = np.ascontiguousarray(planes).reshape(height * width, channels)
    patches = flat.take(centres[:, None] + offsets(radius, width, stride), axis=0, mode="clip")
    return np.asarray(patches.reshape(len(centres), -1), np.float32)


@dataclass(eq=False)
class Matching:
    """For each target the flat index of the best source found so far, and its distance."""

    best: Ints
    distance: F32


class Search:
    """Targets and sources of one picture, as flat indices; ``improve`` is one sweep over all targets."""

    def __init__(self, targets: Ints, is_source: Bits, rows: F32, rng: np.random.Generator) -> None:
        """is_source: (H, W). rows: (number of sources, D), in the order of the sources' flat indices."""
        self._height, self._width = is_source.shape
        self._rng = rng
        self._rows = rows
        self._row_of = np.full(is_source.size, -1, np.int64)
        self._row_of[np.flatnonzero(is_source)] = np.arange(len(rows))
        self._place_of = np.full(is_source.size, -1, np.int64)
        self._place_of[targets] = np.arange(len(targets))
        self._y, self._x = np.divmod(targets, self._width)

    def measure(self, described: F32, best: Ints) -> Matching:
        """The matching that has these sources; ``described`` (number of targets, D) are the targets' rows."""
        return Matching(best.copy(), self._distance(described, np.arange(len(best)), best))

    def improve(self, described: F32, matching: Matching, step: int, pulse: Pulse) -> None:
        """Try the shifts of the neighbours 1 and ``step`` pixels away, then random places, nearer and nearer."""
        for away in sorted({1, step}):
            for dy, dx in ((0, away), (0, -away), (away, 0), (-away, 0)):
                pulse()
                self._propagate(described, matching, dy, dx)
        radius = max(self._height, self._width)
        while radius >= 1:
            pulse()
            self._wander(described, matching, radius)
            radius //= 3

    def _propagate(self, described: F32, matching: Matching, dy: int, dx: int) -> None:
        y, x = self._y + dy, self._x + dx
        inside = self._inside(y, x)
        neighbour = np.where(inside, self._place_of[np.where(inside, y * self._width + x, 0)], -1)
        who = np.flatnonzero(neighbour >= 0)
        source_y, source_x = np.divmod(matching.best[neighbour[who]], self._width)
        self._try(described, matching, who, source_y - dy, source_x - dx)

    def _wander(self, described: F32, matching: Matching, radius: int) -> None:
        source_y, source_x = np.divmod(matching.best, self._width)
        dy, dx = self._rng.integers(-radius, radius + 1, (2, len(matching.best)))
        self._try(described, matching, np.arange(len(matching.best)), source_y + dy, source_x + dx)

    def _try(self, described: F32, matching: Matching, who: Ints, y: Ints, x: Ints) -> None:
        """Give the targets numbered ``who`` the sources at (y, x) where those are sources, and better."""
        inside = self._inside(y, x)
        flat = np.where(inside, y * self._width + x, 0)
        worth = inside & (self._row_of[flat] >= 0) & (flat != matching.best[who])
        who, flat = who[worth], flat[worth]
        distance = self._distance(described, who, flat)
        better = distance < matching.distance[who]
        matching.best[who[better]] = flat[better]
        matching.distance[who[better]] = distance[better]

    def _inside(self, y: Ints, x: Ints) -> Bits:
        inside: Bits = (y >= 0) & (y < self._height) & (x >= 0) & (x < self._width)
        return inside

    def _distance(self, described: F32, who: Ints, flat: Ints) -> F32:
        difference = self._rows.take(self._row_of[flat], axis=0, mode="clip")
        difference -= described if len(who) == len(described) else described.take(who, axis=0, mode="clip")
        return np.asarray(np.einsum("nd,nd->n", difference, difference), np.float32)
