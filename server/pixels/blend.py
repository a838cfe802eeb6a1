"""The answer made to fit its surroundings: colours matched to what is known around the edit, then alpha.

A model gives back a slightly different picture even where it should change nothing (its autoencoder shifts the colours,
by an amount that may vary over the picture). Outside the edit the truth is known, so the difference there says what to
add inside. It is estimated as a Gaussian process (kriging; Rasmussen & Williams 2006, chapter 2): an offset and a gain
per channel, each a constant plus a smooth field over the picture, with priors that keep both small, so that a tiny ring
corrects little and what the model painted inside plays no part.

What is finer than colour is matched last (``grain``): the sharpness that the model's own pictures lose, and grain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds

from .grain import as_fine
from .icc import F64
from .masks import Masks, Region, bounds, distance_to, window
from .picture import F32, Picture

Indices = npt.NDArray[np.intp]

_OFFSET, _GAIN = 0.1, 0.1
"""Prior spread of the constant offset (of 0..1) and gain."""
_OFFSET_FIELD, _GAIN_FIELD = 0.04, 0.04
"""Prior spread of how offset and gain vary over the picture."""
_REACH = 0.5
"""The fields vary over this fraction of the edit's diagonal."""
_CELLS = 500
"""Cells the ring is averaged into: the size of the system to solve."""
_GRID = 48
"""The fields are evaluated on at most this many rows and columns."""
_NOISE_FLOOR = 0.5 / 255
_USUAL_SPREAD = 6 / 255
"""How far the drift of one place may be from the middle one without being odd."""
_ROUNDS = 6
_MOST = 0.2
"""No correction is larger."""


def finish(source: Picture, answer: F32, masks: Masks, grain: float = 0.0, seed: int = 0) -> Picture:
    """The new layer: ``answer`` (float32 (H, W, 3), sRGB-encoded) matched to ``source``, alpha = ``masks.composite``.
    grain: the share of the source's grain and sharpness that it gets where it lacks them; seed: of that grain.

    Where alpha is 0 the colours are the source's own, bit for bit. Raises OverpaintError (EDIT_FAILED) where the answer
    has no numbers, as models in half precision sometimes give.
    """
    check_finite(answer)
    rgb = source.rgb.copy()
    here = window(masks.edit, 0)
    rgb[here][masks.edit[here]] = match_colours(source, answer, masks.edit)[masks.edit[here]]
    if grain > 0:
        known = ~masks.edit & (source.alpha > 0.999)
        rgb = as_fine(rgb, answer, masks.edit, known, np.random.default_rng(seed), grain)
    return Picture(rgb, masks.composite)


def check_finite(answer: F32) -> None:
    """Raises OverpaintError (EDIT_FAILED) where the answer has no numbers."""
    if not np.isfinite(answer).all():
        raise OverpaintError(
            Code.EDIT_FAILED, "The model's answer was not a picture.", "Try another seed, or another model."
        )


def match_colours(source: Picture, answer: F32, edit: Region) -> F32:
    """The part of ``answer`` (H, W, 3) within the bounds of ``edit``, corrected by how ``answer`` differs from
    ``source`` in the ring around ``edit``; unchanged where there is no ring."""
    inner = answer[window(edit, 0)]
    place = _ring(source, edit)
    truth, given = (rgb[place[:, 0], place[:, 1]] for rgb in (source.rgb, answer))
    if len(place) < 8 or np.array_equal(truth, given):
        return inner
    cells = _cells(truth, given.astype(np.float64), place)
    fields = _Fields(cells, bounds(edit))
    corrected = np.empty_like(inner)
    for channel in range(3):
        offset, gain = fields.estimate(channel)
        change = offset + gain * (inner[..., channel] - np.float32(cells.centre[channel]))
        corrected[..., channel] = inner[..., channel] + np.clip(change, -_MOST, _MOST)
    return corrected


def _ring(source: Picture, edit: Region) -> Indices:
    """(M, 2): rows and columns of known pixels near the edit that the model saw as they are, opaque, of usual range."""
    box = bounds(edit)
    reach = min(max(round(math.hypot(box.width, box.height) / 4), 16), 128)
    here = window(edit, reach)
    near: Region = ~edit[here] & (distance_to(edit[here]) <= reach) & (source.alpha[here] > 0.999)
    rgb = source.rgb[here]
    near[near] = ((rgb[near] >= 0) & (rgb[near] <= 1)).all(axis=1)
    rows, columns = np.nonzero(near)
    return np.stack([rows + here[0].start, columns + here[1].start], axis=1)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The ring averaged over squares. place: (N, 2) row and column. answer, missing: (N, 3), what the model gave (less
    ``centre``) and what it lacks to the truth. count: (N,) pixels."""

    place: F64
    answer: F64
    missing: F64
    count: F64
    centre: F64


def _cells(truth: F32, answer: F64, place: Indices) -> _Cells:
    """truth, answer: (M, 3) colours of the ring's pixels; place: (M, 2) their rows and columns."""
    cell, count = _squares(place)

    def mean(values: F64) -> F64:
        return np.stack([np.bincount(cell, values[:, i]) / count for i in range(values.shape[1])], axis=1)

    centre = answer.mean(axis=0)
    missing = mean(truth.astype(np.float64) - answer)
    return _Cells(mean(place.astype(np.float64)), mean(answer) - centre, missing, count.astype(np.float64), centre)


