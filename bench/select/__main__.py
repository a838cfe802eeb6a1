"""How well does it find what was meant? ``python -m bench.select [--sheet FILE] [--short]``.

66 drawings with exact transparency, on plain grounds and photographs, and 18 things in photographs, outlined by hand.
What is drawn or clicked follows from the truth and a seed (``hand``): a scribble on the thing, a lasso and a box around
it; then clicks, each in the middle of the largest part that is still wrong, until it is right or there were three.

    snap_iou, click_iou: intersection over union with the truth, the median of all; with _artwork and _photographs that
    of each, snap_scribble, snap_lasso, snap_box of each way. grabcut_iou, flood_iou: of OpenCV's GrabCut from the same
    strokes, and of a flood fill from the same clicks. subject_iou: of the drawings, with nothing drawn at all.
    matte_error_ratio: how far the edge is from the true transparency, near it, as a share of the same with a hard edge;
    the median of the drawings that were found. click_ms: a click after the first in a picture of 2048 × 2048 pixels,
    decoded, to its soft selection. words_iou: of ``bench.select.words``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from bench.bounds import Bound, add_options, conclude
from bench.select import artwork, photographs, rivals, words
from bench.select.hand import GESTURES, next_click
from bench.select.sheet import Row, write_sheet
from bench.select.trial import Trial, overlap
from server.editing.edit import Scene
from server.methods import registry
from server.models.runtime.residency import Models
from server.models.store.store import ModelFolders, ModelStore
from server.pixels.masks import Region
from server.pixels.picture import F32, Picture
from server.wire.errors import OverpaintError
from server.wire.recipe import Click, Recipe

BOUNDS = (
    Bound("snap_iou", least=0.9),
    Bound("click_iou", least=0.85),
    Bound("matte_error_ratio", most=0.5),
    Bound("click_ms", most=150),
    Bound("words_iou", least=0.7),
)
CLICKS, RIGHT = 3, 0.95
FOUND = 0.8
"""Below this the edge is another thing's, and how soft it is says nothing."""

NO_MODELS = cast(Models, ModelFolders(ModelStore(Path("none"), bundled=Path("none"))))
"""Only what needs none is measured, whatever is installed."""

LARGE = 2048
_EVERY = 33
"""In short, of so many one: too few for the bounds."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sheet", type=Path, help="write what was found beside the truth there (PNG)")
    parser.add_argument("--short", action="store_true", help="some of them, to see that it runs")
    add_options(parser)
    options = parser.parse_args()
    kinds = {"artwork": list(artwork.trials()), "photographs": list(photographs.trials())}
    figures: dict[str, list[float]] = defaultdict(list)
    rows = []
    for kind, trials in kinds.items():
        for number, trial in enumerate(trials[::_EVERY] if options.short else trials):
            rows.append(_tried(trial, kind, number, figures))
    if options.sheet:
        write_sheet(options.sheet, rows)
    summary: dict[str, Any] = {name: round(float(np.median(values)), 3) for name, values in sorted(figures.items())}
    summary |= {
        "click_ms": round(click_ms(), 1),
        "drawings": len(kinds["artwork"]),
        "things": len(kinds["photographs"]),
    }
    if not options.short:  # words are tried in short by themselves
        summary["words_iou"] = words.figures(words.measure())["words_iou"]
    return conclude(summary, () if options.short else BOUNDS, options)


def _tried(trial: Trial, kind: str, number: int, figures: dict[str, list[float]]) -> Row:
    shown: dict[str, F32] = {}
    for name, gesture in GESTURES.items():
        drawn = gesture(trial.truth, number)
        mask = found("snap", trial, drawn)
        shown[name] = mask
        value = overlap(mask >= 0.5, trial.truth)
        for figure in ("snap_iou", f"snap_iou_{kind}", f"snap_{name}"):
            figures[figure].append(value)
        figures["grabcut_iou"].append(overlap(rivals.grabcut(trial.image, drawn, name == "scribble"), trial.truth))
        if trial.soft and name != "scribble" and value >= FOUND:
            figures["matte_error_ratio"].append(_matte_error(mask, trial.alpha))
    clicks = list(_clicked(trial))
    shown["clicks"] = clicks[-1][1]
    for figure in ("click_iou", f"click_iou_{kind}"):
        figures[figure].append(overlap(clicks[-1][1] >= 0.5, trial.truth))
    figures["first_click_iou"].append(overlap(clicks[0][1] >= 0.5, trial.truth))
    wanted = [(one.x, one.y) for one in clicks[-1][0] if one.wanted]
    figures["flood_iou"].append(overlap(rivals.flood(trial.image, wanted), trial.truth))
    if trial.soft:
        shown["subject"] = found("subject", trial)
        figures["subject_iou"].append(overlap(shown["subject"] >= 0.5, trial.truth))
    said = (f"{name} {overlap(mask >= 0.5, trial.truth):.2f}" for name, mask in shown.items())
    print(f"{trial.name:34}", *said, flush=True)
    return Row(trial, shown)


def _clicked(trial: Trial) -> Iterator[tuple[list[Click], F32]]:
    """The clicks so far and what they found; as a person who stops when it is right."""
    clicks: list[Click] = []
    mask: F32 | None = None
    while len(clicks) < CLICKS and (mask is None or overlap(mask >= 0.5, trial.truth) < RIGHT):
        (x, y), wanted = next_click(None if mask is None else mask >= 0.5, trial.truth)
        clicks.append(Click(x, y, wanted))
        mask = found("click", trial, clicks=tuple(clicks))
        yield list(clicks), mask


def found(method: str, trial: Trial, drawn: Region | None = None, clicks: tuple[Click, ...] = ()) -> F32:
    """As the method answers; nothing where it says that there is nothing."""
    opaque = np.ones(trial.alpha.shape, np.float32)
    mask = opaque if drawn is None else drawn.astype(np.float32)
    scene = Scene(Picture(trial.image, opaque), mask, selected=mask > 0, points=clicks, picture_content=trial.name)
    edit = registry.method(method).load()
    try:
        answer: Any = edit(scene, Recipe(method), NO_MODELS, lambda step: None)
    except OverpaintError:
        return np.zeros(trial.alpha.shape, np.float32)
    return cast(F32, answer.result.mask)


def _matte_error(mask: F32, alpha: F32) -> float:
    soft = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    near = cv2.dilate(soft, np.ones((5, 5), np.uint8)) > 0
    hard = (mask >= 0.5).astype(np.float32)
    return float(np.abs(mask - alpha)[near].sum() / max(1e-6, np.abs(hard - alpha)[near].sum()))


def click_ms() -> float:
    """The middle one of some, each with one more place."""
    cup = next(trial for trial in photographs.trials() if trial.name == "cup")
    image = cv2.resize(cup.image, (LARGE, LARGE), interpolation=cv2.INTER_CUBIC).clip(0, 1).astype(np.float32)
    alpha = cv2.resize(cup.alpha, (LARGE, LARGE), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    large = Trial("large", image, alpha, soft=False)
    places = ((0.45, 0.2), (0.45, 0.35), (0.35, 0.65), (0.62, 0.6), (0.3, 0.6))
    clicks, times = [], []
    for number, (across, down) in enumerate(places):
        clicks.append(Click(int(across * LARGE), int(down * LARGE), number != 3))
        began = time.perf_counter()
        found("click", large, clicks=tuple(clicks))
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times[1:]))


if __name__ == "__main__":
    sys.exit(main())
