"""Finds what was pointed at without any model: by colour and texture, by edges, and by where it was pointed.

First on regions, of which there are some thousand: what the thing and what is around it look like is learned from what
seems to be either (``mixture``), which of the two each region is follows from that and from the edges between them
(``walker``), and both are repeated. Then pixel by pixel, in a close-up of what was found (``cut``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from server.pixels.masks import Region, bounds, depth_in, distance_to
from server.pixels.picture import F32, Picture, on_paper
from server.wire.geometry import Bounds
from server.wire.recipe import Click

from .cut import Detail, Levels, cut
from .mixture import mixture
from .prompts import Drawn, Prompts
from .regions import Regions, regions
from .walker import Graph

Bits = npt.NDArray[np.bool_]

_ROUNDS = 2
_PULL, _HELD = 0.05, 1e3
"""What the look of a region counts beside its neighbours, and what a seed does."""

_CERTAIN, _SAYS = 6.0, 0.5
"""Of the logarithm of a likelihood ratio: more says no more; and what of it counts, for neighbours say the same."""

_FAR_OFF = 0.05
"""What a region counts for what is around, where only its look speaks for that."""

_REACHES = (0.1, 0.2, 0.38)
"""How far from what was pointed at a thing may reach, in diagonals of the picture."""

_OFF = 0.04
"""How far outside of its outline a lasso or a box may still have some of the thing, in square roots of its area."""

_MARGIN = 0.3
"""What of its surroundings a close-up has, in sizes of what is in it."""

_AROUND_CUTS, _SCRIBBLE_CUTS, _CLICK_CUTS = 5, 2, 1
"""How often it is cut: a lasso or a box knows least of what is in it, and after a click somebody waits."""

_BEYOND, _DEEP = 0.15, 0.12
"""How far from the outline of the regions that of the pixels may lie, outside and inside, in square roots of its
area."""

_ABOUT = 5.0
"""Pixels of what was looked at by which the outline of regions may be off at least."""

_UNLIKELY = 0.2

_LEAST_SUBJECT = 0.004
"""Of the picture: what is smaller is nobody's subject."""


@dataclass(frozen=True, eq=False)
class Guess:
    """What is known before the picture is looked at. All (n,), of regions. thing, around: bool, surely so. leaning: log
    odds of belonging to the thing, of its place alone. typical: how much each counts for what is around at first."""

    thing: Bits
    around: Bits
    leaning: F32
    typical: F32


@dataclass(frozen=True, eq=False)
class Clicked:
    """What was found by the last clicks: the next question most often has one more. found: how likely each region is,
    those wanted and those not."""

    points: tuple[Click, ...] = ()
    found: tuple[F32, Bits, Bits] | None = None

    def begin(self, points: tuple[Click, ...]) -> tuple[F32, Bits, Bits] | None:
        """What is known already, where ``points`` begin as these."""
        return self.found if points[: len(self.points)] == self.points else None


class OfflineEngine:
    name = "regions"

    def look(self, picture: Picture) -> LookedAt:
        levels = (on_paper(picture) * 255).round().astype(np.uint8)
        return LookedAt(levels, regions(picture))


