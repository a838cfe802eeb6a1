"""Every way to lay out a TIFF, beside its plain twin; and what a TIFF may be that cannot be kept exactly."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from server.wire.errors import Code, OverpaintError
from tests.documents.making import (
    HEIGHT,
    SRGB,
    WIDTH,
    bare_tiff,
    by_pillow,
    by_pillow_read,
    numbers,
    packed,
    read,
    said,
    tiff,
    turned,
)

depths = pytest.mark.parametrize("bits", [8, 16])
PLANES = {"planarconfig": "separate"}
LAYOUTS = {
    "plain": {},
    "big endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "tiles": {"tile": (16, 16)},
    "strips": {"rowsperstrip": 3},
    "LZW": {"compression": "lzw"},
    "LZW, predictor": {"compression": "lzw", "predictor": True},
    "deflate, predictor, tiles": {"compression": "zlib", "predictor": True, "tile": (16, 32)},
    "Zstandard": {"compression": "zstd"},
    "LZMA": {"compression": "lzma"},
    "PackBits": {"compression": "packbits"},
    "planes": PLANES,
    "planes, LZW": {**PLANES, "compression": "lzw"},
    "planes, tiles, big endian": {**PLANES, "tile": (16, 16), "byteorder": ">"},
}
CHANNELS = {
    1: {"photometric": "minisblack"},
    2: {"photometric": "minisblack", "extrasamples": ["unassalpha"]},
    3: {"photometric": "rgb"},
    4: {"photometric": "rgb", "extrasamples": ["unassalpha"]},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("channels", CHANNELS)
@depths
def test_every_layout_is_read_number_for_number(tmp_path, layout, channels, bits):
    expected = numbers(channels, bits)
    how, stored = LAYOUTS[layout], expected if channels > 1 else expected[..., 0]
    if "planarconfig" in how and channels > 1:
        stored = np.ascontiguousarray(np.moveaxis(expected, -1, 0))
    elif "planarconfig" in how:
        how = {key: value for key, value in how.items() if key != "planarconfig"}
    again = read(tmp_path, tiff(stored, **CHANNELS[channels], **how), "tif")
    assert np.array_equal(again.pixels, expected)
    assert again.pixels.dtype == expected.dtype
    assert again.notices == ()


@pytest.mark.parametrize("channels", CHANNELS)
@depths
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_at_every_depth(tmp_path, channels, bits, orientation):
    expected = numbers(channels, bits)
    data = tiff(expected.squeeze(), **CHANNELS[channels], tags=[(274, 3, 1, orientation)])
    assert np.array_equal(read(tmp_path, data, "tif").pixels, turned(expected, orientation))


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_is_none_turns_nothing(tmp_path, orientation):
    data = tiff(numbers(3), photometric="rgb", tags=[(274, 3, 1, orientation)])
    assert np.array_equal(read(tmp_path, data, "tif").pixels, numbers(3))


@pytest.mark.parametrize("colours", [1, 3])
@depths
def test_colours_multiplied_by_their_alpha_are_divided_by_it_again(tmp_path, colours, bits):
    full = (1 << bits) - 1
    pixels = numbers(colours + 1, bits)
    pixels[0] = full
    pixels[1, :, -1], pixels[2, :, -1] = full, 0
    alpha = pixels[..., -1:] / full
    stored = np.concatenate([np.round(pixels[..., :-1] * alpha).astype(pixels.dtype), pixels[..., -1:]], axis=2)
    kind = {**CHANNELS[colours + 1], "extrasamples": ["assocalpha"]}
    again = read(tmp_path, tiff(stored, **kind), "tif").pixels
    assert np.array_equal(again[..., -1], pixels[..., -1])
    assert np.array_equal(again[:2], pixels[:2])
    shown = pixels[..., -1:] > 0
    off = np.abs(again[..., :-1].astype(float) - pixels[..., :-1])
    assert (off * shown <= 0.5 + 0.5 / np.maximum(alpha, 1 / full)).all()
    assert not again[2, :, :-1].any()


@depths
def test_channels_of_unsaid_meaning_are_left_out_aloud(tmp_path, bits):
    stored = numbers(5, bits)
    for channels, extras, kept in [
        (4, ["unspecified"], 3),
        (5, ["unassalpha", "unspecified"], 4),
        (5, ["unspecified"] * 2, 3),
    ]:
        again = read(tmp_path, tiff(stored[..., :channels], photometric="rgb", extrasamples=extras), "tif")
        assert np.array_equal(again.pixels, stored[..., :kept])
        assert "further channel" in again.notices[0]


@pytest.mark.parametrize("bits", range(1, 17))
def test_gray_of_every_depth_goes_from_black_to_white(tmp_path, bits):
    stored = numbers(1, bits)[..., 0].astype(bool if bits == 1 else np.uint8 if bits <= 8 else np.uint16)
    again = read(tmp_path, tiff(stored, photometric="minisblack", bitspersample=bits), "tif").pixels[..., 0]
    full = 255 if bits <= 8 else 65535
    assert again.dtype == (np.uint8 if bits <= 8 else np.uint16)
    assert np.array_equal(again, np.round(stored.astype(float) * full / ((1 << bits) - 1)))


@pytest.mark.parametrize("bits", [1, 8, 12, 16])
def test_white_may_be_zero(tmp_path, bits):
    stored = numbers(1, bits)[..., 0]
    black = tiff(stored.astype(bool) if bits == 1 else stored, photometric="minisblack", bitspersample=bits)
    white = tiff(stored.astype(bool) if bits == 1 else stored, photometric="miniswhite", bitspersample=bits)
    one, other = read(tmp_path, black, "tif"), read(tmp_path, white, "tif")
    assert np.array_equal(one.pixels, other.full - other.pixels)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"])
def test_a_fax_is_read(tmp_path, compression):
    data = by_pillow(numbers(1) > 127, "TIFF", compression=compression)
    assert np.array_equal(read(tmp_path, data, "tif").pixels, by_pillow_read(data, "L"))


@pytest.mark.parametrize("unit", [257, 256, 1])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_is_colours_of_8_bits_however_its_program_wrote_them(tmp_path, unit, bits):
    colours, stored = numbers(3, 8, height=1, width=1 << bits)[0], numbers(1, bits)
    table = (colours.T.astype(int) * unit).ravel().tolist()
    rows = packed(stored, bits)
    data = bare_tiff(rows, t256=WIDTH, t257=HEIGHT, t258=bits, t259=1, t262=3, t277=1, t278=HEIGHT, t320=table)
    assert np.array_equal(read(tmp_path, data, "tif").pixels, colours[stored[..., 0]])


def test_a_palette_of_16_bit_colours_keeps_them(tmp_path):
    colours, stored = numbers(3, 16, height=1, width=256)[0], numbers(1)[..., 0]
    again = read(tmp_path, tiff(stored, photometric="palette", colormap=colours.T.copy()), "tif")
    assert np.array_equal(again.pixels, colours[stored])


@pytest.mark.parametrize("mode", ["RGB", "YCbCr", "L"])
def test_jpeg_inside_is_read_as_others_read_it(tmp_path, mode):
    smooth = np.asarray(Pillow.fromarray(numbers(3, height=3, width=3)).resize((64, 48), Pillow.Resampling.BICUBIC))
    data = by_pillow(smooth, "TIFF", mode=mode, compression="jpeg")
    again = read(tmp_path, data, "tif").pixels
    assert np.array_equal(again, by_pillow_read(data, "L" if mode == "L" else "RGB"))


@depths
def test_its_profile_and_its_words_come_with_it(tmp_path, bits):
    packet, iptc = b"<x:xmpmeta>me</x:xmpmeta>", b"\x1c\x02\x50\x00\x02me"
    words = [(315, 2, 0, "A. Photographer"), (33432, 2, 0, "(c) 2026"), (270, 2, 0, "a boat")]
    tags = [*words, (700, 1, len(packet), packet), (33723, 7, len(iptc), iptc)]
    data = tiff(
        numbers(3, bits), photometric="rgb", iccprofile=SRGB, resolution=(300, 150), resolutionunit=2, tags=tags
    )
    again = read(tmp_path, data, "tif")
    assert again.icc == SRGB
    assert again.notices == ()
    block = Pillow.Exif()
    block.load(said(again, b"eXIf")[0])
    assert (block[315], block[33432], block[270]) == ("A. Photographer", "(c) 2026", "a boat")
    assert packet in said(again, b"iTXt")[0]
    assert iptc.hex().encode() in zlib.decompress(said(again, b"zTXt")[0].split(b"\0\0", 1)[1])
    assert said(again, b"pHYs") == [(11811).to_bytes(4, "big") + (5906).to_bytes(4, "big") + b"\1"]


def test_what_is_not_carried_on_is_named(tmp_path):
    again = read(tmp_path, tiff(numbers(3), photometric="rgb", tags=[(33550, 12, 3, (1.0, 1.0, 0.0))]), "tif")
    assert "ModelPixelScale" in again.notices[0]


@pytest.mark.parametrize(("code", "value"), [(281, 4095), (280, 64), (341, 4095)])
def test_a_narrower_range_than_its_bits_have_is_said(tmp_path, code, value):
    again = read(tmp_path, tiff(numbers(1, 16)[..., 0], photometric="minisblack", tags=[(code, 3, 1, value)]), "tif")
    assert "do not go from 0 to 65535" in again.notices[0]


def test_the_range_that_its_bits_have_needs_no_word(tmp_path):
    data = tiff(numbers(3), photometric="rgb", tags=[(280, 3, 3, (0, 0, 0)), (281, 3, 3, (255, 255, 255))])
    assert read(tmp_path, data, "tif").notices == ()


@depths
def test_of_several_pages_the_first_is_used_aloud(tmp_path, bits):
    pages = np.stack([numbers(3, bits, seed=seed) for seed in (1, 2)])
    again = read(tmp_path, tiff(pages, photometric="rgb"), "tif")
    assert np.array_equal(again.pixels, pages[0])
    assert "several pages" in again.notices[0]


def test_a_small_picture_of_itself_behind_it_is_not_worth_a_word(tmp_path):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(numbers(3), photometric="rgb", metadata=None)
        writer.write(numbers(3, height=5, width=7), photometric="rgb", subfiletype=1, metadata=None)
    again = read(tmp_path, buffer.getvalue(), "tif")
    assert np.array_equal(again.pixels, numbers(3))
    assert again.notices == ()


REFUSED = {
    "CMYK, 8 bits": (numbers(4), {"photometric": "separated"}, "CMYK"),
    "CMYK, 16 bits": (numbers(4, 16), {"photometric": "separated"}, "CMYK"),
    "Lab, 8 bits": (numbers(3), {"photometric": "cielab"}, "Lab"),
    "Lab, 16 bits": (numbers(3, 16), {"photometric": "cielab"}, "Lab"),
    "Lab of ICC": (numbers(3, 16), {"photometric": "icclab"}, "Lab"),
    "Lab of ITU": (numbers(3), {"photometric": "itulab"}, "Lab"),
    "signed, 8 bits": (numbers(3).astype(np.int8), {"photometric": "rgb"}, "signed"),
    "signed, 16 bits": (numbers(3, 16).astype(np.int16), {"photometric": "rgb"}, "signed"),
    "32 bits": (numbers(3, 16).astype(np.uint32), {"photometric": "rgb"}, "32 bits"),
    "64 bits": (numbers(1, 16)[..., 0].astype(np.uint64), {"photometric": "minisblack"}, "64 bits"),
    "half floats": (numbers(3).astype(np.float16), {"photometric": "rgb"}, "floating-point"),
    "floats": (numbers(3).astype(np.float32), {"photometric": "rgb"}, "floating-point"),
    "doubles": (numbers(3).astype(np.float64), {"photometric": "rgb"}, "floating-point"),
    "complex": (numbers(1)[..., 0].astype(np.complex64), {"photometric": "minisblack"}, "complex"),
    "raw": (numbers(1, 16)[..., 0], {"photometric": 32803}, "raw"),
    "a preview": (numbers(3), {"photometric": "rgb", "subfiletype": 1}, "preview"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_kept_exactly_is_refused_by_its_name(tmp_path, kind):
    pixels, how, word = REFUSED[kind]
    with pytest.raises(OverpaintError, match=word) as caught:
        read(tmp_path, tiff(pixels, **how), "tif")
    assert caught.value.code is Code.BAD_REQUEST
    assert "16-bit" in caught.value.hint


@pytest.mark.parametrize("how", [{}, {"compression": "lzw"}, {"compression": "zlib", "tile": (16, 16)}])
def test_a_file_cut_off_anywhere_is_refused_or_whole(tmp_path, how):
    data = tiff(numbers(3, 16), photometric="rgb", **how)
    for length in range(0, len(data), 97):
        try:
            again = read(tmp_path, data[:length], "tif")
        except OverpaintError as error:
            assert error.hint
        else:
            assert np.array_equal(again.pixels, numbers(3, 16))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    side = 2_000_000_000
    data = bare_tiff(bytes(300), t256=side, t257=side, t258=8, t259=8, t262=1, t277=1, t278=side)
    with pytest.raises(OverpaintError, match="of memory"):
        read(tmp_path, data, "tif")


def test_fewer_strips_than_the_picture_has_are_no_picture(tmp_path):
    data = bare_tiff(bytes(300), t256=WIDTH, t257=HEIGHT, t258=8, t259=1, t262=1, t277=1, t278=5)
    with pytest.raises(OverpaintError, match="cut off"):
        read(tmp_path, data, "tif")


def test_channels_of_unlike_depth_are_refused(tmp_path):
    data = bare_tiff(
        bytes(2 * WIDTH * HEIGHT), t256=WIDTH, t257=HEIGHT, t258=(5, 6, 5), t259=1, t262=2, t277=3, t278=HEIGHT
    )
    with pytest.raises(OverpaintError, match="bits a channel"):
        read(tmp_path, data, "tif")


def test_a_fourth_channel_that_nothing_is_said_of_is_left_out_aloud(tmp_path):
    stored = numbers(4)
    said = {"t258": (8, 8, 8, 8), "t259": 1, "t262": 2, "t277": 4, "t278": HEIGHT}
    again = read(tmp_path, bare_tiff(stored.tobytes(), t256=WIDTH, t257=HEIGHT, **said), "tif")
    assert np.array_equal(again.pixels, stored[..., :3])
    assert "further channel" in again.notices[0]


def test_bits_may_lie_in_their_bytes_the_other_way_round(tmp_path):
    stored = numbers(1, 1)
    turned_bytes = np.packbits(
        np.unpackbits(np.frombuffer(packed(stored, 1), np.uint8)).reshape(-1, 8)[:, ::-1]
    ).tobytes()
    said = {"t258": 1, "t259": 1, "t262": 1, "t266": 2, "t277": 1, "t278": HEIGHT}
    again = read(tmp_path, bare_tiff(turned_bytes, t256=WIDTH, t257=HEIGHT, **said), "tif")
    assert np.array_equal(again.pixels, stored * 255)


def test_colours_of_which_nothing_is_said_are_refused(tmp_path):
    data = bare_tiff(bytes(WIDTH * HEIGHT), t256=WIDTH, t257=HEIGHT, t258=8, t259=1, t277=1, t278=HEIGHT)
    with pytest.raises(OverpaintError, match="nothing is said"):
        read(tmp_path, data, "tif")


def test_its_resolution_may_be_in_centimetres_or_a_ratio(tmp_path):
    for unit, expected in ((3, (11800, 5900, 1)), (1, (118000, 59000, 0))):
        data = tiff(numbers(3), photometric="rgb", resolution=(118, 59), resolutionunit=unit)
        assert said(read(tmp_path, data, "tif"), b"pHYs") == [struct.pack(">IIB", *expected)]


def test_luminance_and_chroma_without_jpeg_are_refused(tmp_path):
    said = {"t258": (8, 8, 8), "t259": 1, "t262": 6, "t277": 3, "t278": HEIGHT, "t530": (1, 1)}
    with pytest.raises(OverpaintError, match="YCbCr"):
        read(tmp_path, bare_tiff(numbers(3).tobytes(), t256=WIDTH, t257=HEIGHT, **said), "tif")


def test_its_primaries_are_taken_as_a_png_says_them(tmp_path):
    rational = [value for place in (0.68, 0.32, 0.265, 0.69, 0.15, 0.06) for value in (round(place * 10000), 10000)]
    white = [3127, 10000, 3290, 10000]
    data = tiff(numbers(3), photometric="rgb", tags=[(318, 5, 2, white), (319, 5, 6, rational)])
    again = read(tmp_path, data, "tif")
    assert said(again, b"cHRM") == [struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)]
    assert again.profile is not None
    assert again.icc is None
