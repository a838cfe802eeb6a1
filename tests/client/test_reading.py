"""What of a document is read: what a layer's look follows from, and whether one can see through it."""

from __future__ import annotations

import numpy as np
import pytest

from server.client import recipes
from server.client.reading import Look, Reading, State, is_opaque, reach
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe

FULL = {Depth.U8: 255, Depth.U16: 65535, Depth.U32: 2**32 - 1, Depth.F16: 1, Depth.F32: 1}
TYPES = {Depth.U8: "<u1", Depth.U16: "<u2", Depth.U32: "<u4", Depth.F16: "<f2", Depth.F32: "<f4"}
WHOLE = Bounds(-3, 2, 7, 5)


@pytest.mark.parametrize(
    ("state", "look"),
    [
        (State(), Look.OWN),
        (State(masked=True), Look.MASKED),
        (State(opacity=0.99), Look.BELOW),
        (State(normal=False), Look.BELOW),
        (State(clipped=True, masked=True), Look.BELOW),
    ],
)
def test_a_layers_look_follows_from_how_it_is_shown(state: State, look: Look) -> None:
    assert state.look is look


def test_one_reads_out_of_a_group_only_as_far_as_groups_change_nothing() -> None:
    plain, half = State(), State(opacity=0.5)
    assert reach(()) == 0
    assert reach((plain, plain)) == 2
    assert reach((plain, half, plain)) == 1
    assert reach((State(masked=True), plain)) == 0


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize("channels", [Channels.BGRA, Channels.GRAY_ALPHA, Channels.CMYKA])
def test_one_pixel_that_shines_through_is_seen_where_it_is(depth: Depth, channels: Channels) -> None:
    raster = Raster(WHOLE, channels, depth)
    pixels = np.full((5, 7, channels.per_pixel), FULL[depth], TYPES[depth])
    pixels[..., :-1] = 0
    assert is_opaque(pixels.tobytes(), raster, WHOLE)
    pixels[1, 6, -1] = 0.99 * FULL[depth]
    assert not is_opaque(pixels.tobytes(), raster, WHOLE)
    assert not is_opaque(pixels.tobytes(), raster, Bounds(3, 3, 1, 1))
    assert is_opaque(pixels.tobytes(), raster, Bounds(-3, 2, 6, 5))


def test_a_picture_without_alpha_is_opaque_and_no_picture_is_not() -> None:
    assert is_opaque(bytes(35), Raster(WHOLE, Channels.GRAY, Depth.U8), WHOLE)
    assert not is_opaque(bytes(70), Raster(WHOLE, Channels.GRAY_ALPHA, Depth.U8), Bounds(90, 90, 5, 5))


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 0.5])
@pytest.mark.parametrize("depth", [Depth.F16, Depth.F32])
def test_odd_alphas_of_floats_are_not_taken_for_full_ones(depth: Depth, alpha: float) -> None:
    pixels = np.ones((5, 7, 4), TYPES[depth])
    pixels[2, 2, 3] = alpha
    assert not is_opaque(pixels.tobytes(), Raster(WHOLE, Channels.RGBA, depth), WHOLE)
    pixels[2, 2, 3] = 1.5
    assert is_opaque(pixels.tobytes(), Raster(WHOLE, Channels.RGBA, depth), WHOLE)


def test_what_was_read_is_kept_with_the_recipe_and_older_notes_read_the_layer() -> None:
    made = recipes.LayerRecipe(Recipe("erase"), WHOLE, "Ink", reading=Reading.VISIBLE)
    assert recipes.from_text(recipes.to_text(made)) == made
    older = recipes.to_text(made).replace(',\n "reading": "visible"', "")
    assert "reading" not in older
    assert recipes.from_text(older).reading is Reading.LAYER
