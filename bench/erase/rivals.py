"""The erasers that bench.erase stands ours beside, and ours as a server's worker would call it."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from server.editing.edit import Scene, Step
from server.methods.erasing.erase import erase
from server.pixels.picture import F32, Picture
from server.wire.recipe import Recipe

from .places import Bits

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

_TELEA_RADIUS = 5


def ours(image: F32, hole: Bits) -> F32:
    """float32 (H, W, 3), 0..1, with ``hole`` painted; the same contract for every rival."""
    blind = np.where(hole[..., None], 0, image).astype(np.float32)
    scene = Scene(Picture(blind, np.ones(hole.shape, np.float32)), hole.astype(np.float32))
    return erase(scene, Recipe("erase", seed=1), cast("Models", None), _ignore).result.images[0]


def telea(image: F32, hole: Bits) -> F32:
    """OpenCV's cv2.inpaint, A. Telea's fast marching."""
    levels = (image * 255).round().astype(np.uint8)
    painted = cv2.inpaint(levels, hole.astype(np.uint8), _TELEA_RADIUS, cv2.INPAINT_TELEA)
    return np.where(hole[..., None], painted / np.float32(255), image).astype(np.float32)


def matchpatch(image: F32, hole: Bits) -> F32:
    """G'MIC's inpaint_matchpatch with its defaults, pasted into the hole alone."""
    gmic = importlib.import_module("gmic")  # not imported above: it exists for Linux alone
    blind = np.where(hole[..., None], 0, image * 255).astype(np.float32)
    pair = gmic.ImageList([gmic.Image.from_yxc(blind), gmic.Image.from_yxc(hole[..., None].astype(np.float32))])
    with _silenced():
        gmic.run("v -1 srand 1 inpaint_matchpatch[0] [1]", pair)
    painted = np.moveaxis(pair[0].to_numpy()[:, :, 0], 0, 1) / 255
    return np.where(hole[..., None], painted, image).astype(np.float32)


def patchmatch(image: F32, hole: Bits) -> F32:
    """patchmatch-cython's inpaint_pyramid with its defaults: the classical PatchMatch of Barnes et al."""
    package = importlib.import_module("patchmatch_cython")  # not imported above: it is a package of the tests alone
    blind = np.where(hole[..., None], 0, image * 255).round().astype(np.uint8)
    try:
        painted = package.inpaint_pyramid(blind, hole.astype(np.uint8) * 255, seed=1)
    except ValueError:  # a fence shrunk leaves it no patch to copy
        painted = package.inpaint_single(blind, hole.astype(np.uint8) * 255, patch_size=3, seed=1)
    return np.where(hole[..., None], np.asarray(painted) / np.float32(255), image).astype(np.float32)


def _ignore(step: Step) -> None:
    """Nobody watches."""


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """G'MIC's scripts print from C whatever the verbosity."""
    sys.stdout.flush()
    kept = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(nowhere, number)
        yield
    finally:
        for number, original in zip((1, 2), kept, strict=True):
            os.dup2(original, number)
            os.close(original)
        os.close(nowhere)
