"""Draws the illustrations that demo and tests edit: `python -m tools.bundled_model.illustrations --out tests/pictures`.

They are committed; this says how they came to be. Figures by Noto Emoji (Apache-2.0), drawn anew at the size needed.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from tools.bundled_model.artwork import DATA, svgs
from tools.bundled_model.packages import Packages, fetch
from tools.bundled_model.svg import drawn

_SIDE = 184
_EDGE = 8


@dataclass(frozen=True)
class Place:
    """A figure (its code points) and the left upper corner of its square."""

    hexcode: str
    left: int
    top: int


WOMAN_RAISING_HAND = "1f64b-1f3fd-200d-2640"
MAN_SHRUGGING = "1f937-1f3ff-200d-2642"
DOG = "1f436"
ANIMALS = ("1f43c", "1f431", "1f98a", "1f438", "1f437", "1f981", "1f42f", "1f428")
"""Panda, cat face, fox, frog, pig face, lion, tiger face, koala."""
FRIENDS = (Place(WOMAN_RAISING_HAND, 8, 40), Place(DOG, 228, 40), Place(MAN_SHRUGGING, 448, 40))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    draw(fetch(options.data / "packages"), options.out)


def draw(packages: Packages, out: Path) -> None:
    """`illustrations/friends.png`, three figures, with the middle one selected in `selections/friends-dog.png`;
    `illustrations/shrugging.png`, one figure alone; and `illustrations/animals.png`, faces in a row to compare with."""
    noto = svgs(packages.noto)
    friends = _paper(640, 264)
    for place in FRIENDS:
        _put(friends, str(noto[place.hexcode]), (place.left, place.top), _SIDE)
    friends.save(_ready(out / "illustrations" / "friends.png"), optimize=True)
    dog = FRIENDS[1]
    box = (dog.left - _EDGE, dog.top - _EDGE, dog.left + _SIDE + _EDGE, dog.top + _SIDE + _EDGE)
    selection = Image.new("L", friends.size)
    ImageDraw.Draw(selection).rectangle(box, fill=255)
    selection.save(_ready(out / "selections" / "friends-dog.png"), optimize=True)
    alone = _paper(256, 256)
    _put(alone, str(noto[MAN_SHRUGGING]), (16, 16), 224)
    alone.save(_ready(out / "illustrations" / "shrugging.png"), optimize=True)
    animals = _paper(64 * len(ANIMALS), 64)
    for number, hexcode in enumerate(ANIMALS):
        _put(animals, str(noto[hexcode]), (64 * number + 4, 4), 56)
    animals.save(_ready(out / "illustrations" / "animals.png"), optimize=True)


def _paper(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), "white")


def _put(paper: Image.Image, svg: str, corner: tuple[int, int], side: int) -> None:
    figure = drawn(svg, side)
    paper.paste(figure, corner, figure)


def _ready(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    main()
