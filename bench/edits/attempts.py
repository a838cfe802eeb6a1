"""Every method at every setting on a pair, and what it is judged to give; done in shares by processes."""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.edits.memory import forget_peak, peak
from bench.edits.pairs import Pair, pairs
from bench.imagic.shapes import OneModel, of_shape
from server.editing.edit import Answer, Report, Scene
from server.editing.painting import ModelInput
from server.editing.results import Repaint
from server.methods import registry
from server.methods.flowedit import flowedit
from server.methods.imagic import imagic
from server.methods.inpaint import inpaint
from server.methods.leditspp import leditspp
from server.methods.sdedit import sdedit
from server.methods.unitune import unitune
from server.models.store import card as cards
from server.pixels.picture import Picture
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from tools.bundled_model.captions import Figure
from tools.bundled_model.evaluate import Examination
from tools.bundled_model.export import repertoire_of
from tools.bundled_model.retrieval import Floats, Gallery, cut_out, psnr

Repainting = Callable[[Scene, Recipe, Any, Report], Answer[Repaint]]

EXPLORED: dict[str, tuple[Repainting, tuple[float, ...]]] = {
    "leditspp": (leditspp, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25)),
    "flowedit": (flowedit, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25)),
    "unitune": (unitune, (0.7, 0.8, 0.9, 1.0, 1.25, 1.5)),
}
"""Further methods that paint at any edit strength, and the strengths; a model does those that it can."""

_WHITE = np.ones(3, np.float32)
_SHOWN_AT = 4
"""Documents are this many times larger than the base paints, as the up-sampler makes them."""

ETAS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
STRENGTHS = (0.4, 0.6, 0.7, 0.8, 0.9)
IMAGIC, SDEDIT, TEXT, COPY, NEAREST = "imagic", "sdedit", "text to image", "copy", "nearest picture"
COMPLETED = ", words completed"
BASELINES = ("untouched", "words")
"""Groups of rows that learn nothing of the picture."""
SEEDS = (1, 2)


@dataclass(frozen=True)
class Score:
    """psnr: dB to the truth. seconds: of all settings of the method together. peak: bytes of memory, the model's and
    everything's, while they were painted."""

    hit: bool
    kept: bool
    psnr: float
    seconds: float
    peak: int


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

    def score(self, pair: Pair, made: Floats, seconds: float, peak: int) -> Score:
        """``made``: (S, S, 3) at the base size."""
        query = cut_out(made, _WHITE)
        found = self._gallery.nearest(query)
        subject, wanted = self._examination.by_name[found].subject, pair.truth.subject
        alike = self._gallery.is_hit(query, pair.truth.name)
        hit = alike or subject.concept == wanted.concept
        same = (subject.gender, subject.tone) == (wanted.gender, wanted.tone)
        kept = alike or (same and found.startswith(f"{pair.truth.vendor}:"))
        return Score(hit, kept, psnr(made, self._examination.picture(Figure(pair.truth))), seconds, peak)


