"""What a person sees while something is erased: how far it is, and the picture so far."""

from __future__ import annotations

import cv2
import numpy as np

from server.editing.edit import Report, Step
from server.wire.words import mark

from .levels import F32
from .regions import Region

_STAGE = mark("Erasing")
_SIDE = 256
"""Of a preview, at most."""


class ErasingProgress:
    """Counts passes over all regions and variations of one job."""

    def __init__(self, report: Report, of: int, picture: F32) -> None:
        self._report, self._of, self._done = report, of, 0
        self._scale = min(1.0, _SIDE / max(picture.shape[:2]))
        self._small = self._shrunk(picture, *self._size(picture.shape[1], picture.shape[0]))

    def pulse(self) -> None:
        """Gives ``report`` the chance to stop the job."""
        self._report(Step(_STAGE, min(self._done, self._of), self._of))

    def passed(self, canvas: F32, region: Region) -> None:
        """One pass more is done; ``canvas`` float32 (h, w, 3) shows the region, at any size."""
        self._done += 1
        self._show(canvas, region)
        self._report(Step(_STAGE, min(self._done, self._of), self._of, self._small.copy()))

    def _show(self, canvas: F32, region: Region) -> None:
        top, left = (int(side.start * self._scale) for side in (region.rows, region.columns))
        width, height = self._size(region.hole.shape[1], region.hole.shape[0])
        place = self._small[top : top + height, left : left + width]
        hole = self._shrunk(region.hole.astype(np.float32)[..., None], width, height)
        blended = place + hole[: place.shape[0], : place.shape[1]] * (
            self._shrunk(canvas, width, height)[: place.shape[0], : place.shape[1]] - place
        )
        place[:] = blended.clip(0, 1)

    def _size(self, width: int, height: int) -> tuple[int, int]:
        return max(1, round(width * self._scale)), max(1, round(height * self._scale))

    @staticmethod
    def _shrunk(image: F32, width: int, height: int) -> F32:
        resized = cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(resized.reshape(height, width, -1).clip(0, 1), np.float32)
