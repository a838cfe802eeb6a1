"""Is it seen where a picture was expanded? ``python -m bench.expand``.

A fifth is cut off each side of photographs in turn, and continued: by *Expand* without a model, by the model that comes
with Overpaint (which knows no photographs: only its seam is looked at), and by four rivals: the border's pixels
repeated, the picture mirrored, OpenCV's Telea, and for the model its bare answer pasted. The truth is the photograph.

ring5_step, edge1_step: the colour step over 5 and 1 pixels across the border that the photograph has not, in levels, by
*Expand*; model_ring5_step, model_edge1_step: by the model. noise_ratio: how grainy the new part is against the picture
beside it, as a share of the photograph's. outside: the largest change of a pixel that was there.

    python -m bench.expand [--sheet FILE] [--short]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage import data

from bench.bounds import Bound, add_options, conclude
from server.editing.edit import Scene
from server.editing.results import NewCanvas
from server.methods import registry
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels import metrics
from server.pixels.picture import F32, Picture
from server.pixels.sizes import shrunk
from server.wire.geometry import Bounds
from server.wire.recipe import Extra, Recipe

BOUNDS = (
    Bound("outside", most=0),
    Bound("ring5_step", most=4),
    Bound("edge1_step", most=3),
    Bound("model_ring5_step", most=8),
    Bound("noise_ratio", least=0.3, most=1.3),
)
SHORT_BOUNDS = (Bound("outside", most=0), Bound("ring5_step", least=0))
PHOTOGRAPHS = ("rocket", "coffee", "chelsea", "astronaut")
SIDES = ("left", "top", "right", "bottom")
CUT = 0.2
PIXELS = 160_000
"""Of a photograph: the seam is the same in a larger one."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A photograph without one side. kept: what is left of it."""

    truth: F32
    side: str
    kept: Bounds

    @property
    def seen(self) -> F32:
        return self.truth[self.kept.slices]

    @property
    def new(self) -> np.ndarray:
        mask = np.ones(self.truth.shape[:2], bool)
        mask[self.kept.slices] = False
        return mask

    @property
    def room(self) -> int:
        height, width = self.truth.shape[:2]
        return int(width - self.kept.width if self.side in ("left", "right") else height - self.kept.height)

    @property
    def padding(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        top, left = self.kept.y, self.kept.x
        height, width = self.truth.shape[:2]
        return (top, height - top - self.kept.height), (left, width - left - self.kept.width), (0, 0)


def cut(truth: F32, side: str) -> Cut:
    height, width = truth.shape[:2]
    across, down = round(CUT * width), round(CUT * height)
    kept = {
        "left": Bounds(across, 0, width - across, height),
        "right": Bounds(0, 0, width - across, height),
        "top": Bounds(0, down, width, height - down),
        "bottom": Bounds(0, 0, width, height - down),
    }[side]
    return Cut(truth, side, kept)


Way = Callable[[Cut], F32]


def by_method(method: str, models: Models) -> Way:
    """What one sees: the answer over the picture."""

    def way(case: Cut) -> F32:
        everywhere = np.ones(case.seen.shape[:2], np.float32)
        words = "" if method == "expand" else "photograph"
        recipe = Recipe(method, words, seed=1, extras=(Extra(case.side, str(case.room)),))
        answer = registry.method(method).load()(
            Scene(Picture(case.seen, everywhere), everywhere), recipe, models, _silent
        )
        assert isinstance(answer.result, NewCanvas)
        made, below = answer.result.picture, np.pad(case.seen, case.padding)
        mixed: F32 = below * (1 - made.alpha[..., None]) + made.rgb * made.alpha[..., None]
        return mixed

    return way


def _silent(step: object) -> None:
    """Nobody waits."""


def repeated(case: Cut) -> F32:
    return np.pad(case.seen, case.padding, mode="edge")


def mirrored(case: Cut) -> F32:
    return np.pad(case.seen, case.padding, mode="symmetric")


def telea(case: Cut) -> F32:
    levels = (np.pad(case.seen, case.padding) * 255 + 0.5).astype(np.uint8)
    filled = cv2.inpaint(levels, case.new.astype(np.uint8), 5, cv2.INPAINT_TELEA).astype(np.float32) / 255
    return np.where(case.new[..., None], filled, np.pad(case.seen, case.padding))


@dataclass(frozen=True)
class Seam:
    five: float
    one: float
    noise: float
    outside: float


def seam(case: Cut, result: F32) -> Seam:
    new = case.new
    return Seam(
        metrics.edge_step(case.truth, result, new, 5),
        metrics.edge_step(case.truth, result, new, 1),
        metrics.noise_ratio(case.truth, result, new),
        metrics.max_change_outside(case.truth, result, new),
    )


def photograph(name: str) -> F32:
    levels = np.asarray(getattr(data, name)(), np.float32)[..., :3] / np.float32(255)
    return shrunk(Picture(levels, np.ones(levels.shape[:2], np.float32)), PIXELS).rgb


def measured(names: tuple[str, ...], sides: tuple[str, ...], sheet: Path | None) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        models = Models(ModelStore(Path(folder)))
        ways = {
            "expand": by_method("expand", models),
            "model": by_method("outpaint", models),
            "repeated": repeated,
            "mirrored": mirrored,
            "telea": telea,
        }
        cases = [cut(photograph(name), side) for name in names for side in sides]
        results = {way: [make(case) for case in cases] for way, make in ways.items()}
    found = {way: mean([seam(*pair) for pair in zip(cases, made, strict=True)]) for way, made in results.items()}
    for way, one in found.items():
        print(f"{way:10} 5 px {one.five:5.2f}  1 px {one.one:5.2f}  grain {one.noise:4.2f}  outside {one.outside:2.0f}")
    if sheet is not None:
        draw(cases, results, sheet)
    ours, model = found.pop("expand"), found.pop("model")
    return {
        "ring5_step": round(ours.five, 3),
        "edge1_step": round(ours.one, 3),
        "noise_ratio": round(ours.noise, 3),
        "model_ring5_step": round(model.five, 3),
        "model_edge1_step": round(model.one, 3),
        "outside": max(ours.outside, model.outside),
        "rivals": {
            way: {"ring5_step": round(one.five, 3), "noise_ratio": round(one.noise, 3)} for way, one in found.items()
        },
    }


def mean(seams: list[Seam]) -> Seam:
    five, one, noise = (float(np.mean([getattr(each, name) for each in seams])) for name in ("five", "one", "noise"))
    return Seam(five, one, noise, max(each.outside for each in seams))


def draw(cases: list[Cut], results: dict[str, list[F32]], path: Path) -> None:
    """A row for each case: the truth, then each way, the border marked at the edge of the picture."""
    rows = []
    for number, case in enumerate(cases):
        shown = [case.truth, *(made[number] for made in results.values())]
        rows.append(np.concatenate([np.pad(one, ((0, 4), (0, 4), (0, 0)), constant_values=1) for one in shown], 1))
    width = max(row.shape[1] for row in rows)
    page = np.concatenate([np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=1) for row in rows])
    Image.fromarray((page.clip(0, 1) * 255 + 0.5).astype(np.uint8)).save(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="also draw all results there (.png)")
    parser.add_argument("--short", action="store_true", help="one photograph, one side")
    add_options(parser)
    options = parser.parse_args()
    count = 1 if options.short else len(PHOTOGRAPHS)
    return conclude(
        measured(PHOTOGRAPHS[:count], SIDES[:count], options.sheet), SHORT_BOUNDS if options.short else BOUNDS, options
    )


if __name__ == "__main__":
    sys.exit(main())
