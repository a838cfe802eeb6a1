"""An answer as files. Layers: an OpenRaster file with the source below them, or PNGs, each of the source with one of
them over it; of a layer that is a picture of its own, that picture with its transparency and place. A larger canvas:
the whole larger picture. A selection: a mask, white where it is selected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from server.client import naming
from server.client.events import Arrived, ArrivedResult
from server.documents import chunks, larger, ora, png, saving
from server.documents.chunks import DENSITY
from server.documents.composite import over
from server.documents.image import Image
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.raster import Depth
from server.wire.results import ResultBlob, ResultKind

_LAYERED, _ENDINGS = ".ora", (".ora", ".png")


def check(out: Path, answers: int = 1) -> None:
    """Before minutes of work: can so many answers be written at all?"""
    if out.suffix.lower() not in _ENDINGS:
        raise OverpaintError(Code.BAD_REQUEST, f"{out} ends neither in .ora nor in .png.", "Choose one of them.")
    if not out.absolute().parent.is_dir():
        raise OverpaintError(Code.BAD_REQUEST, f"There is no folder {out.absolute().parent}.", "Make it first.")
    for path in _files(out, answers):
        saving.check(path)


def check_mask(out: Path) -> None:
    """Raises ``OverpaintError`` where a selection cannot be written there."""
    if _is_layered(out):
        raise OverpaintError(
            Code.BAD_REQUEST, f"The answer is a selection, which {out} cannot hold.", "Name a file that ends in .png."
        )


def fits(crop: Bounds, result: ResultBlob, source: Image) -> bool:
    """Whether the answer may have been made from ``crop`` of ``source``."""
    above = source.raster_above
    same = result.kind is ResultKind.SELECTION or result.raster.channels is above.channels
    inside = source.raster.bounds.contains(crop)
    return same and inside and result.raster.depth is above.depth


def write(arrived: Arrived, source: Image, picture: Path, out: Path) -> tuple[Path, ...]:
    """Raises ``OverpaintError`` that says how to have the answer written again: the server keeps it."""
    with still_kept(arrived, picture):
        return _write(arrived, source, picture.stem, out)


@contextmanager
def still_kept(arrived: Arrived, picture: Path) -> Iterator[None]:
    """What goes wrong in here is raised with how to have the answer written again."""
    try:
        yield
    except OverpaintError as error:
        command = f"overpaint jobs fetch {arrived.job[:8]} --picture “{picture}” --out …"
        hint = f"{error.hint} The server still keeps the answer: “overpaint jobs” lists it, “{command}” writes it."
        raise OverpaintError(error.code, error.sentence, hint) from error


def as_json(result: ResultBlob) -> dict[str, Any]:
    bounds = result.raster.bounds
    place = {"x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}
    scale = {"scale": result.scale} if result.kind is ResultKind.CANVAS else {}
    name = {"name": result.name} if result.name else {}
    strength = {} if result.eta is None else {"eta": result.eta}
    return {"kind": result.kind.value, **place, **scale, **name, "seed": result.seed, **strength}


def _write(arrived: Arrived, source: Image, name: str, out: Path) -> tuple[Path, ...]:
    first = arrived.results[0]
    if first.result.kind is ResultKind.SELECTION:
        check_mask(out)
        return _write_pictures([_mask(first, source)], out)
    if first.result.kind is ResultKind.CANVAS:
        return _write_canvas(arrived, source, name, out)
    if _is_layered(out):
        return _write_layered(out, _layers(arrived, source, source.raster.bounds), source, name)
    return _write_pictures([_seen(one, source) for one in arrived.results], out)


def _write_canvas(arrived: Arrived, source: Image, name: str, out: Path) -> tuple[Path, ...]:
    """Of all that the larger document holds, the source's part of it and what was made."""
    (made,) = arrived.results
    below = larger.enlarged(source, made.result.scale)
    document = below.raster.bounds.around(made.result.raster.bounds)
    below = larger.with_room(below, document)
    layers = _layers(arrived, source, document)
    if _is_layered(out):
        return _write_layered(out, layers, below, name)
    merged = _merged(layers, below)
    return _write_pictures([merged if source.has_alpha else larger.without_needless_alpha(merged)], out)


def _write_layered(out: Path, layers: list[ora.Layer], below: Image, name: str) -> tuple[Path, ...]:
    ora.write(out, [*layers, ora.Layer(name, below)], _merged(layers, below))
    return (out,)


def _write_pictures(pictures: list[Image], out: Path) -> tuple[Path, ...]:
    files = _files(out, len(pictures))
    for path, picture in zip(files, pictures, strict=True):
        saving.write_whole(path, png.encode(picture))
    return tuple(files)


def _layers(arrived: Arrived, source: Image, document: Bounds) -> list[ora.Layer]:
    """From the top down. Of several to choose from the first is shown; pictures of their own that were drawn with one
    seed belong together, the lowest first."""
    first = arrived.results[0].result
    layers = []
    for number, (one, name) in enumerate(zip(arrived.results, naming.answer_names(arrived.finished), strict=True)):
        place = one.result.raster.bounds.relative_to(document)
        together = one.result.kind is ResultKind.LAYER and one.result.seed == first.seed
        layers.append(ora.Layer(name, picture_of(one, source), place.x, place.y, number == 0 or together))
    return layers[::-1] if first.kind is ResultKind.LAYER else layers


def _merged(layers: list[ora.Layer], below: Image) -> Image:
    shown = [layer for layer in reversed(layers) if layer.visible]
    return reduce(lambda seen, layer: over(seen, layer.image, layer.bounds), shown, below)


def _seen(one: ArrivedResult, source: Image) -> Image:
    made, place = picture_of(one, source), one.result.raster.bounds
    if one.result.kind is ResultKind.LAYER:
        return Image(made.pixels, made.icc, (*made.chunks, chunks.place(place.x, place.y)))
    return over(source, made, place)


def picture_of(one: ArrivedResult, source: Image) -> Image:
    """A layer's own pixels, in the source's colours."""
    return Image.from_bytes(one.data, one.result.raster, source.icc, source.shown_by)


def _mask(one: ArrivedResult, source: Image) -> Image:
    """Of the source's size, and as large on paper."""
    raster = one.result.raster
    kind = np.uint8 if raster.depth is Depth.U8 else np.uint16
    pixels = np.zeros((source.extent.height, source.extent.width, 1), kind)
    pixels[raster.bounds.slices] = Image.from_bytes(one.data, raster, None).pixels
    return Image(pixels, None, tuple(chunk for chunk in source.chunks if chunk.name == DENSITY))


def _is_layered(out: Path) -> bool:
    return out.suffix.lower() == _LAYERED


def _files(out: Path, answers: int) -> list[Path]:
    """An ORA holds them all; of PNGs there is one each."""
    if _is_layered(out):
        return [out]
    return [out if number == 0 else out.with_stem(f"{out.stem}-{number + 1}") for number in range(answers)]