class Bench:
    def __init__(self, examination: Examination, models: OneModel, task: Task) -> None:
        self._examination = examination
        self._models = models
        self._preset, self._seeds, self._every = task.preset, task.seeds, task.every
        self._judge = Judge(examination)

    def groups(self, pair: Pair) -> dict[str, Callable[[], Iterator[Attempt]]]:
        """The attempts at one pair, by what is done for them; each is a row or a few of the table."""
        source = self._examination.picture(Figure(pair.source))
        scene = self._scene(pair, source)
        groups: dict[str, Callable[[], Iterator[Attempt]]] = {
            BASELINES[0]: lambda: self._untouched(pair, source),
            BASELINES[1]: lambda: self._words(pair, scene),
            IMAGIC: partial(self._explored, IMAGIC, (imagic, ETAS), pair, scene, preset=self._preset),
        }
        for method, way in EXPLORED.items():
            if registry.method(method).requires in self._models.adapter.card.abilities:
                groups[method] = partial(self._explored, method, way, pair, scene)
        return groups

    def _untouched(self, pair: Pair, source: Floats) -> Iterator[Attempt]:
        yield self._attempt(COPY, 0, pair, source)
        yield self._attempt(NEAREST, 0, pair, self._nearest(pair, source))

    def _words(self, pair: Pair, scene: Scene) -> Iterator[Attempt]:
        completed = self._completed(pair.prompt, scene)
        for seed in self._seeds:
            words = Recipe("inpaint", pair.prompt, seed=seed)
            yield from self._words_alone("", pair, scene, words)
            yield from self._words_alone(COMPLETED, pair, scene, replace(words, prompt=completed))

    def _explored(
        self, method: str, way: tuple[Repainting, tuple[float, ...]], pair: Pair, scene: Scene, preset: str = ""
    ) -> Iterator[Attempt]:
        edit, etas = way[0], way[1][:: self._every]
        for seed in self._seeds:
            recipe = Recipe(method, pair.prompt, preset=preset, eta=etas, seed=seed)
            yield from self._painted(method, etas, pair, edit, scene, recipe)

    def _words_alone(self, which: str, pair: Pair, scene: Scene, words: Recipe) -> Iterator[Attempt]:
        """Nothing is learned of the picture."""
        yield from self._painted(TEXT + which, (0.0,), pair, inpaint, scene, words)
        for strength in STRENGTHS[:: self._every]:
            yield from self._painted(SDEDIT + which, (strength,), pair, sdedit, scene, _redrawn(words, strength))

    def _completed(self, prompt: str, scene: Scene) -> str:
        """The words as Imagic reads them beside this picture."""
        adapter = self._models.adapter
        view = ModelInput.of(scene, Recipe("imagic", prompt), adapter)
        return adapter.completed(prompt, adapter.caption(view.image, view.mask, _quiet))

    def _painted(
        self, method: str, settings: Sequence[float], pair: Pair, edit: Repainting, scene: Scene, recipe: Recipe
    ) -> Iterator[Attempt]:
        """One attempt a setting; the seconds are of all of them together."""
        forget_peak()
        began = time.perf_counter()
        images = edit(scene, recipe, self._models, _quiet).result.images
        seconds = time.perf_counter() - began
        side = self._examination.size
        for setting, image in zip(settings, images, strict=True):
            yield self._attempt(method, setting, pair, resample(image, Extent(side, side)), seconds, peak())

    def _attempt(
        self, method: str, setting: float, pair: Pair, made: Floats, seconds: float = 0, peak: int = 0
    ) -> Attempt:
        return Attempt(method, setting, pair, made, self._judge.score(pair, made, seconds, peak))

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


@dataclass(frozen=True)
class Task:
    """What a process has to know to do its share. methods: names of groups; none: all. kept: a folder where what is
    done is laid down and found again, so that a run of hours can be broken off; None: nowhere. every: only each n-th
    setting of a method is tried."""

    data: Path
    model: Path
    device: str
    preset: str
    pairs: int
    seeds: Sequence[int] = SEEDS
    methods: Sequence[str] = ()
    kept: Path | None = None
    every: int = 1

    def examination(self) -> Examination:
        card = cards.read(self.model)
        if card is None:
            raise SystemExit(f"there is no model in {self.model}; name its folder with --model")
        return Examination(self.data, card.native, repertoire_of(self.model))


def work(task: Task, number: int, of: int) -> list[Attempt]:
    """One process's share of the pairs."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as learned:
        examination = task.examination()
        models = of_shape("illustration", task.model, torch.device(task.device), Path(learned))
        bench = Bench(examination, models, task)
        mine = pairs(examination, task.pairs)[number::of]
        attempts: list[Attempt] = []
        for place, pair in enumerate(mine, 1):
            for name, group in bench.groups(pair).items():
                if not task.methods or name in task.methods:
                    attempts += _kept(task, f"{number + (place - 1) * of:03} {name}", group)
            print(f"{place}/{len(mine)}  {pair.source.name} -> {pair.prompt}", flush=True)
    return attempts


def _kept(task: Task, name: str, group: Callable[[], Iterator[Attempt]]) -> list[Attempt]:
    """As it was laid down by an earlier run with the same options, else done now."""
    if task.kept is None:
        return list(group())
    path = task.kept / f"{name} {task.preset} {len(task.seeds)}.pickle"
    if path.exists():
        found: list[Attempt] = pickle.loads(path.read_bytes())  # noqa: S301 - an earlier run of this bench wrote it
        return found
    done = list(group())
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(done))
    part.replace(path)
    return done
