"""Does a word take? ``python -m bench.dreambooth``, on the people that the built-in model never saw whole.

A figure is one person as one vendor draws it (gender, skin tone, style), of whom some poses were held out of the
model's training. Four of its other pictures are taught as a word; then it is asked for in other poses, those held out
first, by that word and the pose alone ("rex shrugging"), and must be found again: the nearest of all vendors' pictures
shows that pose and that person. Beside it the same words with the noun instead of the word, by the model as it is.

    retrieval: share of pictures found again, with the word; without: with the noun alone. forgotten: by how much the
    retrieval of other figures, asked for in full, falls while the word is worn. seconds: of teaching.

Needs the artwork, as `bench.bundled` does. ``--short``: one figure in one pose, among less artwork, taught for a
moment.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bench.bounds import Bound, add_options, conclude
from bench.edits.attempts import Judge
from bench.edits.pairs import Pair
from server.editing.edit import Scene
from server.methods.create import create
from server.methods.dreambooth import dreambooth
from server.models.families.illustration import FAMILY
from server.models.runtime.residency import Models
from server.models.store.loras import LoraStore
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from tools.bundled_model import artwork, captions
from tools.bundled_model.captions import Figure
from tools.bundled_model.evaluate import Examination
from tools.bundled_model.export import SHIPPED, repertoire_of
from tools.bundled_model.records import Record

WORD, TAUGHT, SHOWN_AT = "rex", 4, 4
BOUNDS = (Bound("retrieval", least=0.7), Bound("forgotten", most=0.03))
SHORT_BOUNDS = (Bound("retrieval", least=0), Bound("poses", least=1))


@dataclass(frozen=True)
class Person:
    """taught: pictures that the model may have seen. asked: in other poses, those first in which it never saw this
    person."""

    taught: tuple[Record, ...]
    asked: tuple[Record, ...]

    @property
    def noun(self) -> str:
        return self.asked[0].subject.gender or "person"


def people(examination: Examination, figures: int, poses: int) -> list[Person]:
    """Those with the most held-out poses, each of another vendor as far as there are some. poses: of each, at most."""
    held, groups = examination.stage.held_out, dict[tuple[str, str, str], list[Record]]()
    for record in examination.records:
        if record.subject.is_person and record.subject.tone and examination.stage.repertoire.has(record):
            groups.setdefault((record.vendor, record.subject.gender, record.subject.tone), []).append(record)
    found = []
    dice = np.random.default_rng(0)
    for group in groups.values():
        hidden = [record for record in group if record.subject.cell in held.people]
        seen = [record for record in group if not held.hides(record)]
        if hidden and len(seen) >= TAUGHT:
            mixed = [seen[index] for index in dice.permutation(len(seen))]
            found.append((len(hidden), Person(tuple(mixed[:TAUGHT]), tuple([*hidden, *mixed[TAUGHT:]][:poses]))))
    found.sort(key=lambda one: -one[0])
    by_vendor: dict[str, list[Person]] = {}
    for _, one in found:
        by_vendor.setdefault(one.asked[0].vendor, []).append(one)
    turns = [one for turn in zip(*by_vendor.values(), strict=False) for one in turn]
    return turns[:figures]


class School:
    """One process's models, with nothing taught yet."""

    def __init__(self, home: Path, examination: Examination) -> None:
        self.models = Models(ModelStore(home / "models"), learned=home / "learned", loras=home / "loras")
        self._examination, self._judge = examination, Judge(examination)
        self.words = LoraStore(home / "loras")

    def teach(self, person: Person) -> float:
        """Seconds."""
        first, *others = (self._scene(self._examination.picture(Figure(record))) for record in person.taught)
        scene = replace(first, references=tuple(other.picture for other in others))
        began = time.perf_counter()
        with self.models.speaking("", self.words):
            dreambooth(scene, Recipe("dreambooth", f"{WORD}, a {person.noun}", seed=1), self.models, lambda _: None)
        return time.perf_counter() - began

    def retrieval(self, person: Person, who: str, seeds: Sequence[int], sheet: list[F32]) -> Iterator[bool]:
        for truth in person.asked:
            pair = Pair(person.taught[0], truth)
            for seed in seeds:
                made = self._painted(f"{who} {truth.subject.concept}, on white background", seed, worn=who == WORD)
                score = self._judge.score(pair, made, 0.0, 0)
                yield score.hit and score.kept
            sheet += [made, self._examination.picture(Figure(truth))]

    def others(self, person: Person, count: int, seeds: Sequence[int], *, worn: bool) -> Iterator[bool]:
        """Figures asked for in full, as the model was trained; none of them is the person."""
        cells = [cell for cell in self._examination.cells(4 * count) if cell.figure.record not in person.asked]
        for cell in cells[:count]:
            for seed in seeds:
                made = self._painted(cell.prompt, seed, worn=worn)
                yield self._examination.judge(cell, made, np.ones(3, np.float32)).hit

    def _painted(self, prompt: str, seed: int, *, worn: bool) -> F32:
        """At the base size. worn: also where the prompt does not say the word."""
        side = self._examination.size
        blank = self._scene(np.ones((side, side, 3), np.float32))
        with self.models.speaking(f"{WORD} {prompt}" if worn else "", self.words):
            layers = create(blank, Recipe("create", prompt, seed=seed), self.models, lambda _: None).result.layers
        return resample(layers[0].picture.rgb, Extent(side, side))

    def _scene(self, picture: F32) -> Scene:
        side = self._examination.size * SHOWN_AT
        rgb = np.ascontiguousarray(resample(picture, Extent(side, side)))
        return Scene(Picture(rgb, np.ones((side, side), np.float32)), np.ones((side, side), np.float32))


