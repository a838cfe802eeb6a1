"""Which regions belong together: random walks with priors (Grady, "Multilabel random walker image segmentation using
prior models", CVPR 2005). From each region one walks to neighbours, rather where no edge is between; what is found is
how likely one ends where it belongs to the thing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from server.pixels.picture import F32

from .regions import Numbers, Regions

F64 = npt.NDArray[np.float64]

_FALL = 4.0
"""Steps in L*a*b* across a border that make a walk over it e times as rare."""

_LEAST = 1e-3
_ROUNDS, _ENOUGH = 300, 1e-3


@dataclass(frozen=True, eq=False)
class Graph:
    """first, second: (m,), pairs of neighbours, weight: (m,), how likely one walks from one to the other. total: (n,),
    the sum of each region's own. share: (n,), its part of the picture, 1 on average."""

    first: Numbers
    second: Numbers
    weight: F32
    total: F64
    share: F32

    @classmethod
    def of(cls, found: Regions) -> Graph:
        usual = found.border.mean() if found.border.size else 1.0  # one region alone has no border
        weight = (found.border / usual * (np.exp(-found.step / _FALL) + _LEAST)).astype(np.float32)
        total = np.bincount(found.first, weight, found.count) + np.bincount(found.second, weight, found.count)
        return cls(found.first, found.second, weight, total.astype(np.float64), found.area / found.area.mean())

    def walks(self, prior: F32, pull: F32) -> F32:
        """(n,), 0..1. prior: (n,), how likely each belongs to the thing by itself; pull: (n,), how much that counts.
        Solved by conjugate gradients."""
        held = (pull * self.share).astype(np.float64)
        diagonal = self.total + held
        x = prior.astype(np.float64)
        rest = held * prior - self._applied(x, diagonal)
        z = rest / diagonal
        way, size = z.copy(), float(rest @ z)
        for _ in range(_ROUNDS):
            if np.abs(rest).max() < _ENOUGH * float(held.mean() + 1e-9):
                break
            applied = self._applied(way, diagonal)
            step = size / max(float(way @ applied), 1e-30)
            x += step * way
            rest -= step * applied
            z = rest / diagonal
            size, before = float(rest @ z), size
            way = z + size / max(before, 1e-30) * way
        return x.clip(0, 1).astype(np.float32)

    def _applied(self, x: F64, diagonal: F64) -> F64:
        count = len(x)
        beside = np.bincount(self.first, self.weight * x[self.second], count)
        beside += np.bincount(self.second, self.weight * x[self.first], count)
        applied: F64 = diagonal * x - beside
        return applied
