"""Things in photographs, outlined by hand and looked at. The photographs are those that come with scikit-image."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage
from PIL import Image

from bench.select.trial import Trial
from server.pixels.masks import Region

_FILES = Path(skimage.__file__).with_name("data")


@dataclass(frozen=True)
class Thing:
    """file: of the photograph. outlines: polygons, each corner ``x,y`` in its pixels, with blanks between; ellipses:
    centre x, y, radii x, y, degrees. holes: polygons that are not part of it."""

    file: str
    outlines: Sequence[str] = ()
    ellipses: Sequence[tuple[float, float, float, float, float]] = ()
    holes: Sequence[str] = ()

    def mask(self, height: int, width: int) -> Region:
        canvas = np.zeros((height, width), np.uint8)
        for x, y, across, down, degrees in self.ellipses:
            cv2.ellipse(canvas, ((x, y), (2 * across, 2 * down), degrees), 1, -1)
        for outline in self.outlines:
            cv2.fillPoly(canvas, [_corners(outline)], 1)
        for hole in self.holes:
            cv2.fillPoly(canvas, [_corners(hole)], 0)
        return canvas > 0


def trials() -> Iterator[Trial]:
    things = json.loads(Path(__file__).with_name("things.json").read_text("utf-8"))
    for name, facts in things.items():
        thing = Thing(**facts)
        levels = np.asarray(Image.open(_FILES / thing.file).convert("RGB"), np.float32)
        mask = thing.mask(*levels.shape[:2])
        yield Trial(name, levels / np.float32(255), mask.astype(np.float32), soft=False)


def _corners(outline: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.array([[int(part) for part in corner.split(",")] for corner in outline.split()], np.int32)
