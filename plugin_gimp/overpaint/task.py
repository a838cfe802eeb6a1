"""One edit, from the chosen layer to the new ones: what is sent, what GIMP's progress bar says, what comes back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import alpha
import notes
import rim
from canvas import source as sources
from canvas import stack, taking, talk
from canvas.pixels import profile
from canvas.placing import GimpNewLayer, add_layers, add_on_top
from canvas.source import GimpSource
from canvas.taking import Taken
from methods import check_words, kind_of, with_method
from notes import Note
from server_link import ServerLink
from settings import Kind, new_seed
from words import label

from server.client import events, naming, recipes
from server.client.crop import crop_around, selected_bounds
from server.client.progress import describe
from server.client.reading import Reading
from server.client.submission import Mask, Submission
from server.client.translation import tr, tr_sent
from server.client.wording import problem, sentence
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Finished, JobLine, JobState, Welcome
from server.wire.recipe import Recipe
from server.wire.words import mark

if TYPE_CHECKING:
    from gi.repository import Gimp

REDRAW_S = 0.1
"""Each change of the progress bar is a call into GIMP, so there are only so many a second."""

FORGET_S = 2.0

NOTICED_S = 2.0
"""Within this the server knows that whoever waited for an edit has gone."""

# --- before: what is asked for --------------------------------------------------------------------


def origin(kind: Kind, image: Gimp.Image, drawables: Sequence[Gimp.Drawable], reading: Reading) -> GimpSource:
    """What to start from; raises ``OverpaintError`` at once for what would fail later anyway."""
    found = sources.source(image, drawables, reading)
    _check(kind, found)
    return found


def _check(kind: Kind, source: GimpSource) -> None:
    if not source.selected and kind.needs_selection:
        raise _nothing_selected(kind)
    if not kind.needs_words:
        sources.check_not_empty(source)


def _nothing_selected(kind: Kind) -> OverpaintError:
    if kind.needs_words:
        hint = mark("Select the part to replace; to change all of it, choose Edit Layer.")
    else:
        hint = mark("Select what should go.")
    return problem(mark("Nothing is selected."), hint)


@dataclass(frozen=True)
class SelectedPart:
    """A part of the source, and what was selected in it (None: all of it)."""

    crop: Bounds
    mask: Mask | None

    @property
    def selected(self) -> Bounds:
        if self.mask is None:
            return self.crop
        found = selected_bounds(self.mask.data, self.crop.extent, self.mask.depth.nbytes) or self.crop
        return replace(found, x=found.x + self.crop.x, y=found.y + self.crop.y) if found is not self.crop else found


@dataclass(frozen=True, eq=False)
class EditRequest:
    """One edit as it was asked for, with all that it needs read."""

    kind: Kind
    source: GimpSource
    taken: Taken
    request: Submission

    @cached_property
    def selection(self) -> str:
        """As a note keeps it."""
        return notes.pack(self.request.mask)

    @cached_property
    def clip(self) -> bool:
        """Whether an answer must change no alpha: where one sees through what it lies on, one still should. Words may
        put something where nothing is yet, but not where the source cannot be seen."""
        taken, mask = self.taken, self.request.mask
        if min(taken.alphas) == 255 or mask is None or taken.clipped:
            return min(taken.alphas) < 255 and any(taken.alphas)
        near = rim.near(taken.alphas, taken.raster.bounds, mask)
        return not near.solid_around if self.kind is Kind.ERASE else near.all_there


def order(
    kind: Kind, source: GimpSource, recipe: Recipe, welcome: Welcome, what: SelectedPart | None = None
) -> EditRequest:
    """Reads the source as it is now. ``what``: another part than the selection asks for. Raises ``OverpaintError``."""
    recipe = with_method(kind, recipe, welcome)
    source = sources.renewed(source, what.selected if what is not None else None)
    if what is None:
        _check(kind, source)
    whole = what.mask is None if what is not None else not source.selected
    taken = taking.take(source, lambda area: _crop(source, area, recipe, what, whole), outline=whole)
    mask = what.mask if what is not None else None if whole else sources.selection(source, taken.raster)
    if mask is not None and not kind.needs_words and rim.near(taken.alphas, taken.raster.bounds, mask).stands_out:
        raise problem(
            "What is selected on ‘{name}’ has nothing as opaque around it, and no layer above can take that away.",
            "Clear it (Edit ▸ Clear), or put a background below and show it.",
            name=source.name,
        )
    request = Submission(recipe, taken.raster, taken.pixels, mask, profile(source.image), keep=False)
    return EditRequest(kind, source, taken, request)


def _crop(source: GimpSource, area: Bounds, recipe: Recipe, what: SelectedPart | None, whole: bool) -> Bounds:
    if what is not None:
        return what.crop
    return area if whole else crop_around(source.part, area, recipe)


# --- the edit -------------------------------------------------------------------------------------


def edit(
    kind: Kind, source: GimpSource, recipe: Recipe, line: ServerLink, what: SelectedPart | None = None
) -> list[Gimp.Layer]:
    """The new layers, in the image; those of several edit strengths in a group of their own. ``what``: another part
    than the selection asks for. Raises ``OverpaintError``."""
    bar = Bar(label(f"title-{kind.value}"))
    try:
        asked, arrived = _answered(kind, source, recipe, line, bar, what)
        bar.show(tr("Adding the layer"), 1.0)
        return placed(asked, arrived, line)
    finally:
        bar.end()


def placed(asked: EditRequest, arrived: events.Arrived, line: ServerLink) -> list[Gimp.Layer]:
    """The answer put into the image. Raises ``OverpaintError`` where it has no place there any more: the server keeps
    it then."""
    try:
        made = add_layers(asked.source, asked.taken, _new_layers(asked, arrived), _group(arrived.finished))
    except OverpaintError as error:
        raise _kept(line, asked, error) from error
    for notice in arrived.finished.notices:
        talk.tell(tr_sent(notice))
    _forget(line, arrived.job)
    return made


def _kept(line: ServerLink, asked: EditRequest, error: OverpaintError) -> OverpaintError:
    """Lets the server keep the answer beyond the end of this plug-in; returns when it has heard that."""
    line.link.start(replace(asked.request, keep=True))
    _left_behind(line)
    return OverpaintError(
        error.code,
        error.sentence,
        tr(
            "The answer is kept: bring the image back to what it was, then Filters > Overpaint > Bring In "
            "Earlier Answers."
        ),
    )


def learned(kind: Kind, source: GimpSource, recipe: Recipe, line: ServerLink) -> tuple[EditRequest, events.Arrived]:
    """The picture is learned and painted at the recipe's edit strengths, and nothing is put into the image yet. The
    answer has still to be acknowledged. Raises ``OverpaintError``."""
    bar = Bar(label(f"title-{kind.value}"))
    try:
        return _answered(kind, source, recipe, line, bar)
    finally:
        bar.end()


def _answered(
    kind: Kind, source: GimpSource, recipe: Recipe, line: ServerLink, bar: Bar, what: SelectedPart | None = None
) -> tuple[EditRequest, events.Arrived]:
    check_words(kind, recipe)
    welcome = greeted(line, bar)
    if _left_behind(line):
        talk.tell(tr("Answers from before GIMP ended are waiting: Filters > Overpaint > Bring In Earlier Answers."))
    bar.show(tr("Reading the layer"), None)
    asked = order(kind, source, recipe, welcome, what)
    return asked, _follow(line, asked.request, bar)


def again(
    image: Gimp.Image, drawables: Sequence[Gimp.Drawable], line: ServerLink, *, same_seed: bool
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
    without = stack.answers_from(chosen)
    with contextlib.suppress(ValueError):
        what = _same_part(note, image, layers)
        source = sources.source(image, layers, reading, what.selected, without)
        if source.canvas.contains(what.crop) or source.bounds.contains(what.crop):
            return edit(note.kind, source, recipe, line, what)
    source = sources.source(image, layers, reading, None, without)
    _check(note.kind, source)
    return edit(note.kind, source, recipe, line)


def _same_part(note: Note, image: Gimp.Image, layers: Sequence[Gimp.Layer]) -> SelectedPart:
    """Where it lies now. Raises ``ValueError`` where it cannot be found again."""
    crop = note.made.crop
    now = sources.whole(image, layers)
    if note.at is not None:
        if note.at.extent != now.extent:
            raise ValueError("it has another size now")
        crop = replace(crop, x=crop.x + now.x - note.at.x, y=crop.y + now.y - note.at.y)
    return SelectedPart(crop, note.selection())


def earlier(image: Gimp.Image, line: ServerLink) -> list[Gimp.Layer]:
    """The answers of edits whose GIMP ended before they came, on top of ``image``; those still under way are waited
    for. What has failed is told."""
    bar = Bar(tr("Earlier Answers"))
    made: list[Gimp.Layer] = []
    try:
        welcome = greeted(line, bar)
        waiting = _left_behind(line)
        until = time.monotonic() + NOTICED_S
        while not waiting and time.monotonic() < until:
            time.sleep(NOTICED_S / 8)
            waiting = _left_behind(line)
        if not waiting:
            raise problem("No answers from before are waiting.", "Start a new edit.")
        for job in waiting:
            line.link.attach(job.job)
            try:
                arrived = _arrival(line, bar)
            except OverpaintError as error:
                talk.tell(f"{job.prompt or job.method}: {sentence(error)}")
                continue
            made += add_on_top(image, _unsourced(arrived, welcome), _group(arrived.finished))
            _forget(line, arrived.job)
    finally:
        bar.end()
    return made


def _left_behind(line: ServerLink) -> list[JobLine]:
    """This user's edits in GIMP for which nobody waits any more, the oldest first."""
    line.link.list_jobs()
    while True:
        for event in line.listen():
            if isinstance(event, events.Listed):
                return [job for job in event.jobs if not job.attended and job.state is not JobState.UPLOADING]


