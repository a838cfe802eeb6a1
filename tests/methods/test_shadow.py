"""Select with its shadow: what is added to a selection, and what is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from server.editing.edit import Answer, Scene
from server.methods.erasing.shading import with_its_shadow
from server.pixels import masks
from server.pixels.picture import F32, Picture
from server.wire.errors import Code, OverpaintError
from server.wire.recipe import Recipe

HEIGHT, WIDTH = 300, 360
FOOT = (180, 190)


def ground(noise: float = 0.015) -> F32:
    y, x = np.indices((HEIGHT, WIDTH)) / WIDTH
    grain = np.random.default_rng(5).normal(0, noise, (HEIGHT, WIDTH, 1))
    return (np.stack([0.6 + 0.2 * x, 0.55 + 0.15 * x, 0.45 + 0.2 * y], 2) + grain).astype(np.float32)


def drawn(centre: tuple[int, int], axes: tuple[int, int], angle: float = 0.0, blur: float = 0.8) -> F32:
    canvas = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(canvas, centre, axes, angle, 0, 360, 1, -1)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), blur), np.float32)


THING = drawn((FOOT[0], FOOT[1] - 45), (26, 48))
LONG = drawn((FOOT[0] + 55, FOOT[1] + 2), (62, 13), 8, 2.5)
BELOW = drawn((FOOT[0], FOOT[1] + 2), (40, 10), 0, 3)


def shaded(picture: F32, shadow: F32, share: float = 0.55) -> F32:
    """Light is taken away, of blue a little less."""
    light = picture.clip(0, None) ** 2.2 * (1 - shadow[..., None] * np.float32([share, share, 0.92 * share]))
    return (light ** (1 / 2.2)).astype(np.float32)


def with_thing(picture: F32) -> F32:
    cover = THING[..., None]
    return (picture * (1 - cover) + np.float32([0.7, 0.2, 0.15]) * cover).astype(np.float32)


def selected(picture: F32, alpha: F32 | None = None) -> Answer:
    edges = masks.derive((THING > 0.02).astype(np.float32))
    alpha = np.ones((HEIGHT, WIDTH), np.float32) if alpha is None else alpha
    scene = Scene(Picture(picture, alpha), edges.denoise, selected=edges.selected)
    return with_its_shadow(scene, Recipe("shadow"), None, lambda step: None)


@pytest.mark.parametrize("shadow", [LONG, LONG[:, ::-1], BELOW], ids=["to the right", "to the left", "below"])
@pytest.mark.parametrize("share", [0.35, 0.7])
def test_the_shadow_is_added_to_what_is_selected(shadow: F32, share: float) -> None:
    picture = with_thing(shaded(ground(), shadow, share))
    mask = selected(picture).result.mask > 0.5
    thing, cast = THING > 0.05, (shadow > 0.3) & (THING < 0.02)
    assert mask[thing].all()
    assert mask[cast].mean() > 0.85
    far = masks.distance_to(thing | (shadow > 0.05)) > 12
    assert mask[far].mean() < 0.01


def test_a_shadow_on_a_rough_ground_is_added() -> None:
    mask = selected(with_thing(shaded(ground(0.06), LONG, 0.6))).result.mask > 0.5
    assert mask[(LONG > 0.5) & (THING < 0.02)].mean() > 0.8


def test_a_thing_without_a_shadow_gets_none_and_is_told() -> None:
    with pytest.raises(OverpaintError, match="No shadow and no reflection") as raised:
        selected(with_thing(ground()))
    assert raised.value.code is Code.EMPTY_SELECTION
    assert raised.value.hint


def test_something_dark_of_another_colour_beside_it_is_no_shadow() -> None:
    cover = LONG[..., None]
    picture = with_thing((ground() * (1 - cover) + np.float32([0.1, 0.15, 0.6]) * cover).astype(np.float32))
    with pytest.raises(OverpaintError):
        selected(picture)


def test_a_dark_part_of_the_picture_is_no_shadow() -> None:
    picture = ground()
    picture[FOOT[1] :] *= np.float32(0.4)
    with pytest.raises(OverpaintError):
        selected(with_thing(picture))


def test_a_reflection_below_its_foot_is_added() -> None:
    rng = np.random.default_rng(1)
    pattern = cv2.GaussianBlur(rng.uniform(0, 1, (HEIGHT, WIDTH, 3)), (0, 0), 5)
    pattern = ((pattern - pattern.min()) / np.ptp(pattern)).astype(np.float32)
    water = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32) + ground() * 0.1
    picture = water * (1 - THING[..., None]) + pattern * THING[..., None]
    turned = 2 * FOOT[1] - 1 - np.arange(HEIGHT)
    inside = (turned >= 0) & (turned < HEIGHT) & (np.arange(HEIGHT) >= FOOT[1])
    below = THING[turned.clip(0, HEIGHT - 1)] * inside[:, None] * 0.5
    picture = picture * (1 - below[..., None]) + pattern[turned.clip(0, HEIGHT - 1)] * below[..., None]
    mask = selected(picture.astype(np.float32)).result.mask > 0.5
    assert mask[below > 0.3].mean() > 0.9


def test_nothing_transparent_is_selected() -> None:
    alpha = np.ones((HEIGHT, WIDTH), np.float32)
    alpha[:, FOOT[0] + 60 :] = 0
    mask = selected(with_thing(shaded(ground(), LONG)), alpha).result.mask
    assert not mask[:, FOOT[0] + 64 :].any()


def test_nothing_selected_is_an_error() -> None:
    scene = Scene(Picture(ground(), np.ones((HEIGHT, WIDTH), np.float32)), np.zeros((HEIGHT, WIDTH), np.float32))
    with pytest.raises(OverpaintError, match="Nothing is selected"):
        with_its_shadow(scene, Recipe("shadow"), None, lambda step: None)
