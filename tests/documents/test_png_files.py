"""Every kind of PNG there is, beside its plain twin: bits, channels, interlacing, colour keys, palettes."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image as Pillow

from server.documents import chunks
from server.documents.chunks import PngChunk
from server.wire.errors import Code, OverpaintError
from tests.documents.making import HEIGHT, SRGB, WIDTH, exif, numbers, png, read, turned

KINDS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
EVERY = [(kind, bits) for kind, (_, depths) in KINDS.items() for bits in depths]
either_way = pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
PALETTE = np.random.default_rng(5).integers(0, 256, (256, 3), np.uint8)


def palette(bits: int) -> PngChunk:
    return PngChunk(b"PLTE", PALETTE[: 1 << bits].tobytes())


def twin(stored: np.ndarray, kind: int, bits: int) -> np.ndarray:
    """What the numbers in the file stand for, at 8 or 16 bits."""
    if kind == 3:
        return PALETTE[stored[..., 0]]
    return stored * (255 // ((1 << bits) - 1)) if bits < 8 else stored


@either_way
@pytest.mark.parametrize(("kind", "bits"), EVERY)
def test_every_kind_is_read_number_for_number(tmp_path, kind, bits, interlaced):
    stored = numbers(KINDS[kind][0], bits)
    said = [palette(bits)] if kind == 3 else []
    again = read(tmp_path, png(stored, kind, bits, *said, interlaced=interlaced))
    assert np.array_equal(again.pixels, twin(stored, kind, bits))
    assert again.pixels.dtype == (np.uint16 if bits == 16 else np.uint8)
    assert again.notices == ()


@either_way
@pytest.mark.parametrize(("kind", "bits"), [(kind, bits) for kind, bits in EVERY if kind in (0, 2)])
def test_a_colour_key_is_an_alpha_channel_of_all_or_nothing(tmp_path, kind, bits, interlaced):
    stored = numbers(KINDS[kind][0], bits)
    key = stored[7, 9]
    again = read(
        tmp_path, png(stored, kind, bits, PngChunk(b"tRNS", key.astype(">u2").tobytes()), interlaced=interlaced)
    )
    clear = np.all(stored == key, axis=2)
    assert np.array_equal(again.pixels[..., :-1], twin(stored, kind, bits))
    assert np.array_equal(again.pixels[..., -1], np.where(clear, 0, again.full))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_with_transparency_is_rgba(tmp_path, bits):
    stored, alphas = numbers(1, bits), bytes([0, 128])
    again = read(tmp_path, png(stored, 3, bits, palette(bits), PngChunk(b"tRNS", alphas)))
    assert np.array_equal(again.pixels[..., :3], PALETTE[stored[..., 0]])
    expected = np.array([0, 128] + [255] * 254, np.uint8)[stored[..., 0]]
    assert np.array_equal(again.pixels[..., 3], expected)


@pytest.mark.parametrize(("kind", "bits"), EVERY)
def test_every_orientation_is_turned_in_every_kind(tmp_path, kind, bits):
    stored = numbers(KINDS[kind][0], bits)
    said = [palette(bits)] if kind == 3 else []
    for orientation in range(1, 9):
        data = png(stored, kind, bits, *said, PngChunk(b"eXIf", exif(orientation)))
        assert np.array_equal(read(tmp_path, data).pixels, turned(twin(stored, kind, bits), orientation))


def test_the_decoder_says_nothing_beside(tmp_path, caplog, capfd):
    read(tmp_path, png(numbers(3), 2, 8, interlaced=True))
    assert (caplog.records, capfd.readouterr().err) == ([], "")


def test_a_182_megapixel_line_drawing_opens(tmp_path):
    row = b"\0" + bytes([0b10000000] + [0] * 1890)
    raw = row * 12034
    header = struct.pack(">IIBBBBB", 15124, 12034, 1, 0, 0, 0, 0)
    body = [PngChunk(b"IHDR", header), PngChunk(b"IDAT", chunks.zlib.compress(raw, 1)), PngChunk(b"IEND", b"")]
    again = read(tmp_path, chunks.SIGNATURE + b"".join(chunk.packed for chunk in body))
    assert again.pixels.shape == (12034, 15124, 1)
    assert (again.pixels[:, 0] == 255).all()
    assert not again.pixels[:, 1:].any()


def test_a_bomb_is_refused_by_what_it_would_need_before_it_is_unpacked(tmp_path):
    data = bytearray(png(numbers(3), 2, 8))
    data[16:24] = struct.pack(">II", 2_000_000_000, 2_000_000_000)
    data[29:33] = struct.pack(">I", chunks.zlib.crc32(data[12:29]))
    with pytest.raises(OverpaintError, match=r"GB of memory") as caught:
        read(tmp_path, bytes(data))
    assert caught.value.code is Code.TOO_LARGE


def test_a_size_that_so_few_bytes_cannot_hold_is_no_picture(tmp_path):
    data = bytearray(png(numbers(3), 2, 8))
    data[16:24] = struct.pack(">II", 10000, 10000)
    data[29:33] = struct.pack(">I", chunks.zlib.crc32(data[12:29]))
    with pytest.raises(OverpaintError, match="cut off"):
        read(tmp_path, bytes(data))


def test_a_file_cut_off_anywhere_is_refused_or_whole(tmp_path):
    stored = numbers(3)
    data = png(stored, 2, 8, PngChunk(b"tEXt", b"Comment\0hello"))
    whole = 0
    for length in range(0, len(data), 7):
        try:
            again = read(tmp_path, data[:length])
        except OverpaintError as error:
            assert error.hint
        else:
            whole += 1
            assert np.array_equal(again.pixels, stored)
    assert whole <= 2


def test_a_profile_of_any_size_is_kept(tmp_path):
    large = SRGB + np.random.default_rng(0).bytes(3 << 20)
    again = read(tmp_path, png(numbers(3), 2, 8, PngChunk(b"iCCP", b"p\0\0" + chunks.zlib.compress(large))))
    assert again.icc == large


def test_an_animated_png_is_its_still_picture_and_says_so(tmp_path):
    buffer, frames = io.BytesIO(), [Pillow.fromarray(numbers(3, seed=seed)) for seed in (1, 2)]
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    again = read(tmp_path, buffer.getvalue())
    assert again.pixels.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(again.pixels, numbers(3, seed=1))
    assert "animation" in again.notices[0]
