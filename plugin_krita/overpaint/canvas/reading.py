"""Reading a layer as it looks and its selection, and showing what comes back."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace
from functools import partial

from krita import Document, Node

from ..qt import QByteArray
from ..server.client.reading import Look, Reading, Sight, Veil, reach, shown_through
from ..server.client.wording import problem
from ..server.wire.geometry import Bounds
from .blocks import rows
from .documents import find_node, id_of, still_there, upwards
from .earlier import EarlierAnswers
from .ground import at_rest, copied
from .looks import (
    HIDING,
    above,
    all_of,
    below,
    containers,
    drawn,
    is_displaced,
    is_pass_through,
    standing,
    state_of,
    visible_masks,
)
from .source import KritaSource, check_still
from .spaces import KritaSpace
from .taking import Fit, Pixels, look, take, taken_mask
from .whereabouts import whereabouts


def read(source: KritaSource, crop: Bounds, edited: Bounds) -> Generator[bool | None, None, Pixels]:
    """The crop of what is to be read, and of the selection. ``edited``: where the answer will be, about. A colour space
    that the server has no name for, or whose profile cannot be had, is converted to 16-bit sRGB by Krita."""
    yield from at_rest(source.document_id)
    document, node = still_there(source)
    if source.reading is Reading.VISIBLE:
        pixels = yield from _read_visible(source, document, crop, edited)
    else:
        pixels = yield from _read_layer(source, document, node, crop, edited)
    mask = (yield from taken_mask(source.chosen, crop)) if source.chosen is not None else None
    return replace(pixels, mask=mask)


# --- the visible picture ---------------------------------------------------------------------------


def _read_visible(
    source: KritaSource, document: Document, crop: Bounds, edited: Bounds
) -> Generator[bool | None, None, Pixels]:
    """On top of everything; of the root, for a document has another picture while a layer is isolated."""
    root = document.rootNode()
    made = find_node(document, source.again) if source.again else None
    hidden = [made, *above(made, root)] if made is not None else []
    read_nodes = drawn(root, hidden)
    check_still(read_nodes)
    fit, root_id = Fit("", whereabouts(document, read_nodes, root, crop)), id_of(root)
    ground = yield from copied(source.document_id, [id_of(one) for one in hidden])
    try:
        pixels, sight = yield from take(
            source.name, KritaSpace.of(document), crop, edited, partial(ground.block, root_id)
        )
    finally:
        ground.close()
    return replace(pixels, fit=replace(fit, clipped=not sight.opaque))


# --- the layer as it looks -------------------------------------------------------------------------


def _read_layer(
    source: KritaSource, document: Document, node: Node, crop: Bounds, edited: Bounds
) -> Generator[bool | None, None, Pixels]:
    stand = _stand(source, document, node, crop)
    answers = _answers_seen(source, document, stand, crop)
    if source.selection is not None and not source.fills:
        yield from _check_content(source, [node, *answers])
    if state_of(stand).look is not Look.BELOW and not answers:
        pixels, sight = yield from _read_alone(source, document, stand, crop, edited)
        if source.selection is None or sight.opaque:
            return pixels
        document, node = still_there(source)
        stand = _stand(source, document, node, crop)
    return (yield from _read_on_ground(source, document, stand, crop, edited))


def _stand(source: KritaSource, document: Document, node: Node, crop: Bounds) -> Node:
    """What the answer can lie directly above, with no earlier answer over it: one may lie outside the layer's group."""
    found = standing(node)
    for group in upwards(found.parentNode()):
        if _answers_seen(source, document, group, crop):
            found = group
    return found


def _answers_seen(source: KritaSource, document: Document, stand: Node, crop: Bounds) -> list[Node]:
    found = EarlierAnswers(document).above(stand, source.node_id, source.again)
    return [one for one in found if one.visible() and not _extent(one).intersect(crop).empty]


def _extent(node: Node) -> Bounds:
    rect = node.bounds()
    return Bounds(rect.x(), rect.y(), rect.width(), rect.height())


def _check_content(source: KritaSource, nodes: Iterable[Node]) -> Generator[bool | None, None, None]:
    """Raises ``OverpaintError`` where neither the layer nor an answer above it has pixels in the selection: a person
    is on another layer than the one looked at."""
    assert source.selection is not None
    part = source.selection.intersect(source.area)
    for node in nodes:
        if node.type() == "filterlayer" or is_pass_through(node):
            return
        space = KritaSpace.of(node)
        for strip in rows(part, space.pixel_bytes):
            if any(any(one) for one in space.alphas(bytes(look(node, strip)))):
                return
            yield None
            still_there(source)  # a document that has gone is read as empty, or not at all
    if not part.empty:
        raise problem(
            "‘{name}’ has no pixels where you selected.",
            "Choose the layer with the picture, or read “The visible picture” (in the settings).",
            name=source.name,
        )


