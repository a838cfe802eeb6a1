"""A coarse map is brought to a picture's size along the picture's own edges."""

from __future__ import annotations

import numpy as np

from server.pixels import guided
from server.pixels.sizes import resample
from server.wire.geometry import Extent

_SIDE, _COARSE = 160, 20


def test_it_ends_where_the_picture_does() -> None:
    """A disc whose opacity is known at an eighth of the size: its outline is sharper than by plain resampling."""
    y, x = np.indices((_SIDE, _SIDE))
    disc = (np.hypot(y - 80, x - 77) < 50).astype(np.float32)
    picture = np.repeat((0.2 + 0.6 * disc)[..., None], 3, axis=2).astype(np.float32)
    small, coarse = (resample(whole, Extent(_COARSE, _COARSE)) for whole in (picture, disc))
    along, plain = guided.enlarged(coarse, small, picture), resample(coarse, Extent(_SIDE, _SIDE))
    assert np.abs(along - disc).mean() < 0.4 * np.abs(plain - disc).mean()


def test_where_the_picture_is_flat_it_is_the_map_itself_softly() -> None:
    flat = np.full((_SIDE, _SIDE, 3), 0.5, np.float32)
    for value in (0.0, 0.3, 1.0):
        coarse = np.full((_COARSE, _COARSE), value, np.float32)
        larger = guided.enlarged(coarse, flat[:_COARSE, :_COARSE], flat)
        np.testing.assert_allclose(larger, value, atol=1e-6)


def test_it_takes_any_size() -> None:
    picture = np.random.default_rng(1).random((37, 301, 3), dtype=np.float32)
    coarse = np.random.default_rng(2).random((5, 64), dtype=np.float32)
    larger = guided.enlarged(coarse, resample(picture, Extent(64, 5)), picture)
    assert larger.shape == (37, 301)
    assert larger.dtype == np.float32
    assert 0 <= larger.min() <= larger.max() <= 1
