"""The shadow and the reflection of a thing, told from their surroundings by colour and place.

A shadow takes the same share of each colour of light from what it lies on (the ratio of both sides of its edge is one
number, a little less of it in blue; G. Finlayson et al., "On the Removal of Shadows from Images", 2006) and begins at
its thing. So what is darker than the same surface around it by one ratio, and is joined to the thing, is its shadow. A
reflection in water or on a table is the thing turned upside down about its foot.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from server.pixels.masks import bounds
from server.pixels.picture import F32, Picture

from .levels import Bits

_SIZE = 96
"""Pixels to which the thing's longer side is shrunk: a shadow is no fine detail."""

_REACH = 2.5
"""How far a shadow is looked for, in longer sides of the thing."""

_GAMMA = 2.2
_DARK = 0.01
"""Light, of 0..1, that is added before it is compared: in what is nearly black a ratio means nothing."""

_LIT, _ROUNDS, _NEAR = 0.9, 6, 0.6
"""How much more what is bright counts than what is dark, for how a surface looks in the light; how often that is
refined; how far around, in longer sides of the thing."""

_LEAST, _CLEAR = 0.05, 0.7
"""Of the logarithms of light: by how much a shadow is darker than what lies beyond it at least; and that as a multiple
of how both vary in themselves."""

_DEEP, _NIGHT = 0.7, 2.2
"""The same numbers of a shadow that is as dark as any; and of what no shadow is any more, for some light always comes
from elsewhere."""

_ROUND = 0.25
"""Share of what lies just beyond a shadow that need not be lighter, and by what share of its darkness the rest has to
be: a dark half of the picture is lighter on one side only."""

_SOFT = 0.3
"""Share of its darkness at which a shadow ends."""

_BLURS = (1 / 40, 1 / 14)
"""Of the surroundings, in sides of the thing: what a ground is made of, gravel or grass, is no shadow."""

_DEPTHS = 32
"""At which the dark is cut off, to see which is the shadow's end."""

_FOOT, _HIGH = 0.6, 0.25
"""Share of the thing's height that is above its foot; and how much of a shadow may lie higher than its middle."""

_TINGE = 0.35
"""The most by which the colours' ratios may differ, as a share of their mean: blue sky lights what the sun does not."""

_SURFACES = 5
"""Kinds of colour that the surroundings are sorted into: light is compared on one surface only."""

_SMALLEST, _USUAL, _MOST = 0.02, 0.25, 3.0
"""Areas of the thing. What is smaller than is usual is likelier a dark stone than a shadow; what is larger than the
most is a dark part of the picture."""

_FEWEST = 100
"""Pixels around the thing, without which nothing can be said."""

_LIKE = 0.45
"""Correlation from which what lies below a thing is its reflection."""

_DOWN = 0.2
"""How far from its foot, in heights of the thing, the line may be at which it is mirrored."""

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Around:
    """The thing and what is around it, shrunk. rgb: float32 (h, w, 3); thing, shown: bool (h, w); side: the thing's
    longer side, in pixels of these."""

    rgb: F32
    thing: Bits
    shown: Bits
    side: int


def with_shadow(picture: Picture, thing: Bits) -> Bits:
    """bool (H, W): the shadow of ``thing`` and its reflection, without it; nothing where there are none."""
    box = bounds(thing)
    reach = round(_REACH * max(box.width, box.height)) + 8
    rows = slice(max(0, box.y - reach), box.bottom + reach)
    columns = slice(max(0, box.x - reach), box.right + reach)
    around = _shrunk(picture.rgb[rows, columns], thing[rows, columns], picture.alpha[rows, columns] > 0)
    small = (shadow(around) | reflection(around)).astype(np.float32)
    found = np.zeros_like(thing)
    part = found[rows, columns]
    height, width = part.shape
    part[:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) > 0.4
    return found & ~thing & (picture.alpha > 0)


def _shrunk(rgb: F32, thing: Bits, shown: Bits) -> Around:
    box = bounds(thing)
    longer = max(box.width, box.height)
    scale = min(1.0, _SIZE / longer)
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))

    def resized(values: F32) -> F32:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    covered = resized(thing.astype(np.float32)) > 0.05
    return Around(resized(rgb), covered, resized(shown.astype(np.float32)) > 0.95, max(1, round(longer * scale)))


