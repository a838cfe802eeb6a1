"""The command line as a person uses it, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from server.documents import image, png
from server.documents.chunks import PngChunk
from server.documents.image import Image
from tests.running import CHECKOUT, PATIENCE, PONDERING, RunningServer, until


class CommandLine:
    """``overpaint`` for one home."""

    def __init__(self, home: Path, **variables: str) -> None:
        self._environment = {**os.environ, **PONDERING, "OVERPAINT_HOME": str(home), "COLUMNS": "200", **variables}

    def start(self, *words: object, **variables: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "server.cli", *map(str, words)]
        return subprocess.Popen(
            command,
            env={**self._environment, **variables},
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: object, **variables: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error. variables: of its environment."""
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err


@pytest.fixture
def overpaint(pondering: RunningServer) -> CommandLine:
    return CommandLine(pondering.home)


both_depths = pytest.mark.parametrize("picture", [np.uint8, np.uint16], ids=["8 bits", "16 bits"], indirect=True)


@pytest.fixture
def picture(request, tmp_path) -> Path:
    kind = getattr(request, "param", np.uint8)
    pixels = np.random.default_rng(1).integers(0, np.iinfo(kind).max, (700, 900, 3), kind)
    (tmp_path / "photo.png").write_bytes(png.encode(Image(pixels)))
    mask = np.zeros((700, 900, 1), np.uint8)
    mask[300:340, 600:650] = 255
    (tmp_path / "mask.png").write_bytes(png.encode(Image(mask)))
    return tmp_path / "photo.png"


def ponder(overpaint: CommandLine, picture: Path, out: str, *options: object) -> tuple[int, str, str]:
    folder = picture.parent
    words = ("edit", picture, "--mask", folder / "mask.png", "--out", folder / out, "--method", "ponder", "--steps", 1)
    return overpaint(*words, *options)


@both_depths
def test_an_ora_has_the_source_bit_for_bit_and_the_answer_above_it(overpaint, picture):
    status, out, _ = ponder(overpaint, picture, "a.ora", "--prompt", "two boats", "--variations", 2, "--json")
    assert status == 0
    report = json.loads(out)
    with zipfile.ZipFile(picture.parent / "a.ora") as archive:
        layers = list(ElementTree.fromstring(archive.read("stack.xml")).iter("layer"))
        assert [layer.get("name") for layer in layers] == ["two boats 1", "two boats 2", "photo"]
        assert [layer.get("visibility") for layer in layers] == ["visible", "hidden", "visible"]
        for number, layer in enumerate(layers):
            (picture.parent / f"{number}.png").write_bytes(archive.read(str(layer.get("src"))))
    assert np.array_equal(image.read(picture.parent / "2.png").pixels, image.read(picture).pixels)
    answer = image.read(picture.parent / "0.png")
    placed = report["results"][0]
    assert (placed["x"], placed["y"]) == (int(layers[0].get("x")), int(layers[0].get("y")))
    assert placed["width"] < 900
    assert (answer.extent.width, answer.depth) == (placed["width"], image.read(picture).depth)
    inside = answer.pixels[300 - placed["y"] : 340 - placed["y"], 600 - placed["x"] : 650 - placed["x"], 3]
    assert (inside == answer.full).all()
    assert report["recipe"]["prompt"] == "two boats"
    assert report["recipe"]["feather"] is None
    assert report["seconds"]["total"] > 0


@both_depths
def test_a_png_differs_from_the_source_only_around_the_mask(overpaint, picture):
    status, out, _ = ponder(overpaint, picture, "a.png", "--grow", 3, "--feather", 5, "--seed", 7)
    assert status == 0
    assert "a.png" in out
    before, after = image.read(picture).pixels, image.read(picture.parent / "a.png").pixels
    changed = np.any(before != after, axis=2)
    assert changed[300:340, 600:650].mean() > 0.9
    changed[300 - 9 : 340 + 9, 600 - 9 : 650 + 9] = False
    assert not changed.any()


def test_each_edit_strength_is_a_layer_with_its_strength_in_its_name(overpaint, picture):
    options = ("--prompt", "a boat", "--preset", "slow", "--eta", "0.5:1.0:3", "--seed", 4, "--json")
    status, out, err = ponder(overpaint, picture, "a.ora", *options)
    assert status == 0, err
    report = json.loads(out)
    assert [(layer["eta"], layer["seed"]) for layer in report["results"]] == [(0.5, 4), (0.75, 4), (1.0, 4)]
    with zipfile.ZipFile(picture.parent / "a.ora") as archive:
        names = [layer.get("name") for layer in ElementTree.fromstring(archive.read("stack.xml")).iter("layer")]
    assert names == ["a boat 0.5", "a boat 0.75", "a boat 1", "photo"]


