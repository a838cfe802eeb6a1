"""Krita's colour spaces and the profiles that belong to them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from krita import Document, Krita, Node

from .. import profiles
from ..qt import QByteArray, QCoreApplication, QStandardPaths
from ..server.client.wording import problem
from ..server.wire.geometry import Bounds
from ..server.wire.raster import Channels

NATIVE = {
    ("RGBA", "U8"): Channels.BGRA,
    ("RGBA", "U16"): Channels.BGRA,
    ("RGBA", "F16"): Channels.RGBA,
    ("RGBA", "F32"): Channels.RGBA,
    ("GRAYA", "U8"): Channels.GRAY_ALPHA,
    ("GRAYA", "U16"): Channels.GRAY_ALPHA,
    ("GRAYA", "F16"): Channels.GRAY_ALPHA,
    ("GRAYA", "F32"): Channels.GRAY_ALPHA,
}
"""Krita's order of bytes: blue first in integers, red first in floats. Whatever is not here Krita converts itself."""

CHANNELS = {"A": 1, "GRAYA": 2, "RGBA": 4, "XYZA": 4, "LABA": 4, "YCbCrA": 4, "CMYKA": 5}

SAMPLE_BYTES = {"U8": 1, "U16": 2, "F16": 2, "F32": 4}

SRGB = "sRGB-elle-V2-srgbtrc.icc"
"""Ships with every Krita and is its default for 8-bit documents."""


@dataclass(frozen=True)
class KritaSpace:
    """A colour space in Krita's words, such as RGBA, U8 and a profile's name."""

    model: str
    depth: str
    profile: str

    @classmethod
    def of(cls, drawn: Document | Node) -> KritaSpace:
        """A document's, or a layer's own."""
        return cls(drawn.colorModel(), drawn.colorDepth(), drawn.colorProfile())

    @property
    def pixel_bytes(self) -> int:
        return CHANNELS[self.model] * SAMPLE_BYTES[self.depth]

    def alphas(self, data: bytes) -> list[bytes]:
        """The bytes of all alphas: first the first ones of each, and so on. Alpha is always the last channel."""
        pixel, sample = self.pixel_bytes, SAMPLE_BYTES[self.depth]
        return [data[pixel - 1 - at :: pixel] for at in range(sample)]

    def covered(self, data: bytes) -> bytes:
        """One byte a pixel: 0 where there is nothing."""
        parts = self.alphas(data)
        found = 0
        for part in parts:
            found |= int.from_bytes(part, "little")
        return found.to_bytes(len(parts[0]), "little")


Convert = Callable[[QByteArray, Bounds], QByteArray]


@contextmanager
def conversion(old: KritaSpace, new: KritaSpace) -> Iterator[Convert]:
    """Krita's own colour management for a block of pixels that lie at some bounds.

    In a document nobody sees: in the user's own, each conversion would be a step in the undo history.
    """
    if old == new:
        yield lambda block, _strip: block
        return
    with unseen_document(old) as document:

        def convert(block: QByteArray, strip: Bounds) -> QByteArray:
            scratch = document.createNode("overpaint", "paintlayer")
            scratch.setPixelData(block, strip.x, strip.y, strip.width, strip.height)
            scratch.setColorSpace(new.model, new.depth, new.profile)
            return scratch.pixelData(strip.x, strip.y, strip.width, strip.height)

        yield convert


@contextmanager
def unseen_document(space: KritaSpace) -> Iterator[Document]:
    """A document of one pixel without a view."""
    document = Krita.instance().createDocument(1, 1, "overpaint", space.model, space.depth, space.profile, 72.0)
    if document is None:
        raise problem(
            "Krita does not convert {name} pixels.",
            "Convert the layer to RGB first.",
            name=f"{space.model}/{space.depth}",
        )
    document.setBatchmode(True)
    try:
        yield document
    finally:
        document.setModified(False)
        document.close()


_known: dict[tuple[str, str], bytes] = {}


def profile_bytes(space: KritaSpace) -> Generator[None, None, bytes | None]:
    """The ICC profile of ``space``; None where Krita does not give it. Looked up once a name."""
    key = (space.model, space.profile)
    if key not in _known:
        found = profiles.find(space.profile, profile_folders())
        yield
        if found is None:
            found = yield from _ask_krita(space)
        if found is None:
            return None
        _known[key] = found
    return _known[key]


def profile_folders() -> list[Path]:
    """Where Krita's own profiles lie, then the user's and the system's."""
    beside = Path(QCoreApplication.applicationDirPath()).parent / "share/color/icc/krita"
    data = QStandardPaths.StandardLocation.GenericDataLocation
    shared = QStandardPaths.locateAll(data, "color/icc", QStandardPaths.LocateOption.LocateDirectory)
    places = [beside, Path(Krita.instance().getAppDataLocation()) / "profiles", *map(Path, shared)]
    return [place for place in places if place.is_dir()]


def _ask_krita(space: KritaSpace) -> Generator[None, None, bytes | None]:
    """A profile that came inside a picture is in no file, but a document of one pixel saved with it holds it."""
    with unseen_document(space) as document, tempfile.TemporaryDirectory(prefix="overpaint-") as folder:
        yield
        path = Path(folder) / "profile.kra"
        return profiles.from_kra(path) if document.saveAs(str(path)) else None
