"""``overpaint edit``: a picture and a mask in, a layered file or a finished picture out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.client import crop, naming
from server.client.blocking import OnEvent
from server.client.events import Arrived
from server.client.submission import Mask, Submission
from server.command_line.connecting import connect
from server.command_line.screen import plain
from server.documents import image, ora, png
from server.documents.composite import over
from server.documents.image import Image
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import ResultLayer
from server.wire.raster import Raster
from server.wire.recipe import Recipe

_ENDINGS = (".ora", ".png")


@dataclass(frozen=True)
class Order:
    """mask: None edits the whole picture. out: ends in ``.ora`` (layers) or ``.png`` (what they show together)."""

    picture: Path
    mask: Path | None
    recipe: Recipe
    out: Path


@dataclass(frozen=True)
class Done:
    """files: what was written. seconds: from reading the picture to the written file."""

    files: tuple[Path, ...]
    arrived: Arrived
    seconds: float

    def as_json(self) -> dict[str, Any]:
        finished = self.arrived.finished
        return {
            "job": self.arrived.job,
            "files": [str(path) for path in self.files],
            "layers": [_layer_json(layer.layer) for layer in self.arrived.layers],
            "recipe": plain(finished.recipe),
            "notices": list(finished.notices),
            "seconds": {**finished.seconds, "total": round(self.seconds, 3)},
        }


def edit(order: Order, on_event: OnEvent | None = None) -> Done:
    """Raises ``OverpaintError``. When the answer cannot be written the server keeps it (``overpaint jobs``)."""
    began = time.monotonic()
    check_out(order.out)
    source = image.read(order.picture)
    submission = prepare(source, order)
    with connect() as client:
        arrived = client.run(submission, on_event)
        files = write(arrived, source, order.picture.stem, order.out)
        client.acknowledge(arrived.job)
    return Done(files, arrived, time.monotonic() - began)


def prepare(source: Image, order: Order) -> Submission:
    """The selection with its surroundings, cut out as the plugins do it."""
    whole = source.raster
    if order.mask is None:
        return Submission(order.recipe, whole, source.part(whole.bounds), None, source.icc)
    mask = image.read_mask(order.mask, source.extent)
    selected = crop.selected_bounds(mask.part(whole.bounds), source.extent, mask.depth.nbytes)
    if selected is None:
        raise OverpaintError(
            Code.EMPTY_SELECTION, f"{order.mask} selects nothing.", "Paint white where the picture may change."
        )
    part = crop.crop_around(selected, whole.bounds, order.recipe)
    raster = Raster(part, whole.channels, whole.depth)
    return Submission(order.recipe, raster, source.part(part), Mask(mask.depth, mask.part(part)), source.icc)


def check_out(out: Path) -> None:
    """Before minutes of work: can the answer be written at all?"""
    if out.suffix.lower() not in _ENDINGS:
        raise OverpaintError(Code.BAD_REQUEST, f"{out} ends neither in .ora nor in .png.", "Choose one of them.")
    if not out.absolute().parent.is_dir():
        raise OverpaintError(Code.BAD_REQUEST, f"There is no folder {out.absolute().parent}.", "Make it first.")


def write(arrived: Arrived, source: Image, name: str, out: Path) -> tuple[Path, ...]:
    """An ORA holds the source and all variations, the first one shown; of PNGs there is one a variation."""
    answers = [_answer(layer.data, layer.layer.raster, source.icc) for layer in arrived.layers]
    places = [layer.layer.raster.bounds for layer in arrived.layers]
    shown = [over(source, answer, place) for answer, place in zip(answers, places, strict=True)]
    if out.suffix.lower() == ".ora":
        names = naming.answer_names(arrived.finished)
        ora.write(out, [*_layers(answers, places, names), ora.Layer(name, source)], shown[0])
        return (out,)
    files = [out if number == 0 else out.with_stem(f"{out.stem}-{number + 1}") for number in range(len(shown))]
    for path, picture in zip(files, shown, strict=True):
        ora.write_whole(path, png.encode(picture))
    return tuple(files)


def _answer(data: memoryview, raster: Raster, icc: bytes | None) -> Image:
    return Image.from_bytes(data, raster, icc)


def _layers(answers: Sequence[Image], places: Sequence[Bounds], names: Sequence[str]) -> list[ora.Layer]:
    return [
        ora.Layer(name, answer, place.x, place.y, visible=number == 0)
        for number, (answer, place, name) in enumerate(zip(answers, places, names, strict=True))
    ]


def _layer_json(layer: ResultLayer) -> dict[str, int | float]:
    bounds = layer.raster.bounds
    place = {"x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}
    strength = {} if layer.eta is None else {"eta": layer.eta}
    return {**place, "seed": layer.seed, **strength}
