"""The outline of a thing, pixel by pixel, from a rough idea of it: GrabCut (Rother, Kolmogorov and Blake, "GrabCut:
Interactive foreground extraction using iterated graph cuts", 2004), on a close-up of what is meant."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from server.pixels.masks import Region
from server.wire.geometry import Bounds

LONGEST = 280
"""Pixels of the longer side of the close-up."""

Levels = npt.NDArray[np.uint8]
Trimap = npt.NDArray[np.uint8]
"""Of cv2.GC_BGD, GC_FGD, GC_PR_BGD and GC_PR_FGD."""


@dataclass(frozen=True)
class Detail:
    """part: of the picture, in its pixels. width, height: in pixels of the close-up."""

    part: Bounds
    width: int
    height: int

    @classmethod
    def around(cls, box: Bounds, whole: Bounds, margin: float) -> Detail:
        """margin: in sizes of ``box``."""
        part = box.grown(max(8, round(margin * (box.width + box.height) / 2))).intersect(whole)
        by = min(1.0, LONGEST / max(part.width, part.height))
        return cls(part, max(1, round(part.width * by)), max(1, round(part.height * by)))

    def of(
        self, values: npt.NDArray[np.generic], scale_x: float = 1.0, scale_y: float = 1.0
    ) -> npt.NDArray[np.float32]:
        """The part of ``values``, which are ``scale`` times as large as the picture, in the size of the close-up."""
        left, top = int(self.part.x * scale_x), int(self.part.y * scale_y)
        right, bottom = int(np.ceil(self.part.right * scale_x)), int(np.ceil(self.part.bottom * scale_y))
        here = np.ascontiguousarray(values[top:bottom, left:right])
        shrinks = here.shape[1] > self.width
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return cv2.resize(here, (self.width, self.height), interpolation=how).astype(np.float32, copy=False)


def cut(image: Levels, trimap: Trimap, rounds: int) -> Region:
    """image: (h, w, 3). Where only one of both is probable there is nothing to cut, and that is what is found."""
    labels = trimap.copy()
    thing = _thing(labels)
    if not thing.any() or thing.all():
        return thing
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)  # the same each time
    cv2.grabCut(image, labels, (0, 0, 0, 0), *models, rounds, cv2.GC_INIT_WITH_MASK)
    return _thing(labels)


def _thing(labels: Trimap) -> Region:
    found: Region = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return found