def shadow(around: Around) -> Bits:
    """bool (h, w): what is darker by one ratio than the same surface around it, and begins at the thing's foot.

    Where it ends is looked for: of all depths at which the dark could be cut off, the one at which it differs most from
    what lies just beyond it."""
    outside = around.shown & ~around.thing
    if np.count_nonzero(outside) < _FEWEST:
        return np.zeros_like(around.thing)
    light = np.log(around.rgb.clip(0, None) ** _GAMMA + _DARK).astype(np.float32)
    cores = [_core(_averaged(light, outside, max(1.0, share * around.side)), around, outside) for share in _BLURS]
    found, _ = max(cores, key=lambda core: core[1])
    return _grown(found, max(1, around.side // 20)) & outside


def _core(light: F32, around: Around, outside: Bits) -> tuple[Bits, float]:
    """The likeliest shadow, and how likely it is one; nothing and 0."""
    missing = _lit(light, outside, around.side) - light
    darker = np.where(outside, missing.mean(2), -9)
    foot = _grown(_foot(around.thing), max(2, around.side // 24)) & outside
    best, found = _LEAST, np.zeros_like(outside)
    if not foot.any():
        return found, 0.0
    for depth in np.unique(np.quantile(darker[foot], np.linspace(0.02, 0.95, _DEPTHS))):
        part = _joined_to(foot, darker > depth)
        how = _clearly(part, missing, light.mean(2), around, outside)
        if how > best:
            best, found = how, part
    if not found.any():
        return found, 0.0
    return _to_its_end(found, darker, around, outside), best


def _to_its_end(found: Bits, darker: F32, around: Around, outside: Bits) -> Bits:
    """With what is less dark and joined to it: a shadow grows soft away from its thing."""
    reach = max(3, around.side // 6)
    beyond = _grown(found, reach) & ~_grown(found, reach // 2) & outside
    if not beyond.any():
        return found
    lit, dark = float(np.median(darker[beyond])), float(np.median(darker[found]))
    more = _joined_to(found, darker > lit + _SOFT * (dark - lit)) & _grown(found, 2 * reach)
    return more if np.count_nonzero(more) < 2.5 * np.count_nonzero(found) else found


def _foot(thing: Bits) -> Bits:
    """Its lower part, from which shadows go out."""
    box = bounds(thing)
    low = thing.copy()
    low[: box.y + round(_FOOT * box.height)] = False
    return low


def _clearly(part: Bits, missing: F32, light: F32, around: Around, outside: Bits) -> float:
    """How much darker ``part`` is than what lies just beyond it; 0 for what is no shadow of this thing."""
    area = np.count_nonzero(around.thing)
    if not _SMALLEST * area < np.count_nonzero(part) < _MOST * area:
        return 0.0
    width = max(2, around.side // 14)
    rim = _grown(part, width) & ~_grown(part, 1) & outside
    if np.count_nonzero(rim) < 10:
        return 0.0
    taken = np.median(missing[part], 0) - np.median(missing[rim], 0)
    amount = float(taken.mean())
    if np.abs(taken - amount).max() > _TINGE * amount + 0.03:
        return 0.0
    darker = missing.mean(2)
    if np.quantile(light[rim], _ROUND) < np.median(light[part]) + _ROUND * amount:
        return 0.0
    if np.count_nonzero(part[: _middle(around.thing)]) > _HIGH * np.count_nonzero(part) or amount > _NIGHT:
        return 0.0
    clearly = amount / (float(np.sqrt(darker[part].var() + darker[rim].var())) + 0.05)
    large = min(1.0, np.count_nonzero(part) / (_USUAL * area)) ** 0.5
    return large * min(amount, _DEEP) * min(clearly, 3) if clearly > _CLEAR else 0.0


def _middle(thing: Bits) -> int:
    box = bounds(thing)
    return box.y + box.height // 2


def _averaged(values: F32, where: Bits, sigma: float) -> F32:
    """The mean of those ``where`` around each pixel."""
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma)
    count = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(total / np.maximum(count, 1e-4)[..., None], np.float32)


def _lit(light: F32, outside: Bits, side: int) -> F32:
    """What each pixel's surface looks like where light falls on it: a high quantile of its neighbourhood."""
    result = light.copy()
    surface = _surfaces(light, outside)
    for number in range(_SURFACES):
        same = outside & (surface == number)
        if np.count_nonzero(same) < 50:
            continue
        result[same] = _bright(light, same, side)[same]
    return result


def _surfaces(light: F32, outside: Bits) -> Ints:
    """Every pixel's kind of colour, whatever its light; what is gray is one kind."""
    tone = np.stack([light[..., 0] - light[..., 1], light[..., 2] - light[..., 1]], 2)
    some = tone[outside].astype(np.float32)
    ending = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.01)
    cv2.setRNGSeed(1)
    count = min(_SURFACES, len(some))
    _, label, _ = cv2.kmeans(some, count, np.empty(0, np.int32), ending, 1, cv2.KMEANS_PP_CENTERS)
    surface = np.full(outside.shape, -1, np.int32)
    surface[outside] = label.ravel()
    return surface


def _bright(light: F32, where: Bits, side: int) -> F32:
    """float32 (h, w, 3): a high expectile of each neighbourhood (W. Newey and J. Powell, 1987): a mean in which what is
    brighter than it counts more. It is smooth, so a small picture of it is enough."""
    shrink = max(1, side // 16)
    size = max(1, light.shape[1] // shrink), max(1, light.shape[0] // shrink)
    weight = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(light * where[..., None], size, interpolation=cv2.INTER_AREA)
    small = np.asarray(total / np.maximum(weight, 1e-3)[..., None], np.float32)
    gray, sigma = small.mean(2), max(1.0, _NEAR * side / shrink)
    counted, mean = weight, small
    for _ in range(_ROUNDS):
        among = np.maximum(cv2.GaussianBlur(counted, (0, 0), sigma), 1e-5)[..., None]
        mean = np.asarray(cv2.GaussianBlur(small * counted[..., None], (0, 0), sigma) / among, np.float32)
        counted = weight * np.where(gray > mean.mean(2), np.float32(_LIT), np.float32(1 - _LIT))
    return np.asarray(cv2.resize(mean, light.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _joined_to(foot: Bits, dark: Bits) -> Bits:
    """The parts of ``dark`` that reach the foot."""
    _, label = cv2.connectedComponents(dark.astype(np.uint8), connectivity=4)
    held = np.unique(label[foot & dark])
    return np.isin(label, held[held > 0])


def reflection(around: Around) -> Bits:
    """bool (h, w): where the thing is seen again upside down below its foot."""
    box = bounds(around.thing)
    nothing = np.zeros_like(around.thing)
    fine = around.rgb.mean(2) - cv2.GaussianBlur(around.rgb.mean(2), (0, 0), max(1.0, around.side / 12))
    best, at = 0.0, None
    for foot in range(box.bottom - round(_DOWN * box.height), box.bottom + round(0.5 * _DOWN * box.height) + 1):
        mirrored, seen = _mirrored(fine, around.thing, foot)
        seen &= around.shown & ~around.thing
        if np.count_nonzero(seen) < 0.25 * np.count_nonzero(around.thing):
            continue
        like = _correlation(mirrored[seen], fine[seen])
        if like > best:
            best, at = like, seen
    return nothing if at is None or best < _LIKE else _grown(at, 2) & around.shown & ~around.thing


def _mirrored(fine: F32, thing: Bits, foot: int) -> tuple[F32, Bits]:
    """What is above row ``foot``, below it; and where that is the thing."""
    height = fine.shape[0]
    rows = 2 * foot - 1 - np.arange(height)
    inside = (rows >= 0) & (rows < height) & (np.arange(height) >= foot)
    rows = rows.clip(0, height - 1)
    return fine[rows], thing[rows] & inside[:, None]


def _correlation(one: F32, other: F32) -> float:
    one, other = one - one.mean(), other - other.mean()
    length = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / length if length > 1e-9 else 0.0


def _grown(region: Bits, pixels: int) -> Bits:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return cv2.dilate(region.astype(np.uint8), disc) > 0
