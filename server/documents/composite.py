"""A new layer shown over its source, as a host would show it."""

from __future__ import annotations

import numpy as np

from server.documents.image import Image
from server.wire.geometry import Bounds


def over(source: Image, layer: Image, bounds: Bounds) -> Image:
    """``layer`` (with alpha) over ``source`` at ``bounds``, in the source's own channels and depth: a normal blend of
    the encoded numbers, as Krita does it. Where the layer is transparent no number of the source changes; what of it
    lies beyond the source is not seen."""
    pixels = source.pixels.copy()
    seen = bounds.intersect(source.raster.bounds)
    here, above = seen.slices, layer.pixels[seen.relative_to(bounds).slices]
    below, full = pixels[here], source.full
    cover = above[..., -1:] / full
    colours = above.shape[2] - 1
    opaque = below.shape[2] == colours
    under = np.ones_like(cover) if opaque else below[..., -1:] / full
    under = under * (1 - cover)
    alpha = cover + under
    mixed = (above[..., :-1] * cover + below[..., :colours] * under) / np.maximum(alpha, 1e-9)
    result = mixed if opaque else np.concatenate([mixed, alpha * full], axis=2)
    pixels[here] = np.where(cover > 0, np.round(result).astype(pixels.dtype), below)
    return source.changed(pixels)
