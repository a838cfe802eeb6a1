"""The slider of edit strengths: what it shows and what it asks for, on a clock of the test's own."""

from __future__ import annotations

import pytest

from server.client.strengths import (
    MOST,
    QUIET_S,
    SWEEP,
    Point,
    Strengths,
    kept_at_once,
    painted_at,
    parse,
    swept,
)
from server.wire.errors import OverpaintError
from server.wire.recipe import Recipe

RECIPE = Recipe("imagic", "a sitting dog", seed=7, variations=3)


def swept_slider() -> Strengths[str]:
    slider: Strengths[str] = Strengths(Point(7, 0.7))
    for eta in SWEEP:
        slider.take(Point(7, eta), f"{eta}")
    return slider


def test_the_first_job_paints_the_whole_range_and_what_is_shown_first() -> None:
    assert swept(RECIPE).eta == SWEEP
    assert swept(RECIPE, 0.73).eta == (0.5, 0.6, 0.7, 0.73, 0.8, 0.9, 1.0)
    assert swept(RECIPE).variations == 1


def test_one_more_answer_differs_in_strength_and_seed_only() -> None:
    assert painted_at(RECIPE, Point(9, 0.33)) == Recipe("imagic", "a sitting dog", seed=9, eta=(0.33,))


def test_what_is_painted_is_shown_at_once() -> None:
    slider = swept_slider()
    slider.move(Point(7, 0.9), now=1.0)
    assert slider.shown == (Point(7, 0.9), "0.9")
    assert slider.complete
    assert slider.due(now=100.0) is None


def test_until_an_answer_comes_the_nearest_one_is_shown() -> None:
    slider = swept_slider()
    slider.move(Point(7, 0.93), now=1.0)
    assert slider.shown == (Point(7, 0.9), "0.9")
    assert not slider.complete
    assert slider.due(now=1.0 + QUIET_S) == Point(7, 0.93)
    slider.take(Point(7, 0.93), "new")
    assert slider.shown == (Point(7, 0.93), "new")


def test_the_oldest_answers_give_way_but_not_the_one_that_is_shown_and_no_variation_loses_its_number() -> None:
    slider = swept_slider()
    slider.take(Point(8, 0.7), "another")
    slider.move(Point(7, 0.6), now=1.0)
    slider.trim(2)
    assert slider.shown == (Point(7, 0.6), "0.6")
    assert (slider.etas(7), slider.etas(8), slider.seeds) == ((0.6,), (0.7,), (7, 8))
    slider.move(Point(7, 0.9), now=2.0)
    assert slider.due(2.0 + QUIET_S) == Point(7, 0.9)


def test_small_answers_are_kept_by_the_hundred_and_large_ones_at_least_those_of_two_jobs() -> None:
    assert kept_at_once(512 * 512 * 4) == 1024
    assert kept_at_once(1 << 30) == 2 * len(SWEEP)


def test_a_slider_that_moves_asks_for_nothing() -> None:
    slider = swept_slider()
    for now, eta in ((1.0, 0.91), (1.1, 0.92), (1.2, 0.93)):
        slider.move(Point(7, eta), now)
        assert slider.due(now) is None
    assert slider.due(1.2 + QUIET_S) == Point(7, 0.93)


def test_each_answer_is_asked_for_once_and_the_latest_wins() -> None:
    slider = swept_slider()
    slider.move(Point(7, 0.93), now=1.0)
    assert slider.due(now=2.0) == Point(7, 0.93)
    assert slider.due(now=3.0) is None
    slider.move(Point(7, 0.42), now=3.0)
    assert slider.due(now=4.0) == Point(7, 0.42)
    slider.take(Point(7, 0.93), "late")
    assert slider.due(now=5.0) is None
    assert slider.shown == (Point(7, 0.5), "0.5")


def test_a_slider_that_comes_back_asks_again() -> None:
    slider = swept_slider()
    for now, eta in ((1.0, 0.93), (2.0, 0.42), (3.0, 0.93)):
        slider.move(Point(7, eta), now)
        assert slider.due(now + QUIET_S) == Point(7, eta)


def test_what_failed_is_asked_for_when_a_person_says_so() -> None:
    slider = swept_slider()
    slider.move(Point(7, 0.93), now=1.0)
    slider.due(now=2.0)
    assert slider.due(now=50.0) is None
    slider.again()
    assert slider.due(now=50.0) == Point(7, 0.93)


def test_another_variation_has_answers_of_its_own() -> None:
    slider = swept_slider()
    slider.move(Point(8, 0.7), now=1.0)
    assert slider.shown is None
    assert slider.due(now=2.0) == Point(8, 0.7)
    slider.take(Point(8, 0.7), "other")
    assert slider.shown == (Point(8, 0.7), "other")
    assert slider.seeds == (7, 8)
    assert (slider.etas(7), slider.etas(8)) == (SWEEP, (0.7,))


def test_strengths_a_hundredth_apart_are_told_apart_and_no_finer() -> None:
    assert Point(1, 0.7000001) == Point(1, 0.7)
    assert Point(1, 0.71) != Point(1, 0.7)


@pytest.mark.parametrize(
    ("text", "etas"),
    (
        ("", ()),
        (" 0.7 ", (0.7,)),
        ("0.5, 0.8", (0.5, 0.8)),
        ("0.5 0.8", (0.5, 0.8)),
        ("0.5:1.0:6", (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
        ("1:0:3", (1.0, 0.5, 0.0)),
    ),
)
def test_strengths_are_written_as_people_write_them(text: str, etas: tuple[float, ...]) -> None:
    assert parse(text) == etas


@pytest.mark.parametrize("text", ("high", "-0.1", "1.6", "nan", "0.5:1.0", "0.5:1.0:1", "0:1:17", "0.5:1.0:x"))
def test_anything_else_is_no_strength(text: str) -> None:
    with pytest.raises(OverpaintError, match="is no edit strength"):
        parse(text)


def test_one_job_has_only_so_many_answers() -> None:
    assert len(parse(f"0:1:{MOST}")) == MOST
    with pytest.raises(OverpaintError):
        parse(" ".join(["0.5"] * (MOST + 1)))
