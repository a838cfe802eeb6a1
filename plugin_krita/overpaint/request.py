"""From a layer as it was noted to what is sent of it."""

from __future__ import annotations

from collections.abc import Iterable

from . import canvas
from .server.client.crop import crop_around
from .server.client.submission import Mask, Reference, Submission, new_job_id
from .server.client.translation import tr
from .server.wire.errors import Code, OverpaintError
from .server.wire.geometry import Bounds
from .server.wire.raster import Depth
from .server.wire.recipe import Recipe


def crop_of(source: canvas.KritaSource, recipe: Recipe) -> Bounds:
    """The selection with its surroundings, or the whole layer. Raises ``OverpaintError`` where they do not meet."""
    if source.selection is None:
        return source.area
    crop = crop_around(source.selection, source.area, recipe)
    if crop.empty:
        raise OverpaintError(
            Code.EMPTY_SELECTION, tr("The selection lies outside the picture."), tr("Select a part of the picture.")
        )
    return crop


def edited_part(source: canvas.KritaSource, recipe: Recipe, crop: Bounds) -> Bounds:
    """About where the answer will be: what is selected, grown and feathered; without a feather of its own, by what the
    server takes at most."""
    if source.selection is None:
        return crop
    extent = source.selection.extent
    feather = recipe.feather if recipe.feather is not None else (extent.width + extent.height) // 16
    return source.selection.grown(recipe.grow + feather).intersect(crop)


def submission_of(
    recipe: Recipe, pixels: canvas.Pixels, job: str = "", references: Iterable[canvas.Pixels] = ()
) -> Submission:
    """``job``: its id; empty: a new one."""
    looked_at = tuple(Reference(one.raster, one.data, one.icc) for one in references)
    mask = Mask(Depth.U8, pixels.mask) if pixels.mask is not None else None
    return Submission(
        recipe, pixels.raster, pixels.data, mask, pixels.icc, job=job or new_job_id(), references=looked_at
    )
