"""Pictures several times larger, in tiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from server.models.bundled import upscaler  # noqa: E402
from server.models.runtime.super_resolution import SuperResolution, enlarge  # noqa: E402
from server.pixels.picture import F32  # noqa: E402

pytestmark = pytest.mark.torch

WEIGHTS = Path(upscaler.__file__).with_name("illustration") / "upscaler.safetensors"


@pytest.fixture(scope="module")
def model() -> SuperResolution:
    device = torch.device("cpu")
    return SuperResolution(upscaler.load(WEIGHTS, device), upscaler.FACTOR, upscaler.REACH, device)


@pytest.fixture(scope="module")
def friends() -> F32:
    """(96, 150, 3) of shipped artwork."""
    path = Path(__file__).parents[1] / "pictures" / "illustrations" / "friends.png"
    whole = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    return np.ascontiguousarray(whole[40:136, 30:180])


def quietly(done: int, of: int) -> None: ...


@pytest.mark.parametrize("by", [2, 3, 4])
def test_tiles_have_no_seams(model: SuperResolution, friends: F32, by: int) -> None:
    whole = enlarge(friends, by, model, quietly)
    tiled = enlarge(friends, by, model, quietly, tile=40)
    assert whole.shape == (96 * by, 150 * by, 3)
    np.testing.assert_allclose(tiled, whole, atol=1e-4)


def test_made_small_again_it_is_the_picture(model: SuperResolution, friends: F32) -> None:
    """The network alone drifts in colour and place."""
    alone = model.network(torch.from_numpy(friends).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    drift = np.abs(made_small(alone) - friends).mean()
    assert np.abs(made_small(enlarge(friends, 4, model, quietly)) - friends).mean() < 0.3 * drift


def made_small(larger: F32) -> F32:
    """A quarter of each side."""
    size = (larger.shape[1] // 4, larger.shape[0] // 4)
    planes = [Image.fromarray(np.ascontiguousarray(larger[..., channel])) for channel in range(3)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BICUBIC)) for plane in planes], axis=2)


def test_one_colour_stays_that_colour_also_beyond_what_the_network_has_seen(model: SuperResolution) -> None:
    bright = np.full((32, 40, 3), (1.8, 0.5, -0.1), np.float32)
    np.testing.assert_allclose(enlarge(bright, 2, model, quietly), np.tile(bright, (2, 2, 1)), atol=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 2)])
def test_the_smallest_pictures(model: SuperResolution, shape: tuple[int, int]) -> None:
    made = enlarge(np.full((*shape, 3), 0.25, np.float32), 4, model, quietly)
    assert made.shape == (4 * shape[0], 4 * shape[1], 3)
    assert np.isfinite(made).all()


def test_it_can_be_stopped_between_tiles(model: SuperResolution, friends: F32) -> None:
    told: list[tuple[int, int]] = []

    def stop(done: int, of: int) -> None:
        told.append((done, of))
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        enlarge(friends, 4, model, stop, tile=50)
    assert told == [(0, 6), (1, 6), (2, 6)]


@pytest.mark.parametrize("by", [1, 5])
def test_a_factor_that_the_network_cannot_do_is_refused(model: SuperResolution, friends: F32, by: int) -> None:
    with pytest.raises(ValueError, match=f"{by} times larger"):
        enlarge(friends, by, model, quietly)
