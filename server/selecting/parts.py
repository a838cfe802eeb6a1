"""A region as the parts that hang together."""

from __future__ import annotations

import cv2
import numpy as np

from server.pixels.masks import Region

SMALLEST = 0.002
"""Of the picture, that a part has to fill to count."""


def parts(region: Region) -> list[Region]:
    """All but the smallest, the largest first."""
    count, labels, about, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    areas = about[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda at: -int(areas[at]))
    return [labels == at for at in order if areas[at] >= SMALLEST * region.size]
