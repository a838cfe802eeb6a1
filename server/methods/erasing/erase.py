"""Erase: takes away what is selected and continues the surroundings. No words, no model to download.

The painting itself is in ``erasing.fill``. Here the selection becomes holes with their surroundings, each painted with
the largest patches that those hold; where they hold none, the hole gets a smooth surface. Where the recipe names an
installed LaMa or MI-GAN, that network paints instead.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from server.editing.edit import Answer, Report, Scene, seed_of
from server.editing.results import Repaint, seeds
from server.models.inpainting_networks.network import InpaintingNetwork, installed
from server.pixels.grain import regrained
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe

from .fill import PatchSettings, fill, passes
from .levels import COLOURS, Bits, inscribed, whole_patches
from .membrane import membrane
from .progress import ErasingProgress
from .regions import Region, regions
from .repeats import repeated
from .rim import with_rim

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

_RADII = (4, 3, 2, 1)
"""Of patches, best first."""

_ENOUGH_PATCHES = 60

_THIN = 6.5
"""Greatest radius, in pixels, of wires, scratches and specks: nobody misses texture there; milder votes are truer."""

_MILD = 1.0

_NARROW = 9.0
"""Greatest radius, in pixels, of holes that get no grain laid over them, and all the time there is: little grain would
show, and none of it can be foretold."""

_CAREFUL: dict[str, Any] = {"finest_passes": 3, "finest_sweeps": PatchSettings.sweeps, "crisp": 0.0}

_ROOMY = 21.0
"""Greatest radius, in pixels, up to which a hole gets no larger patches at coarse sizes: most of each would lie outside
it, where nothing is to be found out, and a screen's dots would lose their step."""


def erase(scene: Scene, recipe: Recipe, models: Models, report: Report) -> Answer[Repaint]:
    """``Edit`` of the method *erase*: pixels outside the selection come back as they were. Colours of fully transparent
    pixels are never copied. Raises empty-selection when nothing is selected, bad-request when everything is."""
    return erase_hole(scene, hole_of(scene), recipe, models, report)


def erase_hole(
    scene: Scene, hole: Bits, recipe: Recipe, models: Models, report: Report, doubted: Bits | None = None
) -> Answer[Repaint]:
    """``hole`` bool (H, W) painted; all else as it was. doubted: what must not be copied, whether it is painted or not.
    Raises bad-request where nothing is around it."""
    known = ~hole & (scene.picture.alpha > 0)
    if doubted is not None and (known & ~doubted).any():
        known &= ~doubted
    if not known.any():
        raise _nothing_around(scene.picture)
    first = seed_of(recipe)
    filler = installed(recipe.model, models.store) if recipe.model else None
    if filler is not None:
        image = _filled(scene.picture.rgb, hole, known, filler, report)
        return Answer(Repaint((image,), hole), replace(recipe, seed=first, variations=1))
    work = tuple((region, settings_for(region, known)) for region in regions(hole))
    count = sum(passes_of(region, settings) for region, settings in work)
    progress = ErasingProgress(report, count * recipe.variations, scene.picture.rgb)
    grain = 1.0 if recipe.grain is None else recipe.grain
    images = tuple(
        _erased(scene.picture.rgb, work, known, seed, grain, progress) for seed in seeds(first, recipe.variations)
    )
    return Answer(Repaint(images, hole), replace(recipe, seed=first, model="", grain=grain))


def hole_of(scene: Scene) -> Bits:
    """bool (H, W): what of the selection is to be painted, which is all of it that the layer shows anything in.

    Raises empty-selection where that is nothing."""
    if not (scene.mask > 0).any():
        raise OverpaintError(Code.EMPTY_SELECTION, "Nothing is selected.", "Select what should go.")
    hole = with_rim(scene.picture, _selected(scene.mask), scene.selected) & (scene.picture.alpha > 0)
    if not hole.any():
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "The chosen layer is empty where you selected, so there is nothing to erase.",
            "Choose the layer that has what should go.",
        )
    return hole


def _selected(mask: F32) -> Bits:
    """Where at least half is to be repainted, or half of the most where the whole selection is faint."""
    return np.asarray(mask >= min(0.5, float(mask.max()) / 2))


