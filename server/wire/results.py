"""What an answer is made of as it travels, and how large it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .errors import Code, OverpaintError
from .offers import Limits
from .raster import Channels, Depth, Raster
from .words import mark

MOST_RESULTS = 32
SCALES = (1, 2, 4)
"""By which a document may be enlarged."""

_FARTHEST = 1 << 25
_ALONE = ("selection", "canvas")
_LESS = mark("Edit a smaller part, or ask for less.")


class ResultKind(str, Enum):
    """What becomes of a result in the document."""

    REPAINT = "repaint"
    """A layer that continues the picture: the crop's size and place, visible where the selection lets it be."""
    LAYER = "layer"
    """A layer of its own: any size and place, its own transparency."""
    SELECTION = "selection"
    """What is selected from now on."""
    CANVAS = "canvas"
    """A layer of a larger document: the host first enlarges what is there, then makes room around it."""


@dataclass(frozen=True)
class ResultBlob:
    """One part of an answer.

    blob: the name under which its pixels are fetched. raster: how they are laid out and where they belong, in pixels of
    the document; those of a canvas in pixels of the document after it was enlarged ``scale`` times, and perhaps beyond
    its borders. Layers have alpha; a selection is one gray channel of 8 or 16 bits, white = selected, and nothing is
    selected beyond its bounds. seed: with which it was drawn; eta: its edit strength where the recipe has some.
    name: of the layer; empty: after the words. scale: one of ``SCALES``; 1 for all but a canvas.
    """

    kind: ResultKind
    blob: str
    raster: Raster
    seed: int
    eta: float | None = None
    name: str = ""
    scale: int = 1


def check(results: Sequence[ResultBlob], limits: Limits) -> None:
    """Raises ``OverpaintError``: too-large for what is beyond ``limits``, edit-failed for what no document could
    take."""
    for result in results:
        _check_side(result.raster, limits)
        if not _is_whole(result):
            raise _wrong()
    if not results or (len(results) > 1 and any(result.kind.value in _ALONE for result in results)):
        raise _wrong()
    if len(results) > MOST_RESULTS:
        raise OverpaintError(
            Code.TOO_LARGE, f"The answer is {len(results)} layers; at most {MOST_RESULTS} are taken.", _LESS
        )
    total = sum(result.raster.nbytes for result in results)
    if total > limits.max_answer_bytes:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"The answer would be {total >> 20} MB large; at most {limits.max_answer_bytes >> 20} are taken.",
            _LESS,
        )


def _check_side(raster: Raster, limits: Limits) -> None:
    extent = raster.bounds.extent
    if extent.longest > limits.max_side:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"The answer would be {extent.width} × {extent.height} pixels; a side may have {limits.max_side}.",
            _LESS,
        )


def _is_whole(result: ResultBlob) -> bool:
    raster = result.raster
    if raster.bounds.empty or max(abs(raster.bounds.x), abs(raster.bounds.y)) > _FARTHEST:
        return False
    if result.kind is ResultKind.SELECTION:
        return result.scale == 1 and raster.channels is Channels.GRAY and raster.depth in (Depth.U8, Depth.U16)
    return result.scale in (SCALES if result.kind is ResultKind.CANVAS else (1,))


def _wrong() -> OverpaintError:
    return OverpaintError(
        Code.EDIT_FAILED,
        "The answer was nothing that can be put into a document.",
        "This is a fault of the method; an update of its package may help.",
    )