def test_errors_are_a_sentence_and_a_hint_without_a_traceback(overpaint, picture):
    folder = picture.parent
    (folder / "black.png").write_bytes(png.encode(Image(np.zeros((700, 900, 1), np.uint8))))
    for words, expected in [
        (("edit", folder / "none.png", "--out", folder / "a.png"), "no file"),
        (("edit", picture, "--out", folder / "a.jpg"), "ends neither"),
        (("edit", picture, "--out", folder / "nowhere" / "a.png"), "no folder"),
        (("edit", picture, "--out", folder / "a.png", "--mask", folder / "black.png"), "selects nothing"),
        (("edit", picture, "--out", folder / "a.png", "--method", "magic"), "no method"),
        (("edit", picture, "--out", folder / "a.png", "--method", "ponder", "--eta", "very"), "no edit strength"),
        (("jobs", "cancel", "abc"), "No edit has"),
        (("models", "remove", "never-installed"), "never-installed"),
    ]:
        status, _, err = overpaint(*words)
        assert (status, expected in err, "Traceback" in err) == (1, True, False), err


def test_an_error_is_machine_readable_when_asked(overpaint, picture):
    status, out, err = ponder(overpaint, picture, "a.png", "--prompt", "raise", "--json")
    assert status == 1
    assert json.loads(out)["error"]["code"] == "edit-failed"
    assert "upset" in err
    assert not (picture.parent / "a.png").exists()


def test_ctrl_c_cancels_the_job_and_writes_nothing(overpaint, pondering, picture):
    folder = picture.parent
    words = ("edit", picture, "--mask", folder / "mask.png", "--out", folder / "a.ora", "--method", "ponder")
    process = overpaint.start(*words, "--steps", 500)
    until(lambda: "running" in overpaint("jobs")[1], "the job to run")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Cancelled" in err
    assert json.loads(overpaint("jobs", "--json")[1]) == {"jobs": []}
    assert not (folder / "a.ora").exists()


def test_an_edit_whose_command_was_killed_can_be_fetched(overpaint, pondering, picture):
    folder = picture.parent
    words = ("edit", picture, "--mask", folder / "mask.png", "--out", folder / "a.png", "--method", "ponder")
    process = overpaint.start(*words, "--prompt", "wait")
    until(lambda: "running" in overpaint("jobs")[1], "the job to run")
    process.kill()
    process.communicate()
    (pondering.home / "go").touch()
    (line,) = json.loads(overpaint("jobs", "--json")[1])["jobs"]
    (folder / "gray.png").write_bytes(png.encode(Image(np.zeros((700, 900, 1), np.uint8))))
    words = ("jobs", "fetch", line["job"][:6], "--out", folder / "b.png", "--picture")
    status, _, err = overpaint(*words, folder / "gray.png")
    assert (status, "not made from" in err) == (1, True), err
    status, out, err = overpaint(*words, picture)
    assert status == 0, err
    assert "b.png" in out
    assert image.read(folder / "b.png").extent == image.read(picture).extent
    assert json.loads(overpaint("jobs", "--json")[1]) == {"jobs": []}


def test_the_models_of_the_catalogue_are_listed_with_licence_and_memory(overpaint):
    status, out, _ = overpaint("models", "list")
    assert status == 0
    assert "sd15-inpainting" in out
    report = json.loads(overpaint("models", "list", "--json")[1])
    assert all(one["licence"] and one["memory_gb"] > 0 for one in report["available"])


def test_the_doctor_names_what_it_looked_at_and_what_to_do(overpaint, pondering):
    _, out, _ = overpaint("doctor", "--json")
    findings = {finding["what"]: finding["fix"] for finding in json.loads(out)["findings"]}
    assert any("Edits run on" in what for what in findings)
    assert any("torch" in what for what in findings)


def test_a_command_starts_the_server_when_none_runs(home, picture):
    overpaint = CommandLine(home)
    status, _, err = ponder(overpaint, picture, "a.png")
    assert status == 0, err
    pid = json.loads((home / "connection.json").read_text())["pid"]
    os.kill(pid, signal.SIGTERM)
    until(lambda: not (home / "connection.json").exists(), "the server to end")


