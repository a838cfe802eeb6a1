"""The document under test: its layers, their pixels, the selection."""

from __future__ import annotations

import time
from pathlib import Path

from krita import InfoObject, Krita, Selection

from .qt import QByteArray, QTimer
from .waiting import until, wait

SETTLING_S = 1.0
"""Krita 5.2 crashes when a document is closed within a moment of a change to it: its list of layers looks at the
layers again later (KisNodeModel::processUpdateQueue), also at those that have gone."""

_document = None


def current():
    return _document


def version() -> str:
    return Krita.instance().version()


def new_document(width: int, height: int, model: str = "RGBA", depth: str = "U8", profile: str = "") -> dict:
    """An empty document in a view of its own, with one layer ``Ink``.

    Krita 5.2 was once seen to crash in a thread of its own between a test's new document and its selection, with no
    call of ours or of the test's under way. So a test prepares its document only while Krita has nothing to do in it;
    what happens during an edit waits for nothing and hides no crash.
    """
    global _document
    close_all()
    krita = Krita.instance()
    _document = krita.createDocument(width, height, "test", model, depth, profile, 72.0)
    _document.setBatchmode(True)
    krita.activeWindow().addView(_document)
    krita.setActiveDocument(_document)
    at_rest()
    for node in _document.topLevelNodes():
        node.remove()
    at_rest()
    add_layer("Ink")
    return {"profile": _document.colorProfile(), "depths": krita.colorDepths(model)}


def close_all() -> None:
    for document in _open():
        settle_down(document)
    close_at_once()


def _open() -> list:
    """All that have a view, and those that have none: a copy that the plugin made is not listed by Krita."""
    windows = Krita.instance().windows()
    seen = [view.document() for window in windows for view in window.views() if view.document().rootNode()]
    return [*seen, *(one for one in Krita.instance().documents() if one not in seen)]


def open_pictures() -> list[dict]:
    """Each open document: its file, size, layers (the lowest first), and whether closing it would lose something."""
    return [
        {
            "file": one.fileName(),
            "size": [one.width(), one.height()],
            "stack": [node.name() for node in one.rootNode().childNodes() if "mask" not in node.type()],
            "modified": one.modified(),
        }
        for one in _open()
    ]


def open_another() -> None:
    """A document in front of the one under test."""
    other = Krita.instance().createDocument(64, 48, "another", "RGBA", "U8", "", 72.0)
    Krita.instance().activeWindow().addView(other)
    wait(0.3)


def close_front() -> None:
    """The one behind it is in front then."""
    front = Krita.instance().activeDocument()
    settle_down(front)
    front.setModified(False)
    front.close()
    wait(0.3)


def turn_to_active() -> None:
    """The document in front is the one under test from now on."""
    global _document
    _document = Krita.instance().activeDocument()
    _document.setBatchmode(True)


def at_rest(document=None) -> None:
    """Lets Krita's loop run until it has nothing to do in the document."""
    until(lambda: is_idle(document or _document))


def is_idle(document) -> bool:
    if not document.tryBarrierLock():
        return False
    document.unlock()
    return True


def settle_down(document) -> None:
    """Until nothing has been done in the document for ``SETTLING_S``: on a busy machine a change takes its time."""
    quiet = time.monotonic()
    while time.monotonic() < quiet + SETTLING_S:
        wait(0.1)
        if not is_idle(document):
            quiet = time.monotonic()


def close_at_once() -> None:
    for document in _open():
        document.setModified(False)
        document.close()
    wait(0.05)


def quit_krita() -> None:
    close_all()
    QTimer.singleShot(50, lambda: Krita.instance().action("file_quit").trigger())


def open_file(path: str) -> list[str]:
    global _document
    _document = Krita.instance().openDocument(path)
    _document.setBatchmode(True)
    Krita.instance().activeWindow().addView(_document)
    Krita.instance().setActiveDocument(_document)
    wait(0.3)
    return [node.name() for node in _layers()]


def save(path: str) -> bool:
    _document.setBatchmode(True)
    done = _document.exportImage(path, InfoObject()) if not path.endswith(".kra") else _document.saveAs(path)
    _document.waitForDone()
    return done


