"""Contact sheets: what was there, the hole, and what each eraser made of it, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from server.pixels.picture import F32

from .places import Bits

_CELL = 220
_CAPTION = 18
_GAP = 4
_PAPER = (24, 24, 26)
_INK = (225, 225, 225)
_HOLE = np.array([1.0, 0.0, 1.0], np.float32)


@dataclass(frozen=True, eq=False)
class Row:
    """title: of the row. image, mask: what was to be erased. answers: by their captions, pictures of the same size."""

    title: str
    image: F32
    mask: Bits
    answers: dict[str, F32]


def write_sheet(path: Path, rows: list[Row]) -> None:
    columns = 1 + max(len(row.answers) for row in rows)
    height = _CELL + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * (_CELL + _GAP) + _GAP, len(rows) * height + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, row in enumerate(rows):
        marked = np.where(row.mask[..., None], _HOLE, row.image)
        for column, (caption, image) in enumerate({row.title: marked, **row.answers}.items()):
            corner = (_GAP + column * (_CELL + _GAP), _GAP + number * height)
            draw.text(corner, caption, _INK, font)
            sheet.paste(_cell(image, row.mask), (corner[0], corner[1] + _CAPTION))
    sheet.save(path)


def _cell(image: F32, mask: Bits) -> Image.Image:
    """The hole with about as much around it, as a square."""
    ys, xs = np.nonzero(mask)
    half = min(max(int(np.ptp(ys)), int(np.ptp(xs))) // 2 + 40, min(mask.shape) // 2)
    top = int(np.clip((ys.min() + ys.max()) // 2 - half, 0, mask.shape[0] - 2 * half))
    left = int(np.clip((xs.min() + xs.max()) // 2 - half, 0, mask.shape[1] - 2 * half))
    part = image[top : top + 2 * half, left : left + 2 * half]
    levels = (part.clip(0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(levels).resize((_CELL, _CELL), Image.Resampling.LANCZOS)
