"""Documents of many kinds of layers, put together from a description, and what happens to them while an edit runs."""

from __future__ import annotations

from pathlib import Path

from krita import InfoObject, Krita, ManagedColor, Selection

from . import documents
from .documents import SETTLING_S, current, layer_named
from .qt import QByteArray
from .waiting import wait


def build(layers: list[dict], width: int, height: int) -> None:
    """A document of ``layers``, the lowest first. Each: name, kind, colour (bytes of a pixel) or path with rect,
    opacity, mode, inherit, through (a pass-through group), locked, hidden, style, masks, inside, and above that
    ``source``."""
    documents.new_document(width, height)
    for node in current().topLevelNodes():
        node.remove()
    for one in layers:
        _add(one, current().rootNode())
    _settle()


def _settle() -> None:
    current().refreshProjection()
    current().waitForDone()
    wait(0.3)


def _everything() -> Selection:
    chosen = Selection()
    chosen.select(0, 0, current().width(), current().height(), 255)
    return chosen


def _add(one: dict, parent) -> None:
    node = _make(one)
    parent.addChildNode(node, None)
    if one["kind"] == "vector":
        node.addShapesFromSvg(one["svg"])
    for inner in one.get("inside", ()):
        _add(inner, node)
    for mask in one.get("masks", ()):
        made = _mask(mask)
        node.addChildNode(made, None)
        if mask["kind"] == "colorize":
            _colour(made, mask["strokes"])
    _shown(node, one)


def _make(one: dict):
    document, kind, name = current(), one["kind"], one["name"]
    if kind == "group":
        return document.createGroupLayer(name)
    if kind == "vector":
        return document.createVectorLayer(name)
    if kind == "clone":
        return document.createCloneLayer(name, layer_named(one["of"]))
    if kind == "file":
        return document.createFileLayer(name, one["path"], "None")
    if kind == "filter":
        return document.createFilterLayer(name, _filter(one), _everything())
    if kind == "fill":
        return document.createFillLayer(name, one["generator"], _settings(one["settings"], InfoObject()), _everything())
    node = document.createNode(name, "paintlayer")
    x, y, w, h = one["rect"]
    data = Path(one["path"]).read_bytes() if "path" in one else bytes(one["colour"]) * (w * h)
    node.setPixelData(QByteArray(data), x, y, w, h)
    return node


def _mask(mask: dict):
    document = current()
    if mask["kind"] == "filter":
        return document.createFilterMask("Filter", _filter(mask), _everything())
    if mask["kind"] == "transform":
        made = document.createTransformMask("Transform")
        made.fromXML(mask["xml"])
        return made
    if mask["kind"] == "colorize":
        return document.createColorizeMask("Colorize")
    chosen = Selection()
    chosen.select(*mask["rect"], mask.get("value", 255))
    made = document.createSelectionMask("Local") if mask["kind"] == "selection" else None
    made = made or document.createTransparencyMask("Mask")
    made.setSelection(chosen)
    return made


def _filter(one: dict):
    made = Krita.instance().filter(one["filter"])
    made.setConfiguration(_settings(one["settings"], made.configuration())) if "settings" in one else None
    return made


def _settings(values: dict, settings: InfoObject) -> InfoObject:
    for key, value in values.items():
        settings.setProperty(key, value)
    return settings


def _colour(mask, strokes: list) -> None:
    """Each stroke: the four samples of its colour, 0 to 1, and its rectangle."""
    colours = []
    for samples, _ in strokes:
        colours.append(ManagedColor("RGBA", "U8", ""))
        colours[-1].setComponents([float(one) for one in samples])
    mask.initializeKeyStrokeColors(colours)
    for colour, (_, (x, y, w, h)) in zip(colours, strokes):  # noqa: B905  # both were made here
        mask.setKeyStrokePixelData(QByteArray(b"\xff" * (w * h)), colour, x, y, w, h)
    mask.setEditKeyStrokes(False)
    mask.updateMask(True)
    current().waitForDone()
    wait(0.5)


def _shown(node, one: dict) -> None:
    node.setOpacity(one.get("opacity", 255))
    node.setLayerStyleFromAsl(one["style"]) if "style" in one else None
    node.setBlendingMode(one["mode"]) if "mode" in one else None
    node.setInheritAlpha(one.get("inherit", False))
    if one.get("through"):
        node.setPassThroughMode(True)
    node.setLocked(one.get("locked", False))
    node.setVisible(not one.get("hidden", False))


def places() -> list:
    """The tree of layers, the lowest first: (name, what is in it), a hidden one in brackets."""
    return [_place(one) for one in current().rootNode().childNodes() if "mask" not in one.type()]


def _place(node):
    name = node.name() if node.visible() else f"({node.name()})"
    inside = [_place(one) for one in node.childNodes() if "mask" not in one.type()]
    return [name, inside] if inside else name


def shown(name: str) -> dict:
    node = layer_named(name)
    state = {"opacity": node.opacity(), "mode": node.blendingMode(), "inherit": node.inheritAlpha()}
    return {**state, "animated": node.animated()}


def show_again(name: str, opacity: int) -> None:
    layer_named(name).setOpacity(opacity)
    _settle()


# --- while an edit runs ------------------------------------------------------------------------------


def resize_canvas(x: int, y: int, width: int, height: int) -> None:
    current().resizeImage(x, y, width, height)
    _settle()


def scale_picture(width: int, height: int) -> None:
    current().scaleImage(width, height, 72, 72, "Bilinear")
    _settle()


def trigger(name: str) -> None:
    """An action of Krita's own that changes the picture, such as mirrorImageHorizontal."""
    Krita.instance().action(name).trigger()
    current().waitForDone()
    wait(SETTLING_S)


def move_layer(name: str, x: int, y: int) -> None:
    layer_named(name).move(x, y)
    _settle()


def convert_picture(model: str, depth: str, profile: str) -> None:
    current().setColorSpace(model, depth, profile)
    _settle()


def animate(name: str, frame: int) -> None:
    """Gives the layer a second frame, alike, and goes there."""
    layer_named(name).enableAnimation()
    current().setActiveNode(layer_named(name))
    current().setCurrentTime(frame)
    current().waitForDone()
    wait(0.5)
    trigger("add_duplicate_frame")


def isolate(name: str) -> bool:
    """Shows the layer alone, or everything again."""
    current().setActiveNode(layer_named(name))
    wait(0.2)
    trigger("isolate_active_layer")
    return Krita.instance().action("isolate_active_layer").isChecked()
