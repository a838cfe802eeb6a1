"""``overpaint edit --role select``: what was meant follows from what is given, and comes as a mask."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from server.documents import image, png
from server.documents.image import Image
from tests.cli.test_edit import CommandLine
from tests.running import RunningServer
from tests.selecting.pictures import ball, box, disc, overlap


@pytest.fixture
def overpaint(pondering: RunningServer) -> CommandLine:
    return CommandLine(pondering.home)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    levels = (ball().rgb * 255).round().astype(np.uint8)
    (tmp_path / "ball.png").write_bytes(png.encode(Image(levels)))
    drawn = box(52, 24, 128, 97).astype(np.uint8)[..., None] * 255
    (tmp_path / "drawn.png").write_bytes(png.encode(Image(drawn)))
    return tmp_path


def select(overpaint: CommandLine, folder: Path, *options: object) -> tuple[str, np.ndarray]:
    """The method that did it, and the mask."""
    words = ("edit", folder / "ball.png", "--role", "select", "--out", folder / "mask.png", "--json")
    status, out, err = overpaint(*words, *options)
    assert status == 0, err
    return json.loads(out)["recipe"]["method"], image.read(folder / "mask.png").pixels[..., 0].astype(np.float32) / 255


def test_a_rough_mask_is_snapped_to_the_thing_under_it(overpaint, folder):
    method, mask = select(overpaint, folder, "--mask", folder / "drawn.png")
    assert method == "snap"
    assert overlap(mask, disc()) > 0.95
    assert len(np.unique(mask)) > 10  # soft


def test_points_select_what_lies_there_but_for_what_does_not_belong_to_it(overpaint, folder):
    assert overlap(select(overpaint, folder, "--point", "90,45", "--point", "90,80")[1], disc()) > 0.95
    method, mask = select(overpaint, folder, "--point", "90,45", "--not-point", "90,80")
    assert method == "click"
    assert (mask[45, 90], mask[80, 90]) == (1, 0)


def test_with_nothing_given_it_is_the_subject(overpaint, folder):
    method, mask = select(overpaint, folder)
    assert method == "subject"
    assert overlap(mask, disc()) > 0.95
    _, behind = select(overpaint, folder, "--method", "background")
    assert np.abs(mask + behind - 1).max() < 0.01


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--point", "here"), "not X,Y"),
        (("--point", "1,2,3"), "not X,Y"),
        (("--not-point", "9,9"), "Nothing was pointed at"),
        (("--point", "900,900"), "No point lies in the picture"),
        (tuple(word for number in range(65) for word in ("--point", f"{number},1")), "at most 64"),
    ],
)
def test_a_wrong_place_is_refused_with_a_sentence(overpaint, folder, options, said):
    words = ("edit", folder / "ball.png", "--method", "click", "--out", folder / "mask.png")
    status, _, err = overpaint(*words, *options)
    assert status != 0
    assert said in err
