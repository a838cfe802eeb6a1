"""Where things lie above one another: how a layer is shown, the answers that lie on it, and where a new one goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import notes
from gi.repository import Gimp
from notes import Note

from server.client.reading import State
from server.wire.geometry import Bounds

from .pixels import bounds_of, shows_in

RECIPE = "overpaint-recipe"
"""Name of the parasite (GIMP's word for a note in a layer) that holds how the layer was made."""

NORMAL = (Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY)
UNION = (Gimp.LayerCompositeMode.AUTO, Gimp.LayerCompositeMode.UNION)


@dataclass(frozen=True)
class StackPlace:
    """Between two layers: everything of ``parent`` (None: of the image) from ``position`` on lies below. 0: the top."""

    parent: Gimp.Layer | None
    position: int


TOP = StackPlace(None, 0)


def any_layer(image: Gimp.Image) -> Gimp.Layer:
    """One of its layers; where it has none, one that is not put into it. All of an image have one colour space."""
    gray = image.get_base_type() == Gimp.ImageBaseType.GRAY
    kind = Gimp.ImageType.GRAYA_IMAGE if gray else Gimp.ImageType.RGBA_IMAGE
    layers = image.get_layers()
    return layers[0] if layers else Gimp.Layer.new(image, "", 1, 1, kind, 100.0, Gimp.LayerMode.NORMAL)


def chosen(image: Gimp.Image) -> list[Gimp.Item]:
    """The layers that are chosen in ``image``, or the channels: where one of these is, no layer is."""
    return list(image.get_selected_channels() or image.get_selected_layers())


def choose(image: Gimp.Image, items: Sequence[Gimp.Item]) -> None:
    """What ``chosen`` gave."""
    if any(item.is_channel() for item in items):
        image.set_selected_channels(items)
    else:
        image.set_selected_layers(items)


def beside(image: Gimp.Image, parent: Gimp.Layer | None) -> list[Gimp.Layer]:
    """The layers and groups in ``parent`` (None: in the image itself), the topmost first."""
    return list(parent.get_children() if parent is not None else image.get_layers())


def around(layer: Gimp.Layer) -> Iterator[Gimp.Layer]:
    """The groups that ``layer`` is in, the innermost first."""
    group = layer.get_parent()
    while group is not None:
        yield group
        group = group.get_parent()


def state(layer: Gimp.Layer) -> State:
    """How it is shown."""
    return State(
        opacity=layer.get_opacity() / 100,
        normal=layer.get_mode() in NORMAL,
        clipped=layer.get_composite_mode() not in UNION,
        masked=masked(layer) or any(each.get_visible() for each in layer.get_filters()),
    )


def masked(layer: Gimp.Layer) -> bool:
    return layer.get_mask() is not None and layer.get_apply_mask()


def passes_through(group: Gimp.Layer) -> bool:
    return group.get_mode() == Gimp.LayerMode.PASS_THROUGH


def note_text(layer: Gimp.Layer) -> str:
    """The recipe text of a layer that we made, empty for any other."""
    found = layer.get_parasite(RECIPE)
    return bytes(found.get_data()).decode(errors="replace") if found is not None else ""


def note(layer: Gimp.Layer) -> Note | None:
    """How we made it; None for what we did not make."""
    return notes.read(note_text(layer))


def tattoo(layer: Gimp.Layer | None) -> int:
    """GIMP's number for a layer, which lasts as long as the file; 0 for none, or one that has been removed."""
    return layer.get_tattoo() if layer is not None and layer.is_valid() else 0


def everything(image: Gimp.Image) -> Iterator[Gimp.Layer]:
    """All layers and groups, wherever they are."""
    waiting = list(image.get_layers())
    while waiting:
        item = waiting.pop()
        yield item
        if item.is_group():
            waiting += item.get_children()


def answers(image: Gimp.Image) -> frozenset[int]:
    """Tattoos of all layers that we made."""
    return frozenset(item.get_tattoo() for item in everything(image) if item.get_parasite(RECIPE) is not None)


def layer_with(image: Gimp.Image, number: int) -> Gimp.Layer | None:
    """The layer with that ``tattoo``, None where it is gone."""
    return image.get_layer_by_tattoo(number) if number else None


def answers_on(item: Gimp.Layer, number: int) -> bool:
    """Whether ``item`` is an answer (or a group of answers) made from the layer with that ``tattoo``, or from all that
    was visible, or from what nobody knows any more."""
    parts = item.get_children() if item.is_group() else [item]
    made = [found for part in parts if (found := note(part)) is not None]
    return any(each.source in (number, 0) for each in made)


def answers_from(layer: Gimp.Layer) -> frozenset[int]:
    """Tattoos of the answer ``layer`` and of those beside it that lie above it."""
    image = layer.get_image()
    own = next((group for group in around(layer) if _holds_answers(group)), layer)
    siblings = beside(image, own.get_parent())
    higher = (item for item in siblings[: siblings.index(own)] if _holds_answers(item))
    return frozenset(item.get_tattoo() for item in (own, *higher))


def _holds_answers(item: Gimp.Layer) -> bool:
    parts = item.get_children() if item.is_group() else [item]
    return any(part.get_parasite(RECIPE) is not None for part in parts)


def base_of(layer: Gimp.Layer) -> Gimp.Layer:
    """What an answer was made from, where it still lies on that: whoever chooses the answer means both as they look.
    Any other layer itself."""
    made = note(layer)
    base = layer_with(layer.get_image(), made.source) if made is not None else None
    if base is None or base.is_group() or not base.get_visible():
        return layer
    siblings = beside(layer.get_image(), base.get_parent())
    own = next((item for item in (layer, *around(layer)) if item in siblings), None)
    return base if own is not None and siblings.index(own) < siblings.index(base) else layer


def above(layer: Gimp.Layer, part: Bounds) -> StackPlace:
    """Where a new answer goes: directly above ``layer`` and the answers that lie on it, and above every other answer
    of its that is seen in ``part``, for under that it would not be seen."""
    image, number = layer.get_image(), tattoo(layer)
    siblings = beside(image, layer.get_parent())
    position = siblings.index(layer)
    while position and answers_on(siblings[position - 1], number):
        position -= 1
    place = StackPlace(layer.get_parent(), _covering(siblings[:position], number, part, position))
    for group in around(layer):
        siblings = beside(image, group.get_parent())
        position = siblings.index(group)
        covering = _covering(siblings[:position], number, part, position)
        if covering < position:
            place = StackPlace(group.get_parent(), covering)
    return place


def _covering(over: list[Gimp.Layer], number: int, part: Bounds, position: int) -> int:
    for index, item in enumerate(over):
        if item.get_visible() and answers_on(item, number) and shows_in(item, part):
            return index
    return position


def between(layer: Gimp.Layer, place: StackPlace) -> list[Gimp.Layer]:
    """What lies above ``layer`` and below ``place``, in the group of ``place``."""
    siblings = beside(layer.get_image(), place.parent)
    own = next(item for item in (layer, *around(layer)) if item in siblings)
    return siblings[place.position : siblings.index(own)]


def lies_on_something(layer: Gimp.Layer, part: Bounds) -> bool:
    """Whether anything visible lies below ``layer`` in ``part``, as far as one sees it through the layer."""
    item: Gimp.Layer | None = layer
    while item is not None:
        siblings = beside(layer.get_image(), item.get_parent())
        under = siblings[siblings.index(item) + 1 :]
        if any(each.get_visible() and not bounds_of(each).intersect(part).empty for each in under):
            return True
        group = item.get_parent()
        item = group if group is not None and passes_through(group) else None
    return False
