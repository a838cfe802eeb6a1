"""From a selection to where the answer may show, and how strongly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from server.pixels import masks
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Extent
from server.wire.raster import Depth


def square(size: int = 64, low: int = 20, high: int = 44) -> np.ndarray:
    mask = np.zeros((size, size), np.float32)
    mask[low:high, low:high] = 1
    return mask


SELECTIONS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements=st.sampled_from([np.float32(v) for v in (0, 0, 0, 0.25, 0.5, 1)]),
).filter(lambda mask: bool(mask.any()))


@settings(max_examples=80, deadline=None)
@given(SELECTIONS, st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)))
def test_alpha_is_exactly_0_farther_than_grow_and_feather(mask, grow, feather):
    found = masks.derive(mask, grow, feather)
    far = masks.distance_to(mask > 0) > grow + found.feather
    assert not found.composite[far].any()
    assert not found.edit[far].any()
    assert not found.composite[~found.edit].any()


@settings(max_examples=80, deadline=None)
@given(SELECTIONS, st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)))
def test_the_answer_covers_the_selection_and_is_painted_wherever_it_shows(mask, grow, feather):
    found = masks.derive(mask, grow, feather)
    assert (found.composite >= mask).all()
    grown = masks.distance_to(mask == 1) <= grow if (mask == 1).any() else mask == 1
    assert (found.composite[grown] > 1 - 1e-6).all()
    assert (found.denoise >= found.composite).all()
    assert found.composite.max() <= 1 and found.denoise.max() <= 1
    assert found.composite.dtype == found.denoise.dtype == np.float32


def test_a_hard_selection_is_opaque_inside():
    found = masks.derive(square(), grow=3, feather=8)
    assert (found.composite[17:47, 20:44] == 1).all()


def test_without_grow_and_feather_the_alpha_is_the_selection_itself():
    soft = np.random.default_rng(0).random((9, 9)).astype(np.float32)
    np.testing.assert_array_equal(masks.derive(soft, 0, 0).composite, soft)


def test_the_feather_falls_outwards_and_ends_where_it_says():
    row = masks.derive(square(), grow=2, feather=6).composite[32]
    outwards = row[43:60]
    assert (outwards[:3] == 1).all()
    assert (np.diff(outwards[2:10]) < 0).all()
    assert outwards[8] > 0 and not outwards[9:].any()


def test_growing_is_by_a_disc():
    dot = np.zeros((21, 21), np.float32)
    dot[10, 10] = 1
    grown = masks.derive(dot, grow=5, feather=0).edit
    y, x = np.indices(dot.shape) - 10
    np.testing.assert_array_equal(grown, np.hypot(y, x) <= 5)


def test_the_model_repaints_fully_wherever_half_of_the_answer_shows():
    found = masks.derive(square(), feather=10)
    assert (found.denoise[found.composite >= 0.5] == 1).all()
    assert not found.denoise[~found.edit].any()


def test_a_faint_selection_is_repainted_fully_and_shown_faintly():
    found = masks.derive(square() * np.float32(0.2), feather=0)
    assert found.composite.max() == np.float32(0.2)
    assert (found.denoise[30, 20:44] == 1).all()


def test_a_selection_that_is_soft_already_gets_no_feather_of_its_own():
    y, x = np.indices((200, 200))
    soft = np.clip((60 - np.hypot(y - 100, x - 100)) / 30 + 0.5, 0, 1).astype(np.float32)
    assert masks.automatic_feather(soft) == 0
    hard = (soft >= 0.5).astype(np.float32)
    assert masks.automatic_feather(hard) >= 4


def line(height: int = 300, width: int = 500, thickness: int = 7) -> np.ndarray:
    mask = np.zeros((height, width), np.float32)
    cv2.line(mask, (30, 40), (width - 30, height - 40), 1, thickness)
    return mask


@pytest.mark.parametrize("thickness", [1, 3, 7, 15])
def test_a_long_line_is_feathered_by_its_width_not_by_its_length(thickness):
    mask = line(thickness=thickness)
    found = masks.derive(mask)
    assert found.edit.sum() > mask.sum()
    assert not found.edit[masks.distance_to(mask > 0) > 4].any()


def test_a_thin_part_stays_thin_beside_a_wide_one():
    mask = line()
    both = mask.copy()
    cv2.circle(both, (380, 80), 60, 1, -1)
    found = masks.derive(both)
    away = np.indices(mask.shape)[1] < 250
    assert not found.edit[away & (masks.distance_to(mask > 0) > 4)].any()
    assert found.edit[80, 380 + 60 + 7]


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_the_traces_that_jpeg_leaves_change_no_feather(quality):
    mask = line(thickness=40)
    _, data = cv2.imencode(".jpg", (mask * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    stained = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    assert (stained[mask == 0] > 0).any()
    assert masks.derive(stained).feather == masks.derive(mask).feather
    differing = masks.derive(stained).selected ^ masks.derive(mask).selected
    assert differing.sum() < 0.02 * mask.sum()


def test_what_an_edit_painted_shows_wholly_and_within_the_layers_own_outline():
    found = masks.derive(square())
    painted = square(64, 22, 44) > 0
    alpha = np.ones((64, 64), np.float32)
    alpha[:, 30:] = 0
    shown = masks.painted_only(found, painted, alpha)
    np.testing.assert_array_equal(shown.composite, (painted & (alpha > 0)).astype(np.float32))
    np.testing.assert_array_equal(shown.edit, shown.composite > 0)


def test_the_automatic_feather_ends_before_the_crop_does():
    assert masks.automatic_feather(square(64, 3, 61)) <= 2
    touching = np.zeros((200, 200), np.float32)
    touching[0:120, 40:160] = 1
    assert masks.automatic_feather(touching) >= 4


@pytest.mark.parametrize("feather", [None, 0, 7])
def test_a_whole_layer_is_a_selection_of_everything(feather):
    found = masks.derive(np.ones((5, 8), np.float32), 3, feather)
    assert (found.composite == 1).all() and (found.denoise == 1).all() and found.edit.all()
    np.testing.assert_array_equal(masks.whole(Extent(8, 5)).composite, found.composite)


def test_a_cut_out_figure_edited_as_a_whole_keeps_its_outline():
    alpha = square(64) * np.float32(0.75)
    found = masks.whole(Extent(64, 64), alpha)
    np.testing.assert_array_equal(found.composite, alpha)
    assert (found.denoise == 1).all()
    np.testing.assert_array_equal(found.edit, alpha > 0)
    assert masks.whole(Extent(64, 64), np.zeros_like(alpha)).edit.all()


def test_an_empty_selection_is_an_error_with_a_way_out():
    with pytest.raises(OverpaintError) as error:
        masks.derive(np.zeros((4, 4), np.float32))
    assert error.value.code is Code.EMPTY_SELECTION and error.value.hint


@pytest.mark.parametrize(("depth", "kind", "full"), [(Depth.U8, "<u1", 255), (Depth.U16, "<u2", 65535)])
def test_integer_masks_span_0_to_1(depth, kind, full):
    data = np.array([[0, full], [full, 0], [0, full]], kind).tobytes()
    mask = masks.decode_mask(data, depth, Extent(2, 3))
    np.testing.assert_array_equal(mask, np.float32([[0, 1], [1, 0], [0, 1]]))


def test_float_masks_are_clipped_and_nan_is_unselected():
    data = np.float32([-1, 0.5, 2, np.nan]).tobytes()
    np.testing.assert_array_equal(masks.decode_mask(data, Depth.F32, Extent(4, 1)), np.float32([[0, 0.5, 1, 0]]))


def test_a_mask_of_another_size_is_a_bad_request():
    with pytest.raises(OverpaintError) as error:
        masks.decode_mask(bytes(5), Depth.U8, Extent(2, 2))
    assert error.value.code is Code.BAD_REQUEST


def test_bounds_of_nothing_are_empty():
    assert masks.bounds(np.zeros((3, 3), np.float32)).empty
    assert masks.bounds(square()).extent == Extent(24, 24)
