"""Continues a picture into a hole with patches of what is known, from coarse to fine.

After A. Newson et al., "Non-Local Patch-Based Image Inpainting", Image Processing On Line, 2017: matching and voting in
turn (Wexler, Shechtman and Irani, 2007), with texture features beside the colours. What is new here: after each vote,
what the votes miss at the hole's rim is spread over the hole by a membrane, so that the next matching already sees the
surroundings' light (the effect of the gains and gradients of S. Darabi et al., "Image Melding", 2012, at the price of
one Laplace equation). On the photographs of ``bench.erase`` this alone is worth 1 to 3 dB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .levels import COLOURS, PLANES, Level, halvings, pyramid, whole_patches
from .membrane import membrane
from .onion import peel
from .patches import F32, Bits, Describer, Ints, Matching, Pulse, Search, offsets

Show = Callable[[F32], None]
"""Called after every pass with the canvas's colours, float32 (h, w, 3), at the size that is being painted."""

_SEARCHED_PIXELS = 1_600_000
"""Pictures larger than this are not searched: they take the matches of half their size."""

_DENSE = 4
"""Radius of patches up to which all of their pixels are read; of larger ones every second row and column is enough."""

_FINE = 1.5
"""Pixels of blur that take away the finest detail."""

_FAR = 60
"""Pixels from what is known beyond which no patch is trusted more than another: 1.3 to the minus 175th is nothing."""


@dataclass(frozen=True)
class PatchSettings:
    """radius: of a patch, pixels. coarse: the same at all sizes but the finest; larger ones see more of what a
    picture is built of. sweeps: of the search, per pass. The passes are of matching and voting. nearby: how far, in
    pixels, the finest size looks around what the one before it found; that is where nearly all of its time went.
    trust: how fast a vote's weight falls with the distance from what is known, per pixel of the level.
    sharp: how much more a good match weighs than a middling one. texture: how much the texture features weigh beside
    the colours. held: the share of them that stays what the surroundings foretell. These three together decide between
    fine texture and a smooth mean. crisp: the share of the finest detail that is at last copied from one patch instead
    of being the mean of many, which softens it.
    along: of a hole that is open on one side, how much a match costs that lies a pixel further down, and one that lies
    a pixel further to the right: what goes on sideways is to stay in its row."""

    radius: int = 4
    coarse: int = 7
    sweeps: int = 4
    coarsest_passes: int = 8
    middle_passes: int = 5
    finest_passes: int = 2
    finest_sweeps: int = 2
    nearby: int = 4
    trust: float = 1.3
    sharp: float = 4.0
    texture: float = 5.0
    held: float = 0.15
    crisp: float = 0.3
    along: tuple[float, float] = (0.0, 0.0)

    def at(self, depth: int) -> PatchSettings:
        """The same at the size that is halved ``depth`` times."""
        down, across = self.along
        return replace(self, along=(down * 2**depth, across * 2**depth))


def fill(
    colour: F32, hole: Bits, known: Bits, settings: PatchSettings, rng: np.random.Generator, show: Show, pulse: Pulse
) -> F32:
    """``colour`` float32 (H, W, 3) with ``hole`` painted; everything else as it was.

    known: bool (H, W), what may be copied and believed; must not meet ``hole``, and at least one patch of it must be
    whole (``whole_patches``). Pixels that are neither are left alone.
    """
    rim = 2 * settings.coarse + 1
    levels = pyramid(colour, hole, known, settings.coarse, rim)
    canvas = _by_patches(levels, settings, rng, show, pulse)
    inner = canvas[rim:-rim, rim:-rim, :COLOURS]
    return np.where(hole[..., None], inner, colour).astype(np.float32)


def _by_patches(
    levels: list[Level], settings: PatchSettings, rng: np.random.Generator, show: Show, pulse: Pulse
) -> F32:
    """From coarse to fine."""
    field: Field | None = None
    canvas = peel(levels[-1], _radius_at(len(levels) - 1, settings), settings.texture, rng, pulse)
    for depth in range(len(levels) - 1, -1, -1):
        painter = Painter(levels[depth], _radius_at(depth, settings), settings.at(depth), rng, pulse)
        if field is not None:
            field = painter.doubled(field)
            canvas = painter.vote(field, None)
            if depth == 0:
                painter.look_only_near(field)
        for _ in range(_passes_at(depth, len(levels), levels[depth].hole.size, settings)):
            field, canvas = painter.paint(field, canvas)
            show(canvas[..., :COLOURS])
    return canvas if field is None else painter.crisp(field, canvas)


