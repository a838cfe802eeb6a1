"""What the numbers of a file mean goes into the edit and into what is written, or a sentence says that it does not."""

from __future__ import annotations

import struct
import zlib

import imagecodecs
import numpy as np
import pytest

from server.documents import colours, png
from server.documents.chunks import PngChunk
from server.documents.directory import EXIF, INTEROPERABILITY, DirectoryEntry, write
from server.pixels import formats
from server.pixels.curves import SRGB as SRGB_CURVE
from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster
from tests.documents.making import SRGB, by_pillow, numbers, read, said
from tests.documents.making import png as made

GRAY = imagecodecs.cms_profile("gray", whitepoint=(0.3127, 0.329, 1.0), gamma=1.0)
LINEAR = PngChunk(b"gAMA", struct.pack(">I", 100000))
WIDE = PngChunk(b"cHRM", struct.pack(">8I", 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600))
BY_CHUNKS = {
    "gAMA": (LINEAR,),
    "gAMA, cHRM": (LINEAR, WIDE),
    "cHRM": (WIDE,),
    "sRGB": (PngChunk(b"sRGB", b"\1"), PngChunk(b"gAMA", struct.pack(">I", 45455))),
    "cICP, Display P3": (PngChunk(b"cICP", bytes([12, 13, 0, 1])),),
    "cICP, PQ": (PngChunk(b"cICP", bytes([9, 16, 0, 1])), PngChunk(b"mDCV", bytes(24)), PngChunk(b"cLLI", bytes(8))),
    "cICP, unknown": (PngChunk(b"cICP", bytes([77, 1, 0, 1])),),
    "sBIT": (PngChunk(b"sBIT", b"\5\6\5"),),
}
depths = pytest.mark.parametrize("bits", [8, 16])


@pytest.mark.parametrize("name", BY_CHUNKS)
@depths
def test_what_describes_the_colours_is_equal_in_and_out(tmp_path, name, bits):
    given = BY_CHUNKS[name]
    picture = read(tmp_path, made(numbers(3, bits), 2, bits, *given))
    again = read(tmp_path, png.encode(picture))
    for one in (picture, again):
        assert [chunk for chunk in one.chunks if chunk.name in [chunk.name for chunk in given]] == list(given)
        assert one.icc is None


def light(profile: bytes | None, values: np.ndarray) -> np.ndarray:
    """Linear sRGB light of RGB values 0..1 by what reads profiles in an edit."""
    data = np.asarray(values, "<f4").reshape(1, -1, 3)
    raster = Raster(Bounds(0, 0, data.shape[1], 1), Channels.RGB, Depth.F32)
    return SRGB_CURVE.linear(formats.decode(raster, data.tobytes(), profile).rgb[0])


def test_a_gamma_is_followed_in_the_edit(tmp_path):
    picture = read(tmp_path, made(numbers(3), 2, 8, LINEAR))
    values = np.linspace(0, 1, 9).repeat(3).reshape(-1, 3)
    assert np.abs(light(picture.profile, values) - values).max() < 1e-3


def test_primaries_are_followed_in_the_edit(tmp_path):
    picture = read(tmp_path, made(numbers(3), 2, 8, LINEAR, WIDE))
    red, green, white = light(picture.profile, np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1]]))
    assert np.abs(red - [1.6605, -0.1246, -0.0182]).max() < 3e-3  # ITU-R BT.2087
    assert np.abs(green - [-0.5877, 1.1329, -0.1006]).max() < 3e-3
    assert np.abs(white - 1).max() < 3e-3


@depths
def test_display_p3_by_code_points_is_display_p3(tmp_path, bits):
    picture = read(tmp_path, made(numbers(3, bits), 2, bits, *BY_CHUNKS["cICP, Display P3"]))
    (red,) = light(picture.profile, np.array([[1, 0, 0]]))
    assert np.abs(red - [1.2249, -0.0420, -0.0197]).max() < 3e-3


@pytest.mark.parametrize("name", ["sRGB", "sBIT"])
def test_srgb_said_in_another_way_needs_no_profile(tmp_path, name):
    assert read(tmp_path, made(numbers(3), 2, 8, *BY_CHUNKS[name])).profile is None


