"""The one file that calls libkis: documents, layers, selections, their pixels, and what is kept in a document.

Reading and writing pixels are generators: they yield after every strip of a few milliseconds, so that whoever drives
them lets Qt's loop go on in between and Krita's window never stands still. What they return is their result.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from krita import (
    DockWidget,
    DockWidgetFactory,
    DockWidgetFactoryBase,
    Document,
    Extension,
    Krita,
    Node,
    Selection,
    Window,
)

from . import profiles
from .qt import QByteArray, QCoreApplication, QIcon, QImage, QObject, QStandardPaths, Qt, QTimer, QUuid
from .server.wire.errors import Code, OverpaintError
from .server.wire.geometry import Bounds
from .server.wire.raster import Channels, Depth, Raster
from .strips import REST
from .words import say

__all__ = ["DockWidget", "Document", "Extension", "Node", "Selection", "Window"]

STRIP_BYTES = 4 << 20
"""Of one row strip: 3 to 8 ms in Krita's own copying and as much again in Python's."""

ACTIVATION_S = 2.0
"""How long after adding a layer Krita may take to make it the active one."""

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

SRGB = "sRGB-elle-V2-srgbtrc.icc"
"""Ships with every Krita and is its default for 8-bit documents."""

PAINTED = {"paintlayer"}
"""Nodes with pixels of their own; of the others the projection (what one sees of them) is read."""

LAYERS = {*PAINTED, "grouplayer", "vectorlayer", "filelayer", "filllayer", "clonelayer"}


@dataclass(frozen=True)
class Space:
    """A colour space in Krita's words, such as RGBA, U8 and a profile's name."""

    model: str
    depth: str
    profile: str


@dataclass(frozen=True, eq=False)
class Source:
    """A layer as it was when the request was made; the active one may be another by the time the answer comes.

    selection: its bounds in document pixels, None where nothing is selected. ``chosen`` is a copy of it. area: the part
    of the layer that can be edited.
    """

    document_id: str
    node_id: str
    name: str
    space: Space
    area: Bounds
    selection: Bounds | None
    chosen: Selection | None


@dataclass(frozen=True, eq=False)
class Pixels:
    """A crop in bytes of ``space``, which is the layer's own where the server knows it. ``mask`` has one byte a pixel,
    255 = repaint; None: the whole crop."""

    space: Space

    raster: Raster
    data: bytearray
    mask: bytearray | None
    icc: bytes | None


@dataclass(frozen=True, eq=False)
class NewLayer:
    """``data``: the bytes that ``raster`` describes."""

    name: str
    raster: Raster
    data: memoryview


def application() -> str:
    return f"Krita {Krita.instance().version()}"


def active() -> tuple[Document | None, Node | None]:
    """What the user is on now."""
    document = Krita.instance().activeDocument()
    return document, document.activeNode() if document else None


def id_of(node: Node) -> str:
    """Of a node, for as long as its document is open."""
    found: str = node.uniqueId().toString()
    return found


def same(document: Document) -> str:
    """A document's name for itself, its root's id. All wrappers of one document have it, a closed one has none."""
    root = document.rootNode() if document else None
    return id_of(root) if root else ""


def find_document(document_id: str) -> Document | None:
    """The open document of that id."""
    return next((one for one in Krita.instance().documents() if same(one) == document_id), None)


def find_node(document: Document, node_id: str) -> Node | None:
    return document.nodeByUniqueID(QUuid(node_id))


def has_selection() -> bool:
    document = Krita.instance().activeDocument()
    return bool(document and document.selection())


def selected_bounds() -> Bounds | None:
    """Of the selection in the active document, in document pixels."""
    document = Krita.instance().activeDocument()
    chosen = document.selection() if document else None
    return Bounds(chosen.x(), chosen.y(), chosen.width(), chosen.height()) if chosen else None


# --- checking and noting the source --------------------------------------------------------------


def capture(
    document: Document | None, node: Node | None, needs_selection: bool, selected: Selection | None = None
) -> Source:
    """Notes what is to be edited, now. ``selected`` stands in for a document's selection where it has none.

    Raises ``OverpaintError`` with a way out for what cannot be edited.
    """
    document, node = _checked(document, node)
    chosen = document.selection() or selected
    selection = Bounds(chosen.x(), chosen.y(), chosen.width(), chosen.height()) if chosen else None
    if selection is not None and selection.empty:
        selection = None
    if selection is None and needs_selection:
        raise _refused("no-selection", Code.EMPTY_SELECTION)
    area = _area(document, node, selection)
    return _source(document, node, area, selection, chosen.duplicate() if selection and chosen else None)


def spot(document: Document | None, node: Node | None) -> Source:
    """Only a place for an answer that is here already: above ``node``."""
    document, node = _checked(document, node)
    return _source(document, node, Bounds(0, 0, 0, 0), None, None)


def nowhere(name: str, space: Space, crop: Bounds) -> Source:
    """Of an edit begun in an earlier run of Krita: its document is not known any more."""
    return Source("", "", name, space, crop, None, None)


def _checked(document: Document | None, node: Node | None) -> tuple[Document, Node]:
    if document is None or not same(document):
        raise _refused("no-document")
    if node is None:
        raise _refused("no-layer")
    if node.type() not in LAYERS:
        raise _refused("not-a-layer", name=node.name())
    for one in _upwards(node):
        if one.locked():
            raise _refused("locked", name=one.name())
        if not one.visible():
            raise _refused("hidden", name=one.name())
    return document, node


def _source(document: Document, node: Node, area: Bounds, selection: Bounds | None, chosen: Selection | None) -> Source:
    space = Space(node.colorModel(), node.colorDepth(), node.colorProfile())
    return Source(same(document), id_of(node), node.name(), space, area, selection, chosen)


def _refused(key: str, code: Code = Code.HOST, **values: str) -> OverpaintError:
    return OverpaintError(code, say(f"error-{key}", **values), say(f"hint-{key}", **values))


def _upwards(node: Node) -> Iterator[Node]:
    """The node and its groups, without the document's root."""
    while node is not None and node.parentNode() is not None:
        yield node
        node = node.parentNode()


