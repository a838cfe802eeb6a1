"""One edit, from the chosen layer to the new ones: what is sent, what GIMP's progress bar says, what comes back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import canvas
import notes
from canvas import NewLayer, Source
from line import Line, said
from methods import check_words, kind_of, with_method
from settings import Kind, new_seed
from words import problem, say

from server.client import events, naming, recipes
from server.client.crop import crop_around
from server.client.submission import Mask, Submission
from server.client.wording import sentence, tr
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Finished, JobLine, JobState, Welcome
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from gi.repository import Gimp

REDRAW_S = 0.1
"""Each change of the progress bar is a call into GIMP, so there are only so many a second."""

FORGET_S = 2.0

NOTICED_S = 2.0
"""Within this the server knows that whoever waited for an edit has gone."""

ATTENDED_SINCE = 3
"""The minor version of the protocol in which a server says for which edits somebody waits."""


# --- before: what is asked for --------------------------------------------------------------------


def origin(kind: Kind, image: Gimp.Image, drawables: Sequence[Gimp.Drawable]) -> Source:
    """The layer to start from; raises ``OverpaintError`` at once for what would fail later anyway."""
    found = canvas.source(image, drawables)
    selected = found.selection
    if selected is None and kind.needs_selection:
        raise OverpaintError(Code.EMPTY_SELECTION, say("error-no-selection"), say("hint-no-selection"))
    if selected is not None and selected.intersect(found.bounds).empty:
        raise problem("off-layer", name=found.name)
    return found


@dataclass(frozen=True)
class Part:
    """The part of the source that is sent, and the selection in it (None: all of it)."""

    crop: Bounds
    mask: Mask | None


def part(source: Source, recipe: Recipe) -> Part:
    """The crop around the selection; the whole layer where there is none."""
    if source.selection is None:
        return Part(source.bounds, None)
    crop = crop_around(source.selection, source.bounds, recipe)
    return Part(crop, canvas.read_mask(source, crop))


@dataclass(frozen=True, eq=False)
class Order:
    """One edit as it was asked for, with all that it needs read. number: GIMP's for the source (``canvas.tattoo``)."""

    kind: Kind
    source: Source
    number: int
    request: Submission

    @cached_property
    def selection(self) -> str:
        """As a note keeps it."""
        return notes.pack(self.request.mask)


def order(kind: Kind, source: Source, recipe: Recipe, welcome: Welcome, what: Part | None = None) -> Order:
    """``what``: another part than the selection asks for. Raises ``OverpaintError``.

    ``keep`` is off: a user's Cancel kills this process, and the server takes our silence for it.
    """
    recipe = with_method(kind, recipe, welcome)
    what = what or part(source, recipe)
    raster, pixels = canvas.read(source, what.crop)
    request = Submission(recipe, raster, pixels, what.mask, canvas.profile(source.image), keep=False)
    return Order(kind, source, canvas.tattoo(source.layer), request)


# --- the edit -------------------------------------------------------------------------------------


def edit(kind: Kind, source: Source, recipe: Recipe, line: Line, what: Part | None = None) -> list[Gimp.Layer]:
    """The new layers, in the image; those of several edit strengths in a group of their own. ``what``: another part
    than the selection asks for. Raises ``OverpaintError``."""
    bar = Bar(say(f"title-{kind.value}"))
    try:
        asked, arrived = _answered(kind, source, recipe, line, bar, what)
        bar.show(say("stage-placing"), 1.0)
        made = canvas.add_layers(source, _new_layers(asked, arrived), _group(arrived.finished))
        for notice in arrived.finished.notices:
            canvas.tell(tr(notice))
        _forget(line, arrived.job)
    finally:
        bar.end()
    return made


def learned(kind: Kind, source: Source, recipe: Recipe, line: Line) -> tuple[Order, events.Arrived]:
    """The picture is learned and painted at the recipe's edit strengths, and nothing is put into the image yet. The
    answer has still to be acknowledged. Raises ``OverpaintError``."""
    bar = Bar(say(f"title-{kind.value}"))
    try:
        return _answered(kind, source, recipe, line, bar)
    finally:
        bar.end()


def _answered(
    kind: Kind, source: Source, recipe: Recipe, line: Line, bar: Bar, what: Part | None = None
) -> tuple[Order, events.Arrived]:
    check_words(kind, recipe)
    welcome = greeted(line, bar)
    if welcome.minor >= ATTENDED_SINCE and _left_behind(line):
        canvas.tell(say("earlier-waiting"))
    bar.show(say("stage-reading"), None)
    asked = order(kind, source, recipe, welcome, what)
    return asked, _follow(line, asked.request, bar)


def again(image: Gimp.Image, drawables: Sequence[Gimp.Drawable], line: Line, *, same_seed: bool) -> list[Gimp.Layer]:
    """What made the chosen layer, once more: the same part of the layer it was made from, as that is now. Where the
    selection was too large to be kept, what is selected now."""
    chosen = canvas.source(image, drawables)
    note = notes.read(canvas.note(chosen.layer) or "")
    if note is None:
        raise problem("no-recipe", name=chosen.name)
    layer = canvas.layer_with(image, note.source)
    if layer is None:
        raise problem("source-gone", name=chosen.name)
    recipe = note.made.recipe if same_seed else replace(note.made.recipe, seed=new_seed())
    source = canvas.source(image, [layer])
    if source.bounds.contains(note.made.crop):
        with contextlib.suppress(ValueError):
            return edit(note.kind, source, recipe, line, Part(note.made.crop, note.selection()))
    return edit(note.kind, origin(note.kind, image, [layer]), recipe, line)