def _read_alone(
    source: KritaSource, document: Document, stand: Node, crop: Bounds, edited: Bounds
) -> Generator[bool | None, None, tuple[Pixels, Sight]]:
    """What the layer is by itself, through its masks."""
    fit = Fit(id_of(stand), whereabouts(document, all_of(stand), stand, crop), own=True)
    veil = yield from _veil(source, stand, crop)
    stand_id = id_of(stand)

    def block(strip: Bounds) -> QByteArray:
        now, _ = still_there(source)
        there = find_node(now, stand_id)
        if there is None:
            raise problem(
                "‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name=source.name
            )
        return look(there, strip)

    pixels, sight = yield from take(source.name, KritaSpace.of(stand), crop, edited, block)
    return replace(pixels, fit=replace(fit, veil=veil)), sight


# --- with what it lies on --------------------------------------------------------------------------


def _read_on_ground(
    source: KritaSource, document: Document, stand: Node, crop: Bounds, edited: Bounds
) -> Generator[bool | None, None, Pixels]:
    """The layer and its answers together with what lies below them, as far out of its groups as it takes for the answer
    to hide that. Where one sees through even that, the answer is clipped to it; and where a group around shows what is
    in it in another way, the answer goes above that group."""
    outwards = containers(stand)
    levels = outwards[: reach(state_of(one) for one in outwards) + 1]
    answers = _answers_seen(source, document, stand, crop)
    top, whole = answers[-1] if answers else stand, source.selection is None
    alone = whole and state_of(stand).look is not Look.BELOW
    levels = levels[:1] if alone else levels
    hidden = [*above(top, levels[-1]), *(below(stand, levels[-1]) if alone else ())]
    read_nodes = drawn(levels[-1], hidden)
    check_still(read_nodes)
    fit = Fit(id_of(stand), whereabouts(document, read_nodes, stand, crop), clipped=stand.inheritAlpha())
    fit = replace(fit, veil=(yield from _veil(source, stand, crop)))
    space, level_ids, outer_id = KritaSpace.of(document), [id_of(one) for one in levels], id_of(levels[-1])
    enclosed = levels[-1].parentNode() is not None
    ground = yield from copied(source.document_id, [id_of(one) for one in hidden])
    try:
        pixels, sight = yield from take(source.name, space, crop, edited, partial(ground.block, level_ids[0]))
        for level_id in () if alone or sight.opaque else level_ids[1:]:
            further, seen = yield from take(source.name, space, crop, edited, partial(ground.block, level_id))
            if seen.opaque:
                return replace(further, fit=fit)
    finally:
        ground.close()
    if alone or sight.opaque:
        return replace(pixels, fit=fit)
    if not enclosed or fit.clipped or sight.even:
        return replace(pixels, fit=replace(fit, clipped=True))
    document, _ = still_there(source)
    outer = find_node(document, outer_id)
    if outer is None:
        raise problem(
            "‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name=source.name
        )
    return (yield from _read_on_ground(source, document, outer, crop, edited))


def _veil(source: KritaSource, stand: Node, crop: Bounds) -> Generator[bool | None, None, Veil | None]:
    """What the layer's masks hide stays hidden; an edit of a whole layer that is seen together with what lies below it
    stays within the layer."""
    hiding = [id_of(one) for one in visible_masks(stand) if one.type() in HIDING]
    within = source.selection is None and state_of(stand).look is Look.BELOW and stand.type() != "filterlayer"
    within = within or (bool(hiding) and is_displaced(stand))  # a mask may hide what is shown somewhere else
    if not hiding and (not within or is_pass_through(stand)):
        return None
    stand_id, shown = id_of(stand), bytearray()
    for strip in rows(crop, 1):
        document, _ = still_there(source)
        masks = [found for one in hiding if (found := find_node(document, one)) is not None]
        parts = [bytes(one.pixelData(strip.x, strip.y, strip.width, strip.height)) for one in masks]
        there = find_node(document, stand_id)
        if within and there is not None:
            parts.append(KritaSpace.of(there).covered(bytes(look(there, strip))))
        shown += shown_through(parts, strip.extent.pixels)
        yield None
    return Veil(crop, bytes(shown))
