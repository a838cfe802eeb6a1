"""How well pictures are edited by words: `python -m bench.edits`, on the bundled model's held-out people.

A pair is a person doing one thing, drawn by one vendor, and the same person by the same vendor doing another, which the
model never saw. The prompt names that action and nothing of the identity ("shrugging"). An edit is a hit when the
nearest of all vendors' pictures shows the action, and has kept the identity when that picture has the person's gender,
skin tone and vendor. Every method is taken at the one setting that is best for all pictures. The baselines: the picture
as it was; the words alone; SDEdit at several strengths; both with the words completed from the caption that the model
finds for the picture, as Imagic has them; and the nearest picture of that vendor that shows the action, which the
model's training has. Needs the artwork, as `bench.bundled` does.

UniTune, LEDITS++ and FlowEdit are rows at the same edit strengths as Imagic, as far as the model can do them.

With `--model NAME --pictures FOLDER`: on somebody's own pictures by any installed model (`bench.edits.pictures`).

`imagic_both`: hit and kept on the same pictures, at Imagic's best strength. `over_best_db`: its PSNR over the best of
the baselines that do not look at the truth. `--short` does one pair among less artwork: it shows that everything runs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.bounds import Bound, add_options, conclude
from bench.edits import pictures, sheet
from bench.edits.attempts import BASELINES, COPY, EXPLORED, IMAGIC, NEAREST, SEEDS, Attempt, Score, Task, work
from bench.edits.pairs import Pair, pairs
from tools.bundled_model import artwork
from tools.bundled_model.captions import Figure
from tools.bundled_model.evaluate import Examination
from tools.bundled_model.export import SHIPPED, repertoire_of

COLUMNS = ("hit", "kept", "both", "psnr", "seconds", "peak_gb")


def table(attempts: Sequence[Attempt]) -> dict[str, dict[float, list[float]]]:
    """method → setting → ``COLUMNS``, means over pairs and seeds; of memory, the most."""
    rows: dict[str, dict[float, list[Score]]] = {}
    for attempt in attempts:
        rows.setdefault(attempt.method, {}).setdefault(attempt.setting, []).append(attempt.score)
    return {
        method: {setting: _means(scores) for setting, scores in settings.items()} for method, settings in rows.items()
    }


def _means(scores: Sequence[Score]) -> list[float]:
    each = [(one.hit, one.kept, one.hit and one.kept, one.psnr, one.seconds) for one in scores]
    means = [round(float(value), 3) for value in np.mean(np.array(each, np.float64), axis=0)]
    return [*means, round(max(one.peak for one in scores) / 1e9, 3)]


def best(settings: dict[float, list[float]]) -> tuple[float, list[float]]:
    """By what is hit and kept on the same pictures, then by PSNR."""
    setting = max(settings, key=lambda one: (settings[one][2], settings[one][3]))
    return setting, settings[setting]


BOUNDS = (
    Bound("imagic_both", least=0.8),
    Bound("over_best_db", least=0),
    Bound("unitune_both", least=0.7),
    Bound("leditspp_both", least=0.7),
    Bound("pairs", least=60),
)
SHORT_BOUNDS = (Bound("imagic_both", least=0), Bound("pairs", least=1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=artwork.DATA)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help=f"how many of {SEEDS}")
    parser.add_argument("--preset", default="quality")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--processes", type=int, default=2, help="each takes every so many-th pair, with one thread")
    parser.add_argument("--out", type=Path, default=Path("bench-edits"), help="folder for the curve and the sheets")
    parser.add_argument("--methods", nargs="*", default=(), help="groups of rows to do; none: all")
    parser.add_argument("--kept", type=Path, help="folder in which what is done is kept, to go on after a break")
    parser.add_argument("--pictures", type=Path, help="a folder like TEdBench's instead, with --model NAME")
    parser.add_argument("--lpips", type=Path, help="folder of LPIPS's weights, for --pictures")
    parser.add_argument("--short", action="store_true", help="one pair and seed, *fast*, less artwork")
    add_options(parser)
    options = parser.parse_args()
    if options.pictures:
        return conclude(pictures.main(options), (Bound("pairs", least=1),), options)
    if options.short:
        options.pairs = options.processes = options.seeds = 1
        options.preset = "fast"
        options.methods = options.methods or [*BASELINES, IMAGIC, "leditspp"]
    data = artwork.ready(options.data, options.processes, repertoire_of(options.model) if options.short else None)
    task = Task(
        data,
        options.model,
        options.device,
        options.preset,
        options.pairs,
        SEEDS[: options.seeds],
        options.methods,
        options.kept,
        every=3 if options.short else 1,
    )
    shares = [(task, number, options.processes) for number in range(options.processes)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        attempts = [attempt for share in pool.starmap(work, shares, chunksize=1) for attempt in share]
    examination = task.examination()
    figures = report(attempts, examination, pairs(examination, options.pairs), options.out)
    return conclude(figures, SHORT_BOUNDS if options.short else BOUNDS, options)


def report(
    attempts: Sequence[Attempt], examination: Examination, chosen: Sequence[Pair], out: Path
) -> dict[str, object]:
    found = table(attempts)
    print(f"{'method':31} {'setting':>7} " + " ".join(f"{name:>7}" for name in COLUMNS))
    for method, settings in found.items():
        for setting, values in sorted(settings.items()):
            print(f"{method:31} {setting:7.2f} " + " ".join(f"{value:7.2f}" for value in values))
    out.mkdir(parents=True, exist_ok=True)
    shown = {name: settings for name, settings in found.items() if name not in (COPY, NEAREST)}
    sheet.kept_over_hit(shown, out / "kept-over-hit.png")
    if IMAGIC in found:
        sheet.curve(found[IMAGIC], out / "eta.png")
    sources = {pair: examination.picture(Figure(pair.source)) for pair in chosen}
    truths = {pair: examination.picture(Figure(pair.truth)) for pair in chosen}
    for method in (IMAGIC, *EXPLORED):
        drawn = {(one.pair, one.setting): one.made for one in reversed(attempts) if one.method == method}
        if drawn:
            etas = sorted(found[method])
            rows = [[sources[pair], *(drawn[pair, eta] for eta in etas), truths[pair]] for pair in chosen]
            headings = ["source", *(f"{eta:g}" for eta in etas), "truth"]
            sheet.sheet(rows, headings, [pair.prompt for pair in chosen], out / f"{method}.png")
    bests = {method: best(settings) for method, settings in found.items()}
    print(f"the curves and the sheets are in {out}")
    return {
        "methods": {name: {"setting": at, **dict(zip(COLUMNS, row, strict=True))} for name, (at, row) in bests.items()},
        "pairs": len(chosen),
        **_of_imagic({name: dict(zip(COLUMNS, row, strict=True)) for name, (_, row) in bests.items()}),
    }


def _of_imagic(rows: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What the bounds are about, where Imagic took part."""
    if IMAGIC not in rows:
        return {}
    rivals = [row["psnr"] for name, row in rows.items() if name not in (IMAGIC, NEAREST, *EXPLORED)]
    figures = {"imagic_both": rows[IMAGIC]["both"]}
    if rivals:
        figures["over_best_db"] = round(rows[IMAGIC]["psnr"] - max(rivals), 3)
    for name in EXPLORED:
        if name in rows:
            figures[f"{name}_both"] = rows[name]["both"]
    return figures


if __name__ == "__main__":
    sys.exit(main())
