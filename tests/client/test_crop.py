"""What a host sends: exactly the selection, its surroundings, and nothing outside the layer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.client import crop
from server.wire.geometry import Bounds, Extent
from server.wire.recipe import Recipe

small = st.integers(1, 24)


@given(st.data(), small, small, st.sampled_from([1, 2, 4]))
@settings(max_examples=200, deadline=None)
def test_the_selected_bounds_are_those_of_the_non_zero_samples(
    data: st.DataObject, width: int, height: int, sample: int
) -> None:
    places = data.draw(st.sets(st.tuples(st.integers(0, width - 1), st.integers(0, height - 1)), max_size=5))
    mask = bytearray(width * height * sample)
    for x, y in places:
        mask[(y * width + x) * sample + data.draw(st.integers(0, sample - 1))] = data.draw(st.integers(1, 255))
    found = crop.selected_bounds(bytes(mask), Extent(width, height), sample)
    if not places:
        assert found is None
        assert crop.is_blank(mask)
    else:
        xs, ys = [x for x, _ in places], [y for _, y in places]
        assert found == Bounds(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
        assert not crop.is_blank(mask)


def test_a_mask_is_read_from_any_buffer() -> None:
    mask = bytes(10) + b"\1" + bytes(9)
    for buffer in (mask, bytearray(mask), memoryview(mask)):
        assert crop.selected_bounds(buffer, Extent(5, 4)) == Bounds(0, 2, 1, 1)
        assert not crop.is_blank(buffer)


@pytest.mark.parametrize("length", [0, 1, (64 << 10) - 1, 64 << 10, (64 << 10) + 1])
def test_blank_means_every_byte(length: int) -> None:
    assert crop.is_blank(bytes(length))
    assert not crop.is_blank(bytes(length) + b"\1")
    assert not crop.is_blank(b"\1" + bytes(length))


_bounds = st.builds(
    Bounds, st.integers(-3000, 3000), st.integers(-3000, 3000), st.integers(1, 6000), st.integers(1, 6000)
)
_recipe = st.builds(
    Recipe,
    st.just("inpaint"),
    grow=st.integers(0, 1024),
    feather=st.none() | st.integers(0, 1024),
    context=st.none() | st.integers(0, 8192),
)


@given(_bounds, _bounds, _recipe)
@settings(max_examples=400, deadline=None)
def test_a_crop_lies_in_the_layer_and_holds_the_selection_with_room_for_its_edge(
    selection: Bounds, layer: Bounds, recipe: Recipe
) -> None:
    chosen = crop.crop_around(selection, layer, recipe)
    inside = selection.intersect(layer)
    if inside.empty:
        assert chosen.empty
        return
    assert layer.contains(chosen)
    assert chosen.contains(inside.grown(recipe.grow + (recipe.feather or 0)).intersect(layer))
    if recipe.context is not None:
        assert chosen.contains(inside.grown(recipe.context).intersect(layer))
    assert chosen.width >= min(crop.SMALLEST_CROP, layer.width)
    assert chosen.height >= min(crop.SMALLEST_CROP, layer.height)


def test_a_small_selection_gets_its_surroundings_evenly() -> None:
    chosen = crop.crop_around(Bounds(1000, 1000, 100, 100), Bounds(0, 0, 4096, 4096), Recipe("inpaint"))
    assert chosen == Bounds(744, 744, 612, 612)  # a sixteenth of the layer's longest side around it


def test_a_selection_in_the_corner_gets_its_512_pixels_on_the_other_sides() -> None:
    chosen = crop.crop_around(Bounds(0, 0, 20, 20), Bounds(0, 0, 1000, 1000), Recipe("inpaint"))
    assert chosen == Bounds(0, 0, 512, 512)


def test_a_large_selection_gets_half_of_itself_around() -> None:
    assert crop.default_context(Extent(4096, 4096), Extent(2000, 1000)) == 750


@given(st.data(), small, small, st.sampled_from([1, 4, 8]))
@settings(max_examples=100, deadline=None)
def test_a_cut_has_the_bytes_of_its_rectangle(data: st.DataObject, width: int, height: int, pixel: int) -> None:
    whole = Bounds(-4, 9, width, height)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    part = Bounds(x + whole.x, y + whole.y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    pixels = bytes(index % 251 for index in range(width * height * pixel))
    rows = [pixels[row * width * pixel : (row + 1) * width * pixel] for row in range(y, y + part.height)]
    expected = b"".join(row[x * pixel : (x + part.width) * pixel] for row in rows)
    assert crop.cut(pixels, whole, part, pixel) == expected


def test_cutting_outside_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not lie inside"):
        crop.cut(bytes(16), Bounds(0, 0, 2, 2), Bounds(1, 1, 2, 1), 4)