def examine(options: argparse.Namespace, home: Path) -> dict[str, float]:
    data = artwork.ready(options.data, 1, repertoire_of(SHIPPED) if options.short else None)
    examination = Examination(data, FAMILY.native, repertoire_of(SHIPPED))
    seeds = range(1, options.seeds + 1)
    found, bare, before, after, seconds = [], [], [], [], []
    for number, person in enumerate(people(examination, options.figures, options.poses)):
        school, sheet = School(home / str(number), examination), list[F32]()
        before += [*school.others(person, options.others, seeds, worn=False)]
        bare += [*school.retrieval(person, person.noun, seeds, [])]
        seconds.append(school.teach(person))
        found += [*school.retrieval(person, WORD, seeds, sheet)]
        after += [*school.others(person, options.others, seeds, worn=True)]
        taught = [examination.picture(Figure(record)) for record in person.taught]
        _write(options.out, f"{number}.png", [*taught, *sheet])
        print(
            f"{captions.full_phrase(Figure(person.taught[0])):40} {person.asked[0].vendor:9} so far: retrieval "
            f"{np.mean(found):.2f}, with the noun alone {np.mean(bare):.2f}; others {np.mean(before):.2f} → "
            f"{np.mean(after):.2f}; taught in {seconds[-1]:.0f} s",
            flush=True,
        )
    return {
        "figures": len(seconds),
        "poses": len(found) // len(seeds),
        "retrieval": round(float(np.mean(found)), 3),
        "without": round(float(np.mean(bare)), 3),
        "others": round(float(np.mean(before)), 3),
        "forgotten": round(float(np.mean(before) - np.mean(after)), 3),
        "seconds": round(float(np.mean(seconds)), 1),
    }


def _write(out: Path, name: str, pictures: Sequence[F32]) -> None:
    """Side by side: those that were taught, then each answer and its truth."""
    out.mkdir(parents=True, exist_ok=True)
    Image.fromarray((np.concatenate(pictures, axis=1).clip(0, 1) * 255).astype(np.uint8)).save(out / name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.dreambooth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=artwork.DATA)
    parser.add_argument("--figures", type=int, default=4)
    parser.add_argument("--poses", type=int, default=8, help="of each figure, at most")
    parser.add_argument("--others", type=int, default=24, help="figures that must not be forgotten")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("bench-edits"), help="folder for the sheets")
    parser.add_argument("--short", action="store_true", help="shows that it runs")
    add_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.short:
        options.figures = options.poses = options.others = options.seeds = 1
        phases = (replace(phase, steps=2, batch=2) for phase in FAMILY.dreambooth.phases)
        FAMILY.dreambooth, FAMILY.class_pictures = replace(FAMILY.dreambooth, phases=tuple(phases)), 2
    with tempfile.TemporaryDirectory() as home:
        return conclude(examine(options, Path(home)), SHORT_BOUNDS if options.short else BOUNDS, options)


if __name__ == "__main__":
    sys.exit(main())