@pytest.mark.parametrize("name", ["cICP, PQ", "cICP, unknown"])
def test_what_cannot_be_followed_is_said(tmp_path, name):
    picture = read(tmp_path, made(numbers(3, 16), 2, 16, *BY_CHUNKS[name]))
    assert "sRGB" in picture.notices[0]


@pytest.mark.parametrize("wrong", [(0,) * 8, (31270, 32900, 100, 100, 200, 200, 300, 300), (1 << 31,) * 8])
def test_primaries_that_span_nothing_are_said_to(tmp_path, wrong):
    picture = read(tmp_path, made(numbers(3), 2, 8, PngChunk(b"cHRM", struct.pack(">8I", *wrong))))
    assert "no sense" in picture.notices[0]
    assert picture.profile is None


def profile(data: bytes) -> PngChunk:
    return PngChunk(b"iCCP", b"p\0\0" + zlib.compress(data))


@pytest.mark.parametrize("kind", [0, 4])
@depths
def test_gray_with_its_profile_stays_gray_with_its_profile(tmp_path, kind, bits):
    picture = read(tmp_path, made(numbers(1 if kind == 0 else 2, bits), kind, bits, profile(GRAY)))
    assert picture.pixels.shape[2] == (1 if kind == 0 else 2)
    assert (picture.icc, picture.profile, picture.notices) == (GRAY, GRAY, ())


@depths
@pytest.mark.parametrize("space", [b"GRAY", b"CMYK", b"Lab "])
def test_a_profile_for_other_colours_than_the_pixels_have_is_left_out_aloud(tmp_path, bits, space):
    other = SRGB[:16] + space + SRGB[20:]
    picture = read(tmp_path, made(numbers(3, bits), 2, bits, profile(other)))
    assert picture.icc is None
    assert space.decode().strip() in picture.notices[0]


def test_gray_with_a_profile_for_rgb_keeps_it_and_says_so(tmp_path):
    picture = read(tmp_path, made(numbers(1), 0, 8, profile(SRGB)))
    assert picture.icc == SRGB
    assert "tones" in picture.notices[0]


@pytest.mark.parametrize("broken", [b"", b"no profile", bytes(200)])
def test_a_damaged_profile_is_left_out_aloud(tmp_path, broken):
    for chunk in (profile(broken), PngChunk(b"iCCP", b"p\0\0" + broken)):
        picture = read(tmp_path, made(numbers(3), 2, 8, chunk))
        assert picture.icc is None
        assert not broken or "damaged" in picture.notices[0]


def test_a_profile_too_large_for_the_edit_is_kept_and_said(tmp_path):
    large = SRGB + bytes(17 << 20)
    picture = read(tmp_path, made(numbers(3), 2, 8, profile(large)))
    assert (picture.icc, picture.profile) == (large, None)
    assert "too large" in picture.notices[0]


def test_a_camera_that_says_adobe_rgb_without_a_profile_is_believed(tmp_path):
    index = write("<", [DirectoryEntry(1, 2, b"R03\0")], {})[8:]
    inner = [DirectoryEntry(0xA001, 3, struct.pack("<H", 65535)), DirectoryEntry(INTEROPERABILITY, 4, bytes(4))]
    block = bytearray(write("<", [], {EXIF: inner}) + index)
    at = block.index(struct.pack("<HHI", INTEROPERABILITY, 4, 1)) + 8
    block[at : at + 4] = struct.pack("<I", len(block) - len(index))
    picture = read(tmp_path, by_pillow(numbers(3), "JPEG", exif=b"Exif\0\0" + bytes(block)), "jpg")
    assert picture.icc == colours.adobe_rgb()
    assert "Adobe RGB" in picture.notices[0]


def test_the_bits_that_count_are_said_of_all_channels(tmp_path):
    palette = PngChunk(b"PLTE", bytes(range(48)))
    picture = read(tmp_path, made(numbers(1, 4), 3, 4, PngChunk(b"sBIT", b"\5\6\5"), palette, PngChunk(b"tRNS", b"\0")))
    assert picture.pixels.shape[2] == 4
    assert said(picture, b"sBIT") == [b"\5\6\5\x08"]
