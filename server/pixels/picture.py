"""The one form in which the server's rooms hand pixels to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from server.wire.geometry import Extent

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels as every edit sees them.

    rgb: float32 (H, W, 3), sRGB-encoded, 0..1 nominal; values beyond (HDR, wide gamut) are kept; always finite.
    alpha: float32 (H, W), 0..1, straight (the colours are not multiplied by it).
    """

    rgb: F32
    alpha: F32

    def __post_init__(self) -> None:
        if self.rgb.ndim != 3 or self.rgb.shape[2] != 3 or self.rgb.shape[:2] != self.alpha.shape:
            raise ValueError(f"a picture of rgb {self.rgb.shape} and alpha {self.alpha.shape}")
        if self.rgb.dtype != np.float32 or self.alpha.dtype != np.float32:
            raise ValueError(f"a picture of {self.rgb.dtype} and {self.alpha.dtype}, float32 wanted")

    @property
    def extent(self) -> Extent:
        height, width = self.alpha.shape
        return Extent(width, height)


def on_paper(picture: Picture) -> F32:
    """(H, W, 3), 0..1, as a model sees it: what is transparent shows white paper."""
    if (picture.alpha == 1).all():
        return np.clip(picture.rgb, 0, 1)
    alpha = picture.alpha[..., None]
    paper: F32 = np.clip(picture.rgb * alpha + (1 - alpha), 0, 1).astype(np.float32, copy=False)
    return paper
