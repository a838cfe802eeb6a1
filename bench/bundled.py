"""How well the bundled model draws what it was never shown: `python -m bench.bundled`.

Needs the artwork, which it makes once (`tools.bundled_model.artwork`, some 400 MB of packages and 750 MB of pixels).
`--short` draws only what the model was taught, and asks for a few cells: it shows that everything runs, not how well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from bench.bounds import Bound, add_options, conclude
from tools.bundled_model import artwork, evaluate
from tools.bundled_model.export import SHIPPED, repertoire_of
from tools.bundled_model.painter import Painter, Sampling

BOUNDS = (
    Bound("retrieval", least=0.9),
    Bound("prompt_hit", least=0.8),
    Bound("vae_psnr", least=30),
    Bound("seconds_20_steps", most=6),
    Bound("megabytes_all", most=56),
)
SHORT_BOUNDS = (Bound("cells", least=2), Bound("vae_psnr", least=25), Bound("megabytes_all", most=56))
_SHORT_CELLS = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=artwork.DATA)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--cells", type=int, default=240)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="a few cells, among less artwork")
    add_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = artwork.ready(options.data, options.threads, repertoire_of(options.model) if options.short else None)
    figures = measure(data, options.model, _SHORT_CELLS if options.short else options.cells)
    return conclude(figures, SHORT_BOUNDS if options.short else BOUNDS, options)


def measure(data: Path, model: Path, limit: int) -> dict[str, object]:
    painter = Painter(model)
    seconds = evaluate.seconds_per_picture(painter)
    examination = evaluate.Examination(data, painter.size, repertoire_of(model))
    cells = examination.cells(limit)
    drawn = evaluate.text_to_image(examination, painter, cells, Sampling())
    print("Text to picture, held-out cells", *evaluate.table(drawn), sep="\n")
    done = evaluate.inpainting(examination, painter, cells, Sampling(seed=10_000))
    replaced = [examination.judge(cell, *pair) for cell, pair in zip(cells, zip(done.made, done.grounds, strict=True),
                                                                     strict=True)]  # fmt: skip
    print("A selected figure replaced by a held-out cell", *evaluate.table(replaced), sep="\n")
    megabytes = evaluate.megabytes(model)
    return {
        "retrieval": _mean(outcome.hit for outcome in drawn),
        "retrieval_baseline": _mean(outcome.baseline_hit for outcome in drawn),
        "psnr": _mean(outcome.psnr for outcome in drawn),
        "prompt_hit": _mean(outcome.hit for outcome in replaced),
        "vae_psnr": round(evaluate.vae_psnr(examination, painter), 2),
        "seconds_20_steps": round(seconds, 2),
        "megabytes": megabytes,
        "megabytes_all": megabytes["all"],
        "cells": len(cells),
    }


def _mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values))), 3)


if __name__ == "__main__":
    sys.exit(main())
