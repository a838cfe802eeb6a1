"""Damaged files of every kind, and what is no picture at all: read or refused with a sentence, never a traceback."""

from __future__ import annotations

import os
import random
import stat
import sys

import numpy as np
import pytest

from bench.fuzz.frames import mutated_bytes
from server.documents import formats, image, kinds
from server.documents.chunks import PngChunk
from server.wire.errors import Code, OverpaintError
from tests.documents.making import by_pillow, exif, numbers, png, read, tiff
from tests.running import CHECKOUT

SOUND = {
    "PNG": png(numbers(3), 2, 8, PngChunk(b"eXIf", exif(6)), PngChunk(b"tEXt", b"a\0b"), PngChunk(b"pHYs", bytes(9))),
    "PNG, palette": png(
        numbers(1, 2), 3, 2, PngChunk(b"PLTE", bytes(12)), PngChunk(b"bKGD", b"\1"), PngChunk(b"sBIT", b"\1\2\3")
    ),
    "PNG, 16 bits": png(numbers(2, 16), 4, 16, interlaced=True),
    "TIFF": tiff(numbers(4, 16), photometric="rgb", extrasamples=["assocalpha"], compression="lzw", tile=(16, 16)),
    "TIFF, fax": by_pillow(numbers(1) > 99, "TIFF", compression="group4"),
    "JPEG": by_pillow(numbers(3), "JPEG", exif=b"Exif\0\0" + exif(6)),
    "WebP": by_pillow(numbers(4), "WEBP", lossless=True, exif=exif(5)),
    "GIF": by_pillow(numbers(1), "GIF", comment=b"me"),
    "BMP": by_pillow(numbers(3), "BMP", dpi=(300, 300)),
}


@pytest.mark.parametrize("kind", SOUND)
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path, kind):
    rng = random.Random(kind)
    for _ in range(120):
        try:
            again = read(tmp_path, mutated_bytes(SOUND[kind], rng))
        except OverpaintError as error:
            assert error.code in (Code.BAD_REQUEST, Code.TOO_LARGE)
            assert error.hint
            assert "\n" not in error.sentence
        else:
            assert again.pixels.ndim == 3
            assert again.pixels.dtype in (np.uint8, np.uint16)


def test_every_kind_that_is_promised_has_a_reader():
    assert set(formats.READERS) == set(kinds.READ)
    assert {kinds.recognise(data) for data in SOUND.values()} == set(kinds.READ)


@pytest.mark.parametrize("page", ["README.md", "docs/files.md"])
def test_the_pages_promise_what_is_read(page):
    assert f"{kinds.listed()} files are read" in (CHECKOUT / page).read_text("utf-8")


@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "txt", ""])
@pytest.mark.parametrize("kind", SOUND)
def test_a_file_is_read_by_what_it_is_not_by_its_name(tmp_path, kind, ending):
    assert np.array_equal(read(tmp_path, SOUND[kind], ending).pixels, read(tmp_path, SOUND[kind]).pixels)


OTHERS = {
    "empty": (b"", "is empty"),
    "a web page": (b"<html>", "cannot be read as a picture"),
    "Photoshop": (b"8BPS\0\1", "Photoshop"),
    "XCF": (b"gimp xcf v011", "XCF"),
    "Krita": (b"PK\3\4", "Krita"),
    "HEIC": (b"\0\0\0\x18ftypheic", "HEIC"),
    "AVIF": (b"\0\0\0\x18ftypavif", "AVIF"),
    "JPEG XL": (b"\xff\x0a", "JPEG XL"),
    "SVG": (b"<svg xmlns", "SVG"),
    "PostScript": (b"%!PS-Adobe", "PostScript"),
    "camera raw": (b"II*\0\x10\0\0\0CR\2\0", "camera raw"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_kind_of_file_is_refused_by_its_name_with_the_list_of_those_that_are_read(tmp_path, name):
    data, word = OTHERS[name]
    with pytest.raises(OverpaintError, match=word) as caught:
        read(tmp_path, data)
    assert kinds.listed() in caught.value.hint


def test_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path):
    with pytest.raises(OverpaintError, match="is a folder"):
        image.read(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
        with pytest.raises(OverpaintError, match="is no file"):
            image.read(tmp_path / "pipe")


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="nothing is hidden from root")
def test_a_file_that_may_not_be_read_is_refused_in_words(tmp_path):
    (tmp_path / "a.png").write_bytes(SOUND["PNG"])
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(OverpaintError, match="cannot be opened"):
        image.read(tmp_path / "a.png")


def test_a_name_that_no_file_can_have_is_refused_in_words(tmp_path):
    for name in ("a\0b.png", "a" * 300 + ".png"):
        with pytest.raises(OverpaintError, match="cannot be opened"):
            image.read(tmp_path / name)
