"""Which reader takes which kind of file."""

from __future__ import annotations

from collections.abc import Callable

from server.documents import read_eight, read_png, read_tiff
from server.documents.found import Found

READERS: dict[str, Callable[[bytes], Found]] = {
    "PNG": read_png.read,
    "TIFF": read_tiff.read,
    "JPEG": read_eight.jpeg,
    "WebP": read_eight.webp,
    "GIF": read_eight.gif,
    "BMP": read_eight.bmp,
}
"""A name of ``kinds.READ``, and what makes pixels of such a file's bytes."""
