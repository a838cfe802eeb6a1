"""Is the edge of an edit seen? The colour step across it, for answers whose colours drifted as a model's do.

The answer is the photograph itself, drifted, so every step that the composite has and the photograph has not is a seam.
Two drifts: *constant* (gain 0.94, +9 levels, noise of 2 levels) and *varying* (the same, and an offset and a gain that
change over the picture by several levels, in each channel differently). Rivals: the answer pasted hard, pasted after
growing by 16 and blurring by 6 pixels, matched by one mean and deviation outside the mask, and a harmonic membrane.
Prints a row for each, with the largest change outside the selection and its automatic feather; the JSON has the mean
step over the pictures, of the worse drift. A third answer is the photograph with a film's grain as an autoencoder gives
it back, soft and without that grain: ``noise_ratio`` and ``sharpness_ratio`` say how much of both the new layer has, as
a share of the photograph's (``_before``: the answer itself).

    python -m bench.edges [--pictures FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage import data

from bench.bounds import Bound, add_options, conclude
from server.pixels import blend, masks, metrics
from server.pixels.picture import F32, Picture

BOUNDS = (
    Bound("outside", most=0),
    Bound("ring5_step", most=0.4),
    Bound("edge1_step", most=0.6),
    Bound("noise_ratio", least=0.8, most=1.1),
    Bound("sharpness_ratio", least=0.9, most=1.1),
)
PHOTOGRAPHS = ("coffee", "chelsea", "astronaut", "rocket")


@dataclass(frozen=True, eq=False)
class Scene:
    """A photograph, a drifted answer to it, and the selection (float32 0/1)."""

    truth: F32
    answer: F32
    selection: F32


Composite = Callable[[Scene], F32]


def photograph(name: str) -> F32:
    levels: F32 = np.asarray(getattr(data, name)(), np.float32)
    return levels / np.float32(255)


def selection(height: int, width: int) -> F32:
    """A lopsided blob over about a sixth of the picture, like a hand-drawn selection."""
    y, x = np.indices((height, width))
    dy, dx = (y - 0.52 * height) / height, (x - 0.48 * width) / width
    radius = 0.24 * (1 + 0.18 * np.sin(3 * np.arctan2(dy, dx)) + 0.06 * np.sin(7 * np.arctan2(dy, dx)))
    inside: F32 = (np.hypot(dy, dx) < radius).astype(np.float32)
    return inside


def constant_drift(truth: F32) -> F32:
    noise = np.random.default_rng(7).normal(0, 2 / 255, truth.shape)
    drifted: F32 = np.clip(truth * 0.94 + 9 / 255 + noise, 0, 1).astype(np.float32)
    return drifted


def varying_drift(truth: F32) -> F32:
    y, x = np.indices(truth.shape[:2]) / max(truth.shape[:2])
    offset = np.stack([np.sin(5 * x + 1) + y, np.cos(4 * y) - x, np.sin(6 * (x + y))], axis=2) * (5 / 255)
    gain = np.stack([0.04 * np.cos(4 * x), 0.04 * np.sin(5 * y), 0.04 * (x - y)], axis=2)
    drifted: F32 = np.clip(constant_drift(truth) + offset + gain * truth, 0, 1).astype(np.float32)
    return drifted


def filmed(truth: F32) -> F32:
    """With grain of about a pixel and a half."""
    grain = cv2.GaussianBlur(np.random.default_rng(3).normal(0, 1, truth.shape), (0, 0), 0.7)
    return np.asarray((truth + grain / grain.std() * (6 / 255)).clip(0, 1), np.float32)


def softened(truth: F32) -> F32:
    return np.asarray(cv2.GaussianBlur(cv2.medianBlur(truth, 3), (0, 0), 0.6), np.float32)


def fineness(photographs: Sequence[str]) -> dict[str, float]:
    """Noise and sharpness of what a model softened, as shares of the photograph's: before and after it is finished."""
    found = []
    for name in photographs:
        truth = filmed(photograph(name))
        scene = Scene(truth, softened(truth), selection(*truth.shape[:2]))
        inside, result = scene.selection > 0, ours(scene)
        measures = (metrics.noise_ratio, metrics.sharpness_ratio)
        found.append([measure(truth, image, inside) for image in (result, hard_paste(scene)) for measure in measures])
    names = ("noise_ratio", "sharpness_ratio", "noise_before", "sharpness_before")
    return {name: round(float(value), 3) for name, value in zip(names, np.mean(found, axis=0), strict=True)}


def ours(scene: Scene) -> F32:
    source = Picture(scene.truth, np.ones(scene.truth.shape[:2], np.float32))
    layer = blend.finish(source, scene.answer, masks.derive(scene.selection), grain=1.0, seed=1)
    return over(layer.rgb, scene.truth, layer.alpha)


