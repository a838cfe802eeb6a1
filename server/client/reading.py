"""What of a document is read for an edit, so that the answer looks like what is around it.

An answer is a layer in normal mode at 100 %, directly above its source. It takes over nothing else from the source, so
what is sent must be what one *sees* there, and what is sent must hide what lies below the answer: otherwise one looks
through the answer, and sees a patch. A host says with ``State`` how its layers are shown; this room says what follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from typing import TYPE_CHECKING

from ..wire.geometry import Bounds
from ..wire.raster import Depth, Raster
from . import alpha
from .translation import tr

if TYPE_CHECKING:  # without pyzmq GIMP's menu is there all the same, and says what is missing
    from ..wire.frames import Buffer


class Reading(str, Enum):
    """A person's choice, kept on the answer, so that *Run Again* and *Another Variation* read the same."""

    LAYER = "layer"
    """The selected layer as it looks: through its masks, with Overpaint's earlier answers above it, and where its look
    depends on that with what it lies on. The usual one."""

    VISIBLE = "visible"
    """Everything that one sees. The answer lies on top of everything."""

    @property
    def label(self) -> str:
        """For a list to choose from."""
        return tr("The layer, as it looks") if self is Reading.LAYER else tr("The visible picture")

    @property
    def purpose(self) -> str:
        """One sentence, for a tooltip."""
        if self is Reading.LAYER:
            return tr("Reads the selected layer, with what it lies on where one sees that through it.")
        return tr("Reads all that is visible; the answer lies on top of everything.")


class Look(Enum):
    """What a layer's look follows from."""

    OWN = "own"
    """Its own pixels."""

    MASKED = "masked"
    """Its own pixels, through its masks, filters and styles."""

    BELOW = "below"
    """What lies below it, too: it cannot be read without that."""


@dataclass(frozen=True)
class State:
    """How a layer or group is shown. opacity: 0..1. normal: its blend mode is. clipped: it shows only where something
    below it does (*inherit alpha*, *clip to backdrop*). masked: by masks, filters, effects or styles of its own."""

    opacity: float = 1.0
    normal: bool = True
    clipped: bool = False
    masked: bool = False

    @property
    def look(self) -> Look:
        if self.opacity < 1 or not self.normal or self.clipped:
            return Look.BELOW
        return Look.MASKED if self.masked else Look.OWN


def reach(groups: Iterable[State]) -> int:
    """Out of how many ``groups`` around a layer, the innermost first, one may read what lies below it and still put the
    answer beside the layer: those that change nothing of what is in them."""
    count = 0
    for group in groups:
        if group.look is not Look.OWN:
            break
        count += 1
    return count


_OPAQUE = {Depth.U16: 0xFFFF, Depth.U32: 0xFFFFFFFF, Depth.F16: 0x3BFF, Depth.F32: 0x3F7FFFFF}
"""From here on a sample counts as 1: floats that are not negative are in the order of their bits, and the last step
before 1 is rounding."""


def is_opaque(data: Buffer, raster: Raster, part: Bounds) -> bool:
    """Whether nothing shines through within ``part`` of the block ``data``; both in document pixels. An empty part
    hides nothing. Takes about 2 ms a megapixel at 8 bits, 20 at others: a host asks in strips."""
    part = part.intersect(raster.bounds)
    if part.empty or not raster.channels.has_alpha:
        return not part.empty
    return all(_row_is_opaque(row, raster) for row in _rows(data, raster, part))


def _rows(data: Buffer, raster: Raster, part: Bounds) -> Iterable[memoryview]:
    view, pixel = memoryview(data).cast("B"), raster.channels.per_pixel * raster.depth.nbytes
    left, stride = (part.x - raster.bounds.x) * pixel, raster.bounds.width * pixel
    for y in range(part.y - raster.bounds.y, part.bottom - raster.bounds.y):
        yield view[y * stride + left : y * stride + left + part.width * pixel]


def _row_is_opaque(row: memoryview, raster: Raster) -> bool:
    channels = raster.channels.per_pixel
    if raster.depth is Depth.U8:
        return bytes(row)[channels - 1 :: channels].count(255) == len(row) // channels
    samples = row.cast("H") if raster.depth.nbytes == 2 else row.cast("I")
    alphas = samples[channels - 1 :: channels]
    least, most = min(alphas), max(alphas)
    negative = raster.depth in (Depth.F16, Depth.F32) and most >> (8 * raster.depth.nbytes - 1)
    return least >= _OPAQUE[raster.depth] and not negative


class Sight:
    """How one sees through ``part`` of a picture that is read in strips. opaque: not at all. even: everywhere alike."""

    def __init__(self, part: Bounds) -> None:
        self._part = part
        self._samples: set[bytes] = set()
        self._opaque = True
        self._begun = False

    def add(self, data: Buffer, raster: Raster) -> None:
        """The next strip."""
        part = self._part.intersect(raster.bounds)
        if part.empty:
            return
        self._begun = True
        self._opaque = self._opaque and is_opaque(data, raster, part)
        if not self._opaque and len(self._samples) < 2:
            self._samples |= _alphas(data, raster, part)

    @property
    def opaque(self) -> bool:
        return self._begun and self._opaque

    @property
    def even(self) -> bool:
        return self._begun and (self._opaque or len(self._samples) == 1)


def _alphas(data: Buffer, raster: Raster, part: Bounds) -> set[bytes]:
    """One or two of the alphas in it: two where they are not all alike."""
    pixel, sample = raster.channels.per_pixel * raster.depth.nbytes, raster.depth.nbytes
    first = b""
    for row in map(bytes, _rows(data, raster, part)):
        first = first or row[pixel - sample : pixel]
        for at in range(sample):
            values = row[pixel - sample + at :: pixel]
            if values.count(first[at]) != len(values):
                return {first, b""}
    return {first}


@dataclass(frozen=True, eq=False)
class Veil:
    """Over ``bounds``, one byte a pixel: 255 where an answer may be seen, 0 where what it lies on is hidden."""

    bounds: Bounds
    shown: bytes

    def over(self, data: bytes, raster: Raster) -> bytes:
        """``data``, which covers whole rows of ``bounds``, with alpha 0 where nothing may be seen."""
        width, first = self.bounds.width, raster.bounds.y - self.bounds.y
        return alpha.within(data, raster, self.shown[first * width : (first + raster.bounds.height) * width])


def shown_through(masks: Iterable[bytes], count: int) -> bytes:
    """255 where none of the ``masks`` (one byte a pixel, ``count`` pixels) is 0."""
    return reduce(alpha.both, (alpha.samples_shape(mask, Depth.U8) for mask in masks), alpha.everywhere(count))
