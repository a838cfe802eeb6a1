"""JPEG, WebP, GIF and BMP files, beside what another reading of them gives."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from server.wire.errors import OverpaintError
from tests.documents.making import (
    SRGB,
    by_pillow,
    by_pillow_read,
    exif,
    numbers,
    read,
    said,
    turned,
)

SMOOTH = np.asarray(Pillow.fromarray(numbers(3, height=3, width=4)).resize((40, 24), Pillow.Resampling.BICUBIC))
LOSSLESS = {"lossless": True, "exact": True}


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_read_as_others_read_it_and_upright(tmp_path, mode, progressive, orientation):
    block = b"Exif\0\0" + exif(orientation)
    data = by_pillow(SMOOTH, "JPEG", mode=mode, quality=95, progressive=progressive, exif=block, icc_profile=SRGB)
    again = read(tmp_path, data, "jpg")
    assert np.array_equal(again.pixels, turned(by_pillow_read(data, mode), orientation))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_webp_is_read_number_for_number_and_upright(tmp_path, channels, orientation):
    data = by_pillow(numbers(channels), "WEBP", exif=exif(orientation), icc_profile=SRGB, **LOSSLESS)
    again = read(tmp_path, data, "webp")
    assert np.array_equal(again.pixels, turned(numbers(channels), orientation))
    assert again.icc == SRGB


@pytest.mark.parametrize("transparent", [False, True])
def test_a_gif_is_the_colours_of_its_palette(tmp_path, transparent):
    palette, stored = numbers(3, height=1, width=16)[0], numbers(1, 4)[..., 0]
    picture = Pillow.fromarray(stored, "P")
    picture.putpalette(palette.tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "GIF", optimize=False, comment=b"by me", **({"transparency": 3} if transparent else {}))
    again = read(tmp_path, buffer.getvalue(), "gif")
    assert np.array_equal(again.pixels[..., :3][stored != 3], palette[stored][stored != 3])
    if transparent:
        assert np.array_equal(again.pixels[..., 3], np.where(stored == 3, 0, 255))
    assert said(again, b"iTXt") == [b"Comment\0\0\0\0\0by me"]


def test_around_a_gif_smaller_than_its_screen_there_is_nothing(tmp_path):
    picture = Pillow.fromarray(np.full((5, 6), 1, np.uint8), "P")
    picture.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0])
    buffer = io.BytesIO()
    picture.save(buffer, "GIF", optimize=False)
    data = bytearray(buffer.getvalue())
    data[6:10] = struct.pack("<HH", 10, 8)
    at = data.index(b",\0\0\0\0")
    data[at + 1 : at + 5] = struct.pack("<HH", 2, 1)
    expected = np.zeros((8, 10, 4), np.uint8)
    expected[1:6, 2:8] = (200, 0, 0, 255)
    assert np.array_equal(read(tmp_path, bytes(data), "gif").pixels, expected)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_bmp_is_read_number_for_number_with_its_resolution(tmp_path, mode):
    data = by_pillow(numbers(3), "BMP", mode=mode, dpi=(300, 150))
    again = read(tmp_path, data, "bmp")
    kept = {"1": "L", "P": "RGB"}.get(mode, mode)
    assert np.array_equal(again.pixels, by_pillow_read(data, kept))
    assert said(again, b"pHYs") == [struct.pack(">IIB", 11811, 5906, 1)]


def test_transparency_of_a_bmp_is_read_where_it_is_said_and_else_left_out_aloud(tmp_path):
    pixels, masks = numbers(4), (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    rows = pixels[::-1, :, [2, 1, 0, 3]].tobytes()
    for compression, kept, notices in [(3, 4, 0), (0, 3, 1)]:
        header = struct.pack("<IiiHHIIiiII4I", 108, 28, 20, 1, 32, compression, 0, 0, 0, 0, 0, *masks) + b"BGRs"
        data = b"BM" + struct.pack("<IHHI", 122 + len(rows), 0, 0, 122) + header.ljust(108, b"\0") + rows
        again = read(tmp_path, data, "bmp")
        assert np.array_equal(again.pixels, pixels[..., :kept])
        assert len(again.notices) == notices


def bitmap(kind: bytes, ends: list[int], gammas: list[int], profile: bytes = b"") -> bytes:
    """A BMP of one white pixel with the long header of Windows 98."""
    tail = struct.pack("<IIII", 4, 124 + 4, len(profile), 0)
    header = struct.pack("<IiiHHIIiiII", 124, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(16) + kind
    header += struct.pack("<9i", *ends) + struct.pack("<3I", *gammas) + tail
    body = header + b"\xff\xff\xff\0" + profile
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + 124) + body


def test_the_profile_in_a_bmp_is_found(tmp_path):
    assert read(tmp_path, bitmap(b"DEBM", [0] * 9, [0] * 3, SRGB), "bmp").icc == SRGB


def test_the_primaries_and_gamma_of_a_bmp_are_followed(tmp_path):
    xyz = [0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505]
    ends = [round(value * (1 << 30)) for value in xyz]
    again = read(tmp_path, bitmap(bytes(4), ends, [round(1.8 * 65536)] * 3), "bmp")
    places = np.array(struct.unpack(">8I", said(again, b"cHRM")[0])) / 100000
    assert np.abs(places - [0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06]).max() < 0.001
    assert said(again, b"gAMA") == [struct.pack(">I", 55555)]
    assert again.profile is not None


def test_a_bmp_that_calibrates_nothing_or_is_srgb_says_nothing(tmp_path):
    for kind in (bytes(4), b"BGRs"):
        again = read(tmp_path, bitmap(kind, [0] * 9, [0] * 3), "bmp")
        assert (again.icc, again.chunks, again.notices) == (None, (), ())


def test_a_bmp_whose_profile_is_elsewhere_says_so(tmp_path):
    assert "another file" in read(tmp_path, bitmap(b"KNIL", [0] * 9, [0] * 3, b"C:/p.icc"), "bmp").notices[0]


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_of_an_animation_the_first_picture_is_used_aloud(tmp_path, form):
    frames = [Pillow.fromarray(numbers(3, seed=seed)) for seed in (1, 2)]
    buffer = io.BytesIO()
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:], lossless=True)
    again = read(tmp_path, buffer.getvalue(), form.lower())
    assert "animation" in again.notices[0]
    if form == "WEBP":
        assert np.array_equal(again.pixels, numbers(3, seed=1))


def test_a_jpeg_with_a_second_picture_in_it_is_its_main_one(tmp_path):
    frames = [Pillow.fromarray(SMOOTH), Pillow.fromarray(255 - SMOOTH)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "MPO", save_all=True, append_images=frames[1:])
    again = read(tmp_path, buffer.getvalue(), "jpg")
    assert np.array_equal(again.pixels, by_pillow_read(buffer.getvalue(), "RGB"))
    assert "further pictures" in again.notices[0]


@pytest.mark.parametrize("density", [(1, 300, 150), (2, 118, 59), (0, 2, 1)], ids=["inch", "cm", "ratio"])
def test_the_density_of_a_jpeg_is_kept(tmp_path, density):
    data = bytearray(by_pillow(SMOOTH, "JPEG", dpi=(300, 150)))
    at = data.index(b"JFIF\0") + 7
    data[at : at + 5] = struct.pack(">BHH", *density)
    expected = {1: (11811, 5906, 1), 2: (11800, 5900, 1), 0: (2000, 1000, 0)}[density[0]]
    assert said(read(tmp_path, bytes(data), "jpg"), b"pHYs") == [struct.pack(">IIB", *expected)]


def test_a_jpeg_of_12_bits_is_refused_in_plain_words(tmp_path):
    with pytest.raises(OverpaintError, match="unusual kind"):
        read(tmp_path, imagecodecs.jpeg_encode(numbers(3, 16) >> 4, bitspersample=12), "jpg")


@pytest.mark.parametrize(("segment", "word"), [(b"\xff\xeb", "credentials"), (b"\xff\xe1", "XMP")])
def test_what_of_a_jpeg_is_not_carried_on_is_named(tmp_path, segment, word):
    block = {"credentials": b"JP\0\1jumb", "XMP": b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)}[word]
    data = by_pillow(SMOOTH, "JPEG")
    again = read(tmp_path, data[:2] + segment + struct.pack(">H", len(block) + 2) + block + data[2:], "jpg")
    assert word in again.notices[0]


def test_cmyk_in_a_jpeg_is_refused(tmp_path):
    with pytest.raises(OverpaintError, match="CMYK"):
        read(tmp_path, by_pillow(SMOOTH, "JPEG", mode="CMYK"), "jpg")


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "GIF", "BMP"])
def test_a_file_cut_off_anywhere_is_refused_or_whole(tmp_path, form):
    data = by_pillow(numbers(3), form, **(LOSSLESS if form == "WEBP" else {}))
    expected = read(tmp_path, data).pixels
    for length in range(0, len(data), 61):
        try:
            again = read(tmp_path, data[:length])
        except OverpaintError as error:
            assert error.hint
        else:
            assert np.array_equal(again.pixels, expected)
