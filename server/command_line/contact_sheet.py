"""A contact sheet: the picture as it was and every answer beside it, each over a line with its name, to choose from."""

from __future__ import annotations

from functools import reduce
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from server.client import naming
from server.client.events import Arrived
from server.command_line import output
from server.documents import png, saving
from server.documents.chunks import DENSITY
from server.documents.composite import over
from server.documents.found import Pixels
from server.documents.image import Image
from server.wire.geometry import Bounds
from server.wire.results import ResultKind
from server.wire.text import printable

_LARGEST = 512
"""Side of the square that a picture is made to fit into; a smaller one stays as it is."""
_COLUMNS = 3
_GAP, _LINE, _LETTERS = 12, 24, 15
_PAPER, _INK = (255, 255, 255), (40, 40, 40)
_FIRST = "as it was"


def write(arrived: Arrived, source: Image, picture: Path, out: Path) -> tuple[Path, ...]:
    """As ``output.write``, which writes what is no layer and cannot stand beside the picture."""
    if any(one.result.kind not in (ResultKind.REPAINT, ResultKind.LAYER) for one in arrived.results):
        return output.write(arrived, source, picture, out)
    with output.still_kept(arrived, picture):
        saving.write_whole(out, png.encode(_sheet(arrived, source)))
    return (out,)


def _sheet(arrived: Arrived, source: Image) -> Image:
    """In the source's own colours, which its profile says."""
    places = [one.result.raster.bounds for one in arrived.results]
    part = reduce(Bounds.around, places).intersect(source.raster.bounds)
    part = source.raster.bounds if part.empty else part  # what lies beyond the picture is not seen
    made = (output.picture_of(one, source) for one in arrived.results)
    seen = [source, *(over(source, layer, place) for layer, place in zip(made, places, strict=True))]
    tiles = [_tile(image.pixels[part.slices], image.full) for image in seen]
    names = [_FIRST, *naming.answer_names(arrived.finished)]
    pixels = np.asarray(_laid_out(tiles, [printable(name) for name in names]))
    gray = source.pixels.shape[2] < 3  # a gray picture's profile fits no colours
    colours = tuple(chunk for chunk in source.shown_by if chunk.name != DENSITY)
    return Image(pixels[..., :1] if gray else pixels, source.icc, colours)


def _tile(pixels: Pixels, full: int) -> Pillow.Image:
    """On white paper, with 8 bits."""
    shown = pixels.astype(np.float32) / full
    if shown.shape[2] in (2, 4):
        shown = shown[..., :-1] * shown[..., -1:] + (1 - shown[..., -1:])
    levels = np.round(np.broadcast_to(shown, (*shown.shape[:2], 3)) * 255).astype(np.uint8)
    tile = Pillow.fromarray(levels)
    tile.thumbnail((_LARGEST, _LARGEST), Pillow.Resampling.LANCZOS)
    return tile


def _laid_out(tiles: list[Pillow.Image], names: list[str]) -> Pillow.Image:
    font = ImageFont.load_default(_LETTERS)
    columns = min(_COLUMNS, len(tiles))
    width = max(*(tile.width for tile in tiles), *(ceil(font.getlength(name)) for name in names)) + _GAP
    height = tiles[0].height + _LINE + _GAP
    sheet = Pillow.new("RGB", (width * columns + _GAP, height * ceil(len(tiles) / columns) + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (tile, name) in enumerate(zip(tiles, names, strict=True)):
        left, top = _GAP + number % columns * width, _GAP + number // columns * height
        sheet.paste(tile, (left, top))
        pen.text((left, top + tile.height + 4), name, fill=_INK, font=font)
    return sheet
