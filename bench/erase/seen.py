"""What a person sees who erases a selection with nothing set: the crop, the masks, the edit and the new layer above."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from server.client.crop import crop_around
from server.editing.edit import Scene, Step
from server.methods.erasing.erase import erase
from server.pixels import blend, masks
from server.pixels.picture import F32, Picture
from server.wire.geometry import Bounds
from server.wire.recipe import Recipe

if TYPE_CHECKING:
    from server.models.runtime.residency import Models

RECIPE = Recipe("erase", seed=1)


def seen(picture: F32, selection: F32) -> tuple[F32, F32]:
    """``picture`` float32 (H, W, 3), 0..1, after ``selection`` float32 (H, W) was erased, and the new layer's alpha."""
    whole = Bounds(0, 0, picture.shape[1], picture.shape[0])
    crop = crop_around(masks.bounds(selection), whole, RECIPE)
    part = slice(crop.y, crop.bottom), slice(crop.x, crop.right)
    source = Picture(picture[part], np.ones((crop.height, crop.width), np.float32))
    edges = masks.derive(selection[part])
    answer = erase(Scene(source, edges.denoise, selected=edges.selected), RECIPE, cast("Models", None), _ignore)
    if answer.result.painted is not None:
        edges = masks.painted_only(edges, answer.result.painted, source.alpha)
    layer = blend.finish(source, answer.result.images[0], edges)
    result, alpha = picture.copy(), np.zeros(selection.shape, np.float32)
    alpha[part] = layer.alpha
    result[part] += layer.alpha[..., None] * (layer.rgb - source.rgb)
    return result, alpha


def _ignore(step: Step) -> None:
    """Nobody watches."""
