"""What was painted at the model's size becomes as fine as the document: by passes that nobody sees, or by a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from server.editing.edit import Scene, Step
from server.editing.full_size import STRENGTH, Painted, enlarged, redrawn
from server.editing.painting import nearest
from server.models.runtime.adapter import Adapter
from server.models.runtime.residency import Models
from server.models.store.store import ModelStore
from server.pixels.picture import F32, Picture
from server.pixels.sizes import resample
from server.wire.geometry import Extent
from server.wire.recipe import Recipe
from tests.methods import tuning_desk

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """A model without a network behind it, made for squares of 64 pixels."""
    return tuning_desk.models(("sd15",), tmp_path_factory.mktemp("models")).get("sd15")


@pytest.fixture(scope="module")
def cascade(tmp_path_factory: pytest.TempPathFactory) -> Adapter:
    """The model that comes with Overpaint."""
    torch.set_num_threads(1)
    return Models(ModelStore(tmp_path_factory.mktemp("models"))).get("illustration")


def disc(side: int) -> F32:
    y, x = np.indices((side, side))
    shade = (np.hypot(y - side / 2, x - side / 2) < side / 3).astype(np.float32)
    return np.repeat(shade[..., None], 3, axis=2)


def middle(side: int, share: float = 0.75) -> F32:
    mask, edge = np.zeros((side, side), np.float32), round(side * (1 - share) / 2)
    mask[edge : side - edge, edge : side - edge] = 1
    return mask


def painted(side: int, target: int, share: float = 0.75) -> Painted:
    return Painted(disc(side), middle(target, share), Extent(target, target))


Draw = Callable[[F32, F32, float, int, Callable[[int, int], None]], F32]


def recording(seen: list[tuple[tuple[int, ...], float]], drift: float = 0.0) -> Draw:
    """As the picture is, but each pass in other colours."""

    def draw(there: F32, change: F32, strength: float, number: int, on_step: Callable[[int, int], None]) -> F32:
        seen.append((there.shape, strength))
        on_step(1, 1)
        return there + np.float32(drift * (-1) ** number)

    return draw


def test_it_is_painted_again_in_passes_of_the_models_size(plain: Adapter) -> None:
    seen: list[tuple[tuple[int, ...], float]] = []
    image, extent = redrawn(painted(64, 160), plain, recording(seen), lambda _: None)
    assert image.shape == (160, 160, 3)
    assert extent == Extent(160, 160)
    assert 4 <= len(seen) <= 16
    assert all(shape == (64, 64, 3) and strength == STRENGTH for shape, strength in seen)


def test_however_large_it_is_there_are_no_more_than_sixteen_passes(plain: Adapter) -> None:
    seen: list[tuple[tuple[int, ...], float]] = []
    image, extent = redrawn(painted(64, 2000), plain, recording(seen), lambda _: None)
    assert image.shape == (2000, 2000, 3)
    assert len(seen) <= 16
    assert 128 < extent.width < 300


def test_no_pass_is_seen_where_each_drifts_in_its_own_way(plain: Adapter) -> None:
    """By a fifth of white up and down: what is left is far less, and nothing of it has an edge."""
    flat = Painted(np.full((64, 64, 3), 0.5, np.float32), middle(160), Extent(160, 160))
    image, _ = redrawn(flat, plain, recording([], drift=0.2), lambda _: None)
    within = image[30:-30, 30:-30, 0]
    assert np.abs(within - 0.5).max() < 0.04
    assert max(np.abs(np.diff(within, axis=axis)).max() for axis in (0, 1)) < 0.02


def test_what_is_hardly_larger_than_it_was_painted_is_not_painted_again(plain: Adapter) -> None:
    seen: list[tuple[tuple[int, ...], float]] = []
    image, extent = redrawn(painted(64, 80), plain, recording(seen), lambda _: None)
    assert (image.shape, extent, seen) == ((80, 80, 3), Extent(64, 64), [])


def test_passes_tell_how_far_they_are(plain: Adapter) -> None:
    steps: list[Step] = []
    redrawn(painted(64, 160), plain, recording([]), steps.append)
    done = [step.step / step.of for step in steps]
    assert done == sorted(done) and done[-1] == 1


def test_a_network_enlarges_what_was_painted_with_crisp_edges_and_leaves_the_rest(cascade: Adapter) -> None:
    small = painted(64, 384, share=0.5)
    image = enlarged(small, cascade, lambda _: None)
    plainly = resample(small.image, small.target)
    assert image.shape == (384, 384, 3)
    between = [int(((row > 0.2) & (row < 0.8)).sum()) for row in (image[192, :, 0], plainly[192, :, 0])]
    assert between[0] < between[1]
    assert np.array_equal(image[:40], plainly[:40])


def scene(side: int, selected: int) -> Scene:
    return Scene(
        Picture(np.zeros((side, side, 3), np.float32), np.ones((side, side), np.float32)), middle(side, selected / side)
    )


@pytest.mark.parametrize(("side", "selected", "shown"), [(400, 40, 64), (400, 90, 120), (60, 20, 60), (400, 380, 400)])
def test_a_small_selection_is_shown_pixel_by_pixel_and_a_large_one_whole(
    plain: Adapter, side: int, selected: int, shown: int
) -> None:
    seen = nearest(scene(side, selected), Recipe("inpaint"), plain)
    assert (seen.part.width, seen.part.height) == (shown, shown)


def test_who_says_how_much_is_to_be_seen_is_obeyed(plain: Adapter) -> None:
    assert nearest(scene(400, 40), Recipe("inpaint", context=200), plain).part.width == 400
