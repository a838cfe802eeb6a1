"""What the regions of a thing look like: a mixture of Gaussians over colour and texture, as GrabCut has one of colour
(Rother, Kolmogorov and Blake, 2004)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from server.pixels.picture import F32

_PARTS = 6
_ROUNDS = 6
_LEAST_DEVIATION = 3.0
"""In steps of L*a*b*: two shades that are nearer look alike."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """means, variances: (k, d). shares: (k,), their sum is 1."""

    means: F32
    variances: F32
    shares: F32

    def cost(self, features: F32) -> F32:
        """(n, d) → (n,): minus the logarithm of how likely each is, but for a constant."""
        away = (features[:, None] - self.means) ** 2 / self.variances
        parts = 0.5 * (away.sum(2) + np.log(self.variances).sum(1)) - np.log(self.shares)
        least: F32 = parts.min(1).astype(np.float32)
        return least


def mixture(features: F32, weights: F32) -> Mixture:
    """Of what weighs something: weighted k-means, begun with the most distant ones, so that it comes out the same each
    time."""
    some = weights > 1e-3 * weights.max()
    features, weights = features[some], weights[some]
    means = _distant(features, weights)
    for _ in range(_ROUNDS):
        nearest = _distances(features, means).argmin(1)
        total = np.bincount(nearest, weights, len(means))
        sums = [np.bincount(nearest, weights * column, len(means)) for column in features.T]
        means = np.where(total[:, None] > 0, np.stack(sums, 1) / np.maximum(total, 1e-9)[:, None], means)
    off = (features - means[nearest]) ** 2
    spread = [np.bincount(nearest, weights * column, len(means)) for column in off.T]
    variances = np.stack(spread, 1) / np.maximum(total, 1e-9)[:, None] + _LEAST_DEVIATION**2
    kept = total > 0
    shares = total[kept] / total.sum()
    return Mixture(means[kept].astype(np.float32), variances[kept].astype(np.float32), shares.astype(np.float32))


def _distant(features: F32, weights: F32) -> F32:
    middle = np.average(features, axis=0, weights=weights)
    chosen = [features[((features - middle) ** 2).sum(1).argmin()]]
    away = ((features - chosen[0]) ** 2).sum(1)
    while len(chosen) < min(_PARTS, len(features)):
        chosen.append(features[(away * np.sqrt(weights)).argmax()])
        away = np.minimum(away, ((features - chosen[-1]) ** 2).sum(1))
    return np.stack(chosen).astype(np.float32)


def _distances(features: F32, means: F32) -> F32:
    away: F32 = ((features[:, None] - means) ** 2).sum(2).astype(np.float32)
    return away
