"""How a layer remembers how it was made."""

from __future__ import annotations

import random
from dataclasses import replace

import notes
import pytest
from settings import Kind

from server.client.recipes import LayerRecipe
from server.client.submission import Mask
from server.wire.geometry import Bounds
from server.wire.raster import Depth
from server.wire.recipe import Recipe

CROP = Bounds(-3, 2, 10, 4)
MASK = Mask(Depth.U16, bytes(range(80)))
NOTE = notes.Note(LayerRecipe(Recipe("erase", seed=4), CROP, "Ink"), Kind.ERASE, 12, Depth.U16, notes.pack(MASK))


def test_a_note_is_read_back_as_it_was_written() -> None:
    assert notes.read(NOTE.text()) == NOTE


def test_the_selection_is_kept_with_it() -> None:
    assert NOTE.selection() == MASK


def test_a_whole_layer_has_no_selection() -> None:
    assert replace(NOTE, mask_depth=None, mask="").selection() is None


@pytest.mark.parametrize("mask", ("", "AAAA", NOTE.mask[:-8] + "AAAAAAA=", notes.pack(Mask(Depth.U16, bytes(78)))))
def test_a_selection_that_is_not_whole_is_not_used(mask: str) -> None:
    with pytest.raises(ValueError, match="selection"):
        replace(NOTE, mask=mask).selection()


def test_a_selection_too_large_to_keep_is_left_out() -> None:
    noise = random.Random(7).randbytes(1 << 20)
    assert notes.pack(Mask(Depth.U8, noise)) == ""


@pytest.mark.parametrize("text", ("", "{}", "no", '{"kind": "erase"}', NOTE.text().replace("erase", "melt")))
def test_anything_else_is_not_a_note(text: str) -> None:
    assert notes.read(text) is None