def test_an_answer_goes_through_a_link_and_keeps_the_mode_of_the_file(overpaint, picture):
    folder = picture.parent
    (folder / "real.png").write_bytes(b"an older one")
    (folder / "real.png").chmod(0o600)
    (folder / "link.png").symlink_to("real.png")
    status, _, err = ponder(overpaint, picture, "link.png")
    assert status == 0, err
    assert (folder / "link.png").is_symlink()
    assert (folder / "real.png").stat().st_mode & 0o777 == 0o600
    assert image.read(folder / "real.png").extent == image.read(picture).extent


def test_the_answer_may_take_the_place_of_the_picture_itself(overpaint, picture):
    before = image.read(picture).pixels
    status, _, err = ponder(overpaint, picture, picture.name, "--feather", 0)
    assert status == 0, err
    changed = np.any(image.read(picture).pixels != before, axis=2)
    assert changed[300:340, 600:650].any()
    changed[300:340, 600:650] = False
    assert not changed.any()


def test_what_a_file_says_of_itself_is_in_the_answer_and_what_is_left_out_is_told(overpaint, picture):
    said = (PngChunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)), PngChunk(b"tEXt", b"Copyright\0(c) me"))
    gamma = PngChunk(b"gAMA", struct.pack(">I", 100000))
    picture.write_bytes(
        png.encode(Image(image.read(picture).pixels, None, (*said, gamma, PngChunk(b"hIST", bytes(2)))))
    )
    status, out, err = ponder(overpaint, picture, "a.png", "--json")
    assert status == 0, err
    assert image.read(picture.parent / "a.png").chunks == (*said, gamma)
    assert any("hIST" in notice for notice in json.loads(out)["notices"])


def test_an_output_that_cannot_be_written_is_found_out_before_any_work(overpaint, picture):
    folder = picture.parent
    (folder / "folder.png").mkdir()
    (folder / "b-2.png").mkdir()
    for out, options in (("folder.png", ()), ("a" * 300 + ".png", ()), ("b.png", ("--variations", 2))):
        status, _, err = ponder(overpaint, picture, out, "--prompt", "raise", *options)
        assert (status, "cannot be written" in err, "Traceback" in err) == (1, True, False), err
    assert json.loads(overpaint("jobs", "--json")[1]) == {"jobs": []}


def test_an_output_that_can_no_longer_be_written_after_the_work_is_fetched_from_the_server(
    overpaint, pondering, picture
):
    folder = picture.parent
    (folder / "soon").mkdir()
    (pondering.home / "go").unlink(missing_ok=True)  # another test's
    words = ("edit", picture, "--mask", folder / "mask.png", "--out", folder / "soon" / "a.png", "--method", "ponder")
    process = overpaint.start(*words, "--prompt", "wait")
    until(lambda: "running" in overpaint("jobs")[1], "the job to run")
    (folder / "soon").rmdir()
    (pondering.home / "go").touch()
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in err) == (1, False)
    assert "still keeps the answer" in err
    job = err.split("overpaint jobs fetch ")[1].split()[0]
    status, _, err = overpaint("jobs", "fetch", job, "--picture", picture, "--out", folder / "b.png")
    assert status == 0, err
    assert image.read(folder / "b.png").extent == image.read(picture).extent


@both_depths
def test_a_picture_goes_on_beyond_its_borders_and_keeps_every_pixel(overpaint, picture):
    out = picture.parent / "wide.png"
    options = ("--role", "expand", "--set", "right=40", "--set", "top=2%", "--seed", 3, "--json")
    status, said, trouble = overpaint("edit", picture, "--out", out, *options)
    assert status == 0, trouble
    wide, before = image.read(out), image.read(picture)
    assert (wide.extent.width, wide.extent.height, wide.depth) == (940, 714, before.depth)
    assert np.array_equal(wide.pixels[14:, :900], before.pixels)
    assert wide.pixels[:, 900:].std() > 0
    (result,) = json.loads(said)["results"]
    assert (result["kind"], result["x"], result["y"], result["width"], result["height"]) == ("canvas", 0, -14, 940, 714)


def test_how_far_it_is_to_go_on_is_checked_before_anything_is_done(overpaint, picture):
    out = picture.parent / "x.png"
    status, _, trouble = overpaint("edit", picture, "--out", out, "--role", "expand", "--set", "left=far")
    assert status == 1
    assert "The setting left is far." in trouble
    assert "It has to be pixels from 0 to 16384, or per cent from 0% to 400%." in trouble
