"""Pictures to look at, given on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from bench import profiles
from server.documents import image, png
from server.documents.image import Image
from server.models.store.store import ModelStore
from tests.cli.test_edit import CommandLine
from tests.conftest import short_folder
from tests.running import FOREIGN, PONDERING, RunningServer

ANSWERERS = os.pathsep.join([str(FOREIGN), str(FOREIGN / "typed"), PONDERING["PYTHONPATH"]])
RED, GREEN = (200, 20, 10), (30, 180, 60)


@pytest.fixture(scope="module")
def overpaint() -> Iterator[CommandLine]:
    with short_folder() as folder:
        running = RunningServer(folder, environment={"PYTHONPATH": ANSWERERS})
        yield CommandLine(folder)
        running.stop()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8)
    (tmp_path / "photo.png").write_bytes(png.encode(Image(pixels)))
    mask = np.zeros((64, 64, 1), np.uint8)
    mask[16:48, 16:48] = 255
    (tmp_path / "mask.png").write_bytes(png.encode(Image(mask)))
    return tmp_path / "photo.png"


def halves(above: tuple[int, int, int], below: tuple[int, int, int]) -> Pillow.Image:
    pixels = np.empty((20, 30, 3), np.uint8)
    pixels[:10], pixels[10:] = above, below
    return Pillow.fromarray(pixels)


def striped(overpaint: CommandLine, photo: Path, *references: Path) -> np.ndarray:
    """(above and below, stripes, RGB) of what ``striped`` saw."""
    answer = photo.with_name("answer.png")
    shown = [word for path in references for word in ("--reference", path)]
    status, _, err = overpaint("edit", photo, "--method", "striped", *shown, "--out", answer)
    assert status == 0, err
    pixels = image.read(answer).pixels
    columns = [(2 * number + 1) * 64 // (2 * len(references)) for number in range(len(references))]
    return pixels[[8, 56]][:, columns, :3].astype(int)


def test_each_is_seen_upright_whatever_kind_of_file_it_is(overpaint: CommandLine, photo: Path) -> None:
    upright, turned, sixteen = (photo.with_name(name) for name in ("a.png", "b.jpg", "c.tif"))
    halves(RED, GREEN).save(upright)
    exif = Pillow.Exif()
    exif[0x0112] = 3  # upside down
    halves(GREEN, RED).save(turned, quality=100, subsampling=0, exif=exif)
    halves(GREEN, RED).save(sixteen)
    seen = striped(overpaint, photo, upright, turned, sixteen)
    expected = np.array([[RED, RED, GREEN], [GREEN, GREEN, RED]])
    assert np.abs(seen - expected).max() <= 3


def test_its_profile_says_what_its_colours_are(overpaint: CommandLine, photo: Path) -> None:
    plain, wide = photo.with_name("plain.png"), photo.with_name("wide.png")
    halves(RED, GREEN).save(plain)
    halves(RED, GREEN).save(wide, icc_profile=profiles.adobe_like())
    first, second = striped(overpaint, photo, plain, wide).transpose(1, 0, 2)
    assert np.abs(first - [RED, GREEN]).max() <= 1
    assert second[0, 0] > RED[0] + 10, "the same numbers are a stronger red there"


def test_a_role_takes_the_method_that_looks(overpaint: CommandLine, photo: Path) -> None:
    shown, answer = photo.with_name("a.png"), photo.with_name("answer.png")
    halves(RED, RED).save(shown)
    status, _, err = overpaint("edit", photo, "--role", "redraw", "--reference", shown, "--out", answer)
    assert status == 0, err
    assert (image.read(answer).pixels[..., :3] == RED).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--method", "striped"), "Striped needs a reference picture."),
        (("--method", "erase", "--reference", "a.png"), "looks at no reference pictures"),
        (("--method", "striped", *("--reference", "a.png") * 17), "At most 16 reference pictures"),
        (("--method", "striped", "--reference", "nothing.png"), "nothing.png"),
        (("--method", "striped", "--reference", "mask.txt"), "mask.txt"),
    ],
)
def test_what_cannot_be_looked_at_is_said(
    overpaint: CommandLine, photo: Path, words: tuple[str, ...], said: str
) -> None:
    halves(RED, GREEN).save(photo.with_name("a.png"))
    photo.with_name("mask.txt").write_text("no picture")
    files = [photo.with_name(word) if "." in word else word for word in words]
    mask = ("--mask", photo.with_name("mask.png"))
    status, _, err = overpaint("edit", photo, *mask, *files, "--out", photo.with_name("answer.png"))
    assert status != 0
    assert said in " ".join(err.split())
    assert not photo.with_name("answer.png").exists()


# --- a model that looks ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def painting() -> Iterator[CommandLine]:
    """Two tiny models, of which one looks at pictures."""
    from tests import tiny_models

    with short_folder() as folder:
        for family in ("flux2-klein", "sd15"):
            tiny_models.install(family, ModelStore(folder / "models"), folder)
        running = RunningServer(folder, "--device", "cpu")
        yield CommandLine(folder)
        running.stop()


@pytest.mark.torch
def test_replace_shows_them_to_a_model_that_looks(painting: CommandLine, photo: Path) -> None:
    """The tiny model sees a little of them only, so 16 bits are looked at."""
    deep = np.random.default_rng(2).integers(0, 65535, (64, 64, 3), np.uint16)
    photo.write_bytes(png.encode(Image(deep)))
    answers = []
    for seed in (1, 2, None):
        shown, answer = photo.with_name("shown.png"), photo.with_name("answer.png")
        Pillow.fromarray(np.random.default_rng(seed).integers(0, 255, (64, 96, 3), np.uint8)).save(shown)
        reference = ("--reference", shown) if seed else ("--model", "flux2-klein")
        words = ("--prompt", "a hat", "--mask", photo.with_name("mask.png"), "--seed", 4, "--steps", 2, "--json")
        status, out, err = painting("edit", photo, *words, *reference, "--out", answer)
        assert status == 0, err
        assert '"model": "flux2-klein"' in out
        answers.append(image.read(answer).pixels[16:48, 16:48].astype(int))
    first, second, without = answers
    assert np.abs(first - second).max() > 20
    assert np.abs(first - without).max() > 20


@pytest.mark.torch
def test_a_model_that_does_not_look_is_refused(painting: CommandLine, photo: Path) -> None:
    words = ("--prompt", "a hat", "--mask", photo.with_name("mask.png"), "--model", "sd15", "--reference", photo)
    status, _, err = painting("edit", photo, *words, "--out", photo.with_name("answer.png"))
    assert status != 0
    assert "“sd15” looks at no reference pictures" in err and "flux2-klein" in err