def _nothing_around(picture: Picture) -> OverpaintError:
    if (picture.alpha > 0).all():
        return OverpaintError(
            Code.BAD_REQUEST,
            "Everything is selected, so there is nothing to continue.",
            "Select only what should go, and leave some of its surroundings.",
        )
    return OverpaintError(
        Code.BAD_REQUEST,
        "The chosen layer is empty around your selection, so there is nothing to continue.",
        "Choose the layer that has the surroundings, or clear the selection in this one.",
    )


def settings_for(region: Region, known: Bits) -> PatchSettings | None:
    """With the largest patches of which the surroundings hold enough; None when they hold too few of any."""
    around = known[region.rows, region.columns]
    radius = next((each for each in _RADII if _has_patches(around, each)), None)
    if radius is None:
        return None
    deepest = inscribed(region.hole)
    if deepest <= _THIN:
        return PatchSettings(radius=radius, coarse=radius, sharp=_MILD, **_CAREFUL)
    if deepest <= _NARROW:
        return PatchSettings(radius=radius, coarse=radius, **_CAREFUL)
    large = deepest > _ROOMY and radius == _RADII[0] and _has_patches(around, PatchSettings.coarse)
    return PatchSettings(radius=radius, coarse=PatchSettings.coarse if large else radius)


def _has_patches(known: Bits, radius: int) -> bool:
    return int(np.count_nonzero(whole_patches(known, radius))) >= _ENOUGH_PATCHES


def passes_of(region: Region, settings: PatchSettings | None) -> int:
    return 1 if settings is None else passes(region.hole, settings)


def _erased(
    picture: F32,
    work: tuple[tuple[Region, PatchSettings | None], ...],
    known: Bits,
    seed: int,
    grain: float,
    progress: ErasingProgress,
) -> F32:
    image = picture.copy()
    for number, (region, settings) in enumerate(work):
        paint(image, region, settings, known, np.random.default_rng([seed, number]), progress, grain)
    return image


def paint(
    image: F32,
    region: Region,
    settings: PatchSettings | None,
    known: Bits,
    rng: np.random.Generator,
    progress: ErasingProgress,
    grain: float = 1.0,
) -> None:
    """Paints one hole in ``image``, in place; ``known``: bool (H, W), what of it may be copied. grain: the share of the
    surroundings' that it gets."""
    part = image[region.rows, region.columns]
    if settings is None:
        painted = _surface(image, region, known)
        progress.passed(painted, region)
    else:
        painted = _painted(part, region, known[region.rows, region.columns], settings, rng, grain, progress)
    part[region.hole] = painted[region.hole]


def _filled(picture: F32, hole: Bits, known: Bits, filler: InpaintingNetwork, report: Report) -> F32:
    """By a network, which knows no seeds: the same answer every time."""
    image, work = picture.copy(), tuple(regions(hole))
    progress = ErasingProgress(report, len(work), picture)
    for region in work:
        progress.pulse()
        part = image[region.rows, region.columns]
        painted = filler.fill(part, ~known[region.rows, region.columns])
        part[region.hole] = painted[region.hole]
        progress.passed(part, region)
    return image


def _painted(
    part: F32,
    region: Region,
    around: Bits,
    settings: PatchSettings,
    rng: np.random.Generator,
    grain: float,
    progress: ErasingProgress,
) -> F32:
    """``part`` (h, w, 3) with the hole of ``region`` painted: at the steps of what repeats, by patches otherwise."""

    def show(canvas: F32) -> None:
        progress.passed(canvas, region)

    pattern = repeated(part, region.hole, around) if inscribed(region.hole) > _THIN else None
    if pattern is not None:  # where it is found again is known better than any patch could tell, grain and all
        painted = pattern
        for _ in range(passes_of(region, settings)):  # as many as were foreseen
            show(pattern)
    else:
        painted = fill(part, region.hole, around, settings, rng, show, progress.pulse)
        if inscribed(region.hole) > _NARROW:
            painted = regrained(painted, region.hole, around, rng, grain)
    return np.clip(painted, part[around].min(0), part[around].max(0))


def _surface(picture: F32, region: Region, known: Bits) -> F32:
    """For a hole with nothing beside it to copy: a smooth surface through what is known of the whole picture."""
    return membrane(picture[..., :COLOURS], known)[region.rows, region.columns]
