"""Alpha in rows of pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from server.client import alpha
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster

TYPES = {Depth.U8: "<u1", Depth.U16: "<u2", Depth.U32: "<u4", Depth.F16: "<f2", Depth.F32: "<f4"}
FULL = {Depth.U8: 255, Depth.U16: 65535, Depth.U32: 2**32 - 1, Depth.F16: 1, Depth.F32: 1}
FAINT = {Depth.U8: 1, Depth.U16: 1, Depth.U32: 1, Depth.F16: 6e-8, Depth.F32: 1e-30}
PLACE = Bounds(3, -2, 5, 4)


def noise(depth: Depth, channels: int) -> npt.NDArray[np.generic]:
    values = np.random.default_rng(1).random((4, 5, channels)) * FULL[depth]
    values[..., -1] = 0
    values[1, 2, -1], values[3, 0, -1] = FAINT[depth], FULL[depth]
    return values.astype(TYPES[depth])


def inside(*pixels: tuple[int, int]) -> bytes:
    shape = np.zeros((4, 5), np.uint8)
    for row, column in pixels:
        shape[row, column] = 255
    return shape.tobytes()


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize("channels", [Channels.RGBA, Channels.GRAY_ALPHA])
def test_the_faintest_pixel_is_seen_and_becomes_opaque_and_colours_stay(depth: Depth, channels: Channels) -> None:
    raster, pixels = Raster(PLACE, channels, depth), noise(depth, channels.per_pixel)
    assert alpha.shape(pixels.tobytes(), raster) == inside((1, 2), (3, 0))
    made = np.frombuffer(alpha.filled(pixels.tobytes(), raster), TYPES[depth]).reshape(pixels.shape)
    assert np.array_equal(made[..., :-1], pixels[..., :-1])
    assert made[1, 2, -1] == made[3, 0, -1] == FULL[depth]
    assert np.count_nonzero(made[..., -1]) == 2


@pytest.mark.parametrize("depth", Depth)
def test_what_is_not_within_the_shape_becomes_transparent_and_the_rest_stays(depth: Depth) -> None:
    raster, pixels = Raster(PLACE, Channels.RGBA, depth), noise(depth, 4)
    pixels[..., -1] = FULL[depth]
    made = np.frombuffer(alpha.within(pixels.tobytes(), raster, inside((0, 0), (2, 4))), TYPES[depth])
    made = made.reshape(pixels.shape)
    assert np.array_equal(made[..., :-1], pixels[..., :-1])
    assert np.count_nonzero(made[..., -1]) == 2
    assert made[0, 0, -1] == made[2, 4, -1] == FULL[depth]


def test_without_an_alpha_everything_is_seen() -> None:
    assert alpha.shape(bytes(60), Raster(PLACE, Channels.RGB, Depth.U8)) == b"\xff" * 20


def test_shapes_are_combined_and_set_into_larger_ones() -> None:
    one, other = inside((0, 0), (1, 1)), inside((1, 1), (2, 2))
    assert alpha.both(one, other) == inside((1, 1))
    assert alpha.either(one, other) == inside((0, 0), (1, 1), (2, 2))
    small = alpha.padded(b"\xff\x00\xff\xff", Bounds(1, 1, 2, 2), Bounds(0, 0, 5, 4))
    assert small == inside((1, 1), (2, 1), (2, 2))


@pytest.mark.parametrize("depth", (Depth.U8, Depth.U16))
def test_a_stencil_is_black_and_as_opaque_as_the_mask_is_white(depth: Depth) -> None:
    mask = noise(depth, 1)[..., 0]
    made = np.frombuffer(alpha.as_stencil(mask.tobytes(), depth), TYPES[depth]).reshape(4, 5, 2)
    assert np.array_equal(made[..., 1], mask)
    assert not made[..., 0].any()
