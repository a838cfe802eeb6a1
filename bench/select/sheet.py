"""A contact sheet: what was found, with what is not selected in a colour that nothing has, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.select.trial import Trial, overlap
from server.pixels.picture import F32

_CELL, _CAPTION = 256, 16
_BEHIND = np.array([0.9, 0.2, 0.9], np.float32)


@dataclass(frozen=True, eq=False)
class Row:
    """masks: by what was drawn."""

    trial: Trial
    masks: dict[str, F32]


def write_sheet(path: Path, rows: list[Row]) -> None:
    columns = 1 + max(len(row.masks) for row in rows)
    sheet = Image.new("RGB", (columns * _CELL, len(rows) * (_CELL + _CAPTION)), (24, 24, 26))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for number, row in enumerate(rows):
        for column, (name, mask) in enumerate({row.trial.name: row.trial.alpha, **row.masks}.items()):
            corner = column * _CELL, number * (_CELL + _CAPTION)
            said = f"{name} {overlap(mask >= 0.5, row.trial.truth):.2f}" if column else name
            draw.text(corner, said, (225, 225, 225), font)
            sheet.paste(_cell(row.trial, mask), (corner[0], corner[1] + _CAPTION))
    sheet.save(path)


def _cell(trial: Trial, mask: F32) -> Image.Image:
    shown = trial.image * mask[..., None] + _BEHIND * (1 - mask[..., None])
    image = Image.fromarray((shown.clip(0, 1) * 255).round().astype(np.uint8))
    image.thumbnail((_CELL, _CELL), Image.Resampling.LANCZOS)
    return image
