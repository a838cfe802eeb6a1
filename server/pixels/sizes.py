"""The four sizes of a job, and the way between them without stretching or shifting a pixel more than needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from server.wire.geometry import Extent

from .picture import F32, Picture

_LEAST, _MOST = 0.875, 1.25
"""A model works well on pictures of about its native area: between these fractions of its native side, squared."""
_LONGEST = 4
"""No working side is longer than this many native sides."""


@dataclass(frozen=True)
class Sizes:
    """input: what was sent. content: that, scaled for the model (equal to ``input`` if at all possible). working:
    ``content`` padded at the right and bottom to what the model takes. output: what the model makes of ``working``, a
    whole multiple of it for an upscaler. target: what the document needs, equal to ``input`` for an edit."""

    input: Extent
    content: Extent
    working: Extent
    output: Extent
    target: Extent

    @property
    def scale(self) -> float:
        """How much larger than the input the content is."""
        return math.sqrt(self.content.pixels / self.input.pixels)

    @property
    def upscale(self) -> int:
        """How much larger than the working size the output is."""
        return self.output.width // self.working.width

    @property
    def painted(self) -> Extent:
        """What the model made of the content: the detail that there is before the way to the target."""
        return Extent(self.content.width * self.upscale, self.content.height * self.upscale)


def plan(input: Extent, native: int, multiple: int, *, upscale: int = 1, target: Extent | None = None) -> Sizes:
    """Sizes for a model trained on ``native`` × ``native`` pixels that takes multiples of ``multiple`` (8, 16, …).

    The aspect is kept. The input is scaled only when its area lies outside what suits the model.
    """
    scale = _scale(input, native)
    content = Extent(max(1, round(input.width * scale)), max(1, round(input.height * scale)))
    least = min(native, 8 * multiple)
    return _sizes(input, content, multiple, least, upscale, target or input)


def plan_padded(input: Extent, multiple: int) -> Sizes:
    """Sizes for a model that takes any size in multiples of ``multiple``: never scaled."""
    return _sizes(input, input, multiple, multiple, 1, input)


def plan_square(input: Extent, native: int, *, upscale: int = 1) -> Sizes:
    """Sizes for a model that paints squares of ``native`` pixels and nothing else, which then are enlarged ``upscale``
    times: the longest side fills the square."""
    content = Extent(*(max(1, round(side * native / input.longest)) for side in (input.width, input.height)))
    return Sizes(input, content, Extent(native, native), Extent(native * upscale, native * upscale), input)


def fit(image: F32, sizes: Sizes) -> F32:
    """(H, W) or (H, W, C) at the input size → the working size; padding repeats the last row and column."""
    return _padded(resample(image, sizes.content), sizes.working)


def fit_mask(mask: F32, sizes: Sizes) -> F32:
    """``fit`` for a mask (H, W), 0..1: nothing that was selected is lost by shrinking."""
    if sizes.content.pixels < sizes.input.pixels:
        reach = math.ceil(1 / sizes.scale) | 1
        mask = cv2.dilate(mask, np.ones((reach, reach), np.uint8)).astype(np.float32, copy=False)
        small = cv2.resize(mask, (sizes.content.width, sizes.content.height), interpolation=cv2.INTER_AREA)
    elif sizes.content != sizes.input:
        small = cv2.resize(mask, (sizes.content.width, sizes.content.height), interpolation=cv2.INTER_LINEAR)
    else:
        small = mask
    return _padded(small.astype(np.float32, copy=False), sizes.working)


def unfit(image: F32, sizes: Sizes) -> F32:
    """(H, W) or (H, W, C) at the output size → the target size: the padding cut off, then resampled."""
    return resample(image[: sizes.painted.height, : sizes.painted.width], sizes.target)


def resample(image: F32, extent: Extent) -> F32:
    """(H, W) or (H, W, C), any values, to ``extent``: by area where it shrinks, by Lanczos where it grows, without
    overshooting the values it had. The same array where the size is right."""
    height, width = image.shape[:2]
    if (width, height) == (extent.width, extent.height):
        return image
    result = image
    if extent.width < width:
        result = _resized(result, extent.width, height, cv2.INTER_AREA)
    if extent.height < height:
        result = _resized(result, result.shape[1], extent.height, cv2.INTER_AREA)
    if result.shape[:2] != (extent.height, extent.width):
        result = _resized(result, extent.width, extent.height, cv2.INTER_LANCZOS4)
    return np.clip(result, image.min(), image.max())


def shrunk(picture: Picture, pixels: int) -> Picture:
    """``picture``, smaller where it has more than so many ``pixels``, in its shape as nearly as whole ones allow."""
    extent = picture.extent
    scale = math.sqrt(pixels / extent.pixels)
    if scale >= 1:
        return picture
    small = Extent(*(max(1, int(side * scale)) for side in (extent.width, extent.height)))
    alpha = resample(picture.alpha, small)
    solid = resample(picture.rgb * picture.alpha[..., None], small)  # what is transparent has no colour to give
    rgb = np.divide(solid, alpha[..., None], out=np.zeros_like(solid), where=alpha[..., None] > 0)
    return Picture(rgb, alpha)


def _resized(image: F32, width: int, height: int, how: int) -> F32:
    result = cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=how)
    return result.reshape(height, width, *image.shape[2:]).astype(np.float32, copy=False)


def _scale(input: Extent, native: int) -> float:
    side = math.sqrt(input.pixels)
    scale = min(max(1.0, _LEAST * native / side), _MOST * native / side)
    return min(scale, _LONGEST * native / input.longest)


def _sizes(input: Extent, content: Extent, multiple: int, least: int, upscale: int, target: Extent) -> Sizes:
    width, height = (max(least, math.ceil(side / multiple) * multiple) for side in (content.width, content.height))
    return Sizes(input, content, Extent(width, height), Extent(width * upscale, height * upscale), target)


def _padded(image: F32, extent: Extent) -> F32:
    below, right = extent.height - image.shape[0], extent.width - image.shape[1]
    return np.pad(image, [(0, below), (0, right), *[(0, 0)] * (image.ndim - 2)], mode="edge")
