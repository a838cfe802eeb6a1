"""Does erasing do better than what it could have been made of? Holes with a known truth, and things to look at.

Every photograph gets one hole of each of seven shapes at places fixed before the eraser was tuned, and once more at
*held-out* places that were never looked at while tuning. Rivals: OpenCV's Telea and G'MIC's matchpatch, each alone.
A picture's figure is the mean over its holes of the PSNR inside the hole; ``ring5`` the mean colour step across the
hole's edge over 5-px rings that the photograph does not have, in levels of 255; ``grain`` the fine detail inside
against the ring around, as a share of the photograph's own. PSNR rewards a smear where texture cannot be foretold, so
look at the sheets too. The JSON has the means over the four shipped photographs at the held-out places. Then the whole
way of a person's edit: thin things (``thin``), how far from a line of 7 pixels anything changes, and the detail in the
middle of huge holes (``huge``). Exit 1 where a figure misses its bound.

Pictures: the four shipped ones, and Debian's mate-backgrounds where they are installed (``--more FOLDER`` for others).
``--textures`` adds scikit-image's grey grass, gravel, brick and camera: rows for the reader, not in the JSON.

Last, things that were put before photographs and patterns are taken away by all (``pasted``, ``removed``): objects,
some with a shadow, wires, letters, fences, patterns. ``best_share`` is in how many cases our PSNR is the best or within
0.2 dB, ``best_share_seen`` the same without the grain that nobody can foretell (a smear has the better PSNR in pure
grain), ``texture_share`` in how many the surroundings' detail goes on at 0.8 to 1.25 of its strength, in two bands;
``found_…`` what of shadows and marks was found by itself. ``--sheet`` shows these at 100 %.

    python -m bench.erase [--out FOLDER] [--places held-out|tuned|both] [--more FOLDER] [--textures]
                          [--pasted-only] [--each NUMBER] [--sheet FILE]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.bounds import Bound, add_options, conclude
from server.pixels import metrics
from server.pixels.picture import F32

from . import huge, pasted, removed, rivals, thin
from .places import HELD_OUT, TUNED, Bits, holes
from .sheet import Row, write_sheet
from .things import THINGS

PHOTOGRAPHS = Path(__file__).parents[2] / "tests" / "pictures" / "photographs"
WALLPAPERS = Path("/usr/share/backgrounds/mate/nature")
ERASERS: dict[str, Callable[[F32, Bits], F32]] = {
    "telea": rivals.telea,
    "matchpatch": rivals.matchpatch,
    "ours": rivals.ours,
}
_PLACES = {"tuned": TUNED, "held-out": HELD_OUT}
_LONGEST = 800

THIN = (
    Bound("wire", least=25),
    Bound("fence", least=24),
    Bound("hairs", least=27),
    Bound("outside_of_line", most=0),
)
PASTED = (
    Bound("cases", least=60),
    Bound("best_share", least=0.6),
    Bound("texture_share", least=0.6),
    Bound("found_wire", least=0.8),
    Bound("found_text", least=0.8),
)
BOUNDS = (
    *THIN,
    *PASTED,
    Bound("psnr_ours", least=26.41),
    Bound("ring5_ours", most=4.78),
    Bound("huge_detail", least=0.6),
    Bound("seconds_tenth", most=8),
)
"""Of the shipped pictures: dB, pixels, levels, and a share of the detail that is around."""


@dataclass(frozen=True)
class Score:
    psnr: float
    ring5: float
    grain: float
    seconds: float


Scores = dict[str, Score]
"""By eraser."""


def load(path: Path) -> F32:
    """float32 (H, W, 3), 0..1, at most 800 pixels long."""
    levels = np.asarray(Image.open(path).convert("RGB"))
    scale = _LONGEST / max(levels.shape[:2])
    if scale < 1:
        levels = cv2.resize(levels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(levels, np.float32) / np.float32(255)


def pictures(folders: Iterable[Path]) -> dict[str, F32]:
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    return {path.stem: load(path) for path in files if path.suffix.lower() in {".png", ".jpg", ".jpeg"}}


def textures() -> dict[str, F32]:
    from skimage import data

    names = ("camera", "grass", "gravel", "brick")
    greys = {name: np.asarray(getattr(data, name)(), np.float32) / np.float32(255) for name in names}
    return {name: np.repeat(grey[..., None], 3, 2) for name, grey in greys.items()}


def judge(truth: F32, hole: Bits, eraser: Callable[[F32, Bits], F32]) -> tuple[F32, Score]:
    start = time.perf_counter()
    answer = eraser(truth, hole)
    seconds = time.perf_counter() - start
    answer = answer.clip(0, 1)
    ring5 = metrics.edge_step(truth, answer, hole, 5)
    grain = metrics.noise_ratio(truth, answer, hole)
    return answer, Score(metrics.psnr_inside(truth, answer, hole), ring5, grain, seconds)


def mean(scores: list[Scores]) -> Scores:
    def over(name: str) -> Score:
        columns = zip(*((s[name].psnr, s[name].ring5, s[name].grain, s[name].seconds) for s in scores), strict=True)
        return Score(*(float(np.mean(column)) for column in columns))

    return {name: over(name) for name in ERASERS}


def measure(name: str, truth: F32, places: str) -> tuple[Scores, list[Row]]:
    scores, rows = [], []
    height, width = truth.shape[:2]
    for hole in holes(name, height, width, _PLACES[places]):
        judged = {label: judge(truth, hole.mask, eraser) for label, eraser in ERASERS.items()}
        scores.append({label: score for label, (_, score) in judged.items()})
        answers = {label: answer for label, (answer, _) in judged.items()}
        rows.append(Row(f"{name}, {hole.shape}", truth, hole.mask, {"truth": truth, **answers}))
    return mean(scores), rows


def say(title: str, scores: Scores) -> None:
    ours, best = scores["ours"], max(score.psnr for label, score in scores.items() if label != "ours")
    cells = "  ".join(f"{s.psnr:6.2f} {s.ring5:5.2f} {s.grain:5.2f}" for s in scores.values())
    print(f"{title:24} {cells}  {ours.psnr - best:+6.2f} {ours.seconds:6.2f}", flush=True)


def run(group: dict[str, F32], places: str, out: Path) -> Scores:
    print(f"\n{places} places; for each eraser PSNR, ring5, grain; last: ours - best rival in dB, our seconds a hole")
    print(f"{'':24} " + "  ".join(f"{label:18}" for label in ERASERS))
    total: list[Scores] = []
    for name, truth in group.items():
        scores, rows = measure(name, truth, places)
        say(name, scores)
        write_sheet(out / f"{places}-{name}.png", rows)
        total.append(scores)
    result = mean(total)
    say("mean", result)
    return result


def show_things(shipped: dict[str, F32], out: Path) -> None:
    rows = []
    for name, thing in THINGS.items():
        image = shipped[thing.picture]
        mask = thing.mask(*image.shape[:2])
        answers = {label: eraser(image, mask).clip(0, 1) for label, eraser in ERASERS.items()}
        rows.append(Row(f"{thing.picture}: {name}", image, mask, {"before": image, **answers}))
        own = metrics.edge_step(np.zeros_like(image), answers["ours"], mask, 1)
        print(f"{name:24} 1-px colour step across the edge of what was erased: {own:.2f} levels", flush=True)
    write_sheet(out / "things.png", rows)


def show_thin(shipped: dict[str, F32], out: Path) -> dict[str, thin.Thin]:
    found, rows = {}, []
    for name, (picture, build) in thin.SCENES.items():
        scene = build(shipped[picture])
        result, found[name] = thin.measure(scene)
        rows.append(Row(name, scene.picture, scene.selection > 0, {"truth": scene.truth, "ours": result}))
        print(f"{name:24} {found[name].psnr:6.2f} dB, {found[name].outside} changed beyond 4 px of it", flush=True)
    write_sheet(out / "thin.png", rows)
    return found


def show_huge(out: Path) -> float:
    details = []
    for side in huge.SIDES:
        result, detail = huge.middle_detail(side)
        Image.fromarray((result.clip(0, 1) * 255).round().astype(np.uint8)).save(out / f"huge-{side}.png")
        print(f"hole of {side:4} px: detail in its middle {detail:.2f} of that around it", flush=True)
        details.append(detail)
    return min(details)


def thin_figures(thins: Mapping[str, thin.Thin]) -> dict[str, object]:
    psnr = {name: round(each.psnr, 2) for name, each in thins.items()}
    outside = sum(thins[name].outside for name in ("fence", "hairs"))
    return {**psnr, "thin_psnr": psnr, "outside_of_line": outside}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/bench-erase"))
    parser.add_argument("--places", choices=[*_PLACES, "both"], default="held-out")
    parser.add_argument("--more", type=Path, action="append", default=[WALLPAPERS])
    parser.add_argument("--textures", action="store_true")
    parser.add_argument("--pasted-only", action="store_true", help="only what was put there and is taken away")
    parser.add_argument("--each", type=int, default=3, help="of everything that is put there, places in a photograph")
    parser.add_argument("--sheet", type=Path, help="write what was put there and taken away here, at 100 %%")
    parser.add_argument("--short", action="store_true", help="thin things only")
    add_options(parser)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shipped = pictures([PHOTOGRAPHS])
    if options.short:
        return conclude(thin_figures(show_thin(shipped, options.out)), THIN, options)
    if options.pasted_only:
        return conclude(removed.measure(pasted.cases(shipped, options.each), options.sheet), PASTED, options)
    chosen = list(_PLACES) if options.places == "both" else [options.places]
    results = {places: run(shipped, places, options.out) for places in chosen}
    for group in (pictures(options.more), textures() if options.textures else {}):
        if group:
            run(group, chosen[-1], options.out)
    show_things(shipped, options.out)
    thins, detail = show_thin(shipped, options.out), show_huge(options.out)
    taken = removed.measure(pasted.cases(shipped, options.each), options.sheet or options.out / "pasted.png")
    print(f"sheets in {options.out.resolve()}")
    result = results[chosen[-1]]
    ours = result["ours"]
    figures = {
        **{f"psnr_{label}": round(result[label].psnr, 2) for label in ("ours", "telea", "matchpatch")},
        "ring5_ours": round(ours.ring5, 2),
        "seconds_ours": round(ours.seconds, 2),
        **thin_figures(thins),
        "huge_detail": round(detail, 2),
        "seconds_tenth": round(removed.tenth_seconds(shipped["astronaut"]), 2),
        **taken,
    }
    return conclude(figures, BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
