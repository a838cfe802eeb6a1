"""A picture file as its own numbers: 8 or 16 bits, nothing converted that need not be, and what it says of itself."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.documents import colours, exif, kinds, masks
from server.documents.chunks import COLOUR, DENSITY, TIME, PngChunk, now, xmp
from server.documents.found import DamagedFileError, Found, NotKeptError, Pixels, check_room
from server.documents.upright import turned, turned_chunks
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds, Extent
from server.wire.raster import Channels, Depth, Raster

_CHANNELS = {1: Channels.GRAY, 2: Channels.GRAY_ALPHA, 3: Channels.RGB, 4: Channels.RGBA}
_WAY_OUT = f"{kinds.listed()} files are read, with up to 16 bits a channel, gray or RGB."


@dataclass(frozen=True, eq=False)
class Image:
    """pixels: (H, W, C), uint8 or uint16, C = 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, alpha straight.
    icc: the profile of the colours in the file; None for none. chunks: what else it says of itself, as PNG says it.
    notices: sentences about what of the file could not be followed or carried on."""

    pixels: Pixels
    icc: bytes | None = None
    chunks: tuple[PngChunk, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def extent(self) -> Extent:
        height, width = self.pixels.shape[:2]
        return Extent(width, height)

    @property
    def depth(self) -> Depth:
        return Depth.U8 if self.pixels.dtype == np.uint8 else Depth.U16

    @property
    def full(self) -> int:
        """The number that stands for white, or opaque."""
        return int(np.iinfo(self.pixels.dtype).max)

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)

    @property
    def raster(self) -> Raster:
        width, height = self.extent.width, self.extent.height
        return Raster(Bounds(0, 0, width, height), _CHANNELS[self.pixels.shape[2]], self.depth)

    @property
    def raster_above(self) -> Raster:
        """How a layer over it is laid out: the same, with alpha."""
        return Raster(self.raster.bounds, _CHANNELS[(self.pixels.shape[2] + 1) // 2 * 2], self.depth)

    @property
    def profile(self) -> bytes | None:
        """What an edit goes by: the profile in the file, or one that says what its chunks say; None for sRGB."""
        return colours.meaning(self.icc, self.chunks).profile

    @property
    def shown_by(self) -> tuple[PngChunk, ...]:
        """What a picture of the same colours at the same size has to say of itself to look alike."""
        return tuple(chunk for chunk in self.chunks if chunk.name in {*COLOUR, DENSITY} - {b"sBIT"})

    def changed(self, pixels: Pixels) -> Image:
        """Other pixels of the same kind that say the same of themselves, but for when they were changed."""
        return Image(pixels, self.icc, tuple(now() if chunk.name == TIME else chunk for chunk in self.chunks))

    def part(self, bounds: Bounds) -> bytes:
        """The bytes of a rectangle, as its raster describes them."""
        return self._little(self.pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]).tobytes()

    @staticmethod
    def _little(pixels: Pixels) -> Pixels:
        return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)

    @classmethod
    def from_bytes(
        cls, data: bytes | memoryview, raster: Raster, icc: bytes | None, chunks: tuple[PngChunk, ...] = ()
    ) -> Image:
        kind = "<u1" if raster.depth is Depth.U8 else "<u2"
        shape = (raster.bounds.height, raster.bounds.width, raster.channels.per_pixel)
        return cls(np.frombuffer(data, kind).reshape(shape), icc, chunks)


def read(path: Path) -> Image:
    """Raises ``OverpaintError``: bad-request for a file that is missing, no picture, or of a kind that cannot be kept
    exactly (CMYK, floating point, …); too-large for one that does not fit into memory."""
    return _upright(_found(path))


def read_mask(path: Path, extent: Extent) -> Image:
    """A picture as a mask: one gray channel, white = repaint, transparent = keep; bad-request for another size."""
    found = _found(path)
    image = _upright(found)
    if image.extent != extent:
        hint = "Save the mask at the size of the picture: white where it may change, black elsewhere."
        if image.extent == Extent(extent.height, extent.width):
            hint = "One of them lies on its side: make the mask from the picture as a viewer shows it, upright."
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"The mask is {image.extent.width} × {image.extent.height} pixels, "
            f"the picture {extent.width} × {extent.height}.",
            hint,
        )
    said = masks.of(image.pixels, lossy=found.lossy)
    return Image(said.pixels, None, (), said.notices)


def _found(path: Path) -> Found:
    data = _bytes(path)
    kind = kinds.recognise(data)
    try:
        return _reader(path, data, kind)(data)
    except NotKeptError as error:
        sentence = f"{path} has {error.what}, which cannot be kept exactly."
        hint = "Save it as an 8- or 16-bit RGB or gray PNG or TIFF."
        raise OverpaintError(Code.BAD_REQUEST, sentence, hint) from error
    except (DamagedFileError, MemoryError) as error:
        raise OverpaintError(
            Code.BAD_REQUEST, f"{path} cannot be read as a {kind} picture ({error}).", "Save or copy it once more."
        ) from error


def _bytes(path: Path) -> bytes:
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise OverpaintError(Code.BAD_REQUEST, f"{path} is a folder.", "Name the picture in it.")
        if not stat.S_ISREG(about.st_mode):
            raise OverpaintError(Code.BAD_REQUEST, f"{path} is no file.", "Name a picture.")
        check_room(about.st_size + 1, 1, 1)
        return path.read_bytes()
    except FileNotFoundError:
        raise OverpaintError(Code.BAD_REQUEST, f"There is no file {path}.", "Check the name.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OverpaintError(
            Code.BAD_REQUEST, f"{path} cannot be opened ({reason}).", "Check its name and whether you may read it."
        ) from error


def _reader(path: Path, data: bytes, kind: str) -> Callable[[bytes], Found]:
    if kind in kinds.READ:
        from server.documents import formats

        return formats.READERS[kind]
    sentence = f"{path} is empty." if not data else f"{path} cannot be read as a picture."
    if kind:
        sentence = f"{path} is of a kind that cannot be read: {kind}."
    raise OverpaintError(Code.BAD_REQUEST, sentence, _WAY_OUT)


def _upright(found: Found) -> Image:
    notices = [*found.notices]
    orientation = found.orientation or exif.orientation(found.exif, found.xmp)
    pixels = turned(found.pixels, orientation)
    kept = turned_chunks(found.chunks, orientation)
    if len(kept) < len(found.chunks):
        notices.append("It was turned upright; where it lay on a page was left out.")
    fitting = colours.fitting(found.icc, pixels.shape[2])
    said = [*kept]
    if found.exif:
        try:
            said.append(PngChunk(b"eXIf", exif.upright(found.exif)))
        except ValueError:
            notices.append("Its EXIF block is damaged and was left out.")
    if found.xmp:
        said.append(xmp(exif.upright_packet(found.xmp)))
    meant = colours.meaning(fitting.icc, said)
    return Image(pixels, fitting.icc, tuple(said), (*notices, *fitting.notices, *meant.notices))
