"""From what is chosen in GIMP to what is sent of it, refused at once where it would fail later anyway."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import notes
import rim
from canvas import references, taking
from canvas import source as sources
from canvas.pixels import profile
from canvas.source import GimpSource
from canvas.taking import Taken
from settings import Kind

from server.client import roles
from server.client.crop import crop_around, selected_bounds
from server.client.reading import Reading
from server.client.submission import Mask, Submission
from server.client.wording import problem
from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds
from server.wire.offers import MethodOffer, Need
from server.wire.recipe import Recipe
from server.wire.words import mark

if TYPE_CHECKING:
    from gi.repository import Gimp


@dataclass(frozen=True)
class Origin:
    """What was chosen in GIMP when ``kind`` was asked for."""

    kind: Kind
    image: Gimp.Image
    drawables: Sequence[Gimp.Drawable]
    references: tuple[Gimp.Layer, ...] = ()

    def source(self, reading: Reading, method: str = "", offers: Iterable[MethodOffer] = ()) -> GimpSource:
        """What to start from. ``method``: the one that is to do it; empty: the best of ``offers``. Raises
        ``OverpaintError``."""
        offers = tuple(offers)
        needs = roles.needs_for(self.kind.role, method, offers)
        wide = roles.reaches_beyond(method or roles.best(self.kind.role, offers), offers)
        part = sources.canvas(self.image) if wide else None
        try:
            found = sources.source(self.image, self.drawables, reading, part)
        except OverpaintError:
            if Need.LAYER in needs or not needs:  # of a method that is not known yet they are not
                raise
            found = sources.source(self.image, (), Reading.VISIBLE, part, bare=True)  # it is made out of nothing
        check(found, needs)
        return replace(found, references=self.references)


def check(source: GimpSource, needs: tuple[Need, ...]) -> None:
    """Raises ``OverpaintError`` where ``source`` has not what a method needs."""
    if Need.LAYER in needs and source.bare:
        raise sources.no_layer()
    if Need.SELECTION in needs and not source.selected:
        raise _nothing_selected(needs)
    if Need.LAYER in needs and Need.PROMPT not in needs:  # words may put something where nothing is yet
        sources.check_not_empty(source)


def _nothing_selected(needs: tuple[Need, ...]) -> OverpaintError:
    if Need.PROMPT in needs:
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
        return not near.solid_around if self.kind in (Kind.ERASE, Kind.HEAL) else near.all_there


def order(
    kind: Kind,
    source: GimpSource,
    recipe: Recipe,
    offers: Iterable[MethodOffer],
    what: SelectedPart | None = None,
) -> EditRequest:
    """Reads the source as it is now, for the method out of ``offers`` that will do it. ``what``: another part than the
    selection asks for. Raises ``OverpaintError``."""
    offers = tuple(offers)
    recipe = roles.chosen(kind.role, recipe, offers)
    roles.check_words(recipe, offers)
    roles.check_references(recipe, offers, len(source.references))
    wide = roles.reaches_beyond(recipe.method, offers)
    part = what.selected if what is not None else sources.canvas(source.image) if wide else None
    source = sources.renewed(source, part)
    if what is None:
        check(source, roles.needs_of(recipe.method, offers))
    whole = what.mask is None if what is not None else wide or not source.selected
    whole_canvas = what is None and roles.goes_on(recipe.method, offers)

    def crop(area: Bounds) -> Bounds:
        return source.canvas if whole_canvas else _crop(source, area, recipe, what, whole)

    taken = taking.take(source, crop, outline=whole)
    pointing = source.selected and roles.points_out(recipe.method, offers) and not recipe.points
    selecting = pointing or not whole
    mask = what.mask if what is not None else sources.selection(source, taken.raster) if selecting else None
    if kind is Kind.ERASE and mask is not None and rim.near(taken.alphas, taken.raster.bounds, mask).stands_out:
        raise problem(
            "What is selected on ‘{name}’ has nothing as opaque around it, and no layer above can take that away.",
            "Clear it (Edit ▸ Clear), or put a background below and show it.",
            name=source.name,
        )
    looked_at = references.taken(source.references)
    icc = profile(source.image)
    request = Submission(recipe, taken.raster, taken.pixels, mask, icc, keep=False, references=looked_at)
    return EditRequest(kind, source, taken, request)


def _crop(source: GimpSource, area: Bounds, recipe: Recipe, what: SelectedPart | None, whole: bool) -> Bounds:
    if what is not None:
        return what.crop
    return area if whole else crop_around(source.part, area, recipe)
