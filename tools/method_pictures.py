"""The pictures of ``docs/methods.md``: what each method makes of one picture, with the built-in model, no seed chosen.

    python -m tools.method_pictures [NAME …]

Writes ``docs/images/method-NAME.jpg``, before and after, for all of them or those that are named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

from PIL import Image

from server.command_line.edit import Order, edit
from server.wire.recipe import Extra, Recipe
from tools.demo import ILLUSTRATION_MODEL, PICTURES, SEED, Teller, home_of_its_own
from tools.demo_sheet import outlined

IMAGES = Path(__file__).resolve().parents[1] / "docs/images"
_SIDE = 320
"""Of what is shown, the longer one; and the gap between both."""
_GAP = 8

_FRIENDS, _DOG = PICTURES / "illustrations/friends.png", PICTURES / "selections/friends-dog.png"
_SHRUGGING = PICTURES / "illustrations/shrugging.png"
_ROCKET, _MAST = PICTURES / "photographs/rocket.jpg", PICTURES / "selections/rocket-mast.png"


@dataclass(frozen=True)
class Act:
    """selection: None for the whole picture. part: the box of what is shown, as shares of both; None: all."""

    picture: Path
    selection: Path | None
    recipe: Recipe
    part: tuple[float, float, float, float] = (0, 0, 1, 1)


ACTS = (
    Act(_ROCKET, _MAST, Recipe("erase")),
    Act(_FRIENDS, _DOG, Recipe("inpaint", "panda on white background, cartoon")),
    Act(_FRIENDS, _DOG, Recipe("sdedit", "fox face on white background, cartoon", strength=0.7)),
    Act(_SHRUGGING, None, Recipe("leditspp", "raising hand")),
    Act(_SHRUGGING, None, Recipe("unitune", "raising hand")),
    Act(_SHRUGGING, None, Recipe("imagic", "raising hand")),
    Act(_FRIENDS, _DOG, Recipe("text2live", "blue dog face", extras=(Extra("source", "dog face, cartoon"),))),
    Act(_FRIENDS, _DOG, Recipe("create", "panda, cartoon", extras=(Extra("background", "transparent"),))),
    Act(_FRIENDS, None, Recipe("enlarge"), part=(0.1, 0.3, 0.3, 0.6)),
    Act(_SHRUGGING, None, Recipe("dreambooth", "rex, a woman")),
)


def main() -> int:
    every = {act.recipe.method: act for act in ACTS}
    parser = argparse.ArgumentParser(prog="tools.method_pictures", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(every))
    names = parser.parse_args().names or list(every)
    with home_of_its_own() as home, tempfile.TemporaryDirectory() as folder:
        for name in names:
            act, out = every[name], Path(folder) / f"{name}.ora"
            model = "" if name == "erase" else ILLUSTRATION_MODEL
            done = edit(
                home, Order(act.picture, act.selection, replace(act.recipe, model=model, seed=SEED), out), Teller()
            )
            print(f"{name}: {done.seconds:.0f} s")
            shown = [_shown(one, act.part) for one in (outlined(act.picture, act.selection), _merged(out))]
            _beside(*shown).save(IMAGES / f"method-{name}.jpg", quality=88)
    return 0


def _merged(layered: Path) -> Image.Image:
    """All layers, as an OpenRaster file has them beside each other."""
    with ZipFile(layered) as inside, inside.open("mergedimage.png") as file:
        return Image.open(file).convert("RGB")


def _shown(picture: Image.Image, part: tuple[float, float, float, float]) -> Image.Image:
    left, top, right, bottom = part
    width, height = picture.size
    piece = picture.convert("RGB").crop((left * width, top * height, right * width, bottom * height))
    by = _SIDE / max(piece.size)
    size = (round(piece.width * by), round(piece.height * by))
    return piece.resize(size, Image.Resampling.LANCZOS if by < 1 else Image.Resampling.NEAREST)


def _beside(left: Image.Image, right: Image.Image) -> Image.Image:
    picture = Image.new("RGB", (left.width + _GAP + right.width, max(left.height, right.height)), "white")
    picture.paste(left, (0, 0))
    picture.paste(right, (left.width + _GAP, 0))
    return picture


if __name__ == "__main__":
    sys.exit(main())
