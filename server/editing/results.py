"""What a method answers with, and how each kind of it is finished: made what a host can put into a document as it is.

Only what continues the picture is matched to its colours and shown where the selection lets it; the other kinds are
taken as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import index
from typing import ClassVar

import numpy as np

from server.pixels import blend, formats, masks
from server.pixels.formats import Source
from server.pixels.masks import Masks, Region
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.offers import Answers
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from server.wire.words import mark, plain

_LONGEST_NAME = 80
_FINISHING = mark("Finishing")


@dataclass(frozen=True, eq=False)
class EditedCrop:
    """What a result is finished with. recipe: the answer's, with every setting that was used."""

    source: Source
    masks: Masks
    recipe: Recipe

    @property
    def seed(self) -> int:
        return self.recipe.seed or 0

    @property
    def draws(self) -> list[tuple[float | None, int]]:
        """Edit strength and seed of each picture, all variations of the first strength first."""
        etas: tuple[float | None, ...] = self.recipe.eta or (None,)
        return [(eta, seed) for eta in etas for seed in seeds(self.seed, self.recipe.variations)]


@dataclass(frozen=True, eq=False)
class FinishedPart:
    """One part of an answer that is still to be written. about: what it will be; its blob has no name yet. encoded:
    computes its bytes."""

    about: ResultBlob
    encoded: Callable[[], bytes]


@dataclass(frozen=True, eq=False)
class Repaint:
    """The scene's picture, repainted: layers that continue what is around them.

    images: one float32 (H, W, 3) per variation (and, where the recipe has etas, for each of them: all variations of the
    first eta first), sRGB, at the scene's size, never composited. painted: bool (H, W), of an edit that continues what
    is around a hole: all of that shows and nothing else, in the layer's own outline; None: the selection decides.
    names: of the layers, where they are told apart by more than seed and eta; there may be any number of them then.
    """

    images: tuple[F32, ...]
    painted: Region | None = None
    names: tuple[str, ...] = ()

    answers: ClassVar[tuple[Answers, ...]] = (Answers.LAYERS, Answers.GROUP)
    stage: ClassVar[str] = mark("Matching the colours")

    def parts(self, crop: EditedCrop) -> Iterator[FinishedPart]:
        """Raises ``OverpaintError`` (edit-failed) for another number or size of pictures than was asked for."""
        draws = [(None, crop.seed)] * len(self.names) if self.names else crop.draws
        if len(draws) != len(self.images) or any(one.shape != crop.source.picture.rgb.shape for one in self.images):
            raise _not_as_asked()
        names = self.names or ("",) * len(draws)
        raster, shown = formats.answer_raster(crop.source.raster), self._shown(crop)
        for image, (eta, seed), name in zip(self.images, draws, names, strict=True):
            about = ResultBlob(ResultKind.REPAINT, "", raster, seed, eta, plain(name, _LONGEST_NAME))
            yield FinishedPart(about, partial(_continued, crop.source, image, shown, self._grain(crop), seed))

    def _grain(self, crop: EditedCrop) -> float:
        """What continues a picture around a hole (``painted``) has its grain already."""
        return 0.0 if self.painted is not None or crop.recipe.grain is None else crop.recipe.grain

    def _shown(self, crop: EditedCrop) -> Masks:
        if self.painted is None:
            return crop.masks
        return masks.painted_only(crop.masks, self.painted, crop.source.picture.alpha)


@dataclass(frozen=True, eq=False)
class OwnLayer:
    """A picture with its own transparency. x, y: its upper left corner, in pixels from the scene's; it may lie anywhere
    and be of any size. name: empty: after the words. masked: it shows only where the selection lets it. seed: None: the
    recipe's."""

    picture: Picture
    x: int = 0
    y: int = 0
    name: str = ""
    masked: bool = False
    seed: int | None = None


@dataclass(frozen=True, eq=False)
class NewLayers:
    """Layers that are pictures of their own, the lowest first. Where a colour is the scene's own at its place, bit for
    bit, its native number is kept. A method that answers a larger canvas answers a selected part with these."""

    layers: tuple[OwnLayer, ...]

    answers: ClassVar[tuple[Answers, ...]] = (Answers.LAYERS, Answers.GROUP, Answers.CANVAS)
    stage: ClassVar[str] = _FINISHING

    def parts(self, crop: EditedCrop) -> Iterator[FinishedPart]:
        for layer in self.layers:
            bounds = _placed(layer.picture, crop, layer.x, layer.y)
            raster = formats.answer_raster(crop.source.raster, bounds)
            seed = crop.seed if layer.seed is None else index(layer.seed)
            about = ResultBlob(ResultKind.LAYER, "", raster, seed, name=plain(layer.name, _LONGEST_NAME))
            yield FinishedPart(about, partial(_own, crop, layer, bounds))


