"""How well pictures are edited by words: `python -m bench.edits`, on the bundled model's held-out people.

A pair is a person doing one thing, drawn by one vendor, and the same person by the same vendor doing another, which the
model never saw. The prompt names that action and nothing of the identity ("shrugging"). An edit is a hit when the
nearest of all vendors' pictures shows the action, and has kept the identity when that picture has the person's gender,
skin tone and vendor. Every method is taken at the one setting that is best for all pictures. The baselines: the picture
as it was; the words alone; SDEdit at several strengths; both with the words completed from the caption that the model
finds for the picture, as Imagic has them; and the nearest picture of that vendor that shows the action, which the
model's training has. Needs the artwork, as `bench.bundled` does.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from bench.edits import sheet
from bench.imagic.shapes import OneModel, of_shape
from server.edits.edit import Edit, Scene
from server.edits.imagic import imagic
from server.edits.inpaint import inpaint
from server.edits.painting import Easel
from server.edits.sdedit import sdedit
from server.models import card as cards
from server.pixels.picture import Picture
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from tools.bundled_model import artwork
from tools.bundled_model.captions import Figure
from tools.bundled_model.evaluate import Examination
from tools.bundled_model.export import SHIPPED, repertoire_of
from tools.bundled_model.packages import fetch
from tools.bundled_model.records import Record
from tools.bundled_model.retrieval import Floats, Gallery, cut_out, psnr

_WHITE = np.ones(3, np.float32)
_SHOWN_AT = 4
"""Documents are this many times larger than the base paints, as the up-sampler makes them."""

ETAS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
STRENGTHS = (0.4, 0.6, 0.7, 0.8, 0.9)
IMAGIC, SDEDIT, TEXT, COPY, NEAREST = "imagic", "sdedit", "text to image", "copy", "nearest picture"
COMPLETED = ", words completed"
SEEDS = (1, 2)


@dataclass(frozen=True)
class Pair:
    """Both by one vendor, of one person. source: as the model may have seen it. truth: what it never saw."""

    source: Record
    truth: Record

    @property
    def prompt(self) -> str:
        return self.truth.subject.concept


@dataclass(frozen=True)
class Score:
    hit: bool
    kept: bool
    psnr: float
    seconds: float


@dataclass(frozen=True)
class Attempt:
    """One method at one setting on one pair with one seed."""

    method: str
    setting: float
    pair: Pair
    made: Floats
    score: Score


class Judge:
    """All pictures of all vendors, cut out once."""

    def __init__(self, examination: Examination) -> None:
        self._examination = examination
        galleries = examination.galleries.values()
        self._gallery = Gallery(
            [name for gallery in galleries for name in gallery.names],
            np.concatenate([gallery.cut_outs for gallery in galleries]),
        )

    def score(self, pair: Pair, made: Floats, seconds: float) -> Score:
        """``made``: (S, S, 3) at the base size."""
        query = cut_out(made, _WHITE)
        found = self._gallery.nearest(query)
        subject, wanted = self._examination.by_name[found].subject, pair.truth.subject
        alike = self._gallery.is_hit(query, pair.truth.name)
        hit = alike or subject.concept == wanted.concept
        same = (subject.gender, subject.tone) == (wanted.gender, wanted.tone)
        kept = alike or (same and found.startswith(f"{pair.truth.vendor}:"))
        return Score(hit, kept, psnr(made, self._examination.picture(Figure(pair.truth))), seconds)


def pairs(examination: Examination, limit: int) -> list[Pair]:
    """Over vendors and held-out cells in turn, then the same cells again from another picture of that person; each
    from a picture the model may have seen."""
    held, dice = examination.stage.held_out, np.random.default_rng(0)
    taught = [record for record in examination.records if examination.stage.repertoire.has(record)]
    found: dict[str, list[list[Pair]]] = {}
    for truth in (
        record for record in taught if record.subject.cell in held.people and record.subject.kind == "person"
    ):
        others = [one for one in taught if _same_person(one, truth) and not held.hides(one)]
        of_truth = [Pair(others[index], truth) for index in dice.permutation(len(others))]
        found.setdefault(truth.vendor, []).append(of_truth)
    for cells in found.values():
        dice.shuffle(cells)
    return _in_turn([_in_turn(cells) for cells in found.values()])[:limit]


def _same_person(one: Record, truth: Record) -> bool:
    a, b = one.subject, truth.subject
    same = (one.vendor, a.kind, a.gender, a.tone) == (truth.vendor, b.kind, b.gender, b.tone)
    return same and a.concept != b.concept


def _in_turn(groups: Sequence[Sequence[Pair]]) -> list[Pair]:
    longest = max(map(len, groups), default=0)
    return [group[place] for place in range(longest) for group in groups if place < len(group)]


class Bench:
    def __init__(self, examination: Examination, models: OneModel, preset: str) -> None:
        self._examination = examination
        self._models = models
        self._preset = preset
        self._judge = Judge(examination)

    def attempts(self, pair: Pair) -> Iterator[Attempt]:
        source = self._examination.picture(Figure(pair.source))
        yield self._attempt(COPY, 0, pair, source, 0.0)
        yield self._attempt(NEAREST, 0, pair, self._nearest(pair, source), 0.0)
        scene = self._scene(pair, source)
        completed = self._completed(pair.prompt, scene)
        for seed in SEEDS:
            words = Recipe("inpaint", pair.prompt, seed=seed)
            yield from self._words_alone("", pair, scene, words)
            yield from self._words_alone(COMPLETED, pair, scene, replace(words, prompt=completed))
            learned = replace(words, method="imagic", preset=self._preset, eta=ETAS)
            yield from self._painted(IMAGIC, ETAS, pair, imagic, scene, learned)

    def _words_alone(self, which: str, pair: Pair, scene: Scene, words: Recipe) -> Iterator[Attempt]:
        """Nothing is learned of the picture."""
        yield from self._painted(TEXT + which, (0.0,), pair, inpaint, scene, words)
        for strength in STRENGTHS:
            yield from self._painted(SDEDIT + which, (strength,), pair, sdedit, scene, _redrawn(words, strength))

    def _completed(self, prompt: str, scene: Scene) -> str:
        """The words as Imagic reads them beside this picture."""
        adapter = self._models.adapter
        easel = Easel.of(scene, Recipe("imagic", prompt), adapter)
        return adapter.completed(prompt, adapter.caption(easel.image, easel.mask, _quiet))

    def _painted(
        self, method: str, settings: Sequence[float], pair: Pair, edit: Edit, scene: Scene, recipe: Recipe
    ) -> Iterator[Attempt]:
        """One attempt a setting; the seconds are of all of them together."""
        began = time.perf_counter()
        images = edit(scene, recipe, self._models, _quiet).images
        seconds = time.perf_counter() - began
        side = self._examination.size
        for setting, image in zip(settings, images, strict=True):
            yield self._attempt(method, setting, pair, resample(image, Extent(side, side)), seconds)

    def _attempt(self, method: str, setting: float, pair: Pair, made: Floats, seconds: float) -> Attempt:
        return Attempt(method, setting, pair, made, self._judge.score(pair, made, seconds))

    def _nearest(self, pair: Pair, source: Floats) -> Floats:
        """Of that vendor's pictures of the action that the model may have seen, the one most like the source."""
        held = self._examination.stage.held_out
        shown = [
            self._examination.picture(Figure(record))
            for record in self._examination.records
            if record.vendor == pair.truth.vendor
            and record.subject.concept == pair.truth.subject.concept
            and not held.hides(record)
        ]
        return max(shown, key=lambda picture: psnr(picture, source)) if shown else source

    def _scene(self, pair: Pair, source: Floats) -> Scene:
        side = self._examination.size * _SHOWN_AT
        rgb = np.ascontiguousarray(resample(source, Extent(side, side)))
        everything = np.ones((side, side), np.float32)
        return Scene(Picture(rgb, everything), everything)


