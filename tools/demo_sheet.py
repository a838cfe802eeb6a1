"""The demo's sheet: a row for each edit, the picture with its selection outlined beside what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from server.client.events import Arrived
from server.documents import image

_MARGIN, _CAPTION = 16, 40
_PAPER, _INK, _MARK = (250, 250, 248), (40, 40, 40), (230, 60, 60)


@dataclass(frozen=True)
class Row:
    """selection: None for an edit of the whole picture. title: what was done, below the answer."""

    picture: Path
    selection: Path | None
    arrived: Arrived
    title: str


def draw_sheet(rows: Sequence[Row], path: Path) -> None:
    pairs = [(outlined(row.picture, row.selection), _after(row)) for row in rows]
    width = max(before.width for before, _ in pairs)
    height = sum(before.height + _CAPTION + _MARGIN for before, _ in pairs) + _MARGIN
    sheet = Image.new("RGB", (2 * width + 3 * _MARGIN, height), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=18)
    top = _MARGIN
    for row, (before, after) in zip(rows, pairs, strict=True):
        first = "Before: the selection" if row.selection else "Before: the whole layer"
        for left, frame, words in ((_MARGIN, before, first), (2 * _MARGIN + width, after, row.title)):
            sheet.paste(frame, (left, top))
            pen.text((left, top + before.height + 10), words, fill=_INK, font=font)
        top += before.height + _CAPTION + _MARGIN
    sheet.save(path)


def _after(row: Row) -> Image.Image:
    """The picture with the first new layer on top."""
    layer = row.arrived.results[0]
    bounds = layer.result.raster.bounds
    answer = image.Image.from_bytes(layer.data, layer.result.raster, None).pixels
    # A picture without alpha comes back as RGBA: the new layer, to be laid over it.
    painted = Image.fromarray(answer, "RGBA") if answer.shape[2] == 4 else Image.fromarray(answer)
    after = Image.open(row.picture).convert("RGB")
    after.paste(painted, (bounds.x, bounds.y), painted if answer.shape[2] == 4 else None)
    return after


def outlined(path: Path, selection: Path | None) -> Image.Image:
    """The picture, with a line around what is selected."""
    picture = Image.open(path).convert("RGB")
    if selection is not None:
        mask = Image.open(selection).convert("L")
        picture.paste(_MARK, (0, 0), ImageChops.subtract(mask.filter(ImageFilter.MaxFilter(5)), mask))
    return picture
