"""One picture with something in it, and what is known of that."""

from __future__ import annotations

from dataclasses import dataclass

from server.pixels.masks import Region
from server.pixels.picture import F32


@dataclass(frozen=True, eq=False)
class Trial:
    """image: (H, W, 3), 0..1. alpha: (H, W), the truth; ``soft`` where its edge is exact and not only its outline."""

    name: str
    image: F32
    alpha: F32
    soft: bool = True

    @property
    def truth(self) -> Region:
        found: Region = self.alpha >= 0.5
        return found


def overlap(found: Region, truth: Region) -> float:
    """Intersection over union."""
    return float((found & truth).sum() / max(1, (found | truth).sum()))
