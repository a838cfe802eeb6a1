"""How layers are shown, said in the words of ``client/reading.py``, and where among them an answer can stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from krita import Node

from ..server.client.reading import State
from .documents import id_of, upwards

PAINTED = {"paintlayer"}
"""Nodes with pixels of their own; of the others the projection (what one sees of them) is read."""

MASKS = {"transparencymask", "filtermask", "transformmask", "colorizemask"}

HIDING = {"transparencymask"}

DISPLACING = {"wave", "smalltiles", "raindrops"}
"""Filters that show a pixel somewhere else than where it lies."""

POSITIONED = {"paintlayer", "vectorlayer", "filelayer", "filllayer", "filterlayer"}
"""What Krita moves by its ``position``; groups and clones move with what is in them."""


def is_pass_through(node: Node) -> bool:
    """Whether what is in this group is shown as if it lay beside it."""
    return bool(node.type() == "grouplayer" and node.passThroughMode())


def is_plain(node: Node) -> bool:
    """Whether it looks, by itself, as its own pixels say."""
    return node.type() in PAINTED and not any(visible_masks(node))


def state_of(node: Node) -> State:
    """A style reaches beyond the layer's pixels and is no part of its projection; a filter layer or a pass-through
    group is nothing by itself: all three count as blend modes of their own."""
    plain = node.blendingMode() == "normal" and not is_pass_through(node) and not node.layerStyleToAsl()
    whole = all(channel.visible() for channel in node.channels())
    masked = any(True for _ in visible_masks(node))
    return State(node.opacity() / 255, plain and whole, node.inheritAlpha(), masked)


def visible_masks(node: Node) -> Iterator[Node]:
    """Those that change how it looks; a pass-through group's do nothing."""
    if not is_pass_through(node):
        yield from (one for one in node.childNodes() if one.type() in MASKS and one.visible())


def is_displaced(node: Node) -> bool:
    """Whether its masks show it somewhere else than where it lies."""
    return any(one.type() == "transformmask" or _filter_of(one) in DISPLACING for one in visible_masks(node))


def _filter_of(mask: Node) -> str:
    return mask.filter().name() if mask.type() == "filtermask" else ""


def local_selection(node: Node) -> Node | None:
    """The layer's own selection mask, which in Krita goes before the selection of the picture."""
    return next((one for one in reversed(node.childNodes()) if one.type() == "selectionmask" and one.visible()), None)


def standing(node: Node) -> Node:
    """What an answer can lie directly above: the layer, or the outermost group around it that is locked, that shows
    what is in it somewhere else, or through which all that is in it shows only faintly."""
    found = node
    for group in upwards(node.parentNode()):
        if group.locked() or is_displaced(group) or (is_pass_through(group) and group.opacity() < 255):
            found = group
    return found


def container(node: Node) -> Node:
    """The group in which Krita puts the node together with what lies beside it: pass-through groups are none."""
    group = node.parentNode()
    while is_pass_through(group):
        group = group.parentNode()
    return group


def containers(node: Node) -> list[Node]:
    """All of them, the innermost first; the last is the document's root."""
    found = [container(node)]
    while found[-1].parentNode() is not None:
        found.append(container(found[-1]))
    return found


def above(node: Node, until: Node) -> Iterator[Node]:
    """What is drawn over the node within the group ``until``, and that group's own masks."""
    while id_of(node) != id_of(until):
        parent = node.parentNode()
        yield from _after(node, parent.childNodes())
        yield from (one for one in parent.childNodes() if one.type() in MASKS and id_of(parent) == id_of(until))
        node = parent


def below(node: Node, until: Node) -> Iterator[Node]:
    """What is drawn under the node within the group ``until``."""
    while id_of(node) != id_of(until):
        parent = node.parentNode()
        yield from _after(node, list(reversed(parent.childNodes())))
        node = parent


def _after(node: Node, siblings: list[Node]) -> list[Node]:
    at = next(index for index, one in enumerate(siblings) if id_of(one) == id_of(node))
    return [one for one in siblings[at + 1 :] if "mask" not in one.type()]


def all_of(node: Node) -> list[Node]:
    """What one sees of the node itself."""
    return list(_seen_in(node, set()))


def drawn(until: Node, hidden: Iterable[Node]) -> list[Node]:
    """What one sees of the group ``until`` without the ``hidden``."""
    left_out = {id_of(one) for one in hidden}
    return [one for one in until.childNodes() for one in _seen_in(one, left_out)]


def _seen_in(node: Node, left_out: set[str]) -> Iterator[Node]:
    if node.visible() and id_of(node) not in left_out and node.type() != "selectionmask":
        yield node
        for one in node.childNodes():
            yield from _seen_in(one, left_out)
