"""What an answer becomes in the image, and what the server is told of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import notes
from canvas import stack, talk
from canvas.placing import GimpNewLayer, add_layers, add_on_top
from request import EditRequest
from settings import kind_of

from server.client import alpha, events, naming, recipes
from server.client.blocking import Client
from server.client.translation import tr, tr_sent
from server.wire.errors import OverpaintError
from server.wire.messages import Finished
from server.wire.offers import MethodOffer

if TYPE_CHECKING:
    from gi.repository import Gimp

FORGET_S = 2.0
"""What the server has not heard after this it forgets by itself later."""


def placed(asked: EditRequest, arrived: events.Arrived, client: Client) -> list[Gimp.Layer]:
    """The answer put into the image. Raises ``OverpaintError`` where it has no place there any more: the server keeps
    it then."""
    try:
        made = add_layers(asked.source, asked.taken, _new_layers(asked, arrived), _group(arrived.finished))
    except OverpaintError as error:
        raise _kept(client, asked, error) from error
    for notice in arrived.finished.notices:
        talk.tell(tr_sent(notice))
    _forget(client, arrived.job)
    return made


def placed_on_top(
    image: Gimp.Image, arrived: events.Arrived, offers: Iterable[MethodOffer], client: Client
) -> list[Gimp.Layer]:
    """The answer of an edit whose GIMP has ended. Raises ``OverpaintError`` where it does not fit into ``image``."""
    made = add_on_top(image, _unsourced(arrived, offers), _group(arrived.finished))
    _forget(client, arrived.job)
    return made


def new_layer(asked: EditRequest, finished: Finished, index: int, data: bytes, name: str) -> GimpNewLayer:
    """The answer's layer ``index``, where it may show, with the note of how it was made."""
    source, raster, limit = asked.source, finished.results[index].raster, asked.taken.limit
    how = recipes.of_result(finished, index, source.name, source.reading)
    mask = asked.request.mask
    depth = mask.depth if mask is not None else None
    at = source.marks[0].bounds if source.layer is not None else source.canvas
    note = notes.Note(how, asked.kind, stack.tattoo(source.layer), depth, asked.selection, at)
    data = alpha.within(data, raster, limit) if limit is not None else data
    return GimpNewLayer(name, raster, data, note.text(), asked.clip)


def _new_layers(asked: EditRequest, arrived: events.Arrived) -> list[GimpNewLayer]:
    names = naming.answer_names(arrived.finished)
    return [
        new_layer(asked, arrived.finished, index, bytes(layer.data), name)
        for index, (name, layer) in enumerate(zip(names, arrived.results, strict=True))
    ]


def _unsourced(arrived: events.Arrived, offers: Iterable[MethodOffer]) -> list[GimpNewLayer]:
    finished = arrived.finished
    kind = kind_of(finished.recipe.method, offers)
    made = []
    for index, (name, layer) in enumerate(zip(naming.answer_names(finished), arrived.results, strict=True)):
        note = notes.Note(recipes.of_result(finished, index, ""), kind, source=0)
        made.append(GimpNewLayer(name, finished.results[index].raster, bytes(layer.data), note.text()))
    return made


def _group(finished: Finished) -> str | None:
    """What the group of the new layers is called; None where they need none."""
    return naming.layer_name(finished.recipe.prompt) if naming.is_group(finished) else None


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
