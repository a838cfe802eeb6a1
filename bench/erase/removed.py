"""What was put before photographs is taken away by everyone: who comes closest, and whose grain goes on?"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from server.methods.erasing.marks import marks
from server.methods.erasing.shadows import with_shadow
from server.pixels import metrics
from server.pixels.masks import bounds, distance_to
from server.pixels.picture import F32, Picture

from . import rivals, textured
from .pasted import Pasted
from .places import Bits

ERASERS: dict[str, Callable[[F32, Bits], F32]] = {
    "telea": rivals.telea,
    "matchpatch": rivals.matchpatch,
    "patchmatch": rivals.patchmatch,
    "ours": rivals.ours,
}
_EXACT = 60.0
"""dB: what an exact answer counts as, or one of them would be the mean of all; rounding to eight bits leaves 59."""
_EQUAL = 0.2
"""dB by which ours may be worse than the best rival and still be as good."""

_ROUGH = 25
"""Pixels by which a rough selection reaches beyond a mark."""


@dataclass(frozen=True)
class Score:
    """psnr: dB inside the hole. seen: the same of what is seen from farther away: without the grain that nobody can
    foretell. texture: as ``textured.ratios``. beside: pixels by which lines are off; None: none crosses."""

    psnr: float
    seen: float
    texture: tuple[float, ...]
    beside: float | None


@dataclass(frozen=True)
class Found:
    """By themselves: of what had to be found, the share that was, and that of the rest of the selection."""

    right: float
    wrong: float


def measure(cases: Iterable[Pasted], sheet: Path | None) -> dict[str, object]:
    scores: dict[str, list[dict[str, Score]]] = defaultdict(list)
    found: dict[str, list[Found]] = defaultdict(list)
    rows = []
    for case in cases:
        answers = {label: eraser(case.picture, case.thing).clip(0, 1) for label, eraser in ERASERS.items()}
        judged = {label: _score(case, answer) for label, answer in answers.items()}
        scores[case.kind].append(judged)
        say(case, judged)
        if case.kind in ("shadow", "wire", "text"):
            found[case.kind].append(_found(case))
        if sheet is not None:
            rows.append(_row(case, answers))
    if sheet is not None:
        _write(sheet, rows)
    return figures(scores, found)


def _score(case: Pasted, answer: F32) -> Score:
    truth, hole = case.truth, case.thing
    far, near = (np.asarray(cv2.GaussianBlur(each, (0, 0), 1.5), np.float32) for each in (truth, answer))
    return Score(
        min(_EXACT, metrics.psnr_inside(truth, answer, hole)),
        min(_EXACT, metrics.psnr_inside(far, near, hole)),
        textured.ratios(truth, answer, hole),
        textured.straightness(truth, answer, hole, case.lines) if case.lines else None,
    )


def _found(case: Pasted) -> Found:
    """The shadow of what was selected, or the mark in a rough selection."""
    picture = Picture(case.picture, np.ones(case.thing.shape, np.float32))
    if case.kind == "shadow":
        wanted, among = case.thing & ~case.selection, distance_to(case.thing) <= 4 * _ROUGH
        got = with_shadow(picture, case.selection)
    else:
        wanted = np.abs(case.picture - case.truth).max(2) > 0.02
        among = distance_to(wanted) <= _ROUGH
        got = marks(picture, among)
    rest = among & (distance_to(wanted) > 4)
    return Found(float(got[wanted].mean()), float(got[rest].mean()))


def say(case: Pasted, judged: dict[str, Score]) -> None:
    cells = "  ".join(
        f"{s.psnr:5.2f} {s.seen:5.2f} {'/'.join(f'{r:4.2f}' for r in s.texture)}" for s in judged.values()
    )
    beside = judged["ours"].beside
    print(f"{case.kind:8} {case.name:20} {cells}  {'' if beside is None else f'{beside:.1f} px beside'}", flush=True)


def figures(scores: dict[str, list[dict[str, Score]]], found: dict[str, list[Found]]) -> dict[str, object]:
    every = [judged for kind in scores.values() for judged in kind]
    photographs = [judged for kind, some in scores.items() if kind != "pattern" for judged in some]
    lines = [judged["ours"].beside for judged in every if judged["ours"].beside is not None]
    return {
        "cases": len(every),
        "best_share": _share(every, "psnr"),
        "best_share_seen": _share(every, "seen"),
        "texture_share": round(sum(textured.kept(one["ours"].texture) for one in photographs) / len(photographs), 3),
        "texture_shares": {label: _kept_by(label, photographs) for label in ERASERS},
        "straight_px": round(float(np.mean(lines)), 2) if lines else 0.0,
        "kinds": {kind: _means(some) for kind, some in scores.items()},
        **{f"found_{kind}": round(float(np.median([one.right for one in some])), 3) for kind, some in found.items()},
        **{f"wrong_{kind}": round(float(np.median([one.wrong for one in some])), 3) for kind, some in found.items()},
    }


def _kept_by(label: str, some: list[dict[str, Score]]) -> float:
    return round(sum(textured.kept(judged[label].texture) for judged in some) / len(some), 3)


def _share(some: list[dict[str, Score]], what: str) -> float:
    """Of the cases in which ours is the best, or as good as it."""

    def good(judged: dict[str, Score]) -> bool:
        best = max(getattr(score, what) for label, score in judged.items() if label != "ours")
        return bool(getattr(judged["ours"], what) >= best - _EQUAL)

    return round(sum(map(good, some)) / len(some), 3)


def _means(some: list[dict[str, Score]]) -> dict[str, float]:
    return {label: round(float(np.mean([judged[label].psnr for judged in some])), 2) for label in ERASERS}


_CELL, _CAPTION = 240, 16


def _row(case: Pasted, answers: dict[str, F32]) -> Image.Image:
    """Truth, picture and answers at 100 %, about the middle of the hole."""
    box = bounds(case.thing)
    height, width = case.thing.shape
    top = int(np.clip(box.y + box.height // 2 - _CELL // 2, 0, max(0, height - _CELL)))
    left = int(np.clip(box.x + box.width // 2 - _CELL // 2, 0, max(0, width - _CELL)))
    shown = {f"{case.kind}: {case.name}": case.truth, "with it": case.picture, **answers}
    row = Image.new("RGB", (len(shown) * _CELL, _CELL + _CAPTION))
    for number, (caption, image) in enumerate(shown.items()):
        levels = (image[top : top + _CELL, left : left + _CELL].clip(0, 1) * 255).round().astype(np.uint8)
        row.paste(Image.fromarray(levels), (number * _CELL, _CAPTION))
        ImageDraw.Draw(row).text((number * _CELL + 2, 1), caption, (230, 230, 230), ImageFont.load_default(11))
    return row


def _write(sheet: Path, rows: list[Image.Image]) -> None:
    whole = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    top = 0
    for row in rows:
        whole.paste(row, (0, top))
        top += row.height
    sheet.parent.mkdir(parents=True, exist_ok=True)
    whole.save(sheet)


_TENTH, _WHOLE = 324, 1024


def tenth_seconds(photograph: F32) -> float:
    """A hole of a tenth of 1024 by 1024 pixels in a photograph enlarged to that."""
    large = np.asarray(cv2.resize(photograph, (_WHOLE, _WHOLE), interpolation=cv2.INTER_CUBIC), np.float32).clip(0, 1)
    hole = np.zeros((_WHOLE, _WHOLE), bool)
    corner = (_WHOLE - _TENTH) // 2
    hole[corner : corner + _TENTH, corner : corner + _TENTH] = True
    began = time.perf_counter()
    rivals.ours(large, hole)
    return time.perf_counter() - began
