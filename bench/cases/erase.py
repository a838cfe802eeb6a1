"""Erasing: thin things, huge holes, soft rims, transparency, and selections of every odd kind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import cast

import cv2
import numpy as np

from bench.cases.case import Case, Seen
from bench.erase import huge, thin
from bench.erase.__main__ import BOUNDS, PHOTOGRAPHS, pictures
from bench.erase.seen import seen
from server.editing.edit import Scene
from server.methods.erasing.erase import erase
from server.models.runtime.residency import Models
from server.pixels import masks, metrics
from server.pixels.picture import F32, Picture
from server.wire.errors import OverpaintError
from server.wire.recipe import Recipe

AT_LEAST = {bound.name: bound.least for bound in BOUNDS if bound.least is not None}


def cases() -> Iterator[Case]:
    shipped = pictures([PHOTOGRAPHS])
    for name, (picture, build) in thin.SCENES.items():
        right = f"{AT_LEAST[name]:.1f} dB and more, nothing changed beyond 4 px"
        yield Case(f"a thin thing: {name}", right, partial(_thin, build(shipped[picture]), AT_LEAST[name]))
    yield Case("a hole of 560 px", "fine detail in its middle 0.6 of that around", _huge)
    yield Case("a selection tight on a soft disc", "38 dB and more", partial(_disc, shipped["rocket"]))
    yield Case("a soft rim in the hole", "alpha 1 on all that is painted", partial(_halo, shipped["rocket"]))
    yield Case("a hole half over transparency", "no alpha grows", partial(_transparent, shipped["coffee"]))
    yield Case("an empty layer above the photograph", "a sentence that says so", partial(_empty, shipped["coffee"]))
    yield Case("a mask saved as JPEG", "as with the mask itself, within 1 dB", partial(_jpeg, shipped["coffee"]))
    yield Case("one pixel in a corner", "that and few others", partial(_pixel, shipped["coffee"]))


def _thin(scene: thin.Scene, least: float) -> Seen:
    _, found = thin.measure(scene)
    return Seen(f"{found.psnr:.1f} dB, {found.outside} changed beyond", found.psnr >= least and not found.outside)


def _huge() -> Seen:
    _, detail = huge.middle_detail(560)
    return Seen(f"{detail:.2f}", detail >= AT_LEAST["huge_detail"])


def _soft_disc(picture: F32) -> tuple[F32, F32, F32]:
    """The picture with a disc whose rim is soft in its sky, that disc, and the selection that ends in its rim."""
    disc = np.zeros(picture.shape[:2], np.float32)
    cv2.circle(disc, (130, 120), 30, 1, -1)
    disc = np.asarray(cv2.GaussianBlur(disc, (0, 0), 2), np.float32)
    shown = picture * (1 - disc[..., None]) + np.array([0.9, 0.24, 0.08], np.float32) * disc[..., None]
    return shown, disc, (disc > 0.5).astype(np.float32)


def _disc(picture: F32) -> Seen:
    shown, _, selection = _soft_disc(picture)
    result, _ = seen(shown, selection)
    psnr = metrics.psnr_inside(picture, result, selection > 0)
    return Seen(f"{psnr:.1f} dB", psnr >= 38)


def _halo(picture: F32) -> Seen:
    shown, disc, _ = _soft_disc(picture)
    _, alpha = seen(shown, disc)
    values = np.unique(alpha)
    return Seen(f"alpha {', '.join(f'{value:g}' for value in values[:5])}", set(values) == {0, 1})


def _transparent(picture: F32) -> Seen:
    alpha = np.ones(picture.shape[:2], np.float32)
    alpha[:, 300:] = 0
    edges, painted = _erased(Picture(picture, alpha))
    shown = masks.painted_only(edges, painted, alpha).composite
    beyond = int(np.count_nonzero(shown[:, 300:]))
    return Seen(f"{beyond} transparent pixels are seen, {np.count_nonzero(shown)} others painted", not beyond)


def _empty(picture: F32) -> Seen:
    try:
        _erased(Picture(picture, np.zeros(picture.shape[:2], np.float32)))
    except OverpaintError as error:
        return Seen(str(error), "empty" in str(error))
    return Seen("painted", False)


def _erased(picture: Picture) -> tuple[masks.Masks, masks.Region]:
    selection = np.zeros(picture.alpha.shape, np.float32)
    selection[150:200, 270:330] = 1
    edges = masks.derive(selection)
    scene = Scene(picture, edges.denoise, selected=edges.selected)
    answer = erase(scene, Recipe("erase", seed=1), cast("Models", None), lambda step: None)
    if answer.result.painted is None:
        raise ValueError("erase did not say what it painted")
    return edges, answer.result.painted


def _jpeg(picture: F32) -> Seen:
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.circle(mask, (300, 200), 25, 255, -1)
    _, data = cv2.imencode(".jpg", mask, [cv2.IMWRITE_JPEG_QUALITY, 75])
    stained = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
    inside = mask > 0
    clean, dirty = (
        metrics.psnr_inside(picture, seen(picture, each.astype(np.float32) / np.float32(255))[0], inside)
        for each in (mask, stained)
    )
    return Seen(f"{dirty:.1f} dB, {clean:.1f} with the mask itself", dirty > clean - 1)


def _pixel(picture: F32) -> Seen:
    selection = np.zeros(picture.shape[:2], np.float32)
    selection[0, 0] = 1
    _, alpha = seen(picture, selection)
    count = int(np.count_nonzero(alpha))
    return Seen(f"{count} pixels painted", alpha[0, 0] == 1 and count <= 20)
