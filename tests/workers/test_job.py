"""Pixels → edit → pixels, with edits whose answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from server.editing.edit import Answer, CancelledEdit, Scene, Step, seed_of
from server.editing.results import Repaint
from server.journal import RESULT, SpoolFiles
from server.wire import codec
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds
from server.wire.messages import Blob, Finished, Submit
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.workers import job, progress
from server.workers.failure import worded

ID = "c" * 32
BOUNDS = Bounds(-5, 9, 33, 21)


def inverted(scene: Scene, recipe: Recipe, models: object, report) -> Answer[Repaint]:
    report(Step("Painting", 0, 1))
    image = (1 - scene.picture.rgb).astype(np.float32)
    return Answer(Repaint((image,) * recipe.variations), replace(recipe, seed=seed_of(recipe)), ("A word of advice.",))


def ignore(step: Step) -> None: ...


def request(folder: Path, channels: Channels, depth: Depth, recipe: Recipe, *, selected: bool = True) -> Submit:
    layer = Raster(BOUNDS, channels, depth)
    random = np.random.default_rng(3)
    kinds = {Depth.U8: np.uint8, Depth.U16: np.uint16, Depth.F32: np.float32}
    shape = (BOUNDS.height, BOUNDS.width, channels.per_pixel)
    values = random.random(shape) * (1 if depth is Depth.F32 else np.iinfo(kinds[depth]).max)
    (folder / "layer").write_bytes(values.astype(kinds[depth]).tobytes())
    mask = np.zeros((BOUNDS.height, BOUNDS.width), np.uint8)
    mask[8:12, 10:20] = 255 if selected else 0
    (folder / "mask").write_bytes(mask.tobytes())
    blobs = (Blob("layer", layer.nbytes), Blob("mask", mask.size))
    return Submit(ID, recipe, layer, blobs, Depth.U8)


@pytest.mark.parametrize("channels", [Channels.RGBA, Channels.BGRA, Channels.RGB, Channels.GRAY, Channels.GRAY_ALPHA])
@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16, Depth.F32])
def test_the_answer_has_the_crops_place_and_depth_and_alpha_only_where_it_may_show(tmp_path, channels, depth):
    submit = request(tmp_path, channels, depth, Recipe("x", seed=5, variations=2, grow=1, feather=2))
    finished = job.run(submit, SpoolFiles(tmp_path), inverted, None, ignore)
    assert [(layer.blob, layer.seed) for layer in finished.results] == [("result-0", 5), ("result-1", 6)]
    raster = finished.results[0].raster
    assert (raster.bounds, raster.depth) == (BOUNDS, depth)
    assert raster.channels.has_alpha
    data = (tmp_path / "result-0").read_bytes()
    kind = {Depth.U8: np.uint8, Depth.U16: np.uint16, Depth.F32: np.float32}[depth]
    alpha = np.frombuffer(data, kind).reshape(BOUNDS.height, BOUNDS.width, -1)[..., -1]
    assert (alpha[8:12, 10:20] == (1 if depth is Depth.F32 else np.iinfo(kind).max)).all()
    beyond = alpha.copy()
    beyond[8 - 4 : 12 + 4, 10 - 4 : 20 + 4] = 0
    assert not beyond.any()


def test_what_was_written_is_what_is_reported(tmp_path):
    submit = request(tmp_path, Channels.RGBA, Depth.U8, Recipe("x"))
    finished = job.run(submit, SpoolFiles(tmp_path), inverted, None, ignore)
    assert codec.from_text(Finished, (tmp_path / RESULT).read_bytes(), RESULT) == finished
    assert finished.recipe.seed is not None
    assert finished.recipe.feather is None, "run again, it fits the selection as it did"
    assert "A word of advice." in finished.notices
    assert set(finished.seconds) >= {"reading", "Painting", "finishing"}


def test_without_a_mask_the_whole_layer_is_answered_in_its_own_outline(tmp_path):
    submit = replace(request(tmp_path, Channels.RGBA, Depth.U8, Recipe("x")), mask_depth=None)
    job.run(submit, SpoolFiles(tmp_path), inverted, None, ignore)
    shape = (BOUNDS.height, BOUNDS.width, 4)
    layer, answer = (
        np.frombuffer((tmp_path / name).read_bytes(), np.uint8).reshape(shape) for name in ("layer", "result-0")
    )
    assert (answer[..., 3] == layer[..., 3]).all()


def test_a_layer_without_alpha_is_answered_everywhere(tmp_path):
    submit = replace(request(tmp_path, Channels.RGB, Depth.U8, Recipe("x")), mask_depth=None)
    job.run(submit, SpoolFiles(tmp_path), inverted, None, ignore)
    answer = np.frombuffer((tmp_path / "result-0").read_bytes(), np.uint8).reshape(BOUNDS.height, BOUNDS.width, 4)
    assert (answer[..., 3] == 255).all()


def test_an_empty_selection_is_an_error_and_leaves_no_answer(tmp_path):
    submit = request(tmp_path, Channels.RGBA, Depth.U8, Recipe("x"), selected=False)
    with pytest.raises(OverpaintError) as caught:
        job.run(submit, SpoolFiles(tmp_path), inverted, None, ignore)
    assert caught.value.code is Code.EMPTY_SELECTION
    assert not (tmp_path / RESULT).exists()


def test_a_cancel_ends_the_job_at_the_next_step_and_leaves_no_answer(tmp_path):
    def cancelled(step: Step) -> None:
        raise CancelledEdit

    submit = request(tmp_path, Channels.RGBA, Depth.U8, Recipe("x"))
    with pytest.raises(CancelledEdit):
        job.run(submit, SpoolFiles(tmp_path), inverted, None, cancelled)
    assert not (tmp_path / RESULT).exists()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_seconds_are_counted_for_each_stage_also_when_it_comes_back():
    clock = Clock()
    watch = job.Stopwatch(clock)
    for stage, lasts in [("a", 1.0), ("b", 2.0), ("b", 0.5), ("a", 4.0)]:
        watch.begin(stage)
        clock.now += lasts
    assert watch.seconds() == {"a": 5.0, "b": 2.5}


def test_the_time_left_follows_from_the_steps_of_this_stage_alone():
    clock = Clock()
    pace = progress.Pace(clock)
    assert pace.seconds_left(Step("Loading", 0, 0)) is None
    clock.now += 50
    assert pace.seconds_left(Step("Painting", 0, 10)) is None
    clock.now += 6
    assert pace.seconds_left(Step("Painting", 2, 10)) == 24
    clock.now += 4
    assert pace.seconds_left(Step("Painting", 10, 10)) == 0


@pytest.mark.parametrize(
    ("width", "height", "small"), [(1000, 500, (256, 128)), (40, 30, (40, 30)), (5000, 1, (256, 1))]
)
def test_a_preview_is_small_rgb8(width, height, small):
    image = np.full((height, width, 3), 0.5, np.float32)
    message, pixels = progress.message(ID, Step("Painting", 1, 2, image), progress.Pace())
    assert (message.preview_width, message.preview_height) == small
    assert pixels == bytes([128]) * (small[0] * small[1] * 3)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), Code.OUT_OF_MEMORY),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), Code.OUT_OF_MEMORY),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] can't allocate memory"), Code.OUT_OF_MEMORY),
        (OSError(28, "No space left on device"), Code.DISK_FULL),
        (OverpaintError(Code.UNKNOWN_MODEL, "No such model.", "Get it."), Code.UNKNOWN_MODEL),
        (ValueError("shapes do not fit"), Code.EDIT_FAILED),
    ],
)
def test_whatever_an_edit_raises_becomes_an_error_with_a_hint(error, code):
    found = worded(error)
    assert found.code is code
    assert found.sentence
    assert found.hint
