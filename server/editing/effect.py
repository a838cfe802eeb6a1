"""An effect layer that was learned at a model's working size, as a layer of the document."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from server.models.runtime.adapter import Resident
from server.models.runtime.preview import LONGEST
from server.pixels import guided, masks
from server.pixels.picture import F32, Picture, on_paper
from server.pixels.sizes import resample, unfit
from server.wire.geometry import Extent

from .painting import ModelInput
from .results import OwnLayer

FAINT = 0.02
"""Opacity below which nothing is meant: what is learned ends in a sigmoid, which never is 0."""


@dataclass(frozen=True, eq=False)
class LearnedLayer:
    """colour: (h, w, 3); alpha: (h, w); both 0..1, at the working size of a model."""

    colour: F32
    alpha: F32

    def over(self, image: F32) -> F32:
        """(h, w, 3) → the same with the layer on it."""
        alpha = self.alpha[..., None]
        composed: F32 = alpha * self.colour + (1 - alpha) * image
        return composed

    def preview(self, image: F32) -> F32:
        """``over``, small."""
        composed = self.over(image)
        height, width = composed.shape[:2]
        scale = min(1.0, LONGEST / max(height, width))
        return resample(composed, Extent(max(1, round(width * scale)), max(1, round(height * scale))))


def own_layer(learned: LearnedLayer, view: ModelInput, model: Resident, seed: int) -> OwnLayer:
    """As large as what is selected, and nothing where that is not. Colours are enlarged as the model enlarges what it
    paints, opacity along the picture's own edges."""
    part, seen = view.seen.part, view.seen.scene
    colour = unfit(model.enlarge(learned.colour), view.sizes)
    alpha = _cleared(guided.enlarged(*_content(learned.alpha, view), on_paper(seen.picture)))
    box = masks.bounds(seen.mask)
    picture = Picture(np.ascontiguousarray(colour[box.slices]), np.ascontiguousarray(alpha[box.slices]))
    return OwnLayer(picture, part.x + box.x, part.y + box.y, masked=True, seed=seed)


def _content(alpha: F32, view: ModelInput) -> tuple[F32, F32]:
    """Without what was added to fill the working size: the opacity, and what of the picture it was learned for."""
    content = view.sizes.content
    here = slice(0, content.height), slice(0, content.width)
    return np.ascontiguousarray(alpha[here]), np.ascontiguousarray(view.image[here])


def _cleared(alpha: F32) -> F32:
    """What is faint goes, without a step where it ends."""
    cleared: F32 = ((alpha - FAINT) / (1 - FAINT)).clip(0, 1).astype(np.float32, copy=False)
    return cleared