def hard_paste(scene: Scene) -> F32:
    return over(scene.answer, scene.truth, scene.selection)


def grown_and_blurred(scene: Scene) -> F32:
    grown = (masks.distance_to(scene.selection > 0) <= 16).astype(np.float32)
    return over(scene.answer, scene.truth, np.asarray(cv2.GaussianBlur(grown, (0, 0), 6), np.float32))


def matched_mean_and_deviation(scene: Scene) -> F32:
    """One gain and offset per channel from everything outside, as krita-ai-diffusion and others match colours."""
    outside = scene.selection == 0
    known, given = scene.truth[outside], scene.answer[outside]
    gain = known.std(axis=0) / given.std(axis=0)
    matched = (scene.answer - given.mean(axis=0)) * gain + known.mean(axis=0)
    return over(matched.astype(np.float32), scene.truth, scene.selection)


def harmonic_membrane(scene: Scene) -> F32:
    """The difference on the edge itself continued smoothly inwards (Perez et al. 2003, seamless cloning)."""
    inside = scene.selection > 0
    membrane = np.where(inside[..., None], 0, scene.truth - scene.answer).astype(np.float32)
    known = membrane.copy()
    # From coarse to fine, so that a few sweeps on each scale are enough.
    for sigma in (64, 32, 16, 8, 4, 2, 1):
        for _ in range(24):
            membrane = np.where(inside[..., None], cv2.blur(membrane, (2 * sigma + 1, 2 * sigma + 1)), known)
    return over(scene.answer + membrane, scene.truth, scene.selection)


def over(layer: F32, below: F32, alpha: F32) -> F32:
    mix: F32 = below * (1 - alpha[..., None]) + layer * alpha[..., None]
    return mix


WAYS: dict[str, Composite] = {
    "ours": ours,
    "hard_paste": hard_paste,
    "blur": grown_and_blurred,
    "mean_and_deviation": matched_mean_and_deviation,
    "harmonic_membrane": harmonic_membrane,
}
DRIFTS = {"constant": constant_drift, "varying": varying_drift}


def steps(scene: Scene, result: F32) -> tuple[float, float]:
    """The 5-pixel and 1-pixel colour step of a composite at the selection's edge, in levels."""
    inside = scene.selection > 0
    return metrics.edge_step(scene.truth, result, inside, 5), metrics.edge_step(scene.truth, result, inside, 1)


@dataclass(frozen=True)
class Seam:
    """five, one: colour steps over 5 and 1 pixels, means over the photographs. outside: the largest change there."""

    five: float
    one: float
    outside: float


def measure(photographs: Sequence[str], folder: Path | None) -> dict[str, dict[str, Seam]]:
    """way → drift → what is seen of it."""
    rows: dict[str, dict[str, Seam]] = {}
    for way, composite in WAYS.items():
        rows[way] = {}
        for drift, drifted in DRIFTS.items():
            found, outside = [], 0.0
            for name in photographs:
                truth = photograph(name)
                scene = Scene(truth, drifted(truth), selection(*truth.shape[:2]))
                result = composite(scene)
                found.append(steps(scene, result))
                edit = masks.derive(scene.selection).edit
                outside = max(outside, metrics.max_change_outside(truth, result, edit))
                if folder:
                    save(folder / f"{name}-{drift}-{way}.png", result)
            mean = np.mean(found, axis=0)
            rows[way][drift] = Seam(float(mean[0]), float(mean[1]), outside)
            each = [f"{name} {five:.2f}/{one:.2f}" for name, (five, one) in zip(photographs, found, strict=True)]
            figures = f"5 px {mean[0]:5.2f}  1 px {mean[1]:5.2f}  outside {outside:2.0f}"
            print(f"{way:20} {drift:9} {figures}   {'  '.join(each)}", flush=True)
    return rows


def save(path: Path, image: F32) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)).save(path)


def worst(row: dict[str, Seam]) -> dict[str, float]:
    """Of both drifts."""
    return {
        "ring5_step": round(max(seam.five for seam in row.values()), 3),
        "edge1_step": round(max(seam.one for seam in row.values()), 3),
        "outside": max(seam.outside for seam in row.values()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="also write every composite as PNG into this folder")
    parser.add_argument("--short", action="store_true", help="one photograph")
    add_options(parser)
    options = parser.parse_args()
    chosen = PHOTOGRAPHS[:1] if options.short else PHOTOGRAPHS
    rows = measure(chosen, options.pictures)
    rivals = {way: worst(row) for way, row in rows.items() if way != "ours"}
    return conclude({**worst(rows["ours"]), **fineness(chosen), "rivals": rivals}, BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
