"""What the actions, the docker and scripts have in common: from a layer and a wish to a job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from . import canvas, record
from .answers import first_shown
from .controller import Controller
from .job import KritaJob
from .server.client.combining import Combining
from .server.client.followed import Then
from .server.client.reading import Reading
from .server.client.recipes import another_variation
from .server.client.roles import (
    best,
    check_words,
    explores,
    goes_on,
    named,
    needs_of,
    no_method,
    points_out,
    reaches_beyond,
    role_of,
)
from .server.client.strengths import swept
from .server.client.translation import tr
from .server.wire.errors import Code, OverpaintError
from .server.wire.geometry import Bounds
from .server.wire.offers import Need, Role
from .server.wire.recipe import Click, Recipe
from .server.wire.sides import SIDES


def run(
    controller: Controller,
    document: canvas.Document | None,
    node: canvas.Node | None,
    recipe: Recipe,
    then: Then = Then.CHOOSE,
    reading: Reading = Reading.LAYER,
    combining: Combining = Combining.REPLACE,
    references: Iterable[canvas.Node] = (),
) -> KritaJob:
    """Edits ``node`` as ``recipe`` says. ``combining``: what becomes of the selection, where the answer is one.
    references: further layers to look at. Raises ``OverpaintError`` for what cannot be begun."""
    check_words(recipe, controller.offers)
    recipe = with_room(controller, document, recipe)
    source = canvas.capture(document, node, wish_for(controller, recipe.method, reading, recipe.points))
    return controller.begin(source, recipe, then, combining, canvas.noted(document, references))


def begin(
    controller: Controller,
    document: canvas.Document | None,
    node: canvas.Node | None,
    recipe: Recipe,
    reading: Reading,
    combining: Combining,
) -> KritaJob:
    """As ``run``, for a person who will choose: on a slider of edit strengths, where the method has one. What else is
    selected in the layer list is looked at, where the method does that."""
    references = to_look_at(controller, document, node, recipe)
    if not explores(recipe.method, controller.offers):
        return run(controller, document, node, recipe, Then.CHOOSE, reading, combining, references)
    wanted = swept(recipe, first_shown())
    return run(controller, document, node, wanted, Then.EXPLORE, reading, combining, references)


def to_look_at(
    controller: Controller, document: canvas.Document | None, node: canvas.Node | None, recipe: Recipe
) -> list[canvas.Node]:
    """What else is selected in the layer list, where what will be done looks at it."""
    offer = named(recipe.method, controller.offers)
    takes = offer is not None and offer.takes_references(recipe.model)
    return canvas.also_selected(document, node) if takes else []


def wish_for(
    controller: Controller, method: str, reading: Reading, clicks: tuple[Click, ...] = ()
) -> canvas.CaptureOptions:
    """What has to be captured for ``method``. clicks: places that were pointed at, instead of by a selection."""
    needs_selection = Need.SELECTION in needs_of(method, controller.offers)
    whole, beyond = (asked(method, controller.offers) for asked in (reaches_beyond, goes_on))
    pointing = points_out(method, controller.offers) and not clicks
    fills = role_of(method, controller.offers) is Role.REPLACE
    return canvas.CaptureOptions(
        needs_selection, whole=whole, beyond=beyond, pointing=pointing, reading=reading, fills=fills
    )


def with_room(controller: Controller, document: canvas.Document | None, recipe: Recipe) -> Recipe:
    """``recipe`` with the room that a selection beyond the canvas asks for, where it continues the picture and says
    nothing itself."""
    said = {extra.name for extra in recipe.extras} & {side.name for side in SIDES}
    if said or not goes_on(recipe.method, controller.offers):
        return recipe
    return replace(recipe, extras=(*recipe.extras, *canvas.room_selected(document)))


def run_again(
    controller: Controller, document: canvas.Document | None, node: canvas.Node | None, another: bool
) -> KritaJob:
    """Does the edit that made ``node`` once more, or the last one; ``another``: with a new seed.

    On the layer it was made from where that still exists, with the present selection or, without one, the stored one.
    """
    if document is None:
        raise OverpaintError(Code.HOST, tr("No picture is open."), tr("Open one, and select the part to edit."))
    made = _record(document, node)
    if made is None or node is None:
        return _last_again(controller, document, node, another)
    recipe = another_variation(made.made.recipe) if another else made.made.recipe
    target = canvas.find_node(document, made.source_id) or node
    wish = replace(wish_for(controller, recipe.method, made.made.reading), selected=_selection(document, node, made))
    if goes_on(recipe.method, controller.offers):  # the canvas has grown since
        wish = replace(wish, part=_part(document, node, made))
    again = canvas.id_of(node) if target is not node else ""
    looked_at = canvas.found_again(document, made.references)
    return _begin_again(controller, document, target, recipe, replace(wish, again=again), references=looked_at)


def _last_again(controller: Controller, document: canvas.Document, node: canvas.Node | None, another: bool) -> KritaJob:
    """The last edit; where it was one of this document, of the layer that it was made from."""
    last = controller.last
    if last is None:
        raise OverpaintError(
            Code.HOST,
            tr("There is no earlier edit to do again."),
            tr("Choose a layer that Overpaint made, or make a first edit."),
        )
    recipe = another_variation(last.recipe) if another else last.recipe
    here = canvas.find_node(document, last.source.node_id)
    wish = wish_for(controller, recipe.method, last.source.reading)
    if here is not None and here.visible() and last.node_ids:
        wish = replace(wish, again=last.node_ids[0])
    looked_at = canvas.found_again(document, (one.node_id for one in last.references))
    return _begin_again(controller, document, here or node, recipe, wish, last.combining, looked_at)


def _begin_again(
    controller: Controller,
    document: canvas.Document,
    node: canvas.Node | None,
    recipe: Recipe,
    wish: canvas.CaptureOptions,
    combining: Combining = Combining.REPLACE,
    references: Iterable[canvas.Node] = (),
) -> KritaJob:
    source, looked_at = canvas.capture(document, node, wish), canvas.noted(document, references)
    then = Then.EXPLORE if len(recipe.eta) > 1 else Then.CHOOSE
    return controller.begin(source, recipe, then, combining, looked_at)


def _record(document: canvas.Document | None, node: canvas.Node | None) -> record.LayerRecord | None:
    if document is None or node is None:
        return None
    return record.load(canvas.kept(document, record.kind(canvas.id_of(node))))


def _part(document: canvas.Document, node: canvas.Node, made: record.LayerRecord) -> Bounds | None:
    """What was read then, where that lies now; None where it was turned or scaled since."""
    shift = made.place.shift(canvas.place_of(document, node)) if made.place is not None else (0, 0)
    return made.made.crop.shifted(*shift) if shift else None


def _selection(document: canvas.Document, node: canvas.Node, made: record.LayerRecord) -> canvas.Selection | None:
    """What was selected then, where the answer lies now; None where it was turned or scaled since."""
    packed = canvas.kept(document, record.selection_kind(canvas.id_of(node)))
    mask = record.unpack(packed, made.made.crop)
    shift = made.place.shift(canvas.place_of(document, node)) if made.place is not None else (0, 0)
    return canvas.selection_of(mask, made.made.crop.shifted(*shift)) if mask is not None and shift else None


def recipe_for(controller: Controller, role: Role, prompt: str = "") -> Recipe:
    """Of the method to take for ``role``. Raises ``OverpaintError`` where the server has none."""
    method = best(role, controller.offers, worded=bool(prompt.strip()))
    if not method:
        raise no_method()
    return Recipe(method, prompt)
