"""Does *Select by words* find what is named? ``python -m bench.select.words [--sheet FILE]``.

By the built-in model, in drawings of twenty things that it knows, rendered, so that the truth is known exactly: each
alone on a ground of one colour, beside another thing on such a ground, in a drawn place (a meadow, the sea, the night),
and on a photograph, where no illustration model is at home.

    words_iou: intersection over union, the mean over all drawn grounds; words_iou_plain, _beside, _place, _photograph:
    of each kind. words_named: the share, over drawn grounds, whose overlap is at least a half: the right thing was
    meant. words_seconds: the median of one search.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw

from bench.bounds import Bound, add_options, conclude
from server.editing.edit import Scene
from server.methods.words import words
from server.models.bundled.cascade import Cascade
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe
from tools.bundled_model.backgrounds import PLACES
from tools.bundled_model.svg import drawn

BOUNDS = (Bound("words_iou", least=0.7), Bound("words_named", least=0.8))
SHORT_BOUNDS = (Bound("words_iou", least=0.5),)

HEIGHT, WIDTH = 384, 512
KINDS = ("plain", "beside", "place", "photograph")
_SHORT = ("panda", "rose")
_TAUGHT = "noto-"
_HERE = Path(__file__).parent
_PHOTOGRAPHS = _HERE.parents[1] / "tests" / "pictures" / "photographs"


@dataclass(frozen=True, eq=False)
class Trial:
    """alpha: (H, W), of what ``name`` names in ``image``, (H, W, 3)."""

    name: str
    kind: str
    image: F32
    alpha: F32


@dataclass(frozen=True, eq=False)
class Outcome:
    trial: Trial
    found: F32
    overlap: float
    seconds: float


def trials(known: Sequence[str]) -> Iterator[Trial]:
    """The same ones each time, of all drawings by those who drew what it was taught that are called like something that
    is ``known``."""
    drawings = json.loads((_HERE / "artwork.json").read_text("utf-8"))
    named = {name.removeprefix(_TAUGHT).replace("-", " "): svg for name, svg in drawings.items() if _TAUGHT in name}
    names = sorted(name for name in named if name in known)
    for number, name in enumerate(names):
        for kind in KINDS:
            rng = np.random.default_rng([number, KINDS.index(kind)])
            canvas = _ground(kind, rng)
            if kind == "beside":
                other = names[(number + 7) % len(names)]
                sides = (0, WIDTH // 2) if rng.integers(2) else (WIDTH // 2, 0)
                _put(canvas, named[other], _place(rng, sides[1], WIDTH // 2))
                alpha = _put(canvas, named[name], _place(rng, sides[0], WIDTH // 2))
            else:
                alpha = _put(canvas, named[name], _place(rng, 0, WIDTH))
            yield Trial(name, kind, (canvas * 255).round().astype(np.float32) / np.float32(255), alpha)


def _ground(kind: str, rng: np.random.Generator) -> F32:
    if kind == "photograph":
        files = sorted(_PHOTOGRAPHS.glob("*.*g"))
        photograph = np.asarray(Image.open(files[int(rng.integers(len(files)))]).convert("RGB"), np.float32)
        small = cv2.resize(photograph / np.float32(255), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return small.astype(np.float32, copy=False)
    if kind == "place":
        place = PLACES[str(rng.choice(list(PLACES)))](WIDTH, rng)[:HEIGHT]
        return (place.clip(0, 255) / np.float32(255)).astype(np.float32)
    return np.broadcast_to(rng.uniform(0, 1, 3).astype(np.float32), (HEIGHT, WIDTH, 3)).copy()


def _place(rng: np.random.Generator, left: int, width: int) -> tuple[int, int, int]:
    """Left, top and side of a square in those columns."""
    side = int(rng.integers(150, min(width - 8, 290)))
    return left + int(rng.integers(4, width - side - 3)), int(rng.integers(4, HEIGHT - side - 3)), side


def _put(canvas: F32, svg: str, place: tuple[int, int, int]) -> F32:
    left, top, side = place
    art = np.asarray(drawn(svg, side), np.float32) / np.float32(255)
    here, share = canvas[top : top + side, left : left + side], art[..., 3:]
    here[...] = here * (1 - share) + art[..., :3] * share
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[top : top + side, left : left + side] = art[..., 3]
    return alpha


def measure(short: bool = False) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        models = Models(ModelStore(Path(folder)))
        model = models.get("illustration")
        assert isinstance(model, Cascade)
        chosen = trials(_SHORT if short else model.things)
        return [_outcome(one, models) for one in chosen if not short or one.kind == KINDS[0]]


def _outcome(trial: Trial, models: Models) -> Outcome:
    everything = np.ones(trial.alpha.shape, np.float32)
    began = time.monotonic()
    try:
        asked = Recipe("words", trial.name, model="illustration")
        found = words(Scene(Picture(trial.image, everything), everything), asked, models, lambda _: None).result.mask
    except OverpaintError as error:
        if error.code is not Code.EMPTY_SELECTION:
            raise
        found = np.zeros_like(everything)
    truth, meant = trial.alpha >= 0.5, found >= 0.5
    overlap = float((truth & meant).sum() / max(1, (truth | meant).sum()))
    print(f"{trial.kind:12} {trial.name:14} {overlap:.2f}", flush=True)
    return Outcome(trial, found, overlap, time.monotonic() - began)


def figures(outcomes: Sequence[Outcome]) -> dict[str, object]:
    def mean(kinds: Sequence[str]) -> float:
        return round(float(np.mean([one.overlap for one in outcomes if one.trial.kind in kinds])), 3)

    own = [one.overlap for one in outcomes if one.trial.kind != "photograph"]
    return {
        "words_iou": mean(KINDS[:3]),
        **{f"words_iou_{kind}": mean((kind,)) for kind in dict.fromkeys(one.trial.kind for one in outcomes)},
        "words_named": round(float(np.mean([overlap >= 0.5 for overlap in own])), 3),
        "words_seconds": round(float(np.median([one.seconds for one in outcomes])), 1),
        "words_cases": len(outcomes),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.select.words", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sheet", type=Path, help="write each picture beside what was found here")
    parser.add_argument("--short", action="store_true", help="two things: it shows that everything runs")
    parser.add_argument("--threads", type=int, default=2)
    add_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    outcomes = measure(options.short)
    if options.sheet:
        _sheet(options.sheet, outcomes)
    return conclude(figures(outcomes), SHORT_BOUNDS if options.short else BOUNDS, options)


def _sheet(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Two pictures a row, each beside what of it was found, on gray."""
    cells = []
    for one in outcomes:
        shown = one.found[..., None] * one.trial.image + (1 - one.found[..., None]) * np.float32(0.5)
        cell = Image.fromarray((np.concatenate([one.trial.image, shown], 1) * 255).round().astype(np.uint8))
        ImageDraw.Draw(cell).text((6, 6), f"{one.trial.name} ({one.trial.kind}): {one.overlap:.2f}", fill="black")
        cells.append(np.asarray(cell.resize((WIDTH, HEIGHT // 2))))
    cells += [np.full_like(cells[0], 255)] * (len(cells) % 2)
    rows = [np.concatenate(pair, 1) for pair in zip(cells[::2], cells[1::2], strict=True)]
    Image.fromarray(np.concatenate(rows)).save(path)


if __name__ == "__main__":
    sys.exit(main())
