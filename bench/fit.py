"""Does a replaced thing lie whole within its selection? ``python -m bench.fit``.

Things that the model which comes with Overpaint knows are put into boxes and ellipses of several shapes on plain
grounds, once up to the edge (*fill*, as it was before) and once whole (*inside*, what it does where nobody chose), with
the same seeds. A thing is inside where at no more than 3 % of the selection's rim, at the document's size, anything
else is seen than the ground.

inside_before, inside: the shares of things inside. seconds_before, seconds: of a replacement, mean.

    python -m bench.fit [--sheet FILE] [--short]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.bounds import Bound, add_options, conclude
from server.editing.edit import Scene
from server.methods.inpaint import FILL, INSIDE, inpaint
from server.models.bundled.cascade import Cascade
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.masks import depth_in
from server.pixels.picture import F32, Picture
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.recipe import Extra, Recipe

BOUNDS = (Bound("inside", least=0.6), Bound("gained", least=0.2), Bound("times", most=2.5))
SHORT_BOUNDS = (Bound("inside", least=0), Bound("times", most=20))

CASES = 32
SIDE = 320
GROUNDS = ((1.0, 1.0, 1.0), (0.95, 0.9, 0.8), (0.75, 0.88, 0.97), (0.8, 0.93, 0.78))
SHAPES = ((190, 190), (140, 200), (200, 140), (160, 190))
UNLIKE, SOME = 0.15, 0.03


@dataclass(frozen=True, eq=False)
class Case:
    thing: str
    scene: Scene

    def is_inside(self, image: F32) -> bool:
        rim = (self.scene.mask > 0) & (depth_in(self.scene.mask > 0) <= 3)
        unlike = np.abs(image - self.scene.picture.rgb).max(2)[rim] > UNLIKE
        return float(unlike.mean()) <= SOME


def case(number: int, thing: str) -> Case:
    ground = np.array(GROUNDS[number % len(GROUNDS)], np.float32)
    width, height = SHAPES[number // len(GROUNDS) % len(SHAPES)]
    mask, middle = np.zeros((SIDE, SIDE), np.float32), SIDE // 2
    if number % 3 == 0:
        cv2.ellipse(mask, (middle, middle), (width // 2, height // 2), 0, 0, 360, 1.0, -1)
    else:
        mask[middle - height // 2 : middle + height // 2, middle - width // 2 : middle + width // 2] = 1
    rgb = np.broadcast_to(ground, (SIDE, SIDE, 3)).copy()
    return Case(thing, Scene(Picture(rgb, np.ones((SIDE, SIDE), np.float32)), mask))


@dataclass(frozen=True, eq=False)
class Made:
    image: F32
    inside: bool
    seconds: float


def made(case: Case, fit: str, models: Models) -> Made:
    recipe = Recipe("inpaint", f"{case.thing}, cartoon", seed=100, extras=(Extra("fit", fit),))
    began = time.perf_counter()
    (image,) = inpaint(case.scene, recipe, models, lambda step: None).result.images
    return Made(image, case.is_inside(image), time.perf_counter() - began)


def measured(count: int, sheet: Path | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        models = Models(ModelStore(Path(folder)))
        model = models.get("illustration")
        assert isinstance(model, Cascade)
        things = [model.things[at] for at in np.linspace(0, len(model.things) - 1, count).astype(int)]
        cases = [case(number, thing) for number, thing in enumerate(things)]
        made(cases[0], FILL, models)  # warms up
        before, after = [], []
        for one in cases:
            before.append(made(one, FILL, models))
            after.append(made(one, INSIDE, models))
            said = f"{one.thing:24} {before[-1].inside!s:5} {before[-1].seconds:5.1f} s"
            print(f"{said} → {after[-1].inside!s:5} {after[-1].seconds:5.1f} s", flush=True)
    if sheet is not None:
        draw(cases, before, after, sheet)
    shares = [float(np.mean([one.inside for one in each])) for each in (before, after)]
    seconds = [float(np.mean([one.seconds for one in each])) for each in (before, after)]
    return {
        "inside_before": round(shares[0], 3),
        "inside": round(shares[1], 3),
        "gained": round(shares[1] - shares[0], 3),
        "seconds_before": round(seconds[0], 2),
        "seconds": round(seconds[1], 2),
        "times": round(seconds[1] / seconds[0], 2),
    }


def draw(cases: list[Case], before: list[Made], after: list[Made], path: Path) -> None:
    """Pairs: up to the edge, and whole; the selection's edge in red, a frame in green where the thing is inside."""
    pairs = [
        np.concatenate([_shown(one, pair[0]), _shown(one, pair[1])], 1)
        for one, *pair in zip(cases, before, after, strict=True)
    ]
    across = 4
    blank = np.ones_like(pairs[0])
    pairs += [blank] * (-len(pairs) % across)
    page = np.concatenate([np.concatenate(pairs[at : at + across], 1) for at in range(0, len(pairs), across)])
    Image.fromarray((page.clip(0, 1) * 255 + 0.5).astype(np.uint8)).save(path)


def _shown(case: Case, made: Made) -> F32:
    mask = case.scene.mask[..., None]
    shown = made.image * mask + case.scene.picture.rgb * (1 - mask)
    shown[(case.scene.mask == 0) & (cv2.dilate(case.scene.mask, np.ones((3, 3))) > 0)] = (1, 0, 0)
    shown[:4], shown[-4:] = ((0.1, 0.7, 0.2) if made.inside else (0.9, 0.9, 0.9),) * 2
    return resample(shown, Extent(SIDE // 2, SIDE // 2))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="also draw all pairs there (.png)")
    parser.add_argument("--short", action="store_true", help="two things: that it works")
    add_options(parser)
    options = parser.parse_args()
    figures = measured(2 if options.short else CASES, options.sheet)
    return conclude(figures, SHORT_BOUNDS if options.short else BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
