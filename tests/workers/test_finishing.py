"""Each kind of result is finished in its own way: sizes, places and numbers, in every depth, gray and in colour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from server.editing.edit import Answer, Edit, Scene, Step
from server.editing.results import NewCanvas, NewLayers, NewSelection, OwnLayer, Repaint, Result
from server.journal import RESULT, SpoolFiles
from server.pixels import formats
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Finished, Submit
from server.wire.offers import Answers
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import MOST_RESULTS, ResultKind
from server.workers import job

CROP = Bounds(-5, 9, 33, 21)
KINDS = {Depth.U8: np.uint8, Depth.U16: np.uint16, Depth.U32: np.uint32, Depth.F32: np.float32}
EVERY_DEPTH = pytest.mark.parametrize("depth", list(KINDS))
EVERY_COLOUR = pytest.mark.parametrize("channels", [Channels.RGBA, Channels.BGRA, Channels.RGB, Channels.GRAY])
Answering = Callable[[Scene], Result]


class Crop:
    """A crop with a texture, its middle selected, and what comes back for it."""

    def __init__(self, folder: Path, channels: Channels = Channels.RGBA, depth: Depth = Depth.U8) -> None:
        self.files, self.folder = SpoolFiles(folder), folder
        raster = Raster(CROP, channels, depth)
        shape = (CROP.height, CROP.width, channels.per_pixel)
        full = 1 if depth is Depth.F32 else np.iinfo(KINDS[depth]).max
        self.native = (np.random.default_rng(3).random(shape) * full).astype(KINDS[depth])
        if channels.has_alpha:
            self.native[..., -1] = full
        mask = np.zeros((CROP.height, CROP.width), np.uint8)
        mask[8:12, 10:20] = 255
        (folder / "layer").write_bytes(self.native.tobytes())
        (folder / "mask").write_bytes(mask.tobytes())
        blobs = (Blob("layer", raster.nbytes), Blob("mask", mask.size))
        self.submit = Submit("c" * 32, Recipe("strange", seed=5, feather=0), raster, blobs, Depth.U8)

    def answer(self, result: Answering, declared: Answers) -> Finished:
        edit: Edit = lambda scene, recipe, models, report: Answer(result(scene), recipe)  # noqa: E731
        return job.run(self.submit, self.files, edit, None, ignore, answers=declared)

    def refused(self, result: Answering, declared: Answers) -> OverpaintError:
        with pytest.raises(OverpaintError) as caught:
            self.answer(result, declared)
        assert not (self.folder / RESULT).exists()
        return caught.value

    def picture(self, finished: Finished, number: int = 0) -> Picture:
        one = finished.results[number]
        return formats.decode(one.raster, (self.folder / one.blob).read_bytes(), None)

    def numbers(self, finished: Finished, number: int = 0) -> np.ndarray:
        """(H, W, C), as they lie there."""
        raster = finished.results[number].raster
        data = (self.folder / finished.results[number].blob).read_bytes()
        return np.frombuffer(data, KINDS[raster.depth]).reshape(raster.bounds.height, raster.bounds.width, -1)


def ignore(step: Step) -> None: ...


def opaque(rgb: np.ndarray) -> Picture:
    return Picture(rgb.astype(np.float32), np.ones(rgb.shape[:2], np.float32))


def gray(width: int, height: int, alpha: float = 1.0) -> Picture:
    return Picture(np.full((height, width, 3), 0.4, np.float32), np.full((height, width), alpha, np.float32))


@EVERY_COLOUR
@EVERY_DEPTH
def test_a_layer_of_its_own_has_its_own_size_place_and_transparency_whatever_is_selected(tmp_path, channels, depth):
    crop = Crop(tmp_path, channels, depth)
    layers = (OwnLayer(gray(50, 7, 0.25), np.int64(-9), 30), OwnLayer(gray(3, 4), 2, 1, "A\nspeck", seed=np.int32(8)))
    finished = crop.answer(lambda scene: NewLayers(layers), Answers.LAYERS)
    large, small = finished.results
    assert (large.kind, large.raster.bounds, large.seed, large.name) == (
        ResultKind.LAYER, Bounds(CROP.x - 9, CROP.y + 30, 50, 7), 5, "",
    )  # fmt: skip
    assert (small.raster.bounds, small.seed, small.name) == (Bounds(CROP.x + 2, CROP.y + 1, 3, 4), 8, "A speck")
    assert large.raster.depth is depth
    assert large.raster.channels.has_alpha
    seen = crop.picture(finished)
    assert np.allclose(seen.rgb, 0.4, atol=3e-3)
    assert np.allclose(seen.alpha, 0.25, atol=3e-3)


@EVERY_DEPTH
def test_a_layer_of_its_own_keeps_the_numbers_of_what_it_shows_unchanged(tmp_path, depth):
    crop = Crop(tmp_path, Channels.RGBA, depth)

    def part(scene: Scene) -> NewLayers:
        return NewLayers((OwnLayer(opaque(scene.picture.rgb[4:, 6:]), 6, 4),))

    assert np.array_equal(crop.numbers(crop.answer(part, Answers.LAYERS)), crop.native[4:, 6:])


def test_a_layer_of_its_own_that_asks_for_it_shows_only_where_the_selection_lets_it(tmp_path):
    crop = Crop(tmp_path)
    layer = OwnLayer(gray(CROP.width + 20, CROP.height), -10, 0, masked=True)
    alpha = crop.picture(crop.answer(lambda scene: NewLayers((layer,)), Answers.LAYERS)).alpha
    expected = np.zeros_like(alpha)
    expected[8:12, 20:30] = 1
    assert np.array_equal(alpha, expected)


@EVERY_COLOUR
@EVERY_DEPTH
def test_a_selection_lies_where_the_crop_does_and_its_soft_edge_stays_soft(tmp_path, channels, depth):
    crop = Crop(tmp_path, channels, depth)
    mask = np.tile(np.linspace(0, 1, CROP.width, dtype=np.float32), (CROP.height, 1))
    finished = crop.answer(lambda scene: NewSelection(mask), Answers.SELECTION)
    (one,) = finished.results
    assert (one.kind, one.raster.bounds, one.raster.channels) == (ResultKind.SELECTION, CROP, Channels.GRAY)
    assert one.raster.depth is (Depth.U8 if depth is Depth.U8 else Depth.U16)
    full = np.iinfo(KINDS[one.raster.depth]).max
    assert np.array_equal(crop.numbers(finished)[..., 0], np.round(mask * full))


@EVERY_COLOUR
@EVERY_DEPTH
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_canvas_lies_in_the_enlarged_document_and_may_reach_beyond_it(tmp_path, channels, depth, scale):
    crop = Crop(tmp_path, channels, depth)
    finished = crop.answer(lambda scene: NewCanvas(gray(150, 120), scale, -7, -3), Answers.CANVAS)
    (one,) = finished.results
    assert (one.kind, one.scale) == (ResultKind.CANVAS, scale)
    assert one.raster.bounds == Bounds(CROP.x * scale - 7, CROP.y * scale - 3, 150, 120)
    assert one.raster.depth is depth
    assert finished.crop == CROP
    seen = crop.picture(finished)
    assert np.allclose(seen.rgb, 0.4, atol=3e-3)
    assert (seen.alpha == 1).all()


@EVERY_DEPTH
def test_a_picture_continued_beyond_its_borders_keeps_its_own_numbers(tmp_path, depth):
    crop = Crop(tmp_path, Channels.RGBA, depth)

    def framed(scene: Scene) -> NewCanvas:
        picture = gray(CROP.width + 10, CROP.height + 10)
        picture.rgb[5:-5, 5:-5] = scene.picture.rgb
        return NewCanvas(picture, 1, -5, -5)

    assert np.array_equal(crop.numbers(crop.answer(framed, Answers.CANVAS))[5:-5, 5:-5], crop.native)


def test_a_repainted_picture_may_have_names_and_as_many_as_it_likes(tmp_path):
    crop = Crop(tmp_path)

    def several(scene: Scene) -> Repaint:
        return Repaint((scene.picture.rgb,) * 3, names=("one", "two", "three"))

    finished = crop.answer(several, Answers.GROUP)
    assert [(one.name, one.seed) for one in finished.results] == [("one", 5), ("two", 5), ("three", 5)]
    assert finished.grouped


def canvas(scene: Scene) -> NewCanvas:
    return NewCanvas(gray(66, 42), 2)


def selection(scene: Scene) -> NewSelection:
    return NewSelection(scene.mask)


def layers(scene: Scene) -> NewLayers:
    return NewLayers((OwnLayer(gray(9, 9)),))


def repaint(scene: Scene) -> Repaint:
    return Repaint((scene.picture.rgb,))


def nothing(scene: Scene) -> None:
    """What a method of an earlier version might give."""


@pytest.mark.parametrize("declared", list(Answers))
@pytest.mark.parametrize("result", [canvas, selection, layers, repaint, nothing])
def test_a_method_that_answers_something_else_than_it_declared_fails_with_a_sentence(tmp_path, declared, result):
    right = {
        canvas: [Answers.CANVAS],
        selection: [Answers.SELECTION],
        layers: [Answers.LAYERS, Answers.GROUP, Answers.CANVAS],
        repaint: [Answers.LAYERS, Answers.GROUP],
    }
    crop = Crop(tmp_path)
    if declared in right.get(result, []):
        assert crop.answer(result, declared).results
    else:
        error = crop.refused(result, declared)
        assert (error.code, "something else than it says of itself" in error.sentence) == (Code.EDIT_FAILED, True)


@pytest.mark.parametrize(
    ("result", "code", "said"),
    [
        (lambda scene: NewLayers((OwnLayer(gray(40_000, 1)),)), Code.TOO_LARGE, "40000 × 1"),
        (lambda scene: NewCanvas(gray(1, 40_000)), Code.TOO_LARGE, "1 × 40000"),
        (lambda scene: NewCanvas(vast(30_000, 30_000)), Code.TOO_LARGE, "would be"),
        (lambda scene: NewLayers((OwnLayer(gray(1, 1)),) * (MOST_RESULTS + 1)), Code.TOO_LARGE, "layers"),
        (lambda scene: NewLayers((OwnLayer(vast(20_000, 20_000)),) * 6), Code.TOO_LARGE, "would be"),
        (lambda scene: NewLayers(()), Code.EDIT_FAILED, "nothing that can be put"),
        (lambda scene: NewLayers((OwnLayer(gray(0, 4)),)), Code.EDIT_FAILED, "nothing that can be put"),
        (lambda scene: NewLayers((OwnLayer(gray(4, 4), 1 << 40),)), Code.EDIT_FAILED, "nothing that can be put"),
        (lambda scene: NewCanvas(gray(4, 4), 3), Code.EDIT_FAILED, "nothing that can be put"),
        (lambda scene: NewCanvas(gray(4, 4), 0), Code.EDIT_FAILED, "nothing that can be put"),
        (lambda scene: NewCanvas(gray(4, 4, np.nan)), Code.EDIT_FAILED, "not a picture"),
        (lambda scene: NewSelection(scene.mask * np.nan), Code.EDIT_FAILED, "not a picture"),
        (lambda scene: NewSelection(scene.mask * 0), Code.EMPTY_SELECTION, "Nothing was found"),
        (lambda scene: NewSelection(scene.mask[1:]), Code.EDIT_FAILED, "another number or size"),
        (lambda scene: Repaint(()), Code.EDIT_FAILED, "another number or size"),
        (lambda scene: Repaint((scene.picture.rgb,) * 2), Code.EDIT_FAILED, "another number or size"),
        (lambda scene: Repaint((scene.picture.rgb[1:],)), Code.EDIT_FAILED, "another number or size"),
        (lambda scene: Repaint((scene.picture.rgb,), names=("a", "b")), Code.EDIT_FAILED, "another number or size"),
    ],
)
def test_a_result_that_no_document_could_take_fails_with_a_sentence(tmp_path, result, code, said):
    crop = Crop(tmp_path, depth=Depth.F32)
    declared = {NewCanvas: Answers.CANVAS, NewSelection: Answers.SELECTION}
    kind = type(result(Scene(gray(CROP.width, CROP.height), np.ones((CROP.height, CROP.width), np.float32))))
    error = crop.refused(result, declared.get(kind, Answers.LAYERS))
    assert error.code is code
    assert said in error.sentence
    assert error.hint


def vast(width: int, height: int) -> Picture:
    """Of so many pixels, and no memory."""
    zero = np.float32(0)
    return Picture(np.broadcast_to(zero, (height, width, 3)), np.broadcast_to(zero, (height, width)))
