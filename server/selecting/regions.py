"""A picture as some thousand small regions that keep to its edges, and how they hang together. Made once; whatever is
asked of the picture then is asked of them.

Regions are the basins of a watershed (Meyer, 1992) from a grid of markers. What is known of each is its mean colour in
CIE L*a*b*, how its surroundings vary in lightness at two scales, and how opaque it is; of each pair of neighbours, how
long their border is and how large the step over it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from server.pixels.picture import F32, Picture, on_paper

LONGEST = 400
"""Pixels of the longer side of what is looked at: the regions of a larger picture cover more of its pixels."""

_SPACING = 7
"""Pixels between two markers."""

_SCALES = (2.0, 5.0)
"""Standard deviations in pixels of the windows in which texture is measured."""

_TEXTURE, _OPAQUE = 1.5, 60.0
"""What texture, and opacity, weigh beside a step of one in L*a*b*."""

_BETWEEN = 0.3
"""What of a difference between two regions counts as a step, where no edge runs between them."""

_MIXED = 8.0
"""Standard deviation of a region's colour, in steps of L*a*b*, from which on it has two."""

Labels = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Regions:
    """labels: (h, w), 0..n-1. features: (n, d), in steps of L*a*b*. area: (n,), in pixels. centres: (n, 2), x and y.
    first, second: (m,), pairs of neighbours; border: (m,), pixels along which they meet; step: (m,), that over it, in
    L*a*b*. at_border: bool (n,), those at the end of the picture."""

    labels: Labels
    features: F32
    area: F32
    centres: F32
    first: Numbers
    second: Numbers
    border: F32
    step: F32
    at_border: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        return len(self.area)

    def mean(self, values: F32) -> F32:
        """(h, w) → (n,): the mean of each region."""
        sums = np.bincount(self.labels.ravel(), values.ravel(), self.count)
        return (sums / self.area).astype(np.float32)

    def spread(self, values: F32) -> F32:
        """(n,) → (h, w)."""
        return values[self.labels]


def regions(picture: Picture) -> Regions:
    """Of what is about ``LONGEST`` pixels long, or less."""
    image, opaque = _small(picture)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab).astype(np.float32)
    planes = [*cv2.split(lab), *(_TEXTURE * _variation(lab[..., 0], scale) for scale in _SCALES), _OPAQUE * opaque]
    gradient = _gradient(lab) + _OPAQUE * _gradient(opaque[..., None])
    labels = _divided(_basins(gradient), lab)
    count, flat = int(labels.max()) + 1, labels.ravel()
    area = np.bincount(flat, minlength=count).astype(np.float32)
    ys, xs = np.indices(labels.shape)
    features = [np.bincount(flat, plane.ravel(), count) / area for plane in planes]
    centres = [np.bincount(flat, place.ravel(), count) / area for place in (xs, ys)]
    first, second, border, edge = _neighbours(labels, gradient, count)
    colours = np.stack(features[:3], 1)
    between = np.sqrt(((colours[first] - colours[second]) ** 2).sum(1))
    ends = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return Regions(
        labels,
        np.stack(features, 1).astype(np.float32),
        area,
        np.stack(centres, 1).astype(np.float32),
        first,
        second,
        border,
        np.maximum(edge, _BETWEEN * between).astype(np.float32),
        np.isin(np.arange(count), ends),
    )


def small_size(height: int, width: int) -> tuple[int, int]:
    """(h, w) of what is looked at."""
    by = min(1.0, LONGEST / max(height, width))
    return max(1, round(height * by)), max(1, round(width * by))


def _small(picture: Picture) -> tuple[F32, F32]:
    height, width = small_size(*picture.alpha.shape)
    image = cv2.resize(on_paper(picture), (width, height), interpolation=cv2.INTER_AREA)
    opaque = cv2.resize(picture.alpha, (width, height), interpolation=cv2.INTER_AREA)
    return image.astype(np.float32, copy=False), opaque.clip(0, 1).astype(np.float32, copy=False)