def passes(hole: Bits, settings: PatchSettings) -> int:
    """How often ``fill`` will call ``show`` (a few more or less for very large pictures)."""
    levels = halvings(hole, settings.coarse) + 1
    return sum(_passes_at(depth, levels, hole.size >> (2 * depth), settings) for depth in range(levels))


def _passes_at(depth: int, levels: int, pixels: int, settings: PatchSettings) -> int:
    if depth == levels - 1:
        return settings.coarsest_passes
    if pixels > _SEARCHED_PIXELS:
        return 0
    return settings.middle_passes if depth else settings.finest_passes


def _radius_at(depth: int, settings: PatchSettings) -> int:
    return settings.coarse if depth else settings.radius


@dataclass(frozen=True, eq=False)
class Field:
    """Where each target's patch comes from: the shift to it, int64 (H, W, 2) as (dy, dx), where ``valid`` (H, W)."""

    shift: Ints
    valid: Bits


def _finest_detail(colours: F32) -> F32:
    return np.asarray(colours - cv2.GaussianBlur(colours, (0, 0), _FINE), np.float32)


class Painter:
    """Matching and voting at one level."""

    def __init__(
        self, level: Level, radius: int, settings: PatchSettings, rng: np.random.Generator, pulse: Pulse
    ) -> None:
        self._level, self._radius, self._settings, self._rng, self._pulse = level, radius, settings, rng, pulse
        self._width, self._stride = level.hole.shape[1], 1 if radius <= _DENSE else 2
        window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
        touched = cv2.dilate(level.hole.astype(np.uint8), window) > 0
        self._targets = np.flatnonzero(touched & whole_patches(level.known | level.hole, radius))
        self._voted = np.flatnonzero(cv2.dilate(touched.astype(np.uint8), window))
        self._planes = np.ascontiguousarray(level.truth.reshape(-1, PLANES).T)
        self._y, self._x = np.divmod(self._targets, self._width)
        self._is_source = whole_patches(level.known, radius)
        self._sources = np.flatnonzero(self._is_source)
        depth = cv2.distanceTransform(level.hole.astype(np.uint8), cv2.DIST_L2, 3).ravel()[self._targets]
        self._trust = (settings.trust ** -np.minimum(depth, _FAR)).astype(np.float32)
        self._smooth = level.smooth()
        self._searching: tuple[Describer, Search] | None = None
        self._sweeps = settings.sweeps

    def doubled(self, coarse: Field) -> Field:
        """The field of the level at half this size, at this size; a random source where it has none."""
        shift = coarse.shift[self._y // 2, self._x // 2] * 2
        y, x = self._y + shift[:, 0], self._x + shift[:, 1]
        height = self._level.hole.shape[0]
        usable = coarse.valid[self._y // 2, self._x // 2] & (y >= 0) & (y < height) & (x >= 0) & (x < self._width)
        flat = np.where(usable, y * self._width + x, 0)
        usable &= self._is_source.ravel()[flat]
        return self._field(np.where(usable, flat, self._anywhere()))

    def look_only_near(self, field: Field) -> None:
        """From now on only what lies around the sources of ``field`` is a source, and searched for less long."""
        used = np.zeros(self._is_source.shape, np.uint8)
        used.ravel()[self._best(field)] = 1
        side = 2 * self._settings.nearby + 1
        self._is_source = self._is_source & (cv2.dilate(used, np.ones((side, side), np.uint8)) > 0)
        self._sources = np.flatnonzero(self._is_source)
        self._sweeps = self._settings.finest_sweeps

    def crisp(self, field: Field, canvas: F32) -> F32:
        """``canvas`` with a share of its finest detail copied from each pixel's own source."""
        level = self._level
        copied = np.where(level.known[..., None], level.truth[..., :COLOURS], canvas[..., :COLOURS])
        inside = self._level.hole.ravel()[self._targets]
        copied.reshape(-1, COLOURS)[self._targets[inside]] = self._planes[:COLOURS, self._best(field)[inside]].T
        more = _finest_detail(copied) - _finest_detail(np.ascontiguousarray(canvas[..., :COLOURS]))
        result = canvas.copy()
        result[..., :COLOURS] += np.where(self._level.hole[..., None], np.float32(self._settings.crisp) * more, 0)
        return result

    def paint(self, field: Field | None, canvas: F32) -> tuple[Field, F32]:
        """One pass: better matches for the canvas as it is, then the canvas that they vote for."""
        describer, search = self._searching or self._prepared()
        described = self._describe(describer, canvas, self._targets)
        matching = search.measure(described, self._anywhere() if field is None else self._best(field))
        for number in range(self._sweeps):
            search.improve(described, matching, 2 + 3 * number, self._pulse)
        found = self._field(matching.best)
        return found, self.vote(found, matching)

    def vote(self, field: Field, matching: Matching | None) -> F32:
        """The canvas: each pixel of the hole the weighted mean of what the patches over it have there."""
        weight = self._trust if matching is None else self._trust * self._goodness(matching.distance)
        voted, reached = self._counted(self._best(field), weight)
        voted[..., :COLOURS] += self._missed(voted[..., :COLOURS], reached)
        voted[..., COLOURS:] += self._settings.held * (self._smooth[..., COLOURS:] - voted[..., COLOURS:])
        return np.where((self._level.hole & reached)[..., None], voted, self._smooth)

    def _counted(self, best: Ints, weight: F32) -> tuple[F32, Bits]:
        """The weighted mean for every pixel that a patch reaches, and which those are: (H, W, PLANES), (H, W)."""
        source, trust = np.zeros(self._level.hole.size, np.int64), np.zeros(self._level.hole.size, np.float32)
        source[self._targets], trust[self._targets] = best, weight
        total = np.zeros((PLANES, len(self._voted)), np.float32)
        weights = np.full(len(self._voted), 1e-20, np.float32)
        for step in offsets(self._radius, self._width, self._stride):
            centre = self._voted - step
            there = trust.take(centre, mode="clip")
            copied = source.take(centre, mode="clip") + step
            for plane, sum_ in zip(self._planes, total, strict=True):
                sum_ += plane.take(copied, mode="clip") * there
            weights += there
            self._pulse()
        voted, reached = np.zeros((self._level.hole.size, PLANES), np.float32), np.zeros(self._level.hole.size, bool)
        voted[self._voted], reached[self._voted] = (total / weights).T, weights > 1e-20
        return voted.reshape(self._level.truth.shape), reached.reshape(self._level.hole.shape)

    def _goodness(self, distance: F32) -> F32:
        """A match's weight among those around it: its distance counts against their mean."""
        plane = np.zeros(self._level.hole.size, np.float32)
        there = np.zeros_like(plane)
        plane[self._targets], there[self._targets] = distance, 1
        window = (2 * self._radius + 1,) * 2
        summed = cv2.blur(plane.reshape(self._level.hole.shape), window).ravel()[self._targets]
        count = cv2.blur(there.reshape(self._level.hole.shape), window).ravel()[self._targets]
        usual = summed / count
        weight: F32 = np.exp(-self._settings.sharp * distance / np.maximum(usual, 1e-12))
        return weight

    def _missed(self, voted: F32, reached: Bits) -> F32:
        """The votes' error at the rim, where the truth is known, spread smoothly over the hole."""
        rim = reached & self._level.known
        if not rim.any():
            return np.zeros_like(voted)
        error = np.where(rim[..., None], self._level.truth[..., :COLOURS] - voted, 0)
        return membrane(error, ~self._level.hole)

    def _prepared(self) -> tuple[Describer, Search]:
        """Only when it is wanted: the sources' rows are most of the memory and, for a small hole, of the time."""
        truth = self._level.truth
        describer = Describer.learn(truth[..., :COLOURS], self._sources, self._radius, self._stride, self._rng)
        rows = self._describe(describer, truth, self._sources)
        self._searching = describer, Search(self._targets, self._is_source, rows, self._rng)
        return self._searching

    def _describe(self, describer: Describer, canvas: F32, centres: Ints) -> F32:
        looks = describer.describe(canvas[..., :COLOURS], centres, self._pulse)
        feel = canvas.reshape(-1, PLANES)[centres, COLOURS:] * self._settings.texture
        return np.concatenate([looks, feel, *self._places(centres)], 1)

    def _places(self, centres: Ints) -> list[F32]:
        """Where they lie, as far as that counts."""
        places = zip(np.divmod(centres, self._width), self._settings.along, strict=True)
        return [(place * weight)[:, None].astype(np.float32) for place, weight in places if weight]

    def _anywhere(self) -> Ints:
        return self._rng.choice(self._sources, len(self._targets))

    def _field(self, best: Ints) -> Field:
        shift = np.zeros((*self._level.hole.shape, 2), np.int64)
        source_y, source_x = np.divmod(best, self._width)
        shift[self._y, self._x] = np.stack([source_y - self._y, source_x - self._x], 1)
        valid = np.zeros(self._level.hole.shape, bool)
        valid[self._y, self._x] = True
        return Field(shift, valid)

    def _best(self, field: Field) -> Ints:
        shift = field.shift[self._y, self._x]
        return np.asarray((self._y + shift[:, 0]) * self._width + self._x + shift[:, 1], np.int64)
