"""Every method on somebody's own pictures and words: a folder shaped like TEdBench (Imagic, arXiv 2210.09276, §4), with
any model that is installed.

Beside the pictures lies a table (.csv, .json or .jsonl) with a row for each edit: the file of a picture, and the words
(a column called ``target_text``, ``prompt`` or ``text``, else the longest). There is no truth to compare with: what is
printed is how far each answer is from the picture (LPIPS, where its weights are at hand, and dB), what it took, and
sheets to judge by eye.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.edits import sheet
from bench.edits.attempts import ETAS, EXPLORED, IMAGIC, SDEDIT, STRENGTHS, Repainting
from bench.edits.lpips import Lpips
from bench.edits.memory import forget_peak, peak
from server.editing.edit import Scene
from server.methods import registry
from server.methods.imagic import imagic
from server.methods.sdedit import sdedit
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import Picture
from server.pixels.sizes import resample
from server.wire.errors import OverpaintError
from server.wire.geometry import Extent
from server.wire.paths import Home
from server.wire.recipe import Recipe
from tools.bundled_model.retrieval import psnr

_WORDS = ("target_text", "target", "prompt", "text", "caption")
_SHOWN = 96
"""Side in pixels on the sheet."""


@dataclass(frozen=True)
class Wish:
    """One edit: a picture's file and what it should become."""

    path: Path
    prompt: str


def wishes(folder: Path) -> list[Wish]:
    """Raises SystemExit where there are none."""
    found = [wish for table in sorted(folder.iterdir()) for row in _rows(table) if (wish := _wish(folder, row))]
    if not found:
        raise SystemExit(f"{folder} has no table (.csv, .json, .jsonl) whose rows name a picture in it and words")
    return found


def _rows(table: Path) -> Iterator[Mapping[str, str]]:
    text = table.read_text("utf-8") if table.suffix in (".csv", ".json", ".jsonl") else ""
    if table.suffix == ".csv":
        yield from csv.DictReader(text.splitlines())
    elif table.suffix == ".json":
        yield from json.loads(text)
    else:
        yield from map(json.loads, filter(None, text.splitlines()))


def _wish(folder: Path, row: Mapping[str, str]) -> Wish | None:
    texts = {name: value for name, value in row.items() if isinstance(value, str) and value.strip()}
    files = {name: path for name, value in texts.items() if (path := _picture(folder, value)) is not None}
    others = {name: value for name, value in texts.items() if name not in files}
    if not files or not others:
        return None
    named = next((others[name] for name in _WORDS if name in others), None)
    return Wish(next(iter(files.values())), named or max(others.values(), key=len))


def _picture(folder: Path, value: str) -> Path | None:
    if len(value) > 200:
        return None
    return next((path for path in folder.rglob(Path(value).name) if path.is_file()), None)


@dataclass(frozen=True)
class Way:
    """A method and the settings it is tried at."""

    edit: Repainting
    settings: tuple[float, ...]

    def recipe(self, method: str, prompt: str, model: str, setting: float) -> Recipe:
        if method == SDEDIT:
            return Recipe(method, prompt, model=model, seed=1, strength=setting)
        return Recipe(method, prompt, model=model, seed=1, eta=(setting,))


def ways(models: Models, name: str) -> dict[str, Way]:
    known = {SDEDIT: Way(sdedit, STRENGTHS), IMAGIC: Way(imagic, ETAS[1:])}
    known |= {method: Way(edit, etas) for method, (edit, etas) in EXPLORED.items()}
    try:
        abilities = models.store.card(name).abilities
    except OverpaintError as error:
        raise SystemExit(f"{error.sentence} {error.hint}") from error
    return {method: way for method, way in known.items() if registry.method(method).requires in abilities}


def main(options: argparse.Namespace) -> dict[str, object]:
    """Prints the table, draws the sheets; returns the last line's figures."""
    lpips = Lpips.found(options.lpips) if options.lpips else None
    if lpips is None:
        print("LPIPS is left out: --lpips names no folder with its two files of weights (bench/edits/lpips.py)")
    asked = wishes(options.pictures)
    if options.pairs:
        asked = asked[: options.pairs]
    with tempfile.TemporaryDirectory() as learned:
        models = Models(ModelStore(Home.of_user().models), options.device, learned=Path(learned))
        able = ways(models, str(options.model))
        chosen = {name: way for name, way in able.items() if not options.methods or name in options.methods}
        rows = {name: _of_method(name, way, asked, models, options, lpips) for name, way in chosen.items()}
    return {"methods": rows, "pairs": len(asked)}


def _of_method(
    name: str, way: Way, asked: list[Wish], models: Models, options: argparse.Namespace, lpips: Lpips | None
) -> dict[str, dict[str, float]]:
    """setting → means over all pictures."""
    figures: dict[str, list[dict[str, float]]] = {}
    drawn = []
    for wish in asked:
        scene = _scene(wish.path)
        row = [scene.picture.rgb]
        for setting in way.settings:
            forget_peak()
            began = time.perf_counter()
            recipe = way.recipe(name, wish.prompt, str(options.model), setting)
            made = way.edit(scene, recipe, models, lambda step: None).result.images[0]
            found = {"seconds": time.perf_counter() - began, "peak_gb": peak() / 1e9}
            found["psnr_to_source"] = psnr(made, scene.picture.rgb)
            if lpips is not None:
                found["lpips"] = lpips.distance(made, scene.picture.rgb)
            figures.setdefault(f"{setting:g}", []).append(found)
            row.append(made)
        drawn.append([resample(picture, Extent(_SHOWN, _SHOWN)) for picture in row])
    options.out.mkdir(parents=True, exist_ok=True)
    headings = ["source", *(f"{setting:g}" for setting in way.settings)]
    sheet.sheet(drawn, headings, [wish.prompt for wish in asked], options.out / f"{name}.png")
    means = {
        setting: {column: round(float(np.mean([one[column] for one in ones])), 4) for column in ones[0]}
        for setting, ones in figures.items()
    }
    for at, values in means.items():
        print(f"{name:12} {at:>5}  " + "  ".join(f"{column} {value:g}" for column, value in values.items()))
    return means


def _scene(path: Path) -> Scene:
    with Image.open(path) as file:
        rgb = np.asarray(file.convert("RGB")).astype(np.float32) / np.float32(255)
    everything = np.ones(rgb.shape[:2], np.float32)
    return Scene(Picture(rgb, everything), everything)