@dataclass(frozen=True, eq=False)
class NewSelection:
    """mask: float32 (H, W), 0..1, white = selected, at the scene's size; soft edges stay soft."""

    mask: F32

    answers: ClassVar[tuple[Answers, ...]] = (Answers.SELECTION,)
    stage: ClassVar[str] = _FINISHING

    def parts(self, crop: EditedCrop) -> Iterator[FinishedPart]:
        """Raises ``OverpaintError``: edit-failed for another size than the scene's, empty-selection where nothing is
        selected."""
        if self.mask.shape != crop.source.picture.alpha.shape:
            raise _not_as_asked()
        blend.check_finite(self.mask)
        if not (self.mask > 0).any():
            raise OverpaintError(
                Code.EMPTY_SELECTION, "Nothing was found to select.", "Say or show in another way what you mean."
            )
        depth = Depth.U8 if crop.source.raster.depth is Depth.U8 else Depth.U16
        raster = Raster(crop.source.raster.bounds, Channels.GRAY, depth)
        about = ResultBlob(ResultKind.SELECTION, "", raster, crop.seed)
        yield FinishedPart(about, partial(masks.encode_mask, self.mask, depth))


@dataclass(frozen=True, eq=False)
class NewCanvas:
    """A layer of a larger document. scale: by how much what is there is enlarged (1, 2 or 4). picture: at that scale.
    x, y: its upper left corner in pixels of the enlarged scene, from the scene's; it may reach beyond on any side."""

    picture: Picture
    scale: int = 1
    x: int = 0
    y: int = 0

    answers: ClassVar[tuple[Answers, ...]] = (Answers.CANVAS,)
    stage: ClassVar[str] = _FINISHING

    def parts(self, crop: EditedCrop) -> Iterator[FinishedPart]:
        bounds = _placed(self.picture, crop, self.x, self.y, self.scale)
        raster = formats.answer_raster(crop.source.raster, bounds)
        about = ResultBlob(ResultKind.CANVAS, "", raster, crop.seed, scale=index(self.scale))
        yield FinishedPart(about, partial(_enlarged, crop.source, self.picture, raster, self.scale))


Result = Repaint | NewLayers | NewSelection | NewCanvas


def seeds(first: int, variations: int) -> tuple[int, ...]:
    """Variation ``i`` is drawn with ``first + i``, around the end of the range."""
    return tuple((first + number) % 2**32 for number in range(variations))


def _continued(source: Source, image: F32, shown: Masks, grain: float, seed: int) -> bytes:
    return formats.encode_answer(blend.finish(source.picture, image, shown, grain, seed), source)


def _own(crop: EditedCrop, layer: OwnLayer, bounds: Bounds) -> bytes:
    picture = _with_numbers(layer.picture)
    if layer.masked:
        picture = Picture(picture.rgb, picture.alpha * _seen_at(crop, bounds))
    return formats.encode_answer(picture, crop.source, bounds)


def _enlarged(source: Source, picture: Picture, raster: Raster, scale: int) -> bytes:
    if scale == 1:
        return formats.encode_answer(_with_numbers(picture), source, raster.bounds)
    return formats.encode(_with_numbers(picture), raster, source.icc)


def _with_numbers(picture: Picture) -> Picture:
    blend.check_finite(picture.rgb)
    blend.check_finite(picture.alpha)
    return picture


def _seen_at(crop: EditedCrop, bounds: Bounds) -> F32:
    """What the selection lets show, float32 (h, w) of ``bounds``; nothing beyond the crop."""
    seen = np.zeros((bounds.height, bounds.width), np.float32)
    shared = bounds.intersect(crop.source.raster.bounds)
    seen[shared.relative_to(bounds).slices] = crop.masks.composite[shared.relative_to(crop.source.raster.bounds).slices]
    return seen


def _placed(picture: Picture, crop: EditedCrop, x: int, y: int, scale: int = 1) -> Bounds:
    """In the document, which is ``scale`` times as large."""
    corner, extent = crop.source.raster.bounds, picture.extent
    left, top = corner.x * index(scale) + index(x), corner.y * index(scale) + index(y)  # perhaps numpy's integers
    return Bounds(left, top, extent.width, extent.height)


def _not_as_asked() -> OverpaintError:
    return OverpaintError(
        Code.EDIT_FAILED,
        "The method answered with another number or size of pictures than it was asked for.",
        "This is a fault of the method; an update of its package may help.",
    )
