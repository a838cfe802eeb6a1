"""JPEG, WebP, GIF and BMP files, by Pillow: 8 bits a channel, whatever they are."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image as Pillow

from server.documents import bitmap, exif
from server.documents.chunks import PngChunk, comment, density, raw_profile
from server.documents.colours import adobe_rgb
from server.documents.found import Found, NotKeptError, Pixels, check_held, check_room, foreign

_MODES = {"1": "L", "L": "L", "LA": "LA", "La": "LA", "RGB": "RGB", "RGBA": "RGBA", "RGBX": "RGB", "RGBa": "RGBA"}
_UNITS = {0: "none", 1: "inch", 2: "cm"}
_MOST_PIXELS = {"JPEG": 8192, "WEBP": 1 << 28, "GIF": 2731, "BMP": 8192}
"""That a byte can stand for: 8 × 8 to a bit and less in a JPEG, 4096 to a code of 12 bits in a GIF; a WebP of one
colour is a few bytes at any size it can have, and what a BMP has is said by its header."""
_WEBP_HEAD = 64
_LONG_XMP = b"http://ns.adobe.com/xmp/extension/"
_IPTC = 0x0404
"""Photoshop's number for it among its resources in a JPEG."""


def jpeg(data: bytes) -> Found:
    return _read(data, "JPEG")


def webp(data: bytes) -> Found:
    return _read(data, "WEBP")


def gif(data: bytes) -> Found:
    return _read(data, "GIF")


def bmp(data: bytes) -> Found:
    """Pillow reads its pixels only; the rest is in its header."""
    bitmap.check(data)
    found, said = _read(data, "BMP"), bitmap.read(data)
    return Found(found.pixels, said.icc, chunks=(*found.chunks, *said.chunks), notices=(*found.notices, *said.notices))


def _read(data: bytes, form: str) -> Found:
    """Raises ``NotKeptError``, ``DamagedFileError``, ``OverpaintError`` (too-large)."""
    with foreign(), _any_size(), Pillow.open(io.BytesIO(data), formats=(form,)) as opened:
        check_room(*opened.size, 4)
        check_held(opened.width * opened.height, len(data), _MOST_PIXELS[form])
        pixels, said = _pixels(opened), opened.info
        block, icc, notices = exif.bare(said.get("exif")), said.get("icc_profile"), [*_notices(opened)]
        if not icc and exif.says_adobe_rgb(block):
            icc = adobe_rgb()
            notices.append("Its camera marked it as Adobe RGB without a profile; one was added.")
        chunks, lossy = tuple(_chunks(opened, block)), opened.format in ("JPEG", "MPO") or _is_lossy_webp(data)
        return Found(pixels, icc or None, block, _packet(said), None, chunks, tuple(notices), lossy)


class _any_size:  # noqa: N801  # reads as a phrase where it is used
    """Pillow counts pixels, whatever they weigh; ``check_room`` counts what they need."""

    def __enter__(self) -> None:
        self._before, Pillow.MAX_IMAGE_PIXELS = Pillow.MAX_IMAGE_PIXELS, None

    def __exit__(self, *_: object) -> None:
        Pillow.MAX_IMAGE_PIXELS = self._before


def _pixels(opened: Pillow.Image) -> Pixels:
    image = opened
    if opened.format == "GIF":
        image = _on_its_screen(opened)
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode not in _MODES:
        raise NotKeptError(f"{image.mode} colours")
    pixels = np.asarray(image.convert(_MODES[image.mode]))
    return pixels.reshape(*pixels.shape[:2], -1)


def _on_its_screen(opened: Pillow.Image) -> Pillow.Image:
    """A GIF's picture may be smaller than its screen: around it there is nothing, though Pillow puts a colour there."""
    box = getattr(opened, "dispose_extent", None) or (0, 0, *opened.size)
    if box == (0, 0, *opened.size):
        return opened
    screen = Pillow.new("RGBA", opened.size)
    screen.paste(opened.convert("RGBA").crop(box), box)
    return screen


def _packet(said: dict[str | tuple[int, int], object]) -> bytes | None:
    packet = said.get("xmp")
    return packet if isinstance(packet, bytes) and packet else None


def _is_lossy_webp(data: bytes) -> bool:
    """Lossless ones have their pixels in a chunk VP8L, lossy ones in “VP8 ”, in each frame of an animation too."""
    return data[8:12] == b"WEBP" and b"VP8L" not in data[:_WEBP_HEAD]


def _chunks(opened: Pillow.Image, block: bytes | None) -> Iterator[PngChunk]:
    across, down = opened.info.get("jfif_density", (0, 0))
    if chunk := density(across, down, _UNITS.get(opened.info.get("jfif_unit", 0), "none")) or exif.resolution(block):
        yield chunk
    if words := opened.info.get("comment"):
        yield comment(words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words))
    if iptc := opened.info.get("photoshop", {}).get(_IPTC):
        yield raw_profile("iptc", iptc)


def _notices(opened: Pillow.Image) -> Iterator[str]:
    if opened.format == "MPO":  # as some cameras write their JPEGs
        yield "It has further pictures in it (a preview, a depth or a gain map); the main one was used."
    elif getattr(opened, "n_frames", 1) > 1:
        yield "It is an animation; its first picture was used."
    segments = [*getattr(opened, "applist", ())]
    if any(name == "APP11" for name, _ in segments):
        yield "Not carried on: its content credentials, which hold for the picture as it was."
    if any(name == "APP1" and block.startswith(_LONG_XMP) for name, block in segments):
        yield "Not carried on: the second part of its XMP, which is too long for one."
