"""Replace, object by object: the new thing lies whole within the selection instead of being cut by its edge.

A model fills what it is given, up to the edge and beyond. So at first it may not paint along the edge: that stays what
is around the selection, continued inwards, until the thing has its place and size; then it is free, and ears, feet and
shadows are finished there (a soft mask in differential diffusion, arXiv 2306.00950, that follows the edge instead of
the user's hand). Where the edge still cuts the thing, other noise and more room are tried, and the one that it cuts
least is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from server.methods.erasing.membrane import membrane
from server.pixels.cut import cut
from server.pixels.masks import depth_in
from server.pixels.sizes import resample
from server.wire.geometry import Extent

if TYPE_CHECKING:
    from server.editing.painting import Sampler
    from server.models.runtime.adapter import Adapter, OnStep
    from server.models.runtime.denoiser import SamplingRequest
    from server.pixels.picture import F32

_ROOMS = (0.12, 0.15, 0.18)
"""Width of what is held at first, in sides of a square as large as the selection; of each try more."""

_HELD = 0.7
"""Share of the steps for which it is held."""

_WHOLE = 0.015
"""Share of the edge that may cut something: a foot on the ground, a leaf."""

_FAR = 97
"""Between the seeds of two tries: variations are drawn with the next ones."""


def fitted(sample: Sampler) -> Sampler:
    """``sample``, for one request at a time, with room around what it paints. A request that begins with something of
    the picture, or with all of it selected, is done as it is."""

    def run(model: Adapter, requests: Sequence[SamplingRequest], on_step: OnStep) -> list[F32]:
        (request,) = requests
        if request.strength < 1 or (request.mask > 0).all():
            return sample(model, requests, on_step)
        image = membrane(request.image, request.mask == 0)
        best, least = None, np.inf
        for number, room in enumerate(_ROOMS):
            seed, mask = (request.seed + number * _FAR) % 2**32, with_room(request.mask, room)
            roomy = replace(request, image=image, mask=mask, seed=seed)
            (made,) = sample(model, [roomy], _counted(on_step, number))
            lost = cut(resample(made, _extent(request.mask)), request.image, request.mask)
            if lost < least:
                best, least = made, lost
            if lost <= _WHOLE:
                break
        on_step(1, 1, None)
        assert best is not None
        return [best]

    return run


def with_room(mask: F32, room: float) -> F32:
    """(H, W): along the edge of ``mask`` it may change later, by ``_HELD``. room: as in ``_ROOMS``."""
    inside = mask > 0
    free = depth_in(inside) > room * np.sqrt(inside.sum())
    return np.where(free, mask, np.minimum(mask, np.float32(1 - _HELD))) if free.any() else mask


def _extent(mask: F32) -> Extent:
    return Extent(mask.shape[1], mask.shape[0])


def _counted(on_step: OnStep, number: int) -> Callable[[int, int, F32 | None], None]:
    """Of all tries that there may be."""
    return lambda done, of, preview: on_step(number * of + done, len(_ROOMS) * of, preview)
