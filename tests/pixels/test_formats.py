"""Native pixels in and out: every channel order, depth, transfer and profile."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from bench import fidelity, profiles
from server.pixels import formats
from server.pixels.picture import Picture
from server.wire.errors import Code, OverpaintError
from server.wire.geometry import Bounds, Extent
from server.wire.raster import Channels, Depth, Raster, Transfer

TYPES = {Depth.U8: "<u1", Depth.U16: "<u2", Depth.U32: "<u4", Depth.F16: "<f2", Depth.F32: "<f4"}
PROFILES = {
    "none": None,
    "srgb": profiles.srgb(),
    "adobe": profiles.adobe_like(),
    "prophoto": profiles.prophoto_like(),
    "linear": profiles.linear_v4(),
    "rec709": profiles.rec709_v4(),
    "display": profiles.display_like(),
    "gray": profiles.gray(),
    "cmyk": profiles.cmyk(),
    "rgb tables": profiles.rgb_by_tables(),
    "broken": b"\0" * 200,
}
MATRIX = ("none", "srgb", "adobe", "prophoto", "linear", "rec709", "display")


def raster(
    width: int, height: int, channels: Channels, depth: Depth = Depth.U8, transfer: Transfer = Transfer.PROFILE
) -> Raster:
    return Raster(Bounds(-7, 3, width, height), channels, depth, transfer)


@st.composite
def layers(draw: st.DrawFn) -> tuple[Raster, np.ndarray, bytes | None]:
    """Any layer a host can send, with any bits in it (NaN and infinities too)."""
    extent = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    channels, depth = draw(st.sampled_from(Channels)), draw(st.sampled_from(Depth))
    form = raster(*extent, channels, depth, draw(st.sampled_from(Transfer)))
    bits = draw(hnp.arrays(np.uint8, form.nbytes))
    shape = (extent[1], extent[0], channels.per_pixel)
    return form, bits.view(TYPES[depth]).reshape(shape), PROFILES[draw(st.sampled_from(sorted(PROFILES)))]


@settings(max_examples=120, deadline=None)
@given(layers())
def test_a_picture_is_finite_and_its_alpha_is_between_0_and_1_whatever_the_bits(layer):
    form, native, icc = layer
    picture = formats.decode(form, native.tobytes(), icc)
    assert np.isfinite(picture.rgb).all()
    assert picture.alpha.min() >= 0 and picture.alpha.max() <= 1
    assert picture.extent == form.bounds.extent


@settings(max_examples=120, deadline=None)
@given(layers())
def test_colours_that_were_not_painted_keep_the_documents_own_numbers(layer):
    form, native, icc = layer
    source = formats.read_source(form, native.tobytes(), icc)
    answer = np.frombuffer(formats.encode_answer(source.picture, source), native.dtype)
    count = form.channels.per_pixel - form.channels.has_alpha
    answer = answer.reshape(*native.shape[:2], count + 1)
    finite = np.isfinite(native[..., :count]).all(axis=2)
    np.testing.assert_array_equal(answer[finite][:, :count], native[finite][:, :count])
    assert np.isfinite(answer).all(), "0 times infinity would spoil a blend"


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U16, Depth.F16])
@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("channels", [c for c in Channels if c not in (Channels.CMYKA, Channels.LABA)])
def test_srgb_and_linear_layers_survive_the_picture_exactly(channels, depth, transfer):
    rng = np.random.default_rng(3)
    if depth is Depth.F16:
        native = rng.random((256, 16, channels.per_pixel)).astype("<f2")
    else:
        native = rng.integers(0, np.iinfo(TYPES[depth]).max, (256, 16, channels.per_pixel), TYPES[depth], endpoint=True)
    form = raster(16, 256, channels, depth, transfer)
    picture = formats.decode(form, native.tobytes(), None)
    assert formats.encode(picture, form, None) == native.tobytes()


@pytest.mark.parametrize("profile", MATRIX)
def test_every_8_bit_colour_of_a_matrix_profile_survives_the_picture_exactly(profile):
    codes = np.arange(0, 256, 5, np.uint8)
    native = np.stack(np.meshgrid(codes, codes, codes), axis=-1).reshape(52, -1, 3)
    form = raster(native.shape[1], native.shape[0], Channels.RGB)
    picture = formats.decode(form, native.tobytes(), PROFILES[profile])
    assert formats.encode(picture, form, PROFILES[profile]) == native.tobytes()


def test_every_8_bit_lab_colour_within_reach_survives_the_picture_exactly():
    native = np.random.default_rng(1).integers(0, 255, (64, 64, 4), np.uint8, endpoint=True)
    form = raster(64, 64, Channels.LABA)
    assert formats.encode(formats.decode(form, native.tobytes(), None), form, None) == native.tobytes()


@pytest.mark.parametrize("profile", ["srgb", "adobe", "prophoto", "linear", "rec709", "display"])
def test_our_reading_of_a_profile_agrees_with_little_cms_to_its_rounding(profile):
    data = PROFILES[profile]
    native = np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8, endpoint=True)
    with_cms = ImageCms.profileToProfile(
        Image.fromarray(native), ImageCms.ImageCmsProfile(_stream(data)), ImageCms.createProfile("sRGB"), 1
    )
    picture = formats.decode(raster(64, 64, Channels.RGB), native.tobytes(), data)
    # Linear light is steep near black: Little CMS computes there with 16-bit steps.
    allowed = 1.01 if profile == "linear" else 0.9
    assert np.abs(np.clip(picture.rgb, 0, 1) * 255 - np.asarray(with_cms)).max() < allowed


def _stream(data):
    import io

    return io.BytesIO(data)


def test_krita_and_gimp_orders_show_the_same_colour():
    orange = Picture(np.float32([[[1.0, 0.5, 0.0]]]), np.ones((1, 1), np.float32))
    form = {c: formats.encode(orange, raster(1, 1, c), None) for c in (Channels.RGBA, Channels.BGRA)}
    assert form[Channels.RGBA] == bytes([255, 128, 0, 255])
    assert form[Channels.BGRA] == bytes([0, 128, 255, 255])


def test_linear_light_is_decoded_to_srgb():
    half = np.float32([0.5, 0.5, 0.5]).tobytes()
    picture = formats.decode(raster(1, 1, Channels.RGB, Depth.F32, Transfer.LINEAR), half, None)
    assert picture.rgb[0, 0, 0] == pytest.approx(0.7353569, abs=1e-6)


def test_values_beyond_white_and_below_black_are_kept():
    hdr = np.float32([4.0, -0.25, 0.5]).tobytes()
    for transfer in Transfer:
        form = raster(1, 1, Channels.RGB, Depth.F32, transfer)
        picture = formats.decode(form, hdr, None)
        assert picture.rgb[0, 0, 0] > 1 and picture.rgb[0, 0, 1] < 0
        np.testing.assert_allclose(
            np.frombuffer(formats.encode(picture, form, None), "<f4"), [4, -0.25, 0.5], rtol=1e-6
        )


def test_nan_becomes_black_and_the_layer_above_never_carries_one():
    native = np.float32([np.nan, np.inf, 0.5, 1.0, 0.1, 0.2, 0.3, 1.0])
    source = formats.read_source(raster(2, 1, Channels.RGBA, Depth.F32), native.tobytes(), None)
    assert source.picture.rgb[0, 0, 0] == 0
    above = np.frombuffer(formats.encode_answer(source.picture, source), "<f4")
    assert np.isfinite(above).all()
    np.testing.assert_array_equal(above[4:], native[4:])


def test_krita_lab_and_cmyk_floats_are_in_their_own_units():
    white = formats.decode(raster(1, 1, Channels.LABA, Depth.F32), np.float32([100, 0, 0, 1]).tobytes(), None)
    np.testing.assert_allclose(white.rgb[0, 0], 1, atol=1e-3)
    paper = formats.decode(raster(1, 1, Channels.CMYKA, Depth.F32), np.float32([0, 0, 0, 0, 1]).tobytes(), None)
    ink = formats.decode(raster(1, 1, Channels.CMYKA, Depth.F32), np.float32([0, 0, 0, 100, 1]).tobytes(), None)
    assert paper.rgb.min() == 1 and ink.rgb.max() == 0


def test_lab_of_16_bits_has_its_neutral_at_krita_s_place():
    gray = np.uint16([32768, 0x8080, 0x8080, 65535]).tobytes()
    rgb = formats.decode(raster(1, 1, Channels.LABA, Depth.U16), gray, None).rgb[0, 0]
    assert np.ptp(rgb) < 1e-3


def test_a_cmyk_profile_is_used():
    red = formats.decode(raster(1, 1, Channels.CMYKA), bytes([0, 255, 255, 0, 255]), PROFILES["cmyk"]).rgb[0, 0]
    assert red[0] > 0.9 and red[1:].max() < 0.15


@pytest.mark.parametrize(("profile", "channels"), [("cmyk", Channels.CMYKA), ("rgb tables", Channels.RGB)])
def test_a_painted_colour_looks_in_a_printers_document_as_it_was_painted(profile, channels):
    rng = np.random.default_rng(4)
    painted = rng.integers(60, 200, (32, 32, 3)).astype(np.float32) / 255
    form = raster(32, 32, channels)
    native = formats.encode(Picture(painted, np.ones((32, 32), np.float32)), form, PROFILES[profile])
    error = (formats.decode(form, native, PROFILES[profile]).rgb - painted) * 255
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.5
    assert np.abs(error).mean() < 1


def test_a_painted_colour_lands_in_the_documents_profile():
    green = Picture(np.float32([[[0.0, 1.0, 0.0]]]), np.ones((1, 1), np.float32))
    native = np.frombuffer(formats.encode(green, raster(1, 1, Channels.RGB), PROFILES["adobe"]), np.uint8)
    # sRGB's green in Adobe RGB (1998), a textbook value.
    np.testing.assert_allclose(native, [144, 255, 60], atol=1)


def test_an_answer_has_the_layers_own_layout_and_an_alpha():
    form = raster(4, 4, Channels.RGB, Depth.U16, Transfer.LINEAR)
    answer = formats.answer_raster(form)
    assert (answer.channels, answer.depth, answer.transfer, answer.bounds) == (
        Channels.RGBA,
        Depth.U16,
        Transfer.LINEAR,
        form.bounds,
    )
    assert formats.answer_raster(raster(4, 4, Channels.BGRA)).channels is Channels.BGRA


@pytest.mark.parametrize(("size", "width"), [(0, 4), (63, 4), (65, 4), (0, 0)])
def test_a_wrong_number_of_bytes_is_a_bad_request(size, width):
    with pytest.raises(OverpaintError) as error:
        formats.decode(raster(width, 4, Channels.RGBA), bytes(size), None)
    assert error.value.code is Code.BAD_REQUEST


def test_a_picture_of_another_size_is_a_bad_request():
    picture = Picture(np.zeros((2, 2, 3), np.float32), np.ones((2, 2), np.float32))
    with pytest.raises(OverpaintError):
        formats.encode(picture, raster(3, 2, Channels.RGB), None)


def test_a_usable_profile_brings_no_notice_and_a_broken_one_is_named():
    form = raster(1, 1, Channels.RGB)
    assert formats.read_source(form, b"abc", PROFILES["adobe"]).notices == ()
    (sentence,) = formats.read_source(form, b"abc", PROFILES["broken"]).notices
    assert "profile" in sentence and "sRGB" in sentence


def test_a_profile_for_other_colours_is_named_and_read_as_srgb():
    source = formats.read_source(raster(1, 1, Channels.RGB), b"abc", PROFILES["cmyk"])
    assert "CMYK" in source.notices[0]
    np.testing.assert_allclose(source.picture.rgb[0, 0] * 255, list(b"abc"))


def test_a_gray_profile_that_measures_lightness_is_named_and_not_read_as_light():
    profile = profiles.gray()
    assert formats.read_source(raster(1, 1, Channels.GRAY), b"a", profile).notices == ()
    other = profile[:20] + b"Lab " + profile[24:]
    source = formats.read_source(raster(1, 1, Channels.GRAY), b"a", other)
    assert "gray in another way" in source.notices[0]
    np.testing.assert_allclose(source.picture.rgb[0, 0] * 255, list(b"aaa"))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PROFILES)), st.data())
def test_a_damaged_profile_never_does_worse_than_a_notice(name, data):
    whole = bytearray(PROFILES[name] or profiles.srgb())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, min(len(whole) - 1, 700)))] = data.draw(st.integers(0, 255))
    broken = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for channels in (Channels.RGB, Channels.GRAY, Channels.CMYKA):
        form = raster(3, 1, channels)
        picture = formats.decode(form, bytes(range(form.nbytes)), broken)
        assert np.isfinite(picture.rgb).all()
        formats.encode(picture, form, broken)


def test_a_profile_that_promises_a_huge_table_is_refused_unread():
    tag = struct.pack(">4s4xI", b"curv", 0xFFFFFFFF) + bytes(8)
    bomb = profiles.by_matrix(profiles.SRGB_COLORANTS, tag)
    assert formats.read_source(raster(1, 1, Channels.RGB), b"abc", bomb).notices


def test_a_whole_layer_is_decoded_in_bands_as_in_one(monkeypatch):
    native = np.random.default_rng(5).integers(0, 255, (40, 30, 4), np.uint8).tobytes()
    form = raster(30, 40, Channels.BGRA)
    at_once = formats.decode(form, native, PROFILES["adobe"])
    monkeypatch.setattr(formats, "_BAND_PIXELS", 70)
    in_bands = formats.decode(form, native, PROFILES["adobe"])
    np.testing.assert_array_equal(at_once.rgb, in_bands.rgb)
    np.testing.assert_array_equal(at_once.alpha, in_bands.alpha)
    assert Extent(30, 40) == in_bands.extent


@pytest.mark.parametrize("depth", [Depth.U8, Depth.U32, Depth.F16])
@pytest.mark.parametrize(
    ("channels", "profile"),
    [(Channels.RGB, "prophoto"), (Channels.BGRA, "adobe"), (Channels.GRAY_ALPHA, "gray"), (Channels.CMYKA, "cmyk")],
)
def test_blended_by_a_host_nothing_that_was_not_selected_changes(channels, profile, depth):
    tally = fidelity.Tally()
    form = fidelity.Format(channels, depth, Transfer.PROFILE, profile, PROFILES[profile])
    fidelity.measure(form, tally, np.random.default_rng(9))
    assert tally.cases > 30 and tally.unpainted == 0
    assert tally.outside == 0
    assert tally.roundtrip == 0
