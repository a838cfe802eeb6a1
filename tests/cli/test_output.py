"""What is no layer over the picture, as files: a selection, a larger canvas, layers that are pictures themselves."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from server.client import events
from server.client.identity import client_id
from server.command_line.edit import Order, prepare
from server.documents import chunks, exif, image, png
from server.documents.chunks import PngChunk
from server.documents.directory import DirectoryEntry, write
from server.documents.image import Image
from server.wire.recipe import Extra, Recipe
from tests.cli.test_edit import CommandLine
from tests.conftest import short_folder
from tests.foreign.strangers import MARGINS, SOFT
from tests.running import FOREIGN, PONDERING, RunningServer

STRANGERS = os.pathsep.join([str(FOREIGN), str(FOREIGN / "every"), PONDERING["PYTHONPATH"]])
WIDTH, HEIGHT = 81, 60
DENSITY = PngChunk(b"pHYs", struct.pack(">IIB", 11811, 5906, 1))
EVERY = pytest.mark.parametrize(
    ("channels", "kind"), [(c, k) for c in (1, 2, 3, 4) for k in (np.uint8, np.uint16)], ids=str
)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with short_folder() as folder:
        running = RunningServer(folder, environment={"PYTHONPATH": STRANGERS})
        yield running
        running.stop()


@pytest.fixture
def overpaint(server: RunningServer) -> CommandLine:
    return CommandLine(server.home)


def picture(folder: Path, channels: int = 3, kind: type = np.uint8, *said: PngChunk) -> Path:
    path = folder / "photo.png"
    full = np.iinfo(kind).max
    pixels = np.random.default_rng(5).integers(0, full, (HEIGHT, WIDTH, channels)).astype(kind)
    if channels in (2, 4):
        pixels[..., -1] = full
    path.write_bytes(png.encode(Image(pixels, None, (DENSITY, *said))))
    return path


def made(overpaint: CommandLine, path: Path, role: str, out: str, *options: object) -> dict[str, Any]:
    way = ("--method", f"strange-{role}") if role in ("select", "expand") else ("--role", role)
    words = (*way, "--set", "shade=90", "--seed", 1, "--out", path.parent / out, "--json")
    status, written, err = overpaint("edit", path, *words, *options)
    assert status == 0, err
    report: dict[str, Any] = json.loads(written)
    return report


def shade(pixels: np.ndarray) -> int:
    return 90 * (int(np.iinfo(pixels.dtype).max) // 255)


@EVERY
def test_a_selection_is_a_mask_of_the_pictures_size_and_depth(overpaint, tmp_path, channels, kind):
    report = made(overpaint, picture(tmp_path, channels, kind), "select", "mask.png")
    (result,) = report["results"]
    assert (result["kind"], result["width"], result["height"]) == ("selection", WIDTH, HEIGHT)
    mask = image.read(tmp_path / "mask.png")
    assert (mask.pixels.shape, mask.pixels.dtype) == ((HEIGHT, WIDTH, 1), kind)
    row = mask.pixels[0, :, 0].astype(int)
    assert (row[: WIDTH // 2] == shade(mask.pixels)).all()
    assert (row[WIDTH // 2 + SOFT :] == 0).all()
    assert (np.diff(row[WIDTH // 2 - 1 : WIDTH // 2 + SOFT]) < 0).all(), "its edge stays soft"
    assert mask.chunks == (DENSITY,), "as large on paper, and of no colour"


def test_a_selection_serves_as_the_mask_of_the_next_edit(overpaint, tmp_path):
    path = picture(tmp_path)
    made(overpaint, path, "select", "mask.png")
    words = ("--method", "erase", "--mask", tmp_path / "mask.png", "--feather", 0, "--out", tmp_path / "a.png")
    status, _, err = overpaint("edit", path, *words)
    assert status == 0, err
    changed = (image.read(tmp_path / "a.png").pixels != image.read(path).pixels).any(axis=2)
    assert changed[:, : WIDTH // 2].any()
    assert not changed[:, WIDTH // 2 + SOFT :].any()


@EVERY
def test_a_larger_canvas_is_a_larger_picture_that_is_as_large_on_paper(overpaint, tmp_path, channels, kind):
    path = picture(tmp_path, channels, kind)
    (result,) = made(overpaint, path, "enlarge", "large.png")["results"]
    assert (result["kind"], result["scale"], result["width"]) == ("canvas", 2, 2 * WIDTH)
    large = image.read(tmp_path / "large.png")
    assert (large.pixels.shape, large.pixels.dtype) == ((2 * HEIGHT, 2 * WIDTH, channels), kind)
    assert (large.pixels[..., : channels - 1 + channels % 2] == shade(large.pixels)).all()
    assert large.chunks == (PngChunk(b"pHYs", struct.pack(">IIB", 23622, 11812, 1)),)


@EVERY
def test_a_continued_picture_has_its_own_numbers_in_its_middle(overpaint, tmp_path, channels, kind):
    path = picture(tmp_path, channels, kind)
    (result,) = made(overpaint, path, "expand", "large.png")["results"]
    left, top, right, bottom = MARGINS
    assert (result["x"], result["y"], result["scale"]) == (-left, -top, 1)
    large = image.read(tmp_path / "large.png")
    assert large.pixels.shape == (top + HEIGHT + bottom, left + WIDTH + right, channels)
    assert np.array_equal(large.pixels[top : top + HEIGHT, left : left + WIDTH], image.read(path).pixels)
    assert (large.pixels[0, :, 0] == shade(large.pixels)).all()
    assert large.chunks == (DENSITY,)


def test_what_a_picture_says_of_its_size_and_resolution_grows_with_it(overpaint, tmp_path):
    resolution = [DirectoryEntry(code, 5, struct.pack("<II", 300, 1)) for code in (282, 283)]
    sizes = [DirectoryEntry(code, 4, struct.pack("<I", side)) for code, side in ((0xA002, WIDTH), (0xA003, HEIGHT))]
    block = write("<", [*resolution, DirectoryEntry(315, 2, b"me\0\0\0")], {34665: sizes})
    text = PngChunk(b"tEXt", b"Copyright\0(c) me")
    place = PngChunk(b"oFFs", struct.pack(">iiB", 5, 5, 0))
    path = picture(tmp_path, 3, np.uint8, PngChunk(b"eXIf", block), text, place)
    made(overpaint, path, "enlarge", "large.png")
    said = {chunk.name: chunk.data for chunk in image.read(tmp_path / "large.png").chunks}
    assert said.keys() == {b"pHYs", b"eXIf", b"tEXt"}
    assert exif.resolution(said[b"eXIf"]) == PngChunk(b"pHYs", struct.pack(">IIB", 23622, 23622, 1))
    assert said[b"eXIf"].count(struct.pack("<I", 2 * WIDTH)) == 1
    assert said[b"eXIf"].count(struct.pack("<I", 2 * HEIGHT)) == 1
    assert b"me\0" in said[b"eXIf"]


def test_what_its_xmp_packet_says_of_its_size_and_resolution_grows_with_it(overpaint, tmp_path):
    """As attributes and as elements, which one program writes and the other; all else stays byte for byte."""
    packet = (
        b'<x:xmpmeta><rdf:Description tiff:ImageWidth="%d" tiff:ImageLength = \'%d\' tiff:XResolution="3000000/10000"'
        b' xmp:Label="tiff:ImageWidth is 12" exif:PixelXDimensions="9">'
        b"<exif:PixelXDimension>%d</exif:PixelXDimension><exif:PixelYDimension> %d </exif:PixelYDimension>"
        b"<tiff:YResolution>300</tiff:YResolution></rdf:Description></x:xmpmeta>"
    )
    path = picture(tmp_path, 3, np.uint8, chunks.xmp(packet % (WIDTH, HEIGHT, WIDTH, HEIGHT)))
    made(overpaint, path, "enlarge", "large.png")
    (said,) = filter(None, map(chunks.xmp_in, image.read(tmp_path / "large.png").chunks))
    grown = packet.replace(b"3000000/", b"6000000/").replace(b">300<", b">600<")
    assert said == grown % (2 * WIDTH, 2 * HEIGHT, 2 * WIDTH, 2 * HEIGHT)
    made(overpaint, path, "expand", "wide.png")
    (said,) = filter(None, map(chunks.xmp_in, image.read(tmp_path / "wide.png").chunks))
    left, top, right, bottom = MARGINS
    sides = left + WIDTH + right, top + HEIGHT + bottom
    assert said == packet % (*sides, *sides)


def test_a_larger_canvas_is_layers_over_the_larger_source_in_an_ora(overpaint, tmp_path):
    made(overpaint, picture(tmp_path), "expand", "large.ora")
    left, top, right, bottom = MARGINS
    with zipfile.ZipFile(tmp_path / "large.ora") as archive:
        stack = ElementTree.fromstring(archive.read("stack.xml"))
    assert (stack.get("w"), stack.get("h")) == (str(left + WIDTH + right), str(top + HEIGHT + bottom))
    assert [(one.get("x"), one.get("y")) for one in stack.iter("layer")] == [("0", "0"), ("0", "0")]


@EVERY
def test_layers_of_their_own_are_pictures_with_transparency_and_place(overpaint, tmp_path, channels, kind):
    report = made(overpaint, picture(tmp_path, channels, kind), "create", "new.png")
    assert [(one["kind"], one["x"], one["y"], one.get("name")) for one in report["results"]] == [
        ("layer", -8, 4, None),
        ("layer", 3, 2, "A speck"),
    ]
    assert [Path(file).name for file in report["files"]] == ["new.png", "new-2.png"]
    large, small = (image.read(tmp_path / name) for name in ("new.png", "new-2.png"))
    assert (large.extent.width, large.extent.height) == (WIDTH * 3 // 2, HEIGHT * 3 // 2)
    assert (small.extent.width, small.extent.height) == (5, 4)
    assert (large.pixels.dtype, large.pixels.shape[2]) == (kind, 4 if channels > 2 else 2)
    assert (large.pixels[..., :-1] == shade(large.pixels)).all()
    assert abs(int(large.pixels[0, 0, -1]) - large.full / 2) < 1
    assert large.pixels[0, -1, -1] == large.full
    assert large.chunks == (DENSITY, PngChunk(b"oFFs", struct.pack(">iiB", -8, 4, 0)))


def test_layers_of_their_own_lie_at_their_places_in_an_ora(overpaint, tmp_path):
    made(overpaint, picture(tmp_path), "create", "new.ora")
    with zipfile.ZipFile(tmp_path / "new.ora") as archive:
        layers = list(ElementTree.fromstring(archive.read("stack.xml")).iter("layer"))
        (tmp_path / "merged.png").write_bytes(archive.read("mergedimage.png"))
    shown = [(one.get("name"), one.get("x"), one.get("y"), one.get("visibility")) for one in layers]
    assert shown == [
        ("A speck", "3", "2", "visible"),
        (layers[1].get("name"), "-8", "4", "visible"),
        ("photo", "0", "0", "visible"),
    ]
    merged = image.read(tmp_path / "merged.png").pixels
    assert merged.shape == (HEIGHT, WIDTH, 3)
    assert (merged[2:6, 3:8] == 90).all(), "the speck is uppermost"
    assert np.array_equal(merged[:2], image.read(tmp_path / "photo.png").pixels[:2])


def test_an_output_that_cannot_hold_a_selection_is_found_out_before_any_work(overpaint, tmp_path):
    path = picture(tmp_path)
    status, _, err = overpaint("edit", path, "--role", "select", "--out", tmp_path / "mask.ora")
    assert (status, "which" in err, "ends in .png" in err) == (1, True, True), err
    assert json.loads(overpaint("jobs", "--json")[1]) == {"jobs": []}


@pytest.mark.parametrize("role", ["select", "enlarge", "create"])
def test_an_answer_of_any_kind_is_fetched_after_its_command_and_server_were_killed(overpaint, server, tmp_path, role):
    path = picture(tmp_path)
    job = left(server, path, role)
    server.kill()
    server.start()
    (tmp_path / "deep.png").write_bytes(png.encode(Image(np.zeros((HEIGHT, WIDTH, 1), np.uint16))))
    words = ("jobs", "fetch", job, "--picture")
    status, _, err = overpaint(*words, tmp_path / "deep.png", "--out", tmp_path / "b.png")
    assert (status, "not made from" in err) == (1, True), err
    if role == "select":
        status, _, err = overpaint(*words, path, "--out", tmp_path / "b.ora")
        assert (status, "a selection" in err) == (1, True), err
    status, _, err = overpaint(*words, path, "--out", tmp_path / "b.png")
    assert status == 0, err
    made(overpaint, path, role, "a.png")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert json.loads(overpaint("jobs", "--json")[1]) == {"jobs": []}


def left(server: RunningServer, path: Path, role: str) -> str:
    """The id of an edit whose command was killed when it was done."""
    recipe = Recipe(f"strange-{role}", seed=1, extras=(Extra("shade", "90"),))
    submission = prepare(image.read(path), None, Order(path, None, recipe, path))
    with server.client(client_id(server.home, "cli")) as client:
        client.wait_for(events.Arrived, job=client.start(submission))
    return submission.job