class LookedAt:
    """levels: the picture, (H, W, 3)."""

    def __init__(self, levels: Levels, found: Regions) -> None:
        self._levels, self.regions, self._graph = levels, found, Graph.of(found)
        self._clicks = Clicked()
        self._height, self._width = levels.shape[:2]
        self._down, self._across = (
            small / large for small, large in zip(found.labels.shape, levels.shape[:2], strict=True)
        )

    def find(self, prompts: Prompts) -> F32:
        if prompts.rough is not None and prompts.drawn is not Drawn.ON:
            return self._around(prompts)
        likely = self._pointed(prompts) if prompts.points or prompts.rough is not None else self._subject()
        return self._outlined(likely, prompts) if (likely > 0.5).any() else np.zeros(self._levels.shape[:2], np.float32)

    # --- of a lasso or a box -----------------------------------------------------------------------------

    def _around(self, prompts: Prompts) -> F32:
        """Outside of it, but for a hand's breadth, is surely something else."""
        rough = prompts.rough
        assert rough is not None
        wanted, unwanted = (self._at(one for one in prompts.points if one.wanted is so) for so in (True, False))
        likely = self._within(self._small(rough) >= 0.5, wanted, unwanted)
        view = Detail.around(bounds(rough), self._whole, _MARGIN)
        drawn = view.of(rough.astype(np.float32)) >= 0.5
        thing = drawn & (self._close(view, likely) > _UNLIKELY)
        trimap = np.where(thing if thing.any() else drawn, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        trimap[distance_to(drawn) > _OFF * np.sqrt(drawn.sum())] = cv2.GC_BGD
        for point in prompts.points:
            trimap[self._pixel(view, point)] = cv2.GC_FGD if point.wanted else cv2.GC_BGD
        return self._whole_of(view, cut(view.of(self._levels).astype(np.uint8), trimap, _AROUND_CUTS))

    def _within(self, drawn: Region, wanted: Bits, unwanted: Bits) -> F32:
        found = self.regions
        out, inside = distance_to(drawn), depth_in(drawn)
        off = found.mean(np.where(drawn, -inside, out).astype(np.float32)) / max(2.0, float(inside.max()))
        around = (off > 0.25) | unwanted
        typical = np.where(off > 0, np.exp(-np.maximum(off, 0) / 1.5), 0).astype(np.float32)
        leaning = np.clip(-4 * off, -4, 1.5).astype(np.float32)
        return self._settled(Guess(wanted, around & ~wanted, leaning, typical))

    # --- from what was pointed at ------------------------------------------------------------------------

    def _pointed(self, prompts: Prompts) -> F32:
        """(n,). What the first place shows, then with or without what each further one does: so that one more click
        changes what it is about, and nothing else."""
        likely = np.zeros(self.regions.count, np.float32)
        wanted, unwanted = likely > 0.5, likely > 0.5
        if prompts.rough is not None:
            covered = self.regions.mean(self._small(prompts.rough))
            wanted = (covered > 0.5) | (covered >= 0.8 * covered.max())
            likely = self._best(self._grown(wanted, unwanted))
        further = prompts.points
        before = self._clicks.begin(further) if prompts.rough is None else None
        if before is not None:
            (likely, wanted, unwanted), further = before, further[len(self._clicks.points) :]
        for point in further:
            here = self._at([point])
            if point.wanted and likely[here].min() <= 0.5:
                parts = self._grown(here, unwanted & ~here)
                likely = self._best([np.maximum(likely, part) for part in parts])
            if not point.wanted and likely[here].max() > 0.5:
                parts = self._grown(here, ((likely <= 0.5) | wanted) & ~here)
                likely = self._best([np.minimum(likely, 1 - part) for part in parts])
            wanted, unwanted = (wanted | here, unwanted) if point.wanted else (wanted & ~here, unwanted | here)
        if prompts.rough is None:
            self._clicks = Clicked(prompts.points, (likely, wanted, unwanted))
        return np.where(wanted, 1, np.where(unwanted, 0, likely)).astype(np.float32)

    def _outlined(self, likely: F32, prompts: Prompts) -> F32:
        """Pixel by pixel, near the outline of the regions that were found."""
        view = Detail.around(self._large(bounds(self.regions.spread(likely) > 0.5)), self._whole, _MARGIN)
        thing = self._close(view, likely) > 0.5
        size = np.sqrt(thing.sum())
        trimap = np.where(thing, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        trimap[distance_to(thing) > max(_BEYOND * size, _ABOUT * view.width / (view.part.width * self._across))] = (
            cv2.GC_BGD
        )
        trimap[distance_to(~thing) > _DEEP * size] = cv2.GC_FGD
        seeds = np.zeros(thing.shape, bool)
        if prompts.rough is not None:
            drawn = view.of(prompts.rough.astype(np.float32))
            seeds = drawn >= min(0.5, float(drawn.max()))
        trimap[seeds] = cv2.GC_FGD
        for point in prompts.points:
            if point.wanted:
                seeds[self._pixel(view, point)] = True
            trimap[self._pixel(view, point)] = cv2.GC_FGD if point.wanted else cv2.GC_BGD
        rounds = _CLICK_CUTS if prompts.rough is None else _SCRIBBLE_CUTS
        found = cut(view.of(self._levels).astype(np.uint8), trimap, rounds)
        return self._whole_of(view, _with(found, seeds) if seeds.any() else found)

    def _best(self, found: list[F32]) -> F32:
        return max(found, key=self._worth)

    def _grown(self, thing: Bits, around: Bits) -> list[F32]:
        """Nobody says how large the thing is: several sizes are tried, and only what was pointed at."""
        away = self._away(thing)
        tries = [np.where(thing, 1, 0).astype(np.float32)]
        for reach in _REACHES:
            leaning = np.clip(1.5 * (1 - (away / reach) ** 2), -5, 1.5).astype(np.float32)
            typical = np.clip(away / reach - 0.5, 0, 1).astype(np.float32) + np.where(around, 1, 0)
            if typical.any():
                tries.append(self._joined(self._settled(Guess(thing, around, leaning, typical)), thing))
        return tries

    def _worth(self, x: F32) -> float:
        """How much what was found looks like one thing: how strong an edge is along its outline, and how little of it
        goes on beyond the picture."""
        found, inside = self.regions, x > 0.5
        across = inside[found.first] != inside[found.second]
        if not across.any():
            return -1.0
        strong = 1 - np.exp(-found.step[across] / 6)
        outline = float(np.average(strong, weights=found.border[across]))
        return outline - 0.5 * float(found.area[inside & found.at_border].sum() / found.area[inside].sum())

    def _joined(self, x: F32, seeds: Bits) -> F32:
        """Only what hangs together with a seed."""
        kept = _with(self.regions.spread(x) > 0.5, self.regions.spread(seeds.astype(np.float32)) > 0)
        return np.where(self.regions.mean(kept.astype(np.float32)) > 0.5, x, np.minimum(x, 0.5)).astype(np.float32)

    def _settled(self, guess: Guess) -> F32:
        """At first only what is around is known by its look, and the thing by not looking like that."""
        found = self.regions
        outer = guess.typical * found.area
        inner = np.where(guess.thing, found.area, 0)
        pull = np.where(guess.thing | guess.around, _HELD, _PULL).astype(np.float32)
        x = guess.thing.astype(np.float32)
        for _ in range(_ROUNDS):
            if not outer.any():
                break
            strange = mixture(found.features, outer).cost(found.features)
            odds = strange - (
                mixture(found.features, inner).cost(found.features) if inner.any() else _usual(strange, outer)
            )
            prior = 1 / (1 + np.exp(-_SAYS * odds.clip(-_CERTAIN, _CERTAIN) - guess.leaning))
            known = np.where(guess.thing, 1, np.where(guess.around, 0, prior)).astype(np.float32)
            x = self._graph.walks(known, pull)
            inner = np.where(x > 0.5, found.area, 0)
            outer = np.where(x > 0.5, 0, np.maximum(guess.typical, _FAR_OFF) * found.area)
        return x

    # --- of nothing at all -------------------------------------------------------------------------------

    def _subject(self) -> F32:
        """What is unlike the ends of the picture, and rather in its middle; the largest such part and what is nearly as
        large."""
        found = self.regions
        height, width = found.labels.shape
        away = np.hypot((found.centres[:, 0] / width - 0.5) / 0.5, (found.centres[:, 1] / height - 0.5) / 0.5)
        leaning = np.clip(1.0 - 2.0 * away**2, -3, 1).astype(np.float32)
        typical = np.where(found.at_border, 1, 0).astype(np.float32)
        nowhere = np.zeros(found.count, bool)
        x = self._settled(Guess(nowhere, nowhere, leaning, typical))
        _, parts, facts, _ = cv2.connectedComponentsWithStats((found.spread(x) > 0.5).astype(np.uint8), connectivity=8)
        areas = facts[1:, cv2.CC_STAT_AREA]
        if not len(areas) or areas.max() < _LEAST_SUBJECT * parts.size:
            return np.zeros(found.count, np.float32)
        kept = np.isin(parts, 1 + np.flatnonzero(areas >= 0.3 * areas.max()))
        return np.where(found.mean(kept.astype(np.float32)) > 0.5, x, np.minimum(x, 0.5)).astype(np.float32)

    # --- between the sizes -------------------------------------------------------------------------------

    @property
    def _whole(self) -> Bounds:
        return Bounds(0, 0, self._width, self._height)

    def _small(self, region: Region) -> F32:
        height, width = self.regions.labels.shape
        return cv2.resize(region.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)

    def _close(self, view: Detail, values: F32) -> F32:
        return view.of(self.regions.spread(values), self._across, self._down)

    def _whole_of(self, view: Detail, found: Region) -> F32:
        whole = np.zeros((self._height, self._width), np.float32)
        part = view.part
        soft = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 0.7)
        whole[part.slices] = cv2.resize(soft, (part.width, part.height), interpolation=cv2.INTER_LINEAR).clip(0, 1)
        return whole

    def _large(self, box: Bounds) -> Bounds:
        left, top = int(box.x / self._across), int(box.y / self._down)
        return Bounds(left, top, round(box.right / self._across) - left, round(box.bottom / self._down) - top)

    def _at(self, points: Iterable[Click]) -> Bits:
        """The regions that lie there."""
        chosen = np.zeros(self.regions.count, bool)
        for point in points:
            chosen[self.regions.labels[int(point.y * self._down), int(point.x * self._across)]] = True
        return chosen

    def _pixel(self, view: Detail, point: Click) -> tuple[list[int], list[int]]:
        """Its row and column in the close-up; none where it lies outside."""
        part = view.part
        if not (part.x <= point.x < part.right and part.y <= point.y < part.bottom):
            return [], []
        row = (point.y - part.y) * view.height // part.height
        return [row], [(point.x - part.x) * view.width // part.width]

    def _away(self, thing: Bits) -> F32:
        """How far each region is from the nearest of ``thing``, in diagonals of the picture."""
        pixels = distance_to(self.regions.spread(thing.astype(np.float32)) > 0)
        return self.regions.mean(pixels) / np.float32(np.hypot(*pixels.shape))


def _with(found: Region, seeds: Region) -> Region:
    """Those parts of ``found`` that have a seed in them."""
    _, parts = cv2.connectedComponents(found.astype(np.uint8), connectivity=8)
    kept = np.unique(parts[seeds & found])
    return np.isin(parts, kept) & found


def _usual(cost: F32, weights: F32) -> float:
    """What all but a tenth of what weighs something costs at most, and a little more."""
    order = np.argsort(cost)
    total = np.cumsum(weights[order])
    return float(cost[order][np.searchsorted(total, 0.9 * total[-1])]) + 2
