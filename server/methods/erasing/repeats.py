"""Rows, tiles, a screen's dots, straight edges: what comes again at certain steps goes on at them through a hole.

The steps are the peaks of the surroundings' correlation with themselves (the statistics of patch offsets of K. He and
J. Sun, 2012, found by Fourier transforms: where patches match at a step, the picture correlates at it). Whether they
foretell anything is measured where the truth is known, in the ring around the hole; most pictures repeat nothing, and
are painted by patches alone.
"""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.masks import bounds, distance_to

from .levels import F32, Bits
from .membrane import membrane
from .patches import Ints

_WINDOW = 512
"""Side, in pixels, of the part about the hole in which steps are looked for."""

_SHORTEST = 3
"""Pixels: everything is like itself one pixel on."""

_SMOOTH = 24.0
"""Pixels of blur, of what is light and not pattern."""

_DRIFT = 6.0
"""Pixels of blur, of what a copy differs by."""

_SAMPLES = 5000
"""Pixels to which a slope is fitted."""

_LIKE, _AS_LIKE, _MOST = 0.45, 0.9, 500
"""Correlation of a step that is worth trying; as a share of the best one's; how many are tried."""

_RING = 20
_FORETOLD = 0.75
"""Share of the detail around the hole that the steps have to foretell, to be believed inside it."""

_FEWEST = 400


def repeated(colour: F32, hole: Bits, known: Bits) -> F32 | None:
    """``colour`` (H, W, 3) with what goes on at steps in ``hole``; None where nothing does, or not all of it is
    reached."""
    light = _light(colour, known)
    detail = np.where(known[..., None], colour - light, 0).astype(np.float32)
    steps = _steps(detail, hole, known)
    ring = known & (distance_to(hole) <= _RING)
    if not len(steps) or np.count_nonzero(ring) < _FEWEST:
        return None
    near = distance_to(hole) <= _RING
    foretold, reached = _predicted(detail, known, near, steps)
    if not reached[hole].all() or _explained(detail, foretold, ring & reached) < _FORETOLD:
        return None
    copied, _ = _predicted(colour, known, near, steps)
    return np.where(hole[..., None], copied + _drift(colour - copied, ring, hole), colour).astype(np.float32)


def _drift(difference: F32, ring: Bits, hole: Bits) -> F32:
    """By how much what is copied is lighter or darker than what is around the ``hole``, smoothly through it. Not all of
    the light is taken from the surroundings: beside a strong edge that would bring the one side's to the other."""
    weight = ring.astype(np.float32)
    total = cv2.GaussianBlur(difference * weight[..., None], (0, 0), _DRIFT)
    blurred = total / np.maximum(cv2.GaussianBlur(weight, (0, 0), _DRIFT), 1e-4)[..., None]
    return membrane(np.asarray(blurred, np.float32), ~hole)


def _light(colour: F32, known: Bits) -> F32:
    """What is left of the picture without its pattern, smoothly through the hole. A slope is taken away first: beside a
    border a blur would leave some of it, and every slope foretells itself."""
    slope = _slope(colour, known)
    weight = known.astype(np.float32)
    total = cv2.GaussianBlur((colour - slope) * weight[..., None], (0, 0), _SMOOTH)
    blurred = total / np.maximum(cv2.GaussianBlur(weight, (0, 0), _SMOOTH), 1e-4)[..., None]
    return slope + membrane(np.asarray(blurred, np.float32), known)


def _slope(colour: F32, known: Bits) -> F32:
    """The surface of second degree that fits what is known."""
    y, x = (values.astype(np.float32) / max(known.shape) - 0.5 for values in np.indices(known.shape))
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 2)
    some = np.flatnonzero(known)[:: max(1, np.count_nonzero(known) // _SAMPLES)]
    fit, *_ = np.linalg.lstsq(terms.reshape(-1, 6)[some], colour.reshape(-1, 3)[some], rcond=None)
    return np.asarray(terms @ fit, np.float32)


def _steps(detail: F32, hole: Bits, known: Bits) -> Ints:
    """(N, 2) as (dy, dx), those first at which the picture is most like itself."""
    box = bounds(hole)
    top, left = (max(0, middle - _WINDOW // 2) for middle in (box.y + box.height // 2, box.x + box.width // 2))
    part = slice(top, top + _WINDOW), slice(left, left + _WINDOW)
    like = _self_likeness(detail[part].mean(2), known[part])
    peak = (like >= cv2.dilate(like, np.ones((5, 5), np.uint8))) & (like >= _LIKE)
    rows, columns = np.nonzero(peak)
    found = np.stack([rows, columns], 1) - np.array(like.shape) // 2
    far = np.abs(found).max(1) >= _SHORTEST
    found, likeness = found[far], like[rows, columns][far]
    order = np.argsort(-likeness, kind="stable")
    good = likeness[order] >= _AS_LIKE * likeness.max(initial=0)
    return np.asarray(found[order][good][:_MOST], np.int64)


def _self_likeness(gray: F32, known: Bits) -> F32:
    """float32: the correlation of the known part with itself at every step up to half of its size; the step of nothing
    lies in the middle. 0 where too little overlaps."""
    height, width = gray.shape
    size = cv2.getOptimalDFTSize(2 * height), cv2.getOptimalDFTSize(2 * width)
    mask = known.astype(np.float32)
    some = np.where(known, gray, 0).astype(np.float32)
    seen, square, there = (np.fft.rfft2(each, size) for each in (some, some**2, mask))
    both = np.fft.irfft2(np.abs(seen) ** 2, size)
    one = np.fft.irfft2(square * np.conj(there), size)
    other = np.fft.irfft2(there * np.conj(square), size)
    overlap = np.fft.irfft2(np.abs(there) ** 2, size)
    like = np.where(overlap > 0.25 * overlap.flat[0], both / np.sqrt(np.maximum(one * other, 1e-9)), 0)
    centred = np.fft.fftshift(like)
    middle = centred.shape[0] // 2, centred.shape[1] // 2
    reach = height // 2, width // 2
    return np.asarray(
        centred[middle[0] - reach[0] : middle[0] + reach[0] + 1, middle[1] - reach[1] : middle[1] + reach[1] + 1],
        np.float32,
    )


def _predicted(detail: F32, known: Bits, wanted: Bits, steps: Ints) -> tuple[F32, Bits]:
    """What is found at the likeliest step that leads from a pixel ``wanted`` to something known, and whether any does.
    The mean of several would soften what a pattern is made of."""
    result, done = np.zeros_like(detail), np.zeros_like(known)
    for step in steps:
        there = (_moved(known.astype(np.float32), step) > 0) & wanted & ~done
        if there.any():
            result[there] = _moved(detail, step)[there]
            done |= there
        if done[wanted].all():
            break
    return result, done


def _moved(values: F32, step: Ints) -> F32:
    """At each pixel what is ``step`` from it; nothing beyond the border."""
    turn = np.array([[1, 0, -step[1]], [0, 1, -step[0]]], np.float32)
    moved = cv2.warpAffine(values, turn, (values.shape[1], values.shape[0]), flags=cv2.INTER_NEAREST)
    return np.asarray(moved, np.float32)


def _explained(detail: F32, foretold: F32, where: Bits) -> float:
    """The share of the detail that is foretold."""
    if np.count_nonzero(where) < _FEWEST:
        return 0.0
    error = float(np.square(detail[where] - foretold[where], dtype=np.float64).mean())
    return 1 - error / max(float(np.square(detail[where], dtype=np.float64).mean()), 1e-9)
