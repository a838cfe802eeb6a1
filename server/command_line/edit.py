"""``overpaint edit``: a picture and a mask in, and what the answer is out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from server.client import crop, roles
from server.client.blocking import Client, OnEvent
from server.client.events import Arrived
from server.client.submission import Mask, Reference, Submission
from server.command_line import output
from server.command_line.connecting import connect
from server.command_line.lines import plain
from server.documents import image
from server.documents.image import Image
from server.wire.errors import Code, OverpaintError
from server.wire.offers import Answers, Need, Role
from server.wire.paths import Home
from server.wire.raster import Raster
from server.wire.recipe import Recipe


@dataclass(frozen=True)
class Order:
    """mask: None edits the whole picture. recipe: without a method, the best for ``role`` is taken; without a role,
    what a host's one button would do. out: as ``output`` writes it. references: pictures to look at."""

    picture: Path
    mask: Path | None
    recipe: Recipe
    out: Path
    role: Role | None = None
    references: tuple[Path, ...] = ()


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
            "results": [output.as_json(one.result) for one in self.arrived.results],
            "recipe": plain(finished.recipe),
            "notices": list(self.notices),
            "seconds": {**finished.seconds, "total": round(self.seconds, 3)},
        }


Write = Callable[[Arrived, Image, Path, Path], tuple[Path, ...]]
"""Writes an answer: what arrived, the picture, its file, the file to write → all files that were written."""


def edit(home: Home, order: Order, on_event: OnEvent | None = None, write: Write = output.write) -> Done:
    """Raises ``OverpaintError``. When the answer cannot be written the server keeps it (``overpaint jobs``)."""
    began = time.monotonic()
    output.check(order.out, len(order.recipe.eta or (None,)) * order.recipe.variations)
    source = image.read(order.picture)
    mask = image.read_mask(order.mask, source.extent) if order.mask else None
    looked_at = [image.read(path) for path in order.references]
    with connect(home) as client:
        recipe = _chosen(order, client)
        offer = roles.named(recipe.method, client.hello().methods)
        if offer is not None and offer.answers is Answers.SELECTION:
            output.check_mask(order.out)
        points_out = roles.points_out(recipe.method, client.hello().methods)
        request = prepare(source, mask, replace(order, recipe=recipe), points_out)
        arrived = client.run(replace(request, references=tuple(map(as_reference, looked_at))), on_event)
        files = write(arrived, source, order.picture, order.out)
        client.acknowledge(arrived.job)
    read = [source, *([mask] if mask else []), *looked_at]
    notices = (*(notice for one in read for notice in one.notices), *arrived.finished.notices)
    return Done(files, arrived, time.monotonic() - began, tuple(dict.fromkeys(notices)))


def _chosen(order: Order, client: Client) -> Recipe:
    """With the method that will do it. Raises ``OverpaintError`` where there is none."""
    if order.recipe.method:
        return order.recipe
    role = order.role or roles.wanted(order.recipe.prompt, order.mask is not None) or Role.ERASE
    worded = bool(order.recipe.prompt.strip())
    offers = roles.suitable(role, client.hello().methods, order.recipe.model, bool(order.references), worded)
    if role is Role.SELECT:
        offers = roles.by_what_is_given(offers, _given(order))
    if not offers:
        raise roles.no_method()
    return replace(order.recipe, method=offers[0].name)


def _given(order: Order) -> set[Need]:
    there = {
        Need.PROMPT: order.recipe.prompt.strip(),
        Need.SELECTION: order.mask,
        Need.POINTS: order.recipe.points,
    }
    return {need for need, what in there.items() if what}


def as_reference(picture: Image) -> Reference:
    """All of it, with its own depth and colours."""
    return Reference(picture.raster, picture.part(picture.raster.bounds), picture.profile)


def prepare(source: Image, mask: Image | None, order: Order, all_of_it: bool = False) -> Submission:
    """The selection with its surroundings, cut out as the plugins do it. all_of_it: what is selected only points at
    something in the whole picture."""
    whole = source.raster
    if mask is None:
        return Submission(order.recipe, whole, source.part(whole.bounds), None, source.profile)
    selected = crop.selected_bounds(mask.part(whole.bounds), source.extent, mask.depth.nbytes)
    if selected is None:
        raise OverpaintError(
            Code.EMPTY_SELECTION, f"{order.mask} selects nothing.", "Paint white where the picture may change."
        )
    part = crop.crop_around(selected, whole.bounds, order.recipe) if not all_of_it else whole.bounds
    raster = Raster(part, whole.channels, whole.depth)
    return Submission(order.recipe, raster, source.part(part), Mask(mask.depth, mask.part(part)), source.profile)
