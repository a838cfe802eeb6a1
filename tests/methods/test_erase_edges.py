"""Where erasing ends: the whole of a thing goes, its soft rim too, and as little else as can be."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from server.editing.edit import Scene
from server.journal import SpoolFiles
from server.methods.erasing.erase import erase
from server.pixels import masks
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Submit
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.workers import job

SIDE = 160


def meadow() -> F32:
    y, x = np.indices((SIDE, SIDE)) / SIDE
    grain = np.random.default_rng(3).normal(0, 0.02, (SIDE, SIDE, 1))
    return (np.stack([0.2 + 0.2 * y, 0.5 + 0.1 * x, 0.3 + 0 * x], 2) + grain).astype(np.float32)


def disc(radius: int, blur: float) -> F32:
    canvas = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(canvas, (80, 80), radius, 1, -1)
    return cv2.GaussianBlur(canvas, (0, 0), blur)


def wire(thickness: int) -> F32:
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    cv2.polylines(canvas, [np.array([[0, 30], [80, 90], [159, 60]])], False, 255, thickness, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


def composite(background: F32, thing: F32, selection: F32) -> tuple[F32, F32]:
    """What is seen after ``thing`` was selected and erased, and the alpha of the new layer."""
    picture = background * (1 - thing[..., None]) + np.float32([0.9, 0.1, 0.1]) * thing[..., None]
    edges = masks.derive(selection)
    scene = Scene(Picture(picture, np.ones((SIDE, SIDE), np.float32)), edges.denoise, selected=edges.selected)
    answer = erase(scene, Recipe("erase", seed=1), None, lambda step: None)
    assert answer.result.painted is not None
    alpha = masks.painted_only(edges, answer.result.painted, scene.picture.alpha).composite
    return picture + alpha[..., None] * (answer.result.images[0] - picture), alpha


@pytest.mark.parametrize(("thing", "name"), [(disc(20, 2), "disc"), (disc(6, 1), "speck"), (wire(3), "wire")])
def test_a_tight_selection_takes_the_soft_rim_along(thing: F32, name: str) -> None:
    seen, _ = composite(meadow(), thing, (thing > 0.5).astype(np.float32))
    error = np.abs(cv2.blur(seen - meadow(), (5, 5)))
    assert error.max() < 0.08, name


@pytest.mark.parametrize("thickness", [7, 11])
def test_nothing_around_a_generous_selection_of_a_wire_changes(thickness: int) -> None:
    selection = (wire(thickness) > 0.5).astype(np.float32)
    seen, alpha = composite(meadow(), wire(2), selection)
    np.testing.assert_array_equal(alpha, selection)
    assert np.abs(seen - meadow())[selection > 0].mean() < 0.04


def test_what_is_painted_covers_what_was_there_wholly() -> None:
    thing = disc(20, 2)
    _, alpha = composite(meadow(), thing, thing)
    assert set(np.unique(alpha)) == {0, 1}
    assert (alpha[thing > 0.3] == 1).all()


@pytest.mark.parametrize("place", [(0, 0), (0, 80), (159, 159), (80, 80)])
def test_a_single_pixel_anywhere_is_a_selection(place: tuple[int, int]) -> None:
    thing = np.zeros((SIDE, SIDE), np.float32)
    thing[place] = 1
    seen, alpha = composite(meadow(), thing, thing)
    assert alpha[place] == 1
    assert np.abs(seen - meadow())[place].max() < 0.1
    assert alpha.sum() <= 37


def test_nearly_everything_can_be_selected() -> None:
    thing = np.ones((SIDE, SIDE), np.float32)
    thing[:12] = 0
    seen, alpha = composite(meadow(), thing, thing)
    assert (alpha[12:] == 1).all()
    assert np.isfinite(seen).all()
    assert (seen[12:, :, 0] < 0.5).all()


def erased(folder: Path, layer: np.ndarray, selection: np.ndarray) -> np.ndarray:
    """The new layer's RGBA, as the worker writes it."""
    bounds = Bounds(0, 0, layer.shape[1], layer.shape[0])
    (folder / "layer").write_bytes(layer.tobytes())
    (folder / "mask").write_bytes(selection.tobytes())
    raster = Raster(bounds, Channels.RGBA, Depth.U8)
    blobs = (Blob("layer", layer.nbytes), Blob("mask", selection.nbytes))
    job.run(
        Submit("e" * 32, Recipe("erase", seed=1), raster, blobs, Depth.U8),
        SpoolFiles(folder),
        erase,
        None,
        lambda step: None,
    )
    return np.frombuffer((folder / "result-0").read_bytes(), np.uint8).reshape(layer.shape)


def cut_out() -> np.ndarray:
    """A figure whose right half is transparent, beyond an antialiased outline."""
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[..., :3] = (meadow() * 255).round()
    layer[:, :80, 3] = 255
    layer[:, 80, 3] = 128
    return layer


def test_a_hole_half_over_transparency_makes_nothing_opaque(tmp_path: Path) -> None:
    selection = np.zeros((SIDE, SIDE), np.uint8)
    selection[60:100, 60:110] = 255
    alpha = erased(tmp_path, cut_out(), selection)[..., 3]
    assert (alpha[60:100, 60:80] == 255).all()
    assert (alpha[60:100, 80] == 128).all()
    assert not alpha[:, 81:].any()


@pytest.mark.parametrize(("columns", "word"), [((100, 120), "empty where you selected"), ((0, 80), "empty around")])
def test_an_empty_place_is_named(tmp_path: Path, columns: tuple[int, int], word: str) -> None:
    layer, selection = cut_out(), np.zeros((SIDE, SIDE), np.uint8)
    layer[:, 80] = 0
    selection[:, slice(*columns)] = 255
    with pytest.raises(OverpaintError, match=word) as raised:
        erased(tmp_path, layer, selection)
    assert raised.value.code in {Code.EMPTY_SELECTION, Code.BAD_REQUEST}
    assert raised.value.hint
