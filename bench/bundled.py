"""How well the bundled model draws what it was never shown: `python -m bench.bundled`.

Needs the artwork, which it makes once (`tools.bundled_model.artwork`, some 200 MB of packages and 750 MB of pixels).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from tools.bundled_model import artwork, evaluate
from tools.bundled_model.export import SHIPPED, repertoire_of
from tools.bundled_model.packages import fetch
from tools.bundled_model.painter import Painter, Sampling


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=artwork.DATA)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--cells", type=int, default=240)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not (options.data / "art.npy").exists():
        artwork.build(fetch(options.data / "packages"), options.data, options.threads)
    print(json.dumps(measure(options.data, options.model, options.cells)))


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
    return {
        "retrieval": _mean(outcome.hit for outcome in drawn),
        "retrieval_baseline": _mean(outcome.baseline_hit for outcome in drawn),
        "psnr": _mean(outcome.psnr for outcome in drawn),
        "prompt_hit": _mean(outcome.hit for outcome in replaced),
        "vae_psnr": round(evaluate.vae_psnr(examination, painter), 2),
        "seconds_20_steps": round(seconds, 2),
        "megabytes": evaluate.megabytes(model),
        "cells": len(cells),
    }


def _mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values))), 3)


if __name__ == "__main__":
    main()
