"""A new thing lies whole within its selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from server.methods.replacing.fitting import fitted, with_room
from server.models.runtime.denoiser import SamplingRequest
from server.pixels.cut import cut
from server.pixels.picture import F32

SIDE = 64


def mask() -> F32:
    made = np.zeros((SIDE, SIDE), np.float32)
    made[12:52, 12:52] = 1
    return made


def paper() -> F32:
    return np.ones((SIDE, SIDE, 3), np.float32)


def with_thing(width: int) -> F32:
    """A dark bar from the top of the selection on, of so many columns."""
    image = paper()
    image[12:40, 20 : 20 + width] = 0.2
    return image


def request(**changes: Any) -> SamplingRequest:
    made = SamplingRequest(paper() * 0.3, mask(), "a hat", "", 7, 1.0, 10, 3.0)
    return replace(made, **changes)


@pytest.mark.parametrize(("width", "share"), [(0, 0.0), (10, 10 / 156), (24, 24 / 156)])
def test_the_share_of_the_rim_is_told_that_cuts_something(width: int, share: float) -> None:
    assert cut(with_thing(width), paper(), mask()) == pytest.approx(share, abs=0.02)


def test_with_everything_selected_nothing_is_cut() -> None:
    assert cut(with_thing(20), paper(), np.ones((SIDE, SIDE), np.float32)) == 0


def test_along_the_edge_it_changes_later_and_in_the_middle_at_once() -> None:
    held = with_room(mask(), 0.15)
    assert held[32, 32] == 1
    assert 0 < held[12, 32] < 0.5
    assert not held[mask() == 0].any()


def test_what_is_too_narrow_to_have_a_middle_is_painted_as_it_is() -> None:
    wire = np.zeros((SIDE, SIDE), np.float32)
    wire[30:32, 4:60] = 1
    assert np.array_equal(with_room(wire, 0.15), wire)


class Painter:
    """Paints a bar whose width follows from the seed."""

    def __init__(self, widths: dict[int, int]) -> None:
        self.widths, self.asked = widths, list[SamplingRequest]()

    def __call__(self, model: Any, requests: Sequence[SamplingRequest], on_step: Any) -> list[F32]:
        self.asked += requests
        on_step(10, 10, None)
        return [with_thing(self.widths.get(one.seed, 20)) for one in requests]


def painted(painter: Painter, asked: SamplingRequest) -> tuple[F32, list[float]]:
    steps: list[float] = []
    (image,) = fitted(painter)(None, [asked], lambda done, of, _: steps.append(done / of))  # type: ignore[arg-type]
    return image, steps


def white() -> SamplingRequest:
    return request(image=paper())


def test_a_thing_that_is_whole_at_once_is_taken() -> None:
    painter = Painter({7: 0})
    _, steps = painted(painter, white())
    assert len(painter.asked) == 1
    assert steps[-1] == 1 and steps == sorted(steps)


def test_of_three_that_are_cut_the_one_that_is_cut_least_is_taken() -> None:
    painter = Painter({7: 20, 7 + 97: 8, 7 + 2 * 97: 15})
    image, steps = painted(painter, white())
    assert np.array_equal(image, with_thing(8))
    free = [float((one.mask == 1).mean()) for one in painter.asked]
    assert len(free) == 3 and free == sorted(free, reverse=True)  # of each try the edge is wider
    assert steps[-1] == 1 and steps == sorted(steps)


def test_what_was_there_is_not_held_along_the_edge_but_what_is_around() -> None:
    """A model would see ears of the old thing there, and paint them again."""
    old = paper()
    old[mask() > 0] = 0.1
    painter = Painter({7: 0})
    painted(painter, request(image=old))
    assert painter.asked[0].image.min() > 0.99


@pytest.mark.parametrize("changes", [{"strength": 0.5}, {"mask": np.ones((SIDE, SIDE), np.float32)}])
def test_what_begins_with_the_picture_or_is_all_of_it_is_painted_as_it_was_asked_for(changes: dict[str, Any]) -> None:
    painter, asked = Painter({}), request(**changes)
    painted(painter, asked)
    assert painter.asked == [asked]
