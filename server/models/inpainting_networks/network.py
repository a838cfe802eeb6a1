"""A LaMa or MI-GAN network painting one hole.

LaMa (R. Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier Convolutions", 2022) takes the picture
and the mask. MI-GAN (A. Sargsyan et al., "MI-GAN: A Simple Baseline for Image Inpainting on Mobile Devices", 2023)
takes them as one input of four channels. Both are run on squares of 512 pixels.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from server.models.families.erasers import MIGAN, SIDE
from server.models.families.families import Ability
from server.models.headers import onnx
from server.models.store.store import ModelStore
from server.pixels.picture import F32
from server.wire.errors import Code, OverpaintError

Bits = npt.NDArray[np.bool_]


def installed(name: str, store: ModelStore) -> InpaintingNetwork | None:
    """The erasing network that is called so; None for a model that does something else. Raises model-missing."""
    found = store.find(name)
    return InpaintingNetwork(found.weights, found.card.family) if Ability.ERASE in found.card.abilities else None


class InpaintingNetwork:
    """One loaded network. family: ``LAMA`` or ``MIGAN``."""

    def __init__(self, path: Path, family: str) -> None:
        self._family = family
        self._inputs = onnx.read(path).inputs
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise OverpaintError(
                Code.BAD_REQUEST, f"OpenCV cannot run {path.name}.", f"It says: {error.err or error}."
            ) from error

    def fill(self, colour: F32, hole: Bits) -> F32:
        """``colour`` float32 (H, W, 3), sRGB, with what the network puts into ``hole`` (H, W); the rest as it was.

        Beyond 512 pixels the network sees it smaller, so what it paints is softer than the picture.
        """
        small, small_hole, scale = _squared(colour.clip(0, 1), hole)
        answer = self._run(small, small_hole)
        height, width = hole.shape
        used = answer[: max(1, round(height * scale)), : max(1, round(width * scale))]
        full = cv2.resize(used, (width, height), interpolation=cv2.INTER_CUBIC if scale < 1 else cv2.INTER_LINEAR)
        return np.where(hole[..., None], full.clip(0, 1), colour).astype(np.float32)

    def _run(self, image: F32, hole: Bits) -> F32:
        """(512, 512, 3), 0..1 → the same."""
        mask = hole.astype(np.float32)[None, None]
        planes = image.transpose(2, 0, 1)[None]
        if self._family == MIGAN:
            self._net.setInput(np.concatenate([0.5 - mask, (planes * 2 - 1) * (1 - mask)], 1))
            return np.asarray(self._net.forward()[0].transpose(1, 2, 0) * 0.5 + 0.5, np.float32)
        for entry in self._inputs:
            self._net.setInput(np.ascontiguousarray(mask if entry.shape[1] == 1 else planes * (1 - mask)), entry.name)
        answer = np.asarray(self._net.forward()[0].transpose(1, 2, 0), np.float32)
        return answer * _unit(answer, image, ~hole)


def _unit(answer: F32, image: F32, known: Bits) -> np.float32:
    """1 or 1/255: LaMa is exported both ways, and what is known comes out as it went in."""
    units = (np.float32(1), np.float32(1 / 255))
    return min(units, key=lambda unit: float(np.abs(answer[known] * unit - image[known]).sum()))


def _squared(colour: F32, hole: Bits) -> tuple[F32, Bits, float]:
    """Both at 512 by 512, the scale that was needed for it (at most 1), and mirrored where they are smaller."""
    height, width = hole.shape
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    pad = ((0, SIDE - size[1]), (0, SIDE - size[0]))
    return (
        np.ascontiguousarray(np.pad(small, (*pad, (0, 0)), mode="symmetric"), np.float32),
        np.pad(small_hole, pad, mode="symmetric"),
        scale,
    )
