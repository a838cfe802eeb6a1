"""What a picture says of itself beside its pixels, through an edit: kept, still true, or named as left out."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image as Pillow

from server.documents import chunks, ora, png
from server.documents.chunks import PngChunk
from server.documents.composite import over
from server.documents.image import Image
from server.wire.geometry import Bounds
from tests.documents.making import by_pillow, exif, numbers, read, said
from tests.documents.making import png as made

DOTS = PngChunk(b"pHYs", struct.pack(">IIB", 11811, 5906, 1))
WORDS = (
    PngChunk(b"tEXt", b"parameters\0a boat, seed 5"),
    PngChunk(b"zTXt", b"Copyright\0\0" + zlib.compress(b"(c) 2026")),
    PngChunk(b"iTXt", "Author\0\0\0\0\0Ä. Fotograf".encode()),
)
PACKET = b'<x:xmpmeta tiff:Orientation="6"><xmp:Thumbnails>old</xmp:Thumbnails><dc:rights>me</dc:rights></x:xmpmeta>'
depths = pytest.mark.parametrize("bits", [8, 16])


def packet(data: bytes) -> PngChunk:
    return PngChunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + data)


def edited(picture: Image) -> Image:
    """With a layer over it, as ``overpaint edit`` writes it."""
    layer = np.zeros((4, 5, picture.pixels.shape[2] // 2 * 2 + 2), picture.pixels.dtype)
    layer = layer[..., : (2 if picture.pixels.shape[2] < 3 else 4)]
    layer[..., -1] = picture.full
    return over(picture, Image(layer), Bounds(2, 1, 5, 4))


@depths
def test_resolution_words_and_exif_of_a_png_outlive_an_edit(tmp_path, bits):
    block = exif(artist="A. Photographer", copyright="(c) 2026")
    data = made(numbers(3, bits), 2, bits, DOTS, PngChunk(b"eXIf", block), after=(*WORDS, packet(b"<x/>")))
    again = read(tmp_path, png.encode(edited(read(tmp_path, data))))
    for chunk in (DOTS, *WORDS, packet(b"<x/>"), PngChunk(b"eXIf", block)):
        assert chunk in again.chunks
    assert again.notices == ()


def test_others_find_what_was_kept(tmp_path):
    words, block = WORDS, exif(artist="A. Photographer")
    picture = read(tmp_path, made(numbers(3), 2, 8, DOTS, *words, PngChunk(b"eXIf", block)))
    opened = Pillow.open(io.BytesIO(png.encode(picture)))
    opened.load()
    assert opened.info["dpi"] == pytest.approx((300, 150), abs=0.02)
    assert opened.info["parameters"] == "a boat, seed 5"
    assert opened.info["Author"] == "Ä. Fotograf"
    assert opened.getexif()[315] == "A. Photographer"


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_exif_xmp_and_resolution_come_out_of_other_files(tmp_path, form):
    block = Pillow.Exif()
    block[315], block[33432], block[282], block[283], block[296] = "A. Photographer", "(c) 2026", 300.0, 150.0, 2
    data = by_pillow(numbers(3), form, exif=block, xmp=b"<x>me</x>")
    picture = read(tmp_path, data)
    kept = Pillow.Exif()
    kept.load(said(picture, b"eXIf")[0])
    assert (kept[315], kept[33432]) == ("A. Photographer", "(c) 2026")
    assert said(picture, b"pHYs") == [DOTS.data]
    assert b"<x>me</x>" in said(picture, b"iTXt")[0]


def test_iptc_and_the_comment_of_a_jpeg_are_kept(tmp_path):
    iptc = b"\x1c\x02\x74\x00\x082026 me."
    resource = b"8BIM" + struct.pack(">H", 0x0404) + b"\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0"
    block = b"Photoshop 3.0\0" + resource
    data = by_pillow(numbers(3), "JPEG", comment=b"by hand")
    data = data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:]
    picture = read(tmp_path, data)
    (packed,) = said(picture, b"zTXt")
    assert packed.startswith(b"Raw profile type iptc\0")
    assert iptc.hex().encode() in zlib.decompress(packed.split(b"\0\0", 1)[1])
    assert b"Comment\0\0\0\0\0by hand" in said(picture, b"iTXt")


@pytest.mark.parametrize("order", ["II", "MM"])
def test_a_turned_picture_no_longer_says_that_it_lies_on_its_side(tmp_path, order):
    block = exif(6)
    if order == "MM":
        assert block[:2] == b"MM"
    else:
        block = b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
    picture = read(tmp_path, made(numbers(3), 2, 8, DOTS, PngChunk(b"eXIf", block), packet(PACKET)))
    again = read(tmp_path, png.encode(picture))
    assert np.array_equal(again.pixels, np.rot90(numbers(3), -1))
    assert b'tiff:Orientation="1"' in said(again, b"iTXt")[0]
    assert said(again, b"pHYs") == [struct.pack(">IIB", 5906, 11811, 1)]
    opened = Pillow.open(io.BytesIO(png.encode(picture)))
    assert opened.getexif().get(274, 1) == 1


def test_xmp_alone_may_say_how_it_lies(tmp_path):
    picture = read(tmp_path, made(numbers(3), 2, 8, packet(PACKET)))
    assert np.array_equal(picture.pixels, np.rot90(numbers(3), -1))


@pytest.mark.parametrize("kind", ["exif", "APP1"])
def test_exif_kept_as_a_text_by_older_programs_is_read_once(tmp_path, kind):
    digits = (b"Exif\0\0" + exif(3, artist="me")).hex()
    text = f"Raw profile type {kind}\0\n{kind}\n{len(digits) // 2:8}\n{digits}\n".encode()
    picture = read(tmp_path, made(numbers(3), 2, 8, PngChunk(b"tEXt", text)))
    assert np.array_equal(picture.pixels, numbers(3)[::-1, ::-1])
    assert [chunk.name for chunk in picture.chunks] == [b"eXIf"]


def test_photoshops_resources_do_not_show_what_was_erased(tmp_path):
    picture = read(tmp_path, made(numbers(3), 2, 8, chunks.raw_profile("8bim", b"what was there before")))
    assert picture.chunks == ()
    assert "Photoshop" in picture.notices[0]


def test_exif_with_the_header_that_only_jpeg_has_is_read_and_kept_without(tmp_path):
    block = exif(6, artist="me")
    picture = read(tmp_path, made(numbers(3), 2, 8, PngChunk(b"eXIf", b"Exif\0\0" + block)))
    assert np.array_equal(picture.pixels, np.rot90(numbers(3), -1))
    assert said(picture, b"eXIf")[0][:2] == block[:2]


def with_thumbnail(shown: bytes) -> bytes:
    """An EXIF block whose second directory has a small picture."""
    first = b"\1\0" + struct.pack("<HHII", 0x0112, 3, 1, 1) + struct.pack("<I", 26)
    second = b"\2\0" + struct.pack("<HHII", 0x201, 4, 1, 56) + struct.pack("<HHII", 0x202, 4, 1, len(shown)) + bytes(4)
    return b"II*\0\x08\0\0\0" + first + second + shown


def test_the_small_picture_in_exif_does_not_show_what_was_erased(tmp_path):
    shown = b"\xff\xd8 what was there before \xff\xd9"
    for data in (
        made(numbers(3), 2, 8, PngChunk(b"eXIf", with_thumbnail(shown))),
        by_pillow(numbers(3), "JPEG", exif=b"Exif\0\0" + with_thumbnail(shown)),
    ):
        written = png.encode(read(tmp_path, data))
        assert b"what was there" not in written
        assert b"Thumbnails" not in png.encode(read(tmp_path, made(numbers(3), 2, 8, packet(PACKET))))


@pytest.mark.parametrize("block", [b"", b"x", b"II*\0", b"II*\0\xff\xff\xff\x7f"])
def test_a_damaged_exif_block_is_left_out_aloud(tmp_path, block):
    picture = read(tmp_path, made(numbers(3), 2, 8, PngChunk(b"eXIf", block)))
    assert not said(picture, b"eXIf")
    assert not block or "EXIF" in picture.notices[0]


def test_a_damaged_chunk_is_left_out_aloud_and_damaged_pixels_are_refused(tmp_path):
    data = bytearray(made(numbers(3), 2, 8, WORDS[0], DOTS))
    data[data.index(b"a boat")] ^= 1
    picture = read(tmp_path, bytes(data))
    assert [chunk.name for chunk in picture.chunks] == [b"pHYs"]
    assert "tEXt" in picture.notices[0]


def test_chunks_that_nobody_knows_are_kept_where_png_says_that_they_may_be(tmp_path):
    safe, unsafe = PngChunk(b"prVa", b"x"), PngChunk(b"prVB", b"y")
    picture = read(tmp_path, made(numbers(3), 2, 8, safe, unsafe, PngChunk(b"hIST", bytes(2))))
    assert safe in picture.chunks
    assert unsafe not in picture.chunks
    assert "prVB" in picture.notices[0]
    assert "hIST" in picture.notices[0]


def test_the_time_of_the_last_change_is_that_of_the_edit(tmp_path):
    before = PngChunk(b"tIME", struct.pack(">H5B", 1999, 12, 31, 23, 59, 60))
    source = read(tmp_path, made(numbers(3), 2, 8, before))
    assert before in source.chunks
    (after,) = said(edited(source), b"tIME")
    assert struct.unpack(">H5B", after)[0] >= 2026
    assert source.notices == ()


@pytest.mark.parametrize(
    ("kind", "bits", "given", "kept"),
    [(0, 2, b"\0\2", b"\0\xaa"), (0, 16, b"\1\2", b"\1\2"), (6, 8, bytes(6), bytes(6)), (3, 4, b"\1", b"\0\3\0\4\0\5")],
)
def test_the_background_is_said_in_the_numbers_that_the_pixels_now_have(tmp_path, kind, bits, given, kept):
    palette = [PngChunk(b"PLTE", bytes(range(48)))] if kind == 3 else []
    data = made(numbers(4 if kind == 6 else 1, bits), kind, bits, *palette, PngChunk(b"bKGD", given))
    assert said(read(tmp_path, data), b"bKGD") == [kept]


def test_where_it_lay_on_a_page_is_kept_unless_it_is_turned(tmp_path):
    place = PngChunk(b"oFFs", struct.pack(">iiB", 5, -7, 0))
    assert place in read(tmp_path, made(numbers(3), 2, 8, place)).chunks
    turned = read(tmp_path, made(numbers(3), 2, 8, place, PngChunk(b"eXIf", exif(6))))
    assert place not in turned.chunks
    assert "page" in turned.notices[0]


@depths
def test_an_ora_has_the_resolution_and_its_layers_look_alike(tmp_path, bits):
    gamma = PngChunk(b"gAMA", struct.pack(">I", 100000))
    source = read(tmp_path, made(numbers(3, bits), 2, bits, DOTS, gamma, *WORDS))
    answer = Image(numbers(4, bits), source.icc, source.shown_by)
    ora.write(tmp_path / "a.ora", [ora.Layer("answer", answer), ora.Layer("source", source)], source)
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        stack = ElementTree.fromstring(archive.read("stack.xml"))
        assert (stack.get("xres"), stack.get("yres")) == ("300", "150")
        for name in ("data/layer0.png", "data/layer1.png", "mergedimage.png"):
            assert {DOTS, gamma} <= set(read(tmp_path, archive.read(name)).chunks)
        assert set(WORDS) <= set(read(tmp_path, archive.read("mergedimage.png")).chunks)
        assert gamma in read(tmp_path, archive.read("Thumbnails/thumbnail.png")).chunks


def test_an_ora_of_a_picture_without_resolution_says_none(tmp_path):
    ora.write(tmp_path / "a.ora", [], Image(numbers(3)))
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        assert b"xres" not in archive.read("stack.xml")


@pytest.mark.parametrize(
    "name", [b"sBIT", b"bKGD", b"gAMA", b"cHRM", b"cICP", b"sRGB", b"pHYs", b"tIME", b"oFFs", b"iCCP", b"iTXt", b"zTXt"]
)
@pytest.mark.parametrize("length", [0, 1, 3, 40])
@pytest.mark.parametrize(("kind", "bits"), [(0, 1), (0, 16), (3, 2), (2, 8)])
def test_a_chunk_of_a_wrong_length_stops_nobody(tmp_path, name, length, kind, bits):
    palette = [PngChunk(b"PLTE", bytes(12))] if kind == 3 else []
    data = made(numbers(3 if kind == 2 else 1, bits), kind, bits, *palette, PngChunk(name, bytes(length)))
    picture = read(tmp_path, data)
    assert read(tmp_path, png.encode(picture)).pixels.shape == picture.pixels.shape
    picture.profile  # noqa: B018  # what an edit asks for