def _area(document: Document, node: Node, selection: Bounds | None) -> Bounds:
    """With a selection: the canvas and all of the layer beyond it. Without: the layer's content on the canvas."""
    canvas = Bounds(document.xOffset(), document.yOffset(), document.width(), document.height())
    rect = node.bounds()
    content = Bounds(rect.x(), rect.y(), rect.width(), rect.height())
    if selection is None:
        seen = content.intersect(canvas)
        if seen.empty:
            raise _refused("empty-layer", name=node.name())
        return seen
    if content.empty:
        return canvas
    x, y = min(canvas.x, content.x), min(canvas.y, content.y)
    return Bounds(x, y, max(canvas.right, content.right) - x, max(canvas.bottom, content.bottom) - y)


# --- reading -------------------------------------------------------------------------------------


def read(source: Source, crop: Bounds) -> Generator[None, None, Pixels]:
    """The crop of the layer and of the selection. A colour space that the server has no name for, or whose profile
    cannot be had, is converted to 16-bit sRGB by Krita."""
    native = (source.space.model, source.space.depth) in NATIVE
    icc = (yield from profile_bytes(source.space)) if native else None
    space = source.space if icc else Space("RGBA", "U16", SRGB)
    if icc is None:
        icc = yield from profile_bytes(space)
    raster = Raster(crop, NATIVE[space.model, space.depth], Depth(space.depth.lower()))
    data = bytearray(raster.nbytes)
    at = 0
    with _conversion(source.space, space) as convert:
        for strip in _strips(crop, raster):
            block = convert(_block(source, strip), strip)
            data[at : at + len(block)] = block
            at += len(block)
            yield
    if at != raster.nbytes:
        raise _refused("short", name=source.name)
    mask = (yield from _read_mask(source.chosen, crop)) if source.chosen is not None else None
    return Pixels(space, raster, data, mask, icc)