def _squares(place: Indices) -> tuple[Indices, Indices]:
    """For each of (M, 2) places the number of its square, and how many places each square has; no more than ``_CELLS``
    squares, however scattered the places are."""
    side = max(1, math.isqrt(len(place) // _CELLS))
    while True:
        corner = place // side
        _, cell, count = np.unique(corner[:, 0] << 32 | corner[:, 1], return_inverse=True, return_counts=True)
        if len(count) <= _CELLS:
            return cell, count
        side = math.ceil(side * 1.2)


class _Fields:
    """Offset and gain over the pixels of ``box``, from the cells of the ring around it."""

    def __init__(self, cells: _Cells, box: Bounds) -> None:
        self._cells = cells
        self._box = box
        self._unit = max(_REACH * math.hypot(box.width, box.height), 8.0)
        varying = self._nearness(cells.place[:, 0], cells.place[:, 1])
        given = cells.answer.T
        prior = _OFFSET**2 + _OFFSET_FIELD**2 * varying
        prior = prior + given[:, :, None] * given[:, None, :] * (_GAIN**2 + _GAIN_FIELD**2 * varying)
        self._weights = _solve(prior, cells.missing.T, cells.count)
        # The fields are smooth: a coarse grid is enough, at the centres where cv2.resize has them.
        self._rows, self._columns = min(box.height, _GRID), min(box.width, _GRID)
        rows = (np.arange(self._rows) + 0.5) * box.height / self._rows - 0.5 + box.y
        columns = (np.arange(self._columns) + 0.5) * box.width / self._columns - 0.5 + box.x
        self._to_grid = self._nearness(np.repeat(rows, self._columns), np.tile(columns, self._rows))

    def estimate(self, channel: int) -> tuple[F32, F32]:
        """Offset and gain of one channel, float32 (height, width) of the box."""
        weights = self._weights[channel]
        tilted = weights * self._cells.answer[:, channel]
        offset = _OFFSET**2 * weights.sum() + _OFFSET_FIELD**2 * (self._to_grid @ weights)
        gain = _GAIN**2 * tilted.sum() + _GAIN_FIELD**2 * (self._to_grid @ tilted)
        return self._enlarged(offset), self._enlarged(gain)

    def _nearness(self, rows: F64, columns: F64) -> F64:
        """(M, N): 1 where a cell is, falling to 0 some units away."""
        down = np.subtract.outer(rows, self._cells.place[:, 0])
        across = np.subtract.outer(columns, self._cells.place[:, 1])
        nearness: F64 = np.exp((down * down + across * across) * (-0.5 / self._unit**2))
        return nearness

    def _enlarged(self, values: F64) -> F32:
        coarse = values.reshape(self._rows, self._columns).astype(np.float32)
        full = cv2.resize(coarse, (self._box.width, self._box.height), interpolation=cv2.INTER_CUBIC)
        return full.astype(np.float32, copy=False)


def _solve(prior: F64, missing: F64, count: F64) -> F64:
    """(prior + noise)⁻¹ · missing, (3, N), from priors (3, N, N): the noise of a pixel is learned from the misfit.

    A cell that stands out, where the model painted something else, counts less and less (Geman & McClure's weights),
    in all channels alike: what is new in one may match by chance in another.
    """
    # The first round is stiff and doubts what lies far from the middle: a smooth field would follow it and believe it.
    apart = missing - np.median(missing, axis=1, keepdims=True)
    spread = np.maximum(1.48 * np.median(np.abs(apart), axis=1, keepdims=True), _USUAL_SPREAD)
    outlying = _doubt((apart / spread) ** 2)
    per_pixel = spread**2 * count.mean()
    weights: F64 = np.zeros_like(missing)
    for _ in range(_ROUNDS):
        noise = per_pixel * outlying / count
        precise = prior + np.eye(len(count)) * noise[:, None, :]
        weights = np.linalg.solve(precise, missing[:, :, None])[:, :, 0].astype(np.float64)
        misfit = (noise * weights) ** 2 * count
        # 0.455 is the median of a squared normal variable.
        per_pixel = np.maximum(np.median(misfit, axis=1, keepdims=True) / 0.455, _NOISE_FLOOR**2)
        outlying = _doubt(misfit / per_pixel)
    return weights


def _doubt(misfit: F64) -> F64:
    """(N,), 1 and more: by how much to mistrust cells, from their squared misfit in units of what is usual (3, N)."""
    doubt: F64 = (1 + misfit.mean(axis=0) / 9) ** 2
    return doubt
