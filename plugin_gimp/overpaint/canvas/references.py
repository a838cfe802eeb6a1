"""Further layers that a model is to look at: each as it looks by itself, through its mask and its filters, whether it
is shown or not. Its opacity and mode are between it and what lies below, and play no part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gi.repository import Gimp

from server.client.submission import Reference
from server.client.wording import problem

from . import stack, twin
from .pixels import bounds_of, profile, read, shows_in
from .source import check_image


def layers_in(config: Gimp.ProcedureConfig, name: str) -> tuple[Gimp.Layer, ...]:
    """Those of the argument ``name`` that are still there."""
    return tuple(layer for layer in config.get_core_object_array(name) or () if layer.is_valid())


def choosable(image: Gimp.Image, drawables: Iterable[Gimp.Drawable]) -> list[Gimp.Layer]:
    """The layers and groups that a person may have looked at beside ``drawables``, the topmost first."""
    edited = {stack.tattoo(drawable) for drawable in drawables if drawable.is_layer()}
    return [layer for layer in _downwards(image) if layer.get_tattoo() not in edited]


def _downwards(image: Gimp.Image, parent: Gimp.Layer | None = None) -> Iterator[Gimp.Layer]:
    for layer in stack.beside(image, parent):
        yield layer
        if layer.is_group():
            yield from _downwards(image, layer)


def found_again(image: Gimp.Image, tattoos: Iterable[int]) -> tuple[Gimp.Layer, ...]:
    """The layers that an earlier edit looked at. Raises ``OverpaintError`` where one has gone."""
    layers = [stack.layer_with(image, number) for number in tattoos]
    if None in layers:
        raise problem("A layer that this edit looked at has gone.", "Choose the layers to look at in a new edit.")
    return tuple(layer for layer in layers if layer is not None)


def tattoos_in(image: Gimp.Image, layers: Iterable[Gimp.Layer]) -> tuple[int, ...]:
    """For ``found_again``; 0 for a layer of another image."""
    return tuple(layer.get_tattoo() if layer.get_image() == image else 0 for layer in layers)


def taken(layers: Iterable[Gimp.Layer]) -> tuple[Reference, ...]:
    """As they are sent. Raises ``OverpaintError`` for a layer that cannot be looked at."""
    return tuple(map(_taken, layers))


def _taken(layer: Gimp.Layer) -> Reference:
    if not layer.is_valid():
        raise problem("‘{name}’ was removed before it could be read.", "Choose another layer and try again.", name="")
    check_image(layer.get_image())
    bounds = bounds_of(layer)
    if bounds.empty or not (layer.is_group() or shows_in(layer, bounds)):
        raise problem(
            "‘{name}’ shows nothing that could be looked at.", "Choose a layer with pixels.", name=layer.get_name()
        )
    raw = not layer.is_group() and not stack.state(layer).masked
    raster, pixels = read(layer, bounds) if raw else twin.alone(layer, bounds)
    return Reference(raster, pixels, profile(layer.get_image()))