def _strips(crop: Bounds, raster: Raster) -> Iterator[Bounds]:
    row = raster.nbytes // max(1, crop.height)
    rows = max(1, STRIP_BYTES // max(1, row))
    for y in range(crop.y, crop.bottom, rows):
        yield Bounds(crop.x, y, crop.width, min(rows, crop.bottom - y))


def _block(source: Source, strip: Bounds) -> QByteArray:
    """Looks the document and the layer up anew: between two strips they may go, and libkis would crash on them."""
    document = find_document(source.document_id)
    node = find_node(document, source.node_id) if document is not None else None
    if node is None:
        raise _refused("layer-gone", name=source.name)
    read_pixels = node.pixelData if node.type() in PAINTED else node.projectionPixelData
    return read_pixels(strip.x, strip.y, strip.width, strip.height)


def _open(source: Source) -> Document:
    document = find_document(source.document_id)
    if document is None:
        raise _refused("closed")
    return document


Convert = Callable[[QByteArray, Bounds], QByteArray]


@contextmanager
def _conversion(old: Space, new: Space) -> Iterator[Convert]:
    """Krita's own colour management for a block of pixels that lie at some bounds.

    In a document nobody sees: in the user's own, each conversion would be a step in the undo history.
    """
    if old == new:
        yield lambda block, _strip: block
        return
    with _unseen_document(old) as document:

        def convert(block: QByteArray, strip: Bounds) -> QByteArray:
            scratch = document.createNode("overpaint", "paintlayer")
            scratch.setPixelData(block, strip.x, strip.y, strip.width, strip.height)
            scratch.setColorSpace(new.model, new.depth, new.profile)
            return scratch.pixelData(strip.x, strip.y, strip.width, strip.height)

        yield convert


@contextmanager
def _unseen_document(space: Space) -> Iterator[Document]:
    """A document of one pixel without a view."""
    document = Krita.instance().createDocument(1, 1, "overpaint", space.model, space.depth, space.profile, 72.0)
    if document is None:
        raise _refused("space", name=f"{space.model}/{space.depth}")
    document.setBatchmode(True)
    try:
        yield document
    finally:
        document.setModified(False)
        document.close()


def _read_mask(chosen: Selection, crop: Bounds) -> Generator[None, None, bytearray]:
    raster = Raster(crop, Channels.GRAY, Depth.U8)
    mask = bytearray(raster.nbytes)
    at = 0
    for strip in _strips(crop, raster):
        block = chosen.pixelData(strip.x, strip.y, strip.width, strip.height)
        mask[at : at + len(block)] = block
        at += len(block)
        yield
    return mask


_known: dict[tuple[str, str], bytes] = {}


def profile_bytes(space: Space) -> Generator[None, None, bytes | None]:
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


def _ask_krita(space: Space) -> Generator[None, None, bytes | None]:
    """A profile that came inside a picture is in no file, but a document of one pixel saved with it holds it."""
    with _unseen_document(space) as document, tempfile.TemporaryDirectory(prefix="overpaint-") as folder:
        yield
        path = Path(folder) / "profile.kra"
        return profiles.from_kra(path) if document.saveAs(str(path)) else None


# --- writing -------------------------------------------------------------------------------------


def place(source: Source, space: Space, layer: NewLayer) -> Generator[bool | None, None, Node]:
    """Puts ``layer`` (in ``space``) into the document above the source, in the source's own colour space and in one
    undo step, and returns it.

    Raises ``OverpaintError`` (host) when the document was closed meanwhile.
    """
    new = yield from _new_layer(source, space, layer)
    yield from _add(source, new)
    return new


def place_group(
    source: Source, space: Space, layers: Sequence[NewLayer], name: str
) -> Generator[bool | None, None, list[Node]]:
    """The same for several layers, the first one lowest, in a group of their own, and still in one undo step.

    Only the topmost is visible: soft edges on top of each other would be hard.
    """
    document = _open(source)
    own = Space(document.colorModel(), document.colorDepth(), document.colorProfile())
    # Filled where nobody sees it: in the user's document each layer would be a step in the undo history.
    with _unseen_document(own) as other:
        group = other.createNode(name, "grouplayer")
        made = []
        for layer in layers:
            new = yield from _new_layer(source, space, layer)
            new.setVisible(layer is layers[-1])
            yield REST
            group.addChildNode(new, None)
            made.append(new)
            yield REST
        other.waitForDone()
    yield from _add(source, group)
    _open(source).refreshProjection()  # Krita takes a group that comes with its layers for an empty one
    return made


def _add(source: Source, new: Node) -> Generator[bool | None, None, None]:
    yield REST
    document = _open(source)
    current = document.activeNode()
    below = find_node(document, source.node_id)
    parent = below.parentNode() if below is not None else None
    if parent is None or any(one.locked() for one in _upwards(parent)):
        # The source was deleted meanwhile, or its group locked: on top of everything.
        parent, below = document.rootNode(), None
    parent.addChildNode(new, below)  # Krita redraws the whole canvas here
    yield REST
    if current is not None:
        _stay_on(source.document_id, id_of(current), id_of(new))


def _stay_on(document_id: str, node_id: str, new_id: str) -> None:
    """Krita makes a new layer the active one, a moment later; the next edit is meant for the layer the user is on."""
    give_up = time.monotonic() + ACTIVATION_S

    def look() -> None:
        document = find_document(document_id)
        node = find_node(document, node_id) if document is not None else None
        if document is None or node is None or time.monotonic() > give_up:
            return
        now = document.activeNode()
        if now is not None and id_of(now) == new_id:
            document.setActiveNode(node)
        else:
            QTimer.singleShot(20, look)

    look()


def _new_layer(source: Source, space: Space, layer: NewLayer) -> Generator[None, None, Node]:
    """Filled before any document sees it: that is what makes it a single undo step."""
    own = source.space
    with _conversion(space, own) as convert:
        new = _empty_layer(_open(source), own, layer.name)
        for strip, block in _blocks(layer.raster, layer.data):
            new.setPixelData(convert(block, strip), strip.x, strip.y, strip.width, strip.height)
            yield
    return new


def _empty_layer(document: Document, space: Space, name: str) -> Node:
    """In ``space``, which need not be the document's: a layer may have its own."""
    if Space(document.colorModel(), document.colorDepth(), document.colorProfile()) == space:
        return document.createNode(name, "paintlayer")
    with _unseen_document(space) as other:
        return other.createNode(name, "paintlayer")


def _blocks(raster: Raster, data: memoryview) -> Iterator[tuple[Bounds, QByteArray]]:
    row = raster.nbytes // max(1, raster.bounds.height)
    for strip in _strips(raster.bounds, raster):
        at = (strip.y - raster.bounds.y) * row
        yield strip, QByteArray(bytes(data[at : at + row * strip.height]))


LARGEST_PICTURE = 320
"""Pixels a side of what the docker shows of an answer: its width, twice on a fine screen is near enough."""


def picture(space: Space, raster: Raster, data: memoryview, part: Bounds) -> Generator[None, None, QImage]:
    """A small picture for the docker, in sRGB, of ``part`` (document pixels) of ``data``."""
    shown = Space("RGBA", "U8", SRGB)
    step = max(1, part.extent.longest // (2 * LARGEST_PICTURE))
    width, height = -(-part.width // step), -(-part.height // step)
    left, rows = part.x - raster.bounds.x, bytearray()
    with _conversion(space, shown) as convert:
        for strip, block in _blocks(raster, data):
            pixels = memoryview(bytes(convert(block, strip))).cast("I")
            for y in range(part.y, part.bottom, step):
                if strip.y <= y < strip.bottom:
                    start = (y - strip.y) * strip.width + left
                    rows += bytes(pixels[start : start + part.width : step])
            yield
    image = QImage(bytes(rows), width, height, 4 * width, QImage.Format.Format_ARGB32)
    keep_ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(LARGEST_PICTURE, LARGEST_PICTURE, keep_ratio, smooth)


def selection_of(mask: bytes | bytearray, bounds: Bounds) -> Selection:
    """A selection from one byte a pixel."""
    selection = Selection()
    selection.setPixelData(QByteArray(bytes(mask)), bounds.x, bounds.y, bounds.width, bounds.height)
    return selection


# --- kept in the document, in Krita's settings, and around the window -----------------------------


def keep(document: Document, kind: str, title: str, data: bytes) -> None:
    """Stored in the document under ``kind`` (an annotation) and saved with it."""
    document.setAnnotation(kind, title, QByteArray(data))


def kept(document: Document, kind: str) -> bytes:
    """What ``keep`` stored; empty if nothing."""
    return bytes(document.annotation(kind)) if kind in document.annotationTypes() else b""


def setting(name: str) -> str:
    return Krita.instance().readSetting("overpaint", name, "")


def set_setting(name: str, value: str) -> None:
    Krita.instance().writeSetting("overpaint", name, value)


def add_docker(kind: type[DockWidget]) -> None:
    where = DockWidgetFactoryBase.DockPosition.DockRight
    Krita.instance().addDockWidgetFactory(DockWidgetFactory("overpaint", where, kind))


def add_extension(kind: type[Extension]) -> None:
    Krita.instance().addExtension(kind(Krita.instance()))


def icon(name: str) -> QIcon:
    return Krita.instance().icon(name)


def show_docker(object_name: str) -> QObject | None:
    """Opens and raises the docker and returns it."""
    for docker in Krita.instance().dockers():
        if docker.objectName() == object_name:
            docker.setVisible(True)
            docker.raise_()
            return docker
    return None


def show_message(text: str) -> None:
    """In the window's own way, over the canvas, for a few seconds."""
    window = Krita.instance().activeWindow()
    view = window.activeView() if window else None
    if view is not None and view.visible():
        view.showFloatingMessage(text, Krita.instance().icon("dialog-warning"), 4000, 1)
