"""Scenes that no host sent."""

from __future__ import annotations

import numpy as np

from server.pixels.picture import Picture
from server.wire.geometry import Extent

from .edit import Scene


def blank(extent: Extent) -> Scene:
    """White paper, all of it to be painted."""
    paper = np.ones((extent.height, extent.width), np.float32)
    return Scene(Picture(np.repeat(paper[..., None], 3, axis=2), paper), paper)
