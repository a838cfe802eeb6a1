"""What an answer becomes in the image, and what the server is told of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import notes
from canvas import references, stack, talk
from canvas.enlarging import enlarge, enlarge_on_top
from canvas.placing import GimpNewLayer, add_layers, add_on_top
from canvas.selecting import select, select_in
from request import EditRequest
from settings import kind_of

from server.client import alpha, events, naming, recipes
from server.client.blocking import Client
from server.client.combining import Combining
from server.client.translation import tr, tr_sent
from server.wire.errors import OverpaintError
from server.wire.messages import Finished
from server.wire.offers import MethodOffer
from server.wire.results import ResultKind

if TYPE_CHECKING:
    from gi.repository import Gimp

FORGET_S = 2.0
"""What the server has not heard after this it forgets by itself later."""


def placed(
    asked: EditRequest, arrived: events.Arrived, client: Client, how: Combining = Combining.REPLACE
) -> list[Gimp.Layer]:
    """The answer put into the image; returns its layers. ``how``: what becomes of the selection that is there. Raises
    ``OverpaintError`` where it has no place there any more: the server keeps it then."""
    try:
        made = _put(asked, arrived, how)
    except OverpaintError as error:
        raise _kept(client, asked, error) from error
    for notice in arrived.finished.notices:
        talk.show_message(tr_sent(notice))
    _forget(client, arrived.job)
    return made


def _put(asked: EditRequest, arrived: events.Arrived, how: Combining) -> list[Gimp.Layer]:
    source, taken, first = asked.source, asked.taken, arrived.results[0]
    if first.result.kind is ResultKind.SELECTION:
        select(source, taken, first.result.raster, bytes(first.data), how)
        return []
    layers = _new_layers(asked, arrived)
    if first.result.kind is ResultKind.CANVAS:
        return enlarge(source, taken, layers[0], first.result.scale)
    return add_layers(source, taken, layers, _group(arrived.finished))


def placed_on_top(
    image: Gimp.Image,
    arrived: events.Arrived,
    offers: Iterable[MethodOffer],
    client: Client,
    how: Combining = Combining.REPLACE,
) -> list[Gimp.Layer]:
    """The answer of an edit whose GIMP has ended; ``how``: as ``placed``. Raises ``OverpaintError`` where it does not
    fit into ``image``."""
    made = _put_on_top(image, arrived, offers, how)
    _forget(client, arrived.job)
    return made


def _put_on_top(
    image: Gimp.Image, arrived: events.Arrived, offers: Iterable[MethodOffer], how: Combining
) -> list[Gimp.Layer]:
    first = arrived.results[0]
    if first.result.kind is ResultKind.SELECTION:
        select_in(image, first.result.raster, bytes(first.data), how)
        return []
    layers = _unsourced(arrived, offers)
    if first.result.kind is ResultKind.CANVAS:
        return enlarge_on_top(image, layers[0], arrived.finished.crop, first.result.scale)
    return add_on_top(image, layers, _group(arrived.finished))


def new_layer(asked: EditRequest, finished: Finished, index: int, data: bytes, name: str) -> GimpNewLayer:
    """The answer's layer ``index``, with the note of how it was made. What continues the source shows where that may;
    a layer of its own as it came."""
    source, result = asked.source, finished.results[index]
    mask = asked.request.mask
    depth = mask.depth if mask is not None else None
    at = source.marks[0].bounds if source.layer is not None else source.canvas
    made = recipes.of_result(finished, index, source.name, source.reading)
    seen = references.tattoos_in(source.image, source.references)
    note = notes.Note(made, asked.kind, stack.tattoo(source.layer), depth, asked.selection, at, seen).text()
    if result.kind is not ResultKind.REPAINT:
        return GimpNewLayer(name, result.raster, data, note)
    limit = asked.taken.limit
    data = alpha.within(data, result.raster, limit) if limit is not None else data
    return GimpNewLayer(name, result.raster, data, note, asked.clip, rival=True)


def _new_layers(asked: EditRequest, arrived: events.Arrived) -> list[GimpNewLayer]:
    names = naming.answer_names(arrived.finished)
    return [
        new_layer(asked, arrived.finished, index, bytes(part.data), name)
        for index, (name, part) in enumerate(zip(names, arrived.results, strict=True))
    ]


def _unsourced(arrived: events.Arrived, offers: Iterable[MethodOffer]) -> list[GimpNewLayer]:
    finished = arrived.finished
    kind = kind_of(finished.recipe.method, offers)
    made = []
    for index, (name, part) in enumerate(zip(naming.answer_names(finished), arrived.results, strict=True)):
        note = notes.Note(recipes.of_result(finished, index, ""), kind, source=0)
        rival = part.result.kind is ResultKind.REPAINT
        made.append(GimpNewLayer(name, part.result.raster, bytes(part.data), note.text(), rival=rival))
    return made


def _group(finished: Finished) -> str | None:
    """What the group of the new layers is called; None where they need none."""
    return naming.group_name(finished) if naming.is_group(finished) else None


def _kept(client: Client, asked: EditRequest, error: OverpaintError) -> OverpaintError:
    """Lets the server keep the answer beyond the end of this plug-in; returns when it has heard that."""
    client.link.start(replace(asked.request, keep=True))
    client.jobs()
    return OverpaintError(
        error.code,
        error.sentence,
        tr(
            "The answer is kept: bring the image back to what it was, then Filters > Overpaint > Bring In "
            "Earlier Answers."
        ),
    )


def _forget(client: Client, job: str) -> None:
    with contextlib.suppress(OverpaintError):  # the layers are in the image, so nothing has failed
        client.acknowledge(job, FORGET_S)
