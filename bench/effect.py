"""Does an effect layer show what was asked for, and little else? ``python -m bench.effect [--sheet FILE]``.

Twenty cases for the built-in model, five of each kind of effect that it was taught in words: another colour of an
animal (five of the eight shipped ones), another tone of skin (of the two shipped people), another ground (five of its
twenty), and something put on a face (which it drew itself, as no shipped picture has one). Each is done once, with one
seed, at the usual settings. The picture's own words are given, as a person would.

    named: the share of cases in which the diffusion classifier, asked what of that kind the picture shows with the
    layer on it (which of nine colours, six tones, twenty grounds, all faces that it knows), answers what was asked for;
    named_before: the same of the picture without the layer. sparse: the share of pixels whose opacity is below 0.02,
    the mean over the local effects (skin and faces). untouched: the largest difference, in levels, between the picture
    and the picture with the layer on it where the layer's opacity is 0, both as files of 8 bits. seconds: of one layer.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageDraw

from bench.bounds import Bound, add_options, conclude
from bench.imagic.shapes import OneModel, of_shape
from server.editing.edit import Scene
from server.editing.scenes import blank
from server.methods.create import create
from server.methods.flowedit import SOURCE
from server.methods.text2live import ALONE, text2live
from server.models.bundled.cascade import IN_PARTICULAR, ON_THE_WHOLE, Cascade
from server.models.runtime.diffusion_classifier import DiffusionClassifier
from server.models.store.store import BUNDLED
from server.pixels.picture import F32, Picture
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.recipe import Extra, Recipe
from tools.bundled_model.colours import COLOURS

if TYPE_CHECKING:
    from numpy.typing import NDArray

ILLUSTRATIONS = Path(__file__).parents[1] / "tests" / "pictures" / "illustrations"
SIDE = 256
SEED = 1
FAINT = 0.02
_MANNER = "on white background, cartoon"

BOUNDS = (Bound("named", least=0.7), Bound("sparse", least=0.6), Bound("untouched", most=0))
SHORT_BOUNDS = (Bound("cases", least=1), Bound("untouched", most=0))


@dataclass(frozen=True)
class Case:
    """shown, asked: what the picture shows and shall show, without its ground and manner where both keep it. among: all
    that the classifier may answer, whole captions. alone: the effect by itself."""

    kind: str
    picture: Callable[[], F32]
    shown: str
    asked: str
    among: tuple[str, ...]
    alone: str = ""

    @property
    def local(self) -> bool:
        return self.kind in ("skin", "face")

    @property
    def places(self) -> Sequence[float]:
        return ON_THE_WHOLE if self.kind == "ground" else IN_PARTICULAR


class Cases:
    """With ``model``, which also draws the faces."""

    def __init__(self, models: OneModel, model: Cascade) -> None:
        self._models, self._model = models, model

    def __iter__(self) -> Iterator[Case]:
        yield from self._colours()
        yield from self._skins()
        yield from self._grounds()
        yield from self._faces()

    def _colours(self) -> Iterator[Case]:
        for place, thing, colour in (
            (1, "cat face", "blue"),
            (2, "fox", "green"),
            (3, "frog", "red"),
            (4, "pig face", "purple"),
            (7, "koala", "pink"),
        ):
            every = (thing, *(f"{one} {thing}" for one in COLOURS))
            yield self._case("colour", _animal(place), thing, f"{colour} {thing}", every)

    def _skins(self) -> Iterator[Case]:
        tones = self._model.vocabulary.skin.phrases
        for picture, person, own, tone in (
            (_raising_hand, "woman raising hand", "medium skin", "dark skin"),
            (_raising_hand, "woman raising hand", "medium skin", "light skin"),
            (_shrugging, "man shrugging", "dark skin", "light skin"),
            (_shrugging, "man shrugging", "dark skin", "medium skin"),
            (_shrugging, "man shrugging", "dark skin", "yellow skin"),
        ):
            every = tuple(f"{person}, {one}" for one in tones)
            yield self._case("skin", picture, f"{person}, {own}", f"{person}, {tone}", every)

    def _grounds(self) -> Iterator[Case]:
        grounds = self._model.vocabulary.ground.phrases
        for picture, thing, ground in (
            (_animal(0), "panda", "in the snow"),
            (_animal(5), "lion", "at night"),
            (_animal(6), "tiger face", "underwater"),
            (_shrugging, "man shrugging, dark skin", "at sunset"),
            (_raising_hand, "woman raising hand, medium skin", "on grass under a blue sky"),
        ):
            every = tuple(f"{thing}, {one}" for one in grounds)
            yield Case("ground", picture, f"{thing}, on white background", f"{thing}, {ground}", every, ground)

    def _faces(self) -> Iterator[Case]:
        every = tuple(name for name in self._model.things if "face" in name.split())
        for face, alone in (
            ("smiling face with sunglasses", "sunglasses"),
            ("smiling face with halo", "halo"),
            ("cowboy hat face", "cowboy hat"),
            ("face with medical mask", "medical mask"),
            ("smiling face with horns", "horns"),
        ):
            yield self._case("face", self._drawn, "slightly smiling face", face, every, alone)

    @staticmethod
    def _case(
        kind: str, picture: Callable[[], F32], shown: str, asked: str, every: Sequence[str], alone: str = ""
    ) -> Case:
        among = tuple(f"{one}, {_MANNER}" for one in every)
        return Case(kind, picture, f"{shown}, {_MANNER}", f"{asked}, {_MANNER}", among, alone)

    def _drawn(self) -> F32:
        asked = Recipe("create", f"slightly smiling face, {_MANNER}", seed=SEED)
        return create(blank(Extent(SIDE, SIDE)), asked, self._models, lambda _: None).result.layers[0].picture.rgb


def _animal(place: int) -> Callable[[], F32]:
    return lambda: _read("animals", (64 * place, 0, 64 * place + 64, 64))


def _raising_hand() -> F32:
    return _read("friends", (0, 20, 220, 240))


def _shrugging() -> F32:
    return _read("shrugging", (0, 0, 256, 256))


def _read(name: str, box: tuple[int, int, int, int]) -> F32:
    part = Image.open(ILLUSTRATIONS / f"{name}.png").convert("RGB").crop(box)
    return np.asarray(part.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float32) / np.float32(255)


@dataclass(frozen=True, eq=False)
class Done:
    """picture, made: (S, S, 3), before and with the layer. named, before: what the classifier answers."""

    case: Case
    picture: F32
    layer: Picture
    made: F32
    named: str
    before: str
    untouched: int
    seconds: float

    @property
    def hit(self) -> bool:
        return self.named == self.case.asked

    @property
    def sparse(self) -> float:
        return float((self.layer.alpha < FAINT).mean())


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.effect", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sheet", type=Path, help="write picture, colours, opacity and both together here")
    parser.add_argument("--short", action="store_true", help="one case, a few steps: it shows that everything runs")
    parser.add_argument("--kind", help="only the cases of this kind")
    parser.add_argument("--threads", type=int, default=2)
    add_options(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as learned:
        models = of_shape("illustration", BUNDLED / "illustration", torch.device("cpu"), Path(learned))
        model = models.adapter
        assert isinstance(model, Cascade)
        chosen = [case for case in Cases(models, model) if options.kind in (None, case.kind)]
        count, steps = (1, 4) if options.short else (None, None)
        done = [_done(case, models, model, steps) for case in chosen[:count]]
    if options.sheet:
        _sheet(options.sheet, done)
    return conclude(_figures(done), SHORT_BOUNDS if options.short else BOUNDS, options)


def _done(case: Case, models: OneModel, model: Cascade, steps: int | None) -> Done:
    picture = case.picture()
    everything = np.ones((SIDE, SIDE), np.float32)
    extras = (Extra(SOURCE.name, case.shown), *((Extra(ALONE.name, case.alone),) if case.alone else ()))
    recipe = Recipe("text2live", case.asked, seed=SEED, steps=steps, extras=extras)
    began = time.monotonic()
    answer = text2live(Scene(Picture(picture, everything), everything), recipe, models, lambda _: None)
    seconds = time.monotonic() - began
    layer = answer.result.layers[0].picture
    before, made = _levels(picture), _composed(_levels(picture), layer)
    shown = made.astype(np.float32) / np.float32(255)
    same = np.abs(made.astype(int) - before)[layer.alpha == 0]
    named, named_before = (_named(case, one, model) for one in (shown, picture))
    done = Done(case, picture, layer, shown, named, named_before, int(same.max(initial=0)), seconds)
    print(f"{case.asked:62} named {named:62} sparse {done.sparse:.2f}  {seconds:5.0f} s", flush=True)
    return done


def _named(case: Case, picture: F32, model: Cascade) -> str:
    small = resample(picture, Extent(model.native, model.native))
    everything = np.ones(small.shape[:2], np.float32)
    encoded = model.encode_for_training(small, everything)
    return DiffusionClassifier(model, encoded, model.shrink(everything), case.places, lambda _: None).best(case.among)


def _levels(picture: F32) -> NDArray[np.uint8]:
    return np.round(picture.clip(0, 1) * 255).astype(np.uint8)


def _composed(below: NDArray[np.uint8], layer: Picture) -> NDArray[np.uint8]:
    """As an editor of 8 bits would, from the layer as it is sent."""
    rgba = np.concatenate([_levels(layer.rgb), _levels(layer.alpha)[..., None]], 2)
    pasted = Image.fromarray(below).convert("RGBA")
    pasted.alpha_composite(Image.fromarray(rgba))
    return np.asarray(pasted.convert("RGB"))


def _figures(done: Sequence[Done]) -> dict[str, object]:
    kinds = dict.fromkeys(one.case.kind for one in done)
    local = [one.sparse for one in done if one.case.local] or [one.sparse for one in done]
    return {
        "named": _share(one.hit for one in done),
        "named_before": _share(one.before == one.case.asked for one in done),
        **{f"named_{kind}": _share(one.hit for one in done if one.case.kind == kind) for kind in kinds},
        "sparse": round(float(np.mean(local)), 3),
        "sparse_all": round(float(np.mean([one.sparse for one in done])), 3),
        "untouched": max(one.untouched for one in done),
        "seconds": round(float(np.median([one.seconds for one in done])), 1),
        "cases": len(done),
    }


def _share(hits: Iterator[bool]) -> float:
    return round(float(np.mean(list(hits))), 3)


def _sheet(path: Path, done: Sequence[Done]) -> None:
    """A row a case, at 100 %: picture, the layer's colours, its opacity, the layer on gray, and on the picture."""
    rows = []
    for one in done:
        alpha = one.layer.alpha[..., None]
        alone = alpha * one.layer.rgb + (1 - alpha) * np.float32(0.5)
        shown = [one.picture, one.layer.rgb, np.repeat(alpha, 3, axis=2), alone, one.made]
        row = Image.fromarray(_levels(np.concatenate(shown, 1)))
        sheet = Image.new("RGB", (row.width, row.height + 16), "white")
        sheet.paste(row)
        ImageDraw.Draw(sheet).text((4, row.height + 2), f"{one.case.asked}: named {one.named}", fill="black")
        rows.append(np.asarray(sheet))
    Image.fromarray(np.concatenate(rows)).save(path)


if __name__ == "__main__":
    sys.exit(main())
