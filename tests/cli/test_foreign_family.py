"""A package outside the repository brings a family of models: its files are imported, listed and painted with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from server.documents import image, png
from server.documents.image import Image
from tests import strange_model
from tests.cli.test_edit import CommandLine
from tests.conftest import short_folder
from tests.running import RunningServer

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """With the family's model imported twice: from a folder and from a single file."""
    sources = tmp_path_factory.mktemp("strange")
    folder = strange_model.folder(sources / "folder")
    file = strange_model.file(folder, sources / "file.safetensors")
    with short_folder() as home:
        variables = {"OMP_NUM_THREADS": "1", "PYTHONPATH": strange_model.KNOWN}
        command = CommandLine(home, **variables)
        for source in (folder, file):
            status, out, err = command("models", "import", source, "--licence", "MIT")
            assert status == 0, err
            assert "Installed" in out
        running = RunningServer(home, "--device", "cpu", environment=variables)
        yield command
        running.stop()


@pytest.fixture(scope="module")
def painted(strangers: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What each of the two makes of one picture; and what was there."""
    folder = tmp_path_factory.mktemp("painted")
    source = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    (folder / "photo.png").write_bytes(png.encode(Image(source)))
    (folder / "mask.png").write_bytes(png.encode(Image(mask[..., None])))
    found = {"": source}
    for model in ("folder", "file"):
        answer = folder / f"{model}.png"
        words = ("--mask", folder / "mask.png", "--prompt", "a hat", "--model", model, "--seed", "3", "--out", answer)
        status, _, err = strangers("edit", folder / "photo.png", "--method", "inpaint", *words)
        assert status == 0, err
        found[model] = image.read(answer).pixels
    return found


def test_they_are_listed_with_their_family(strangers: CommandLine) -> None:
    _, out, _ = strangers("models", "list", "--json")
    found = {model["name"]: model for model in json.loads(out)["installed"]}
    assert {found[name]["family"] for name in ("folder", "file")} == {"strange"}
    assert found["file"]["good_for"].startswith("strange pictures")


def test_a_folder_is_painted_with(painted: dict[str, np.ndarray]) -> None:
    assert not np.array_equal(painted["folder"][16:48, 16:48], painted[""][16:48, 16:48])


def test_a_single_file_paints_what_the_folder_paints(painted: dict[str, np.ndarray]) -> None:
    np.testing.assert_array_equal(painted["file"], painted["folder"])


def test_a_method_that_the_family_cannot_do_says_so(strangers: CommandLine, tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(png.encode(Image(np.full((32, 32, 3), 99, np.uint8))))
    words = ("--method", "sdedit", "--model", "folder", "--prompt", "x", "--out", tmp_path / "a.png")
    status, _, err = strangers("edit", picture, *words)
    assert status != 0
    assert "cannot do Redraw" in err


def test_without_its_package_the_others_are_still_listed(strangers: CommandLine) -> None:
    status, out, _ = strangers("models", "list", "--json", PYTHONPATH=os.curdir)
    assert status == 0
    assert "strange" in out