def earlier(image: Gimp.Image, line: Line) -> list[Gimp.Layer]:
    """The answers of edits whose GIMP ended before they came, on top of ``image``; those still under way are waited
    for. What has failed is told."""
    bar = Bar(say("title-earlier"))
    made: list[Gimp.Layer] = []
    try:
        welcome = greeted(line, bar)
        waiting = _left_behind(line)
        until = time.monotonic() + NOTICED_S
        while not waiting and time.monotonic() < until:
            time.sleep(NOTICED_S / 8)
            waiting = _left_behind(line)
        if not waiting:
            raise problem("none-earlier")
        for job in waiting:
            line.link.attach(job.job)
            try:
                arrived = _arrival(line, bar)
            except OverpaintError as error:
                canvas.tell(f"{job.prompt or job.method}: {sentence(error)}")
                continue
            made += canvas.add_on_top(image, _unsourced(arrived, welcome), _group(arrived.finished))
            _forget(line, arrived.job)
    finally:
        bar.end()
    return made


def _left_behind(line: Line) -> list[JobLine]:
    """This user's edits in GIMP for which nobody waits any more, the oldest first."""
    line.link.list_jobs()
    while True:
        for event in line.listen():
            if isinstance(event, events.Listed):
                return [job for job in event.jobs if not job.attended and job.state is not JobState.UPLOADING]


def _unsourced(arrived: events.Arrived, welcome: Welcome) -> list[NewLayer]:
    finished = arrived.finished
    made = []
    for index, (name, layer) in enumerate(zip(naming.answer_names(finished), arrived.layers, strict=True)):
        how = recipes.of_result(finished, index, "")
        note = notes.Note(how, kind_of(finished.recipe.method, welcome), source=0)
        made.append(NewLayer(name, finished.layers[index].raster, bytes(layer.data), note.text()))
    return made


def greeted(line: Line, bar: Bar) -> Welcome:
    """Waits until a server answers; it is started where none runs."""
    line.link.open()
    while line.welcome is None:
        for event in line.listen():
            bar.tell(event)
    return line.welcome


def _follow(line: Line, request: Submission, bar: Bar) -> events.Arrived:
    line.link.start(request)
    return _arrival(line, bar)


def _arrival(line: Line, bar: Bar) -> events.Arrived:
    """Of the one job that is followed. Raises its error."""
    while True:
        for event in line.listen():
            if isinstance(event, events.Arrived):
                return event
            if isinstance(event, events.Failed):
                raise event.error
            if isinstance(event, events.Cancelled):
                raise OverpaintError(Code.CANCELLED, tr("Cancelled."))
            bar.tell(event)


def _new_layers(asked: Order, arrived: events.Arrived) -> list[NewLayer]:
    names = naming.answer_names(arrived.finished)
    return [
        new_layer(asked, arrived.finished, index, bytes(layer.data), name)
        for index, (name, layer) in enumerate(zip(names, arrived.layers, strict=True))
    ]


def new_layer(asked: Order, finished: Finished, index: int, data: bytes, name: str) -> NewLayer:
    """The answer's layer ``index``, with the note of how it was made."""
    how = recipes.of_result(finished, index, asked.source.name)
    mask = asked.request.mask
    depth = mask.depth if mask is not None else None
    note = notes.Note(how, asked.kind, asked.number, depth, asked.selection)
    return NewLayer(name, finished.layers[index].raster, data, note.text())


def _group(finished: Finished) -> str | None:
    """What the group of the new layers is called; None where they need none."""
    return naming.layer_name(finished.recipe.prompt) if len(finished.recipe.eta) > 1 else None


def _forget(line: Line, job: str) -> None:
    """Lets the server forget the job; what it has not heard after ``FORGET_S`` it forgets by itself later."""
    line.link.acknowledge(job)
    until = time.monotonic() + FORGET_S
    with contextlib.suppress(OverpaintError):  # the layers are in the image, so nothing has failed
        while time.monotonic() < until:
            if any(isinstance(event, events.Acknowledged) for event in line.listen()):
                return


# --- the progress bar -----------------------------------------------------------------------------


class Bar:
    """GIMP's progress bar, in words. (Its Cancel button ends this process; there is nothing to catch.)"""

    def __init__(self, title: str) -> None:
        canvas.begin_progress(title)
        self._drawn = 0.0

    def tell(self, event: events.Event) -> None:
        heard = said(event)
        if heard is not None and (not heard.passing or time.monotonic() - self._drawn > REDRAW_S):
            self.show(heard.text, heard.fraction)

    def show(self, text: str, fraction: float | None) -> None:
        canvas.show_progress(text, fraction)
        self._drawn = time.monotonic()

    def end(self) -> None:
        canvas.end_progress()
