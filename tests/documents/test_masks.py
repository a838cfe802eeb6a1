"""Masks as people have them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from server.documents import image
from server.wire.errors import OverpaintError
from server.wire.geometry import Extent
from tests.documents.making import by_pillow, exif, png, tiff

HEIGHT, WIDTH = 48, 64
PLAIN = np.zeros((HEIGHT, WIDTH), np.uint8)
PLAIN[20:30, 30:44] = 255


def mask(folder, data: bytes, extent: Extent = Extent(WIDTH, HEIGHT)) -> image.Image:  # noqa: B008  # frozen
    (folder / "mask").write_bytes(data)
    return image.read_mask(folder / "mask", extent)


def on_transparency(colour: tuple[int, int, int]) -> bytes:
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[PLAIN > 0] = (*colour, 255)
    return by_pillow(pixels, "PNG")


SAME = {
    "gray": by_pillow(PLAIN, "PNG"),
    "1 bit": by_pillow(PLAIN, "PNG", mode="1"),
    "palette": by_pillow(PLAIN, "PNG", mode="P"),
    "RGB": by_pillow(PLAIN, "PNG", mode="RGB"),
    "gray and alpha": by_pillow(PLAIN, "PNG", mode="LA"),
    "GIF": by_pillow(PLAIN, "GIF"),
    "BMP": by_pillow(PLAIN, "BMP", mode="1"),
    "fax": by_pillow(PLAIN > 0, "TIFF", compression="group4"),
    "white is zero": tiff(PLAIN == 0, photometric="miniswhite"),
    "white on transparency": on_transparency((255, 255, 255)),
    "red on transparency": on_transparency((255, 0, 0)),
    "black on transparency": on_transparency((0, 0, 0)),
}


@pytest.mark.parametrize("kind", SAME)
def test_every_way_to_save_one_selects_the_same(tmp_path, kind):
    assert np.array_equal(mask(tmp_path, SAME[kind]).pixels[..., 0], PLAIN)


def test_one_of_16_bits_selects_the_same_at_16_bits(tmp_path):
    deep = PLAIN.astype(np.uint16)[..., None] * 257
    for data in (png(deep, 0, 16), tiff(deep[..., 0], photometric="minisblack")):
        assert np.array_equal(mask(tmp_path, data).pixels, deep)


def test_soft_edges_of_a_lossless_one_are_kept(tmp_path):
    soft = np.linspace(0, 255, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, 0)
    for data in (by_pillow(soft, "PNG"), by_pillow(soft, "WEBP", mode="RGB", lossless=True)):
        assert np.array_equal(mask(tmp_path, data).pixels[..., 0], soft)


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_what_lossy_compression_left_in_the_black_is_not_selected(tmp_path, form, quality):
    large = np.zeros((240, 320), np.uint8)
    large[60:90, 220:260] = 255
    said = mask(tmp_path, by_pillow(large, form, quality=quality), Extent(320, 240))
    selected, near = said.pixels[..., 0] > 0, np.zeros_like(large, bool)
    near[52:98, 212:268] = True
    assert not selected[~near].any()
    assert (said.pixels[64:86, 224:256] == 255).all()
    assert "lossy" in said.notices[0]


def test_paint_in_one_colour_on_transparency_keeps_its_soft_edge(tmp_path):
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[..., 0], pixels[..., 3] = 200, np.linspace(0, 255, WIDTH).astype(np.uint8)
    said = mask(tmp_path, by_pillow(pixels, "PNG"))
    assert np.array_equal(said.pixels[..., 0], pixels[..., 3])
    assert "paint" in said.notices[0]


def test_black_and_white_on_transparency_is_black_and_white(tmp_path):
    pixels = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    pixels[:10, :, 3] = 255
    pixels[:5, :, :3] = 255
    said = mask(tmp_path, by_pillow(pixels, "PNG")).pixels[..., 0]
    assert (said[:5] == 255).all()
    assert not said[5:].any()


@pytest.mark.parametrize(("kind", "white"), [(np.uint8, 1), (np.uint16, 1), (np.uint16, 255)])
def test_one_whose_white_is_1_as_programs_compute_it_selects_the_same_aloud(tmp_path, kind, white):
    stored = (PLAIN > 0).astype(kind)[..., None] * kind(white)
    said = mask(tmp_path, png(stored, 0, 8 * stored.itemsize))
    assert np.array_equal(said.pixels[..., 0] == np.iinfo(kind).max, PLAIN > 0)
    assert "taken as white" in said.notices[0]


def test_one_that_is_dark_everywhere_is_left_as_it_is_and_said(tmp_path):
    said = mask(tmp_path, by_pillow(PLAIN // 5, "PNG"))
    assert np.array_equal(said.pixels[..., 0], PLAIN // 5)
    assert "20%" in said.notices[0]


def test_one_on_its_side_is_refused_with_the_reason(tmp_path):
    with pytest.raises(OverpaintError, match="on its side"):
        mask(tmp_path, by_pillow(PLAIN.T.copy(), "PNG"))


def test_one_that_lies_on_its_side_is_turned_as_pictures_are(tmp_path):
    data = by_pillow(np.rot90(PLAIN).copy(), "PNG", exif=exif(6))
    assert np.array_equal(mask(tmp_path, data).pixels[..., 0], PLAIN)


@pytest.mark.parametrize("height", [HEIGHT - 1, HEIGHT + 1])
def test_one_of_another_size_is_refused_with_both(tmp_path, height):
    with pytest.raises(OverpaintError, match=rf"{WIDTH} × {height} pixels.* {WIDTH} × {HEIGHT}"):
        mask(tmp_path, by_pillow(np.zeros((height, WIDTH), np.uint8), "PNG"))


def test_a_damaged_one_is_refused_with_a_sentence(tmp_path):
    buffer = io.BytesIO()
    Pillow.fromarray(PLAIN).save(buffer, "PNG")
    for data in (b"", b"<html>", buffer.getvalue()[:60]):
        with pytest.raises(OverpaintError) as caught:
            mask(tmp_path, data)
        assert "mask" in caught.value.sentence
