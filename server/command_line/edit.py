"""``overpaint edit``: a picture and a mask in, a layered file or a finished picture out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from server.client import crop, naming, roles
from server.client.blocking import Client, OnEvent
from server.client.events import Arrived, ArrivedResult
from server.client.submission import Mask, Submission
from server.command_line.connecting import connect
from server.command_line.lines import plain
from server.documents import image, ora, png, saving
from server.documents.composite import over
from server.documents.image import Image
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.offers import Role
from server.wire.raster import Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob

_ENDINGS = (".ora", ".png")


@dataclass(frozen=True)
class Order:
    """mask: None edits the whole picture. recipe: without a method, the best for ``role`` is taken; without a role,
    what a host's one button would do. out: ends in ``.ora`` (layers) or ``.png`` (what they show together)."""

    picture: Path
    mask: Path | None
    recipe: Recipe
    out: Path
    role: Role | None = None


@dataclass(frozen=True)
class Done:
    """files: what was written. seconds: from reading the picture to the written file. notices: sentences about the
    files, and the server's own."""

    files: tuple[Path, ...]
    arrived: Arrived
    seconds: float
    notices: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        finished = self.arrived.finished
        return {
            "job": self.arrived.job,
            "files": [str(path) for path in self.files],
            "results": [_result_json(one.result) for one in self.arrived.results],
            "recipe": plain(finished.recipe),
            "notices": list(self.notices),
            "seconds": {**finished.seconds, "total": round(self.seconds, 3)},
        }


def edit(order: Order, on_event: OnEvent | None = None) -> Done:
    """Raises ``OverpaintError``. When the answer cannot be written the server keeps it (``overpaint jobs``)."""
    began = time.monotonic()
    check_out(order.out, len(order.recipe.eta or (None,)) * order.recipe.variations)
    source = image.read(order.picture)
    mask = image.read_mask(order.mask, source.extent) if order.mask else None
    with connect() as client:
        submission = prepare(source, mask, replace(order, recipe=_chosen(order, client)))
        arrived = client.run(submission, on_event)
        files = write(arrived, source, order.picture, order.out)
        client.acknowledge(arrived.job)
    notices = (*source.notices, *(mask.notices if mask else ()), *arrived.finished.notices)
    return Done(files, arrived, time.monotonic() - began, tuple(dict.fromkeys(notices)))


def _chosen(order: Order, client: Client) -> Recipe:
    """With the method that will do it. Raises ``OverpaintError`` where there is none."""
    if order.recipe.method:
        return order.recipe
    role = order.role or roles.wanted(order.recipe.prompt, order.mask is not None) or Role.ERASE
    offers = roles.suitable(role, client.hello().methods, order.recipe.model)
    if not offers:
        raise roles.no_method()
    return replace(order.recipe, method=offers[0].name)


def prepare(source: Image, mask: Image | None, order: Order) -> Submission:
    """The selection with its surroundings, cut out as the plugins do it."""
    whole = source.raster
    if mask is None:
        return Submission(order.recipe, whole, source.part(whole.bounds), None, source.profile)
    selected = crop.selected_bounds(mask.part(whole.bounds), source.extent, mask.depth.nbytes)
    if selected is None:
        raise OverpaintError(
            Code.EMPTY_SELECTION, f"{order.mask} selects nothing.", "Paint white where the picture may change."
        )
    part = crop.crop_around(selected, whole.bounds, order.recipe)
    raster = Raster(part, whole.channels, whole.depth)
    return Submission(order.recipe, raster, source.part(part), Mask(mask.depth, mask.part(part)), source.profile)


def check_out(out: Path, answers: int = 1) -> None:
    """Before minutes of work: can so many answers be written at all?"""
    if out.suffix.lower() not in _ENDINGS:
        raise OverpaintError(Code.BAD_REQUEST, f"{out} ends neither in .ora nor in .png.", "Choose one of them.")
    if not out.absolute().parent.is_dir():
        raise OverpaintError(Code.BAD_REQUEST, f"There is no folder {out.absolute().parent}.", "Make it first.")
    for path in _outputs(out, answers):
        saving.check(path)


def _outputs(out: Path, answers: int) -> list[Path]:
    """An ORA holds them all; of PNGs there is one each."""
    if out.suffix.lower() == ".ora":
        return [out]
    return [out if number == 0 else out.with_stem(f"{out.stem}-{number + 1}") for number in range(answers)]


def write(arrived: Arrived, source: Image, picture: Path, out: Path) -> tuple[Path, ...]:
    """An ORA holds the source and all variations, the first one shown; PNGs the source with one of them. Raises
    ``OverpaintError`` that says how to have the answer written again: the server keeps it."""
    try:
        return _write(arrived, source, picture.stem, out)
    except OverpaintError as error:
        command = f"overpaint jobs fetch {arrived.job[:8]} --picture “{picture}” --out …"
        hint = f"{error.hint} The server still keeps the answer: “overpaint jobs” lists it, “{command}” writes it."
        raise OverpaintError(error.code, error.sentence, hint) from error


def _write(arrived: Arrived, source: Image, name: str, out: Path) -> tuple[Path, ...]:
    answers = [_answer(result, source) for result in arrived.results]
    places = [one.result.raster.bounds for one in arrived.results]
    files = _outputs(out, len(answers))
    if out.suffix.lower() == ".ora":
        names = naming.answer_names(arrived.finished)
        layers = [*_layers(answers, places, names), ora.Layer(name, source)]
        ora.write(out, layers, over(source, answers[0], places[0]))
    else:
        for path, answer, place in zip(files, answers, places, strict=True):
            saving.write_whole(path, png.encode(over(source, answer, place)))
    return tuple(files)


def _answer(arrived: ArrivedResult, source: Image) -> Image:
    return Image.from_bytes(arrived.data, arrived.result.raster, source.icc, source.shown_by)


def _layers(answers: Sequence[Image], places: Sequence[Bounds], names: Sequence[str]) -> list[ora.Layer]:
    return [
        ora.Layer(name, answer, place.x, place.y, visible=number == 0)
        for number, (answer, place, name) in enumerate(zip(answers, places, names, strict=True))
    ]


def _result_json(result: ResultBlob) -> dict[str, Any]:
    bounds = result.raster.bounds
    place = {"x": bounds.x, "y": bounds.y, "width": bounds.width, "height": bounds.height}
    strength = {} if result.eta is None else {"eta": result.eta}
    return {"kind": result.kind.value, **place, "seed": result.seed, **strength}
