"""How opaque a selection's surroundings are."""

from __future__ import annotations

import numpy as np
import rim

from server.client.submission import Mask
from server.wire.geometry import Bounds
from server.wire.raster import Depth


def near(selected: float, around: float, corner: float | None = None, size: int = 60) -> rim.Near:
    """Of a square that is selected; ``corner``: how opaque the crop's far corner is."""
    opacity = np.full((size, size), round(255 * around), np.uint8)
    opacity[25:35, 25:35] = round(255 * selected)
    if corner is not None:
        opacity[0, 0] = round(255 * corner)
    mask = np.zeros((size, size), np.uint8)
    mask[25:35, 25:35] = 200
    return rim.near(opacity.tobytes(), Bounds(7, 9, size, size), Mask(Depth.U8, mask.tobytes()))


def test_what_is_more_opaque_than_all_around_it_stands_out() -> None:
    assert near(1.0, 0.0).stands_out
    assert near(1.0, 0.4).stands_out
    assert not near(0.4, 0.4).stands_out
    assert not near(0.2, 0.4).stands_out
    assert near(1.0, 0.4, corner=1.0).stands_out  # that is too far away to be continued


def test_where_everything_is_selected_nothing_stands_out() -> None:
    mask = Mask(Depth.U8, b"\xff" * 400)
    assert not rim.near(b"\xff" * 400, Bounds(0, 0, 20, 20), mask).stands_out


def test_a_hole_in_something_solid_may_be_filled() -> None:
    assert near(0.0, 1.0, corner=0.0).solid_around
    assert not near(0.0, 0.9).solid_around


def test_whether_every_selected_pixel_has_something() -> None:
    assert near(0.01, 0.0).all_there
    assert not near(0.0, 1.0).all_there