def _variation(lightness: F32, scale: float) -> F32:
    mean = cv2.GaussianBlur(lightness, (0, 0), scale)
    squared = cv2.GaussianBlur(lightness * lightness, (0, 0), scale)
    return np.sqrt(np.maximum(squared - mean * mean, 0)).astype(np.float32)


def _gradient(planes: F32) -> F32:
    """(h, w): the step from pixel to pixel, over all planes."""
    smooth = cv2.GaussianBlur(planes, (0, 0), 0.8)
    smooth = smooth[..., None] if smooth.ndim == 2 else smooth
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3, scale=0.25) for way in ((1, 0), (0, 1)))
    squares = across**2 + down**2
    step: F32 = np.sqrt(squares.sum(2) if squares.ndim == 3 else squares).astype(np.float32)
    return step


def _basins(gradient: F32) -> Labels:
    """From the flattest pixel of each cell of a grid."""
    height, width = gradient.shape
    markers = np.zeros((height, width), np.int32)
    number = 0
    for top in range(0, height, _SPACING):
        for left in range(0, width, _SPACING):
            cell = gradient[top : top + _SPACING, left : left + _SPACING]
            y, x = divmod(int(cell.argmin()), cell.shape[1])
            number += 1
            markers[top + y, left + x] = number
    relief = np.clip(np.pad(gradient, 1, mode="edge") * 6, 0, 255).astype(np.uint8)
    framed = np.pad(markers, 1)  # OpenCV takes the outermost pixels for watersheds
    cv2.watershed(np.repeat(relief[..., None], 3, axis=2), framed)
    return _without_lines(np.ascontiguousarray(framed[1:-1, 1:-1]))


def _divided(labels: Labels, lab: F32) -> Labels:
    """What got no marker of its own lies in a region of two colours: such a one is divided at its mean."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.8)
    flat, count = labels.ravel(), int(labels.max()) + 1
    area = np.bincount(flat, minlength=count)
    means = np.stack([np.bincount(flat, plane.ravel(), count) / area for plane in cv2.split(smooth)], 1)
    off = smooth - means[labels]
    spread = np.stack([np.bincount(flat, (plane * plane).ravel(), count) / area for plane in cv2.split(off)], 1)
    widest = spread.argmax(1)
    mixed = spread.max(1) > _MIXED**2
    above = np.take_along_axis(off, widest[labels][..., None], 2)[..., 0] > 0
    _, numbered = np.unique(labels * 2 + (mixed[labels] & above), return_inverse=True)
    return numbered.reshape(labels.shape).astype(np.int32)


def _without_lines(markers: Labels) -> Labels:
    """Watersheds go to the region beside them, and regions are numbered without gaps."""
    found = markers
    while (lines := found <= 0).any():
        grown = cv2.dilate(np.where(lines, 0, found).astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
        found = np.where(lines, grown, found)
    _, numbered = np.unique(found, return_inverse=True)
    return numbered.reshape(found.shape).astype(np.int32)


def _neighbours(labels: Labels, gradient: F32, count: int) -> tuple[Numbers, Numbers, F32, F32]:
    ones, others, steps = [], [], []
    for here, there, step_here, step_there in (
        (labels[:, :-1], labels[:, 1:], gradient[:, :-1], gradient[:, 1:]),
        (labels[:-1], labels[1:], gradient[:-1], gradient[1:]),
    ):
        apart = here != there
        ones.append(np.minimum(here, there)[apart])
        others.append(np.maximum(here, there)[apart])
        steps.append(np.maximum(step_here, step_there)[apart])
    pair = np.concatenate(ones).astype(np.int64) * count + np.concatenate(others)
    pairs, which = np.unique(pair, return_inverse=True)
    border = np.bincount(which).astype(np.float32)
    edge = (np.bincount(which, np.concatenate(steps)) / border).astype(np.float32)
    return pairs // count, pairs % count, border, edge