def add_layer(name: str, kind: str = "paintlayer", parent: str = "") -> None:
    new = _document.createTransparencyMask(name) if kind == "transparencymask" else _document.createNode(name, kind)
    (layer_named(parent) if parent else _document.rootNode()).addChildNode(new, None)
    _document.setActiveNode(new)
    _document.waitForDone()
    wait(0.05)


def _layers():
    return [node for node in _document.rootNode().childNodes() if "mask" not in node.type()]


def layer_named(name: str):
    found = _document.nodeByName(name)
    if found is None:
        raise LookupError(f"no layer {name!r}; there are {stack()}")
    return found


def stack() -> list[str]:
    """The names of the layers, the lowest first."""
    return [node.name() for node in _layers()]


def layer(name: str) -> dict:
    node = layer_named(name)
    rect = node.bounds()
    space = [node.colorModel(), node.colorDepth(), node.colorProfile()]
    bounds = [rect.x(), rect.y(), rect.width(), rect.height()]
    return {"space": space, "bounds": bounds, "type": node.type(), "visible": node.visible()}


def group_of(name: str) -> list[str]:
    """The names of the layers in a group, the lowest first, each invisible one in brackets."""
    inside = layer_named(name).childNodes()
    return [node.name() if node.visible() else f"({node.name()})" for node in inside]


def profiles(model: str, depth: str) -> list[str]:
    return list(Krita.instance().profiles(model, depth))


def profile(path: str, model: str, depth: str, name: str) -> None:
    """Writes to ``path`` the bytes that the plugin sends for a profile."""
    from overpaint.canvas.spaces import KritaSpace, profile_bytes

    work = profile_bytes(KritaSpace(model, depth, name))
    while True:
        try:
            next(work)
        except StopIteration as done:
            Path(path).write_bytes(done.value)
            return


def convert_layer(name: str, model: str, depth: str, profile: str) -> None:
    layer_named(name).setColorSpace(model, depth, profile)


def paint(name: str, path: str, x: int, y: int, width: int, height: int) -> None:
    """The bytes of the file ``path``, in the layer's own format."""
    layer_named(name).setPixelData(QByteArray(Path(path).read_bytes()), x, y, width, height)
    _document.refreshProjection()
    _document.waitForDone()


def pixels(name: str, path: str, x: int, y: int, width: int, height: int) -> None:
    """Writes the layer's bytes of that rectangle to ``path``."""
    Path(path).write_bytes(bytes(layer_named(name).pixelData(x, y, width, height)))


def seen(path: str, x: int, y: int, width: int, height: int) -> None:
    """Writes the bytes of the whole picture, as it looks, to ``path``."""
    _document.waitForDone()
    Path(path).write_bytes(bytes(_document.pixelData(x, y, width, height)))


def activate(name: str) -> None:
    _document.setActiveNode(layer_named(name))
    _document.waitForDone()
    wait(0.1)


def active_name() -> str:
    return _document.activeNode().name()


def lock(name: str, locked: bool = True) -> None:
    layer_named(name).setLocked(locked)


def rename(name: str, to: str) -> None:
    layer_named(name).setName(to)


def remove(name: str) -> None:
    layer_named(name).remove()
    _document.waitForDone()
    wait(SETTLING_S)


def hide(name: str) -> None:
    layer_named(name).setVisible(False)


def select(path: str, x: int, y: int, width: int, height: int) -> None:
    """A selection of one byte a pixel."""
    selection = Selection()
    selection.setPixelData(QByteArray(Path(path).read_bytes()), x, y, width, height)
    _document.setSelection(selection)
    wait(0.1)


def deselect() -> None:
    _document.setSelection(None)
    wait(0.1)


def selection(path: str, x: int, y: int, width: int, height: int) -> bool:
    """Writes the selection to ``path``; False where there is none."""
    chosen = _document.selection()
    if chosen is None:
        return False
    Path(path).write_bytes(bytes(chosen.pixelData(x, y, width, height)))
    return True


def annotations() -> dict[str, str]:
    return {name: bytes(_document.annotation(name)).decode("latin-1") for name in _document.annotationTypes()}
