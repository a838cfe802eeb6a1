"""Heal marks: what is found in a rough selection, and that nothing else of it changes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from server.editing.edit import Answer, Scene
from server.methods.erasing.healing import heal
from server.pixels import masks
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Extra, Recipe

HEIGHT, WIDTH = 200, 260


def wall(noise: float = 0.01) -> F32:
    y, x = np.indices((HEIGHT, WIDTH)) / WIDTH
    grain = np.random.default_rng(3).normal(0, noise, (HEIGHT, WIDTH, 1))
    return (np.stack([0.4 + 0.3 * x, 0.5 + 0.1 * y, 0.6 - 0.2 * x], 2) + grain).astype(np.float32)


def wire() -> F32:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.polylines(canvas, [np.array([[0, 60], [130, 110], [259, 80]])], False, 255, 3, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


def letters() -> F32:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.putText(canvas, "(c) 2026", (60, 110), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


def dust() -> F32:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x, y, radius in ((60, 50, 1), (120, 90, 2), (180, 140, 3), (200, 70, 2), (90, 150, 1)):
        cv2.circle(canvas, (x, y), radius, 255, -1, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255


def scratch() -> F32:
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(canvas, (140, 10), (150, 190), 255, 1, cv2.LINE_AA)
    return canvas.astype(np.float32) / 255 * np.float32(0.3)


MARKS = {
    "wire": (wire(), 0.1),
    "letters": (letters() * np.float32(0.6), 1.0),
    "dust": (dust(), 1.0),
    "scratch": (scratch(), 1.0),
}


def marked(cover: F32, shade: float, ground: F32 | None = None) -> F32:
    ground = wall() if ground is None else ground
    return (ground * (1 - cover[..., None]) + np.float32(shade) * cover[..., None]).astype(np.float32)


def healed(picture: F32, selected: np.ndarray, alpha: F32 | None = None, **extras: str) -> Answer:
    alpha = np.ones(picture.shape[:2], np.float32) if alpha is None else alpha
    edges = masks.derive(selected.astype(np.float32))
    scene = Scene(Picture(picture, alpha), edges.denoise, selected=edges.selected)
    recipe = Recipe("heal", seed=1, extras=tuple(Extra(name, value) for name, value in extras.items()))
    return heal(scene, recipe, None, lambda step: None)


def rough() -> np.ndarray:
    selected = np.zeros((HEIGHT, WIDTH), bool)
    selected[20:180, 20:240] = True
    return selected


@pytest.mark.parametrize("name", MARKS)
def test_a_mark_in_a_rough_selection_is_found_and_goes(name: str) -> None:
    cover, shade = MARKS[name]
    answer = healed(marked(cover, shade), rough())
    inside = cv2.erode(rough().astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    image, mark = answer.result.images[0], inside & (cover > 0.05)
    error = cv2.blur(image - wall(), (5, 5))[mark]
    assert np.abs(error).max() < 0.06
    assert answer.result.painted.sum() < 0.25 * rough().sum()


@pytest.mark.parametrize("name", MARKS)
def test_the_rest_of_the_selection_and_all_outside_stay_bit_for_bit(name: str) -> None:
    picture = marked(*MARKS[name])
    answer = healed(picture, rough())
    painted = answer.result.painted
    assert not (painted & ~rough()).any()
    assert np.array_equal(answer.result.images[0][~painted], picture[~painted])


def test_nothing_is_found_on_a_clean_wall_and_said_so() -> None:
    with pytest.raises(OverpaintError, match="No wire, letters, dust or scratches") as raised:
        healed(wall(), rough())
    assert raised.value.code is Code.EMPTY_SELECTION
    assert raised.value.hint


def test_a_selection_on_the_mark_itself_is_no_rough_one() -> None:
    picture = marked(np.ones((HEIGHT, WIDTH), np.float32) * (wire() > 0), 0.1)
    with pytest.raises(OverpaintError, match=r"nearly all over|No wire"):
        healed(picture, wire() > 0.5)


def test_nothing_selected_is_an_error() -> None:
    scene = Scene(Picture(wall(), np.ones((HEIGHT, WIDTH), np.float32)), np.zeros((HEIGHT, WIDTH), np.float32))
    with pytest.raises(OverpaintError) as raised:
        heal(scene, Recipe("heal", seed=1), None, lambda step: None)
    assert raised.value.code is Code.EMPTY_SELECTION


def test_fainter_marks_are_found_when_asked_for() -> None:
    picture = marked(scratch() / np.float32(3.5), 1.0)
    found = [0, 0]
    for number, faint in enumerate(("0", "1")):
        try:
            found[number] = int(healed(picture, rough(), faint=faint).result.painted[:, 130:165].sum())
        except OverpaintError:
            found[number] = 0
    assert found[0] < found[1]


def test_what_is_transparent_holds_no_marks_and_stays_transparent() -> None:
    alpha = np.ones((HEIGHT, WIDTH), np.float32)
    alpha[:, 130:] = 0
    picture = marked(*MARKS["wire"])
    picture[:, 130:] = np.random.default_rng(1).uniform(0, 1, (HEIGHT, WIDTH - 130, 3))
    painted = healed(picture, rough(), alpha).result.painted
    assert painted[:, :120].any()
    assert not painted[:, 130:].any()


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (8, 8)])
def test_small_pictures_are_looked_at_too(size: tuple[int, int]) -> None:
    with pytest.raises(OverpaintError) as raised:
        healed(np.full((*size, 3), 0.5, np.float32), np.ones(size, bool))
    assert raised.value.code is Code.EMPTY_SELECTION
