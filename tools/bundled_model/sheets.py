"""Contact sheets to look at: `python -m tools.bundled_model.sheets --model FOLDER --out FOLDER`."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tools.bundled_model.artwork import DATA
from tools.bundled_model.evaluate import Cell, Examination, inpainting
from tools.bundled_model.export import GUIDANCE, repertoire_of
from tools.bundled_model.painter import Painter, Sampling
from tools.bundled_model.retrieval import Floats

_TILE = 144
_CAPTION = 36

FREE_PROMPTS = (
    "a cat", "a red fox in the snow", "smiling face with sunglasses", "woman raising hand, dark skin",
    "man shrugging, light skin", "a blue dog", "pizza", "an old man with a white beard", "a green frog, glossy 3d",
    "an astronaut", "thumbs up, medium skin", "a dinosaur in the desert", "a rocket at night, flat illustration",
    "a slice of cake and a cup of coffee", "a pink octopus underwater", "wizard, cartoon",
    "a house on grass under a blue sky",
    "crying face", "a yellow flower", "woman technologist, medium-dark skin, 3d render", "a bear next to a tree",
    "hamburger, sticker", "a unicorn on purple background", "guy putting his arm up",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cells", type=int, default=24)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    painter = Painter(options.model, options.device)
    examination = Examination(options.data, painter.size, repertoire_of(options.model))
    sampling = Sampling(guidance=options.guidance)
    cells = examination.cells(options.cells)
    free_sheet(painter, sampling).save(options.out / "prompts.png")
    held_out_sheet(examination, painter, cells, sampling).save(options.out / "held-out.png")
    inpainting_sheet(examination, painter, cells, sampling).save(options.out / "inpainting.png")


def free_sheet(painter: Painter, sampling: Sampling) -> Image.Image:
    """What people might type, as they would get it."""
    made = painter.enlarge(painter.paint(FREE_PROMPTS, sampling))
    return sheet([[picture] for picture in made], FREE_PROMPTS)


def held_out_sheet(
    examination: Examination, painter: Painter, cells: Sequence[Cell], sampling: Sampling
) -> Image.Image:
    """Made from the words alone beside the truth, which was never trained on."""
    made = painter.enlarge(painter.paint([cell.prompt for cell in cells], sampling))
    truths = [examination.picture(cell.figure) for cell in cells]
    return sheet([[a, b] for a, b in zip(made, truths, strict=True)], [cell.prompt for cell in cells])


def inpainting_sheet(
    examination: Examination, painter: Painter, cells: Sequence[Cell], sampling: Sampling
) -> Image.Image:
    """The source with its selection marked, and what came back."""
    done = inpainting(examination, painter, cells, sampling)
    made = painter.enlarge(done.made)
    marked = [source * (1 - 0.35 * mask[..., None]) for source, mask in zip(done.sources, done.masks, strict=True)]
    return sheet([[a, b] for a, b in zip(marked, made, strict=True)], [cell.prompt for cell in cells])


def sheet(rows: Sequence[Sequence[Floats]], words: Sequence[str], across: int = 6) -> Image.Image:
    """Groups of pictures side by side with a caption below each group."""
    group = len(rows[0]) * _TILE
    across = max(1, min(across, 1200 // group))
    down = -(-len(rows) // across)
    canvas = Image.new("RGB", (across * (group + 8), down * (_TILE + _CAPTION)), "white")
    pen = ImageDraw.Draw(canvas)
    for number, (pictures, caption) in enumerate(zip(rows, words, strict=True)):
        x, y = number % across * (group + 8), number // across * (_TILE + _CAPTION)
        for place, picture in enumerate(pictures):
            canvas.paste(_image(picture), (x + place * _TILE, y))
        pen.text((x, y + _TILE), "\n".join(textwrap.wrap(caption, group // 6)[:3]), fill="black", spacing=0)
    return canvas


def _image(picture: Floats) -> Image.Image:
    pixels = (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(pixels).resize((_TILE - 4, _TILE - 4), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
