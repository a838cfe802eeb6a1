"""``overpaint compare``: a contact sheet of what several methods make of the same picture."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.client.events import Arrived, ArrivedResult
from server.command_line import contact_sheet
from server.documents import image, png
from server.documents.image import Image
from server.wire.geometry import Bounds
from server.wire.messages import Finished
from server.wire.raster import Channels, Depth, Raster
from server.wire.recipe import Recipe
from server.wire.results import ResultBlob, ResultKind
from tests.cli.test_edit import CommandLine
from tests.conftest import short_folder
from tests.running import FOREIGN, PONDERING, RunningServer

STRANGERS = os.pathsep.join([str(FOREIGN), str(FOREIGN / "every"), PONDERING["PYTHONPATH"]])
SHOWN = 200
"""Gray level of the picture."""


@pytest.fixture(scope="module")
def overpaint() -> Iterator[CommandLine]:
    with short_folder() as folder:
        running = RunningServer(folder, environment={"PYTHONPATH": STRANGERS})
        yield CommandLine(folder)
        running.stop()


def picture(folder: Path, channels: int, kind: type) -> Path:
    full = np.iinfo(kind).max
    pixels = np.full((60, 80, channels), full * SHOWN // 255, kind)
    if channels in (2, 4):
        pixels[..., -1] = full
    path = folder / "photo.png"
    path.write_bytes(png.encode(Image(pixels)))
    return path


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_sheet_shows_the_picture_and_each_answer_beside_it(
    overpaint: CommandLine, tmp_path: Path, channels: int, kind: type
) -> None:
    sheet = tmp_path / "sheet.png"
    words = ("--prompt", "a hat", "--set", "shade=90", "--out", sheet)
    status, _, err = overpaint("compare", picture(tmp_path, channels, kind), *words)
    assert status == 0, err
    pixels = image.read(sheet).pixels
    assert pixels.dtype == np.uint8
    shown, answers = (pixels == SHOWN).all(2), (pixels == 90).all(2)
    assert shown.sum() >= 60 * 80
    assert answers.sum() >= 60 * 80
    assert not (shown & answers).any()
    assert np.flatnonzero(shown.any(0)).min() < np.flatnonzero(answers.any(0)).min(), "the picture comes first"


@pytest.mark.parametrize(("x", "y"), [(30, 20), (-10, -5), (70, 50), (200, 200)])
def test_a_layer_of_its_own_size_stands_on_the_picture_where_it_belongs(tmp_path: Path, x: int, y: int) -> None:
    source = image.read(picture(tmp_path, 3, np.uint8))
    raster = Raster(Bounds(x, y, 20, 15), Channels.RGBA, Depth.U8)
    result = ResultBlob(ResultKind.LAYER, "result-0", raster, 1)
    pixels = np.full((15, 20, 4), (90, 90, 90, 255), np.uint8)
    finished = Finished("a" * 32, Recipe("compare", "a hat"), source.raster.bounds, (result,))
    arrived = Arrived("a" * 32, finished, (ArrivedResult(result, memoryview(pixels.tobytes())),))
    (sheet,) = contact_sheet.write(arrived, source, tmp_path / "photo.png", tmp_path / "sheet.png")
    answers = (image.read(sheet).pixels == 90).all(2)
    inside = raster.bounds.intersect(source.raster.bounds)
    assert (answers.sum() >= inside.width * inside.height) if not inside.empty else not answers.any()


def test_as_layers_it_is_what_edit_writes(overpaint: CommandLine, tmp_path: Path) -> None:
    layered = tmp_path / "answers.ora"
    status, _, err = overpaint("compare", picture(tmp_path, 3, np.uint8), "--prompt", "a hat", "--out", layered)
    assert status == 0, err
    assert layered.read_bytes().startswith(b"PK")


def test_a_sheet_that_cannot_be_written_is_said_before_any_work(overpaint: CommandLine, tmp_path: Path) -> None:
    where = tmp_path / "missing" / "sheet.png"
    status, _, err = overpaint("compare", picture(tmp_path, 3, np.uint8), "--prompt", "a hat", "--out", where)
    assert status == 1
    assert "There is no folder" in err
