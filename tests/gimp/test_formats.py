"""GIMP's pixel formats in the protocol's words."""

from __future__ import annotations

import itertools

import pytest
from formats import layout, mask_layout

from server.wire.geometry import Bounds
from server.wire.raster import Channels, Depth, Raster, Transfer

MODELS = [model + alpha for model in ("Y", "Y'", "RGB", "R'G'B'") for alpha in ("", "A")]


@pytest.mark.parametrize(
    "encoding",
    [f"{model} {number}" for model, number in itertools.product(MODELS, ("u8", "u16", "u32", "half", "float"))],
)
def test_a_layer_travels_in_its_own_bytes(encoding: str) -> None:
    found = layout(encoding)
    assert found is not None
    assert found.babl == encoding


def test_transfer_and_channels_are_told_apart() -> None:
    gray, linear = layout("Y'A u16"), layout("RGBA half")
    assert gray is not None
    assert linear is not None
    assert (gray.channels, gray.depth, gray.transfer) == (Channels.GRAY_ALPHA, Depth.U16, Transfer.PROFILE)
    assert (linear.channels, linear.depth, linear.transfer) == (Channels.RGBA, Depth.F16, Transfer.LINEAR)


@pytest.mark.parametrize(("encoding", "read_as"), (("R~G~B~A u8", "R'G'B'A u8"), ("RGB double", "RGB float")))
def test_what_has_no_word_on_the_wire_is_converted_by_gimp(encoding: str, read_as: str) -> None:
    found = layout(encoding)
    assert found is not None
    assert found.babl == read_as


@pytest.mark.parametrize("encoding", ("B\u0000 u8", "CMYK u8", "", "R'G'B'A u64"))
def test_other_formats_are_not_guessed(encoding: str) -> None:
    assert layout(encoding) is None


@pytest.mark.parametrize(
    ("depth", "mask", "name"),
    (
        (Depth.U8, Depth.U8, "Y u8"),
        (Depth.U16, Depth.U16, "Y u16"),
        (Depth.U32, Depth.F32, "Y float"),
        (Depth.F16, Depth.F32, "Y float"),
    ),
)
def test_a_selection_is_read_linear_and_as_deep_as_its_image(depth: Depth, mask: Depth, name: str) -> None:
    assert mask_layout(depth) == (mask, name)


def test_a_layout_has_the_size_that_the_wire_expects() -> None:
    found = layout("R'G'B' u16")
    assert found is not None
    assert Raster(Bounds(0, 0, 3, 2), found.channels, found.depth, found.transfer).nbytes == 36