def _unsourced(arrived: events.Arrived, welcome: Welcome) -> list[GimpNewLayer]:
    finished = arrived.finished
    made = []
    for index, (name, layer) in enumerate(zip(naming.answer_names(finished), arrived.layers, strict=True)):
        how = recipes.of_result(finished, index, "")
        note = notes.Note(how, kind_of(finished.recipe.method, welcome), source=0)
        made.append(GimpNewLayer(name, finished.layers[index].raster, bytes(layer.data), note.text()))
    return made


def greeted(line: ServerLink, bar: Bar) -> Welcome:
    """Waits until a server answers; it is started where none runs."""
    line.link.open()
    while line.welcome is None:
        for event in line.listen():
            bar.hear(event)
    return line.welcome


def _follow(line: ServerLink, request: Submission, bar: Bar) -> events.Arrived:
    line.link.start(request)
    return _arrival(line, bar)


def _arrival(line: ServerLink, bar: Bar) -> events.Arrived:
    """Of the one job that is followed. Raises its error."""
    while True:
        for event in line.listen():
            if isinstance(event, events.Arrived):
                return event
            if isinstance(event, events.EditFailed):
                raise event.error
            if isinstance(event, events.Cancelled):
                raise OverpaintError(Code.CANCELLED, tr("Cancelled."))
            bar.hear(event)


