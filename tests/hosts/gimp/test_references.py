"""Further layers that a model looks at, in the real GIMP: chosen by a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from server.models.store.store import ModelStore
from tests.foreign.answerers import stripes
from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.pixels import levels
from tests.hosts.gimp.shown import Shown, shown_by
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

RED, TEAL, WHITE = (200, 30, 20), (10, 120, 140), (255, 255, 255)
WIDTH, HEIGHT = 96, 64


@pytest.fixture(scope="module")
def shown(desk: Desk, gimp_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    from tests import tiny_models

    store = ModelStore(desk.home / "models")
    tiny_models.install("flux2-klein", store, tmp_path_factory.mktemp("klein"))
    yield shown_by(desk, "references")
    store.remove("flux2-klein")


def seen(shown: Shown, found: Any, count: int, row: int = 8) -> list[tuple[int, ...]]:
    """The colour of each stripe in that row."""
    assert found["error"] == ""
    (layer,) = found["layers"]
    pixels = np.rint(levels(shown.out, layer))
    colours = [pixels[row, stripe] for stripe in stripes(WIDTH, count)]
    assert all(np.ptp(colour, axis=0).max() <= 1 for colour in colours)
    return [tuple(map(int, colour[0])) for colour in colours]


def near(seen: list[tuple[int, ...]], expected: list[tuple[int, ...]]) -> bool:
    return bool(np.abs(np.array(seen) - np.array(expected)).max() <= 1)


def test_each_is_seen_in_its_own_size_and_in_the_order_given(shown: Shown) -> None:
    found = shown.case("each_of_its_own_size")
    assert seen(shown, found["first"], 2) == [TEAL, RED]
    assert seen(shown, found["turned"], 2) == [RED, TEAL]


def test_a_layer_of_another_image_is_seen_in_its_own_colours(shown: Shown) -> None:
    assert near(seen(shown, shown.case("of_another_image")["of another image"], 2), [TEAL, RED])


def test_hidden_layers_and_groups_are_seen_by_themselves_and_stay_as_they_are(shown: Shown) -> None:
    found = shown.case("hidden_and_in_groups")
    assert near(seen(shown, found["hidden"], 3), [RED, TEAL, TEAL])
    assert found["group"] == [False, 30.0, True]


def test_masks_and_filters_are_part_of_how_a_layer_looks(shown: Shown) -> None:
    found = shown.case("through_mask_and_filter")
    negative = tuple(255 - value for value in RED)
    assert near(seen(shown, found["masked"], 2), [WHITE, negative])
    assert near(seen(shown, found["masked"], 2, HEIGHT - 8), [RED, negative])


def test_what_is_transparent_shows_white_paper(shown: Shown) -> None:
    assert near(seen(shown, shown.case("seen_through")["thin"], 1), [(153, 153, 153)])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("none", "‘Striped’ looks at further layers, and none is chosen."),
        ("no layer", "‘Striped’ looks at further layers, and none is chosen."),
        ("empty", "‘Empty’ shows nothing that could be looked at."),
        ("too many", "At most 16 reference pictures can be looked at."),
        ("erase", "looks at no reference pictures"),
    ],
)
def test_what_cannot_be_looked_at_is_said(shown: Shown, key: str, said: str) -> None:
    found = shown.case("refused")
    assert said in found[key]["error"]
    assert found["names"] == ["Empty", "Teal", "Red", "Paint"]


def test_run_again_looks_at_the_same_layers_and_says_when_one_has_gone(shown: Shown) -> None:
    found = shown.case("once_more")
    assert seen(shown, found["again"], 2) == [TEAL, RED]
    assert "A layer that this edit looked at has gone." in found["gone"]["error"]


def test_replace_shows_a_layer_to_flux_2_klein(shown: Shown) -> None:
    found = shown.case("replaced_by_a_model")
    assert [found[key]["error"] for key in ("one", "other", "neither")] == ["", "", ""]
    one, other, neither = (shown.pixels(found[key]["layers"][0]).astype(int) for key in ("one", "other", "neither"))
    assert np.abs(one - other).max() > 20
    assert np.abs(one - neither).max() > 20
