"""What was painted on plain paper, without the paper: its colours and how opaque it is.

The paper is known, so at an edge only the colour of what is painted is not: that of the pixel near by which is least
like paper. Both give the share α of a pixel that is not paper: I = α F + (1 − α) B (Smith and Blinn, "Blue Screen
Matting", 1996). Paper that is enclosed by what is painted, and white in it, stay as they are.
"""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from .picture import F32, Picture

_LIKE_PAPER = 0.1
"""The largest difference of a channel at which a pixel may be paper: models paint no white that is all even."""

_EDGE, _LEAST_EDGE = 256, 3
"""Of so many pixels of the shorter side one is edge, in which paper and what is painted mix; pixels at least."""

Region = npt.NDArray[np.bool_]


def without_paper(image: F32, paper: float = 1.0) -> Picture:
    """image: (H, W, 3), 0..1. paper: the gray that it is on. Put on that paper again it is the image, but for what of
    it counts as paper. Where nothing joins the border as paper all of it stays opaque."""
    differs = np.abs(image - paper).max(2)
    outside = _joined_to_border(differs < _LIKE_PAPER)
    reach = max(_LEAST_EDGE, round(min(outside.shape) / _EDGE))
    edge = _grown(outside, reach) & _grown(~outside, reach)
    alpha = np.where(outside, 0, 1).astype(np.float32)
    rows, columns = np.nonzero(edge)
    here, solid = image[rows, columns], _least_like_paper(image, differs, rows, columns, 2 * reach)
    alpha[rows, columns] = _share(here - paper, solid - paper)
    return Picture(_unmixed(image, alpha, paper), alpha)


def share_cut(picture: Picture, part: Region) -> float:
    """How much of that part of it was paper, 0..1."""
    return float((picture.alpha[part] < 0.5).mean())


def _joined_to_border(like: Region) -> Region:
    """Those of ``like`` that a way through others of them leads to the border."""
    framed = np.pad(like, 1, constant_values=True).astype(np.uint8)
    _, labels = cv2.connectedComponents(framed, connectivity=4)
    joined: Region = (labels == labels[0, 0])[1:-1, 1:-1]
    return joined


def _grown(region: Region, pixels: int) -> Region:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    return cv2.dilate(region.astype(np.uint8), disc) > 0


def _least_like_paper(
    image: F32, differs: F32, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], reach: int
) -> F32:
    """Of the pixels within ``reach`` of each place, the colour of the one that differs most from paper."""
    height, width = differs.shape
    steps = range(-reach, reach + 1, max(1, reach // 4))  # a larger picture has softer edges, and no more to look for
    found, most = image[rows, columns], differs[rows, columns]
    for down, right in product(steps, repeat=2):
        if down * down + right * right > reach * reach:
            continue
        y, x = np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)
        more = differs[y, x] > most
        found = np.where(more[:, None], image[y, x], found)
        most = np.where(more, differs[y, x], most)
    return found


def _share(here: F32, solid: F32) -> F32:
    """How far the way from the paper to ``solid`` leads to ``here``, 0..1."""
    length = np.maximum((solid * solid).sum(1), 1e-6)
    share: F32 = np.clip((here * solid).sum(1) / length, 0, 1).astype(np.float32)
    return share


def _unmixed(image: F32, alpha: F32, paper: float) -> F32:
    share = alpha[..., None]
    colour = np.divide(image - (1 - share) * paper, share, out=np.full_like(image, paper), where=share > 0)
    clipped: F32 = np.clip(colour, 0, 1).astype(np.float32)
    return clipped