def _new_layers(asked: EditRequest, arrived: events.Arrived) -> list[GimpNewLayer]:
    names = naming.answer_names(arrived.finished)
    return [
        new_layer(asked, arrived.finished, index, bytes(layer.data), name)
        for index, (name, layer) in enumerate(zip(names, arrived.layers, strict=True))
    ]


def new_layer(asked: EditRequest, finished: Finished, index: int, data: bytes, name: str) -> GimpNewLayer:
    """The answer's layer ``index``, where it may show, with the note of how it was made."""
    source, raster, limit = asked.source, finished.layers[index].raster, asked.taken.limit
    how = recipes.of_result(finished, index, source.name, source.reading)
    mask = asked.request.mask
    depth = mask.depth if mask is not None else None
    at = source.marks[0].bounds if source.layer is not None else source.canvas
    note = notes.Note(how, asked.kind, stack.tattoo(source.layer), depth, asked.selection, at)
    data = alpha.within(data, raster, limit) if limit is not None else data
    return GimpNewLayer(name, raster, data, note.text(), asked.clip)


def _group(finished: Finished) -> str | None:
    """What the group of the new layers is called; None where they need none."""
    return naming.layer_name(finished.recipe.prompt) if len(finished.recipe.eta) > 1 else None


def _forget(line: ServerLink, job: str) -> None:
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
        talk.begin_progress(title)
        self._drawn = 0.0

    def hear(self, event: events.Event) -> None:
        heard = describe(event)
        if heard is not None and (not heard.passing or time.monotonic() - self._drawn > REDRAW_S):
            self.show(heard.text, heard.fraction)

    def show(self, text: str, fraction: float | None) -> None:
        talk.show_progress(text, fraction)
        self._drawn = time.monotonic()

    def end(self) -> None:
        talk.end_progress()
