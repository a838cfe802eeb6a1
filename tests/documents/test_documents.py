from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from server.documents import image, ora, png
from server.documents.composite import over
from server.documents.image import Image
from server.wire.errors import OverpaintError
from server.wire.geometry import Bounds, Extent

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS = [(channels, kind) for channels in (1, 2, 3, 4) for kind in (np.uint8, np.uint16)]


def noise(channels: int, kind: type, width: int = 13, height: int = 7) -> Image:
    top = np.iinfo(kind).max
    pixels = np.random.default_rng(channels).integers(0, top, (height, width, channels), kind, endpoint=True)
    return Image(pixels, PROFILE)


@pytest.mark.parametrize(("channels", "kind"), KINDS)
def test_a_png_is_read_back_with_every_number_and_its_profile(tmp_path, channels, kind):
    path = tmp_path / "a.png"
    path.write_bytes(png.encode(noise(channels, kind)))
    again = image.read(path)
    assert np.array_equal(again.pixels, noise(channels, kind).pixels)
    assert again.icc == PROFILE


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_another_reader_sees_the_same_numbers(tmp_path, channels, kind):
    path = tmp_path / "a.png"
    path.write_bytes(png.encode(noise(channels, kind)))
    order = [2, 1, 0, 3][:channels] if channels == 4 else [2, 1, 0]
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., order], noise(channels, kind).pixels)


def test_sixteen_bits_of_a_tiff_are_kept(tmp_path):
    pixels = noise(3, np.uint16).pixels
    cv2.imwrite(str(tmp_path / "a.tif"), pixels[..., ::-1])
    assert np.array_equal(image.read(tmp_path / "a.tif").pixels, pixels)


def test_a_picture_lying_on_its_side_is_turned_upright(tmp_path):
    picture = Pillow.fromarray(noise(3, np.uint8).pixels)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.png", exif=exif)
    assert image.read(tmp_path / "a.png").extent == Extent(7, 13)


def test_a_palette_becomes_colours(tmp_path):
    picture = Pillow.new("P", (4, 3), 1)
    picture.putpalette([0, 0, 0, 200, 100, 50])
    picture.save(tmp_path / "a.png")
    assert image.read(tmp_path / "a.png").pixels[0, 0].tolist() == [200, 100, 50]


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_picture_is_refused_with_a_sentence(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(OverpaintError) as caught:
        image.read(tmp_path / "a.png")
    assert "a.png" in caught.value.sentence
    assert caught.value.hint


def test_a_missing_file_and_an_unusual_one_are_refused_with_a_way_out(tmp_path):
    with pytest.raises(OverpaintError, match="no file"):
        image.read(tmp_path / "none.png")
    Pillow.new("CMYK", (3, 3)).save(tmp_path / "a.tif")
    with pytest.raises(OverpaintError, match="8- or 16-bit"):
        image.read(tmp_path / "a.tif")
    cv2.imwrite(str(tmp_path / "b.tif"), np.ones((3, 3, 3), np.float32))
    with pytest.raises(OverpaintError, match="8- or 16-bit"):
        image.read(tmp_path / "b.tif")


def test_a_mask_is_gray_and_what_is_transparent_in_it_is_kept(tmp_path):
    pixels = np.zeros((2, 2, 4), np.uint8)
    pixels[0] = [[255, 255, 255, 255], [255, 255, 255, 0]]
    (tmp_path / "m.png").write_bytes(png.encode(Image(pixels)))
    mask = image.read_mask(tmp_path / "m.png", Extent(2, 2))
    assert mask.pixels[..., 0].tolist() == [[255, 0], [0, 0]]


def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path):
    (tmp_path / "m.png").write_bytes(png.encode(noise(1, np.uint8)))
    with pytest.raises(OverpaintError, match=r"13 × 7.*20 × 7"):
        image.read_mask(tmp_path / "m.png", Extent(20, 7))


@pytest.mark.parametrize(("channels", "kind"), KINDS)
def test_a_composite_changes_no_number_where_the_layer_is_transparent(channels, kind):
    source = noise(channels, kind)
    layer = noise(channels + channels % 2, kind, 5, 4)
    layer.pixels[..., -1] *= np.arange(5) > 2
    shown = over(source, layer, Bounds(3, 1, 5, 4))
    changed = np.any(shown.pixels != source.pixels, axis=2)
    assert changed[1:5, 6:8].any()
    changed[1:5, 6:8] = False
    assert not changed.any()


@pytest.mark.parametrize(("channels", "kind"), KINDS)
def test_an_opaque_layer_is_seen_as_it_is(channels, kind):
    source = noise(channels, kind)
    layer = noise(channels + channels % 2, kind, 5, 4)
    layer.pixels[..., -1] = np.iinfo(kind).max
    shown = over(source, layer, Bounds(0, 0, 5, 4)).pixels[:4, :5]
    colours = layer.pixels.shape[2] - 1
    assert np.array_equal(shown[..., :colours], layer.pixels[..., :-1])


@pytest.mark.parametrize(("channels", "kind"), KINDS)
def test_the_source_in_an_ora_is_bit_identical_and_the_new_layer_lies_at_its_place(tmp_path, channels, kind):
    source, layer = noise(channels, kind), noise(channels + channels % 2, kind, 5, 4)
    layers = [ora.Layer("a <boat> & \x07", layer, 3, -2), ora.Layer("source", source)]
    ora.write(tmp_path / "a.ora", layers, source)
    with zipfile.ZipFile(tmp_path / "a.ora") as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        stack = ElementTree.fromstring(archive.read("stack.xml"))
        above, below = stack.iter("layer")
        assert (above.get("name"), above.get("x"), above.get("y")) == ("a <boat> &  ", "3", "-2")
        (tmp_path / "source.png").write_bytes(archive.read(str(below.get("src"))))
        thumbnail = Pillow.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
        assert max(thumbnail.size) <= 256
        assert {"mergedimage.png"} <= set(archive.namelist())
    again = image.read(tmp_path / "source.png").pixels
    assert np.array_equal(again, source.pixels)
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
