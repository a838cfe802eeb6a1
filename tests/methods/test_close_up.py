"""What of a crop a model that sees few pixels is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.editing.close_up import CloseUp, close_up, whole
from server.editing.edit import Scene
from server.pixels.picture import Picture
from server.wire.geometry import Bounds

SIDES = st.integers(1, 90)


def scene(width: int, height: int, selected: Bounds) -> Scene:
    rgb = np.random.default_rng(3).random((height, width, 3), dtype=np.float32)
    mask = np.zeros((height, width), np.float32)
    mask[selected.y : selected.bottom, selected.x : selected.right] = 1
    return Scene(Picture(rgb, np.ones((height, width), np.float32)), mask)


def test_a_small_selection_fills_most_of_the_square() -> None:
    seen = close_up(scene(700, 500, Bounds(300, 200, 60, 48)))
    assert seen.part == Bounds(290, 184, 80, 80)
    assert seen.scene.mask.mean() > 0.4


def test_beside_the_border_the_square_stays_in_the_picture() -> None:
    assert close_up(scene(700, 500, Bounds(0, 470, 60, 30))).part == Bounds(0, 420, 80, 80)


def test_the_user_may_ask_for_more_around_it() -> None:
    assert close_up(scene(700, 500, Bounds(300, 200, 60, 60)), context=100).part == Bounds(200, 100, 260, 260)


@pytest.mark.parametrize("width, height", [(700, 500), (500, 700), (512, 512)])
def test_everything_is_seen_whole_and_what_a_square_has_more_is_not_painted(width: int, height: int) -> None:
    everything = scene(width, height, Bounds(0, 0, width, height))
    seen = close_up(everything)
    side = max(width, height)
    assert seen.part == Bounds((width - side) // 2, (height - side) // 2, side, side)
    assert seen.scene.mask.sum() == width * height
    assert np.array_equal(seen.placed(seen.scene.picture.rgb), everything.picture.rgb)


@settings(max_examples=200, deadline=None)
@given(SIDES, SIDES, st.data())
def test_all_that_is_selected_is_in_the_square_and_nothing_around_it_changes(width, height, data) -> None:
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Bounds(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    of = scene(width, height, box)
    seen = close_up(of)
    assert seen.part.width == seen.part.height
    assert seen.part.contains(box)
    assert seen.scene.mask.sum() == of.mask.sum()
    marked = seen.placed(seen.scene.picture.rgb + 1)
    inside = seen.part.intersect(Bounds(0, 0, width, height))
    expected = of.picture.rgb.copy()
    expected[inside.y : inside.bottom, inside.x : inside.right] += 1
    assert np.array_equal(marked, expected)


def test_a_preview_shows_the_part_in_its_place() -> None:
    seen = CloseUp(scene(1024, 512, Bounds(512, 256, 100, 100)), Bounds(512, 256, 128, 128))
    preview = seen.preview(np.full((16, 16, 3), 2, np.float32))
    assert preview.shape == (128, 256, 3)
    assert (preview[64:96, 128:160] == 2).all()
    assert (preview == 2).all(-1).sum() == 32 * 32


def test_whole_is_the_scene_itself() -> None:
    of = scene(70, 50, Bounds(1, 2, 3, 4))
    assert whole(of).scene is of
