"""One edit, from the chosen layer to the new ones: the first time, once more, or brought in later."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from answer import placed, placed_on_top
from bar import Bar
from canvas import references, stack, talk
from canvas import source as sources
from canvas.source import GimpSource
from notes import Note
from pending import PendingSelections
from request import EditRequest, SelectedPart, order
from settings import Kind, new_seed
from words import title

from server.client import events
from server.client.blocking import Client
from server.client.combining import Combining
from server.client.reading import Reading
from server.client.translation import tr
from server.client.wording import problem, sentence
from server.wire.errors import OverpaintError
from server.wire.messages import JobLine, JobState
from server.wire.offers import MethodOffer
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from gi.repository import Gimp

NOTICED_S = 2.0
"""Within this the server knows that whoever waited for an edit has gone."""


def edit(
    kind: Kind,
    source: GimpSource,
    recipe: Recipe,
    client: Client,
    what: SelectedPart | None = None,
    how: Combining = Combining.REPLACE,
) -> list[Gimp.Layer]:
    """The new layers, in the image; those that belong together in a group of their own. ``what``: another part than the
    selection asks for. ``how``: what a selection does to the one that is there. Raises ``OverpaintError``."""
    bar = Bar(title(kind))
    try:
        asked, arrived = _answered(kind, source, recipe, client, bar, what, how)
        bar.show(tr("Adding the layer"), 1.0)
        made = placed(asked, arrived, client, how)
        PendingSelections(client.home.clients).drop(asked.request.job)
        return made
    finally:
        bar.end()


def offers(kind: Kind, client: Client) -> tuple[MethodOffer, ...]:
    """What the server has, which is waited for. Raises ``OverpaintError``."""
    if client.welcome is not None:
        return client.offers
    bar = Bar(title(kind))
    try:
        return client.hello(bar.hear).methods
    finally:
        bar.end()


def learned(kind: Kind, source: GimpSource, recipe: Recipe, client: Client) -> tuple[EditRequest, events.Arrived]:
    """The picture is learned and painted at the recipe's edit strengths, and nothing is put into the image yet. The
    answer has still to be acknowledged. Raises ``OverpaintError``."""
    bar = Bar(title(kind))
    try:
        return _answered(kind, source, recipe, client, bar)
    finally:
        bar.end()


def _answered(
    kind: Kind,
    source: GimpSource,
    recipe: Recipe,
    client: Client,
    bar: Bar,
    what: SelectedPart | None = None,
    how: Combining = Combining.REPLACE,
) -> tuple[EditRequest, events.Arrived]:
    offers = client.hello(bar.hear).methods
    if _left_behind(client):
        talk.show_message(
            tr("Answers from before GIMP ended are waiting: Filters > Overpaint > Bring In Earlier Answers.")
        )
    bar.show(tr("Reading the layer"), None)
    asked = order(kind, source, recipe, offers, what)
    if how is not Combining.REPLACE:
        PendingSelections(client.home.clients).add(asked.request.job, how)
    return asked, client.run(asked.request, bar.hear)


def again(
    image: Gimp.Image, drawables: Sequence[Gimp.Drawable], client: Client, *, same_seed: bool
) -> list[Gimp.Layer]:
    """What made the chosen layer, once more: the same part of what it was made from, as that is now, without this
    answer and those above it. Where the selection was too large to be kept, what is selected now."""
    chosen = sources.chosen(drawables)
    note = stack.note(chosen)
    if note is None:
        raise problem(
            "‘{name}’ was not made by Overpaint.", "Choose a layer that Overpaint made.", name=chosen.get_name()
        )
    reading, layers = note.made.reading, []
    if reading is Reading.LAYER:
        layers = [stack.layer_with(image, note.source)]
        if layers == [None]:
            raise problem(
                "The layer that ‘{name}’ was made from is gone.",
                "Choose another layer and make a new edit.",
                name=chosen.get_name(),
            )
    recipe = note.made.recipe if same_seed else replace(note.made.recipe, seed=new_seed())
    without, seen = stack.answers_from(chosen), references.found_again(image, note.references)
    with contextlib.suppress(ValueError):
        what = _same_part(note, image, layers)
        source = replace(sources.source(image, layers, reading, what.selected, without), references=seen)
        if source.canvas.contains(what.crop) or source.bounds.contains(what.crop):
            return edit(note.kind, source, recipe, client, what)
    source = replace(sources.source(image, layers, reading, None, without), references=seen)
    return edit(note.kind, source, recipe, client)


def _same_part(note: Note, image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> SelectedPart:
    """Where it lies now. Raises ``ValueError`` where it cannot be found again."""
    crop = note.made.crop
    now = sources.whole(image, layers)
    if note.at is not None:
        if note.at.extent != now.extent:
            raise ValueError("it has another size now")
        crop = replace(crop, x=crop.x + now.x - note.at.x, y=crop.y + now.y - note.at.y)
    return SelectedPart(crop, note.selection())


def earlier(image: Gimp.Image, client: Client) -> list[Gimp.Layer]:
    """The answers of edits whose GIMP ended before they came, on top of ``image``; those still under way are waited
    for. What has failed is told."""
    bar, asked = Bar(tr("Earlier Answers")), PendingSelections(client.home.clients)
    made: list[Gimp.Layer] = []
    try:
        offers = client.hello(bar.hear).methods
        waiting = _left_behind(client)
        if not waiting:
            raise problem("No answers from before are waiting.", "Start a new edit.")
        for job in waiting:
            try:
                arrived = client.attach(job.job, bar.hear)
            except OverpaintError as error:
                talk.show_message(f"{job.prompt or job.method}: {sentence(error)}")
                continue
            made += placed_on_top(image, arrived, offers, client, asked.of(job.job))
            asked.drop(job.job)
    finally:
        bar.end()
    return made


def _left_behind(client: Client) -> list[JobLine]:
    """This user's edits in GIMP for which nobody waits any more, the oldest first. One that somebody seems to wait for
    is looked at again: a GIMP that ended a moment ago is soon noticed to be gone."""
    until = time.monotonic() + NOTICED_S
    while True:
        ours = [job for job in client.jobs() if job.state is not JobState.UPLOADING]
        if (ours and not any(job.attended for job in ours)) or time.monotonic() > until:
            return [job for job in ours if not job.attended]
        time.sleep(NOTICED_S / 8)
