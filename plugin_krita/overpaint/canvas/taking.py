"""Pixels of Krita as they are sent: the bytes of a layer, a picture or a selection, strip by strip."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from krita import Node, Selection

from ..qt import QByteArray
from ..server.client.reading import Sight, Veil
from ..server.client.wording import problem
from ..server.wire.geometry import Bounds
from ..server.wire.raster import Channels, Depth, Raster
from .blocks import strips
from .looks import is_plain
from .spaces import NATIVE, SRGB, KritaSpace, conversion, profile_bytes
from .whereabouts import Whereabouts

Block = Callable[[Bounds], QByteArray]
"""The bytes of a strip of the document, in some colour space."""


@dataclass(frozen=True, eq=False)
class Fit:
    """How an answer has to be put so that it looks as what was read. stand: the id of what it lies above, empty: of
    everything. there: None where a person chose the place. own: in the colour space of that layer, not of the document.
    clipped: it shows only where something below it does. veil: over the crop, what of it is shown."""

    stand: str
    there: Whereabouts | None
    own: bool = False
    clipped: bool = False
    veil: Veil | None = None


@dataclass(frozen=True, eq=False)
class Pixels:
    """A crop in bytes of ``space``, which is that of what was read where the server knows it. ``mask`` has one byte a
    pixel, 255 = repaint; None: the whole crop."""

    space: KritaSpace
    raster: Raster
    data: bytearray
    mask: bytearray | None
    icc: bytes | None
    fit: Fit | None = None


def look(node: Node, strip: Bounds) -> QByteArray:
    """A layer without masks by its own pixels: its projection may lag behind them for a moment."""
    read_pixels = node.pixelData if is_plain(node) else node.projectionPixelData
    return read_pixels(strip.x, strip.y, strip.width, strip.height)


def take(
    name: str, space: KritaSpace, crop: Bounds, edited: Bounds, block: Block
) -> Generator[bool | None, None, tuple[Pixels, Sight]]:
    """The ``crop`` of what ``block`` gives in ``space``, in that where the server knows it, else in 16-bit sRGB. name:
    of what is read, for a person. edited: of which part is asked whether one sees through it."""
    native = (space.model, space.depth) in NATIVE
    icc = (yield from profile_bytes(space)) if native else None
    sent = space if icc else KritaSpace("RGBA", "U16", SRGB)
    if icc is None:
        icc = yield from profile_bytes(sent)
    raster = Raster(crop, NATIVE[sent.model, sent.depth], Depth(sent.depth.lower()))
    data, sight = bytearray(raster.nbytes), Sight(edited)
    at = 0
    with conversion(space, sent) as convert:
        for strip in strips(crop, raster):
            taken = bytes(convert(block(strip), strip))
            if len(taken) != strip.extent.pixels * raster.nbytes // crop.extent.pixels:
                raise problem("Krita gave fewer pixels of ‘{name}’ than it should.", "Try again.", name=name)
            data[at : at + len(taken)] = taken
            at += len(taken)
            sight.add(taken, replace(raster, bounds=strip))
            yield None
    return Pixels(sent, raster, data, None, icc), sight


def taken_mask(chosen: Selection, crop: Bounds) -> Generator[None, None, bytearray]:
    """What is selected of the ``crop``, one byte a pixel."""
    raster = Raster(crop, Channels.GRAY, Depth.U8)
    mask = bytearray(raster.nbytes)
    at = 0
    for strip in strips(crop, raster):
        block = chosen.pixelData(strip.x, strip.y, strip.width, strip.height)
        mask[at : at + len(block)] = block
        at += len(block)
        yield
    return mask