def _redrawn(words: Recipe, strength: float) -> Recipe:
    return replace(words, method="sdedit", strength=strength)


def _quiet(step: object) -> None: ...


def table(attempts: Sequence[Attempt]) -> dict[str, dict[float, list[float]]]:
    """method → setting → [hit, kept, both, psnr, seconds], means over pairs and seeds."""
    rows: dict[str, dict[float, list[Score]]] = {}
    for attempt in attempts:
        rows.setdefault(attempt.method, {}).setdefault(attempt.setting, []).append(attempt.score)
    return {
        method: {setting: _means(scores) for setting, scores in settings.items()} for method, settings in rows.items()
    }


def _means(scores: Sequence[Score]) -> list[float]:
    each = [(one.hit, one.kept, one.hit and one.kept, one.psnr, one.seconds) for one in scores]
    return [round(float(value), 3) for value in np.mean(np.array(each, np.float64), axis=0)]


def best(settings: dict[float, list[float]]) -> tuple[float, list[float]]:
    """By what is hit and kept on the same pictures, then by PSNR."""
    setting = max(settings, key=lambda one: (settings[one][2], settings[one][3]))
    return setting, settings[setting]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=artwork.DATA)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--preset", default="quality")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--processes", type=int, default=2, help="each takes every so many-th pair, with one thread")
    parser.add_argument("--out", type=Path, default=Path("bench-edits"), help="folder for the curve and the sheet")
    options = parser.parse_args()
    if not (options.data / "art.npy").exists():
        artwork.build(fetch(options.data / "packages"), options.data, options.processes)
    task = Task(options.data, options.model, options.device, options.preset, options.pairs)
    shares = [(task, number, options.processes) for number in range(options.processes)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        attempts = [attempt for share in pool.starmap(work, shares, chunksize=1) for attempt in share]
    examination = task.examination()
    report(attempts, examination, pairs(examination, options.pairs), options.out)


@dataclass(frozen=True)
class Task:
    """What a process has to know to do its share."""

    data: Path
    model: Path
    device: str
    preset: str
    pairs: int

    def examination(self) -> Examination:
        card = cards.read(self.model)
        if card is None:
            raise SystemExit(f"there is no model in {self.model}; name its folder with --model")
        return Examination(self.data, card.native, repertoire_of(self.model))


def work(task: Task, number: int, of: int) -> list[Attempt]:
    """One process's share of the pairs."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["OVERPAINT_HOME"] = home
        examination = task.examination()
        bench = Bench(examination, of_shape("illustration", task.model, torch.device(task.device)), task.preset)
        mine = pairs(examination, task.pairs)[number::of]
        attempts: list[Attempt] = []
        for place, pair in enumerate(mine, 1):
            attempts += bench.attempts(pair)
            print(f"{place}/{len(mine)}  {pair.source.name} -> {pair.prompt}", flush=True)
    return attempts


def report(attempts: Sequence[Attempt], examination: Examination, chosen: Sequence[Pair], out: Path) -> None:
    found = table(attempts)
    print(f"{'method':31} {'setting':>7}    hit   kept   both   psnr  seconds")
    for method, settings in found.items():
        for setting, values in sorted(settings.items()):
            print(f"{method:31} {setting:7.2f} " + " ".join(f"{value:6.2f}" for value in values))
    out.mkdir(parents=True, exist_ok=True)
    sheet.curve(found[IMAGIC], out / "eta.png")
    sources = {pair: examination.picture(Figure(pair.source)) for pair in chosen}
    truths = {pair: examination.picture(Figure(pair.truth)) for pair in chosen}
    drawn = {(one.pair, one.setting): one.made for one in reversed(attempts) if one.method == IMAGIC}
    rows = [[sources[pair], *(drawn[pair, eta] for eta in ETAS), truths[pair]] for pair in chosen]
    headings = ["source", *(f"{eta:g}" for eta in ETAS), "truth"]
    sheet.sheet(rows, headings, [pair.prompt for pair in chosen], out / "sheet.png")
    methods = {method: best(settings)[1] for method, settings in found.items()}
    print(f"best edit strength {best(found[IMAGIC])[0]:g}; the curve and the sheet are in {out}")
    print(
        json.dumps(
            {
                "methods": methods,
                "pairs": len(chosen),
                "copy_psnr": methods[COPY][3],
                "nearest_psnr": methods[NEAREST][3],
            }
        )
    )


if __name__ == "__main__":
    main()
