"""Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"): momentum whose matrices are
made orthogonal, so that every direction of a layer learns, not only the loudest few.

Scaled as in Liu et al. 2025 (arXiv 2502.16982, §2.2), so that AdamW's learning rate and weight decay carry over.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as distributed
from torch import Tensor, nn

from tools.bundled_model import crew
from tools.bundled_model.halves import half_where_fast

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_LIKE_ADAM = 0.2


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions, (out, in, …), taken as matrices (out, in · …). The processes of a crew
    share the work. torch's own Muon takes matrices only, and computes in bfloat16 even where a processor lacks it."""

    def __init__(self, weights: Sequence[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure
        for group in self.param_groups:
            weights: list[nn.Parameter] = group["params"]
            pulls = [self._pull(weight, group["momentum"]) for weight in weights]
            for weight, direction in zip(weights, _directions(pulls), strict=True):
                matrix = direction.flatten(1)
                scale = _LIKE_ADAM * max(matrix.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["decay"]).add_(direction, alpha=-group["lr"] * scale)

    def _pull(self, weight: nn.Parameter, momentum: float) -> Tensor:
        """Nesterov's momentum."""
        assert weight.grad is not None
        memory: Tensor = self.state[weight].setdefault("memory", torch.zeros_like(weight))
        memory.lerp_(weight.grad, 1 - momentum)
        pull: Tensor = weight.grad.lerp(memory, momentum)
        return pull


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrix to (m, n), roughly: singular values land between 0.7 and 1.2. By Newton and
    Schulz's iteration with the quintic of the paper."""
    a, b, c = _COEFFICIENTS
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x: Tensor = wide / (wide.norm() + 1e-7)
    with half_where_fast(matrix.device):
        for _ in range(_ITERATIONS):
            square = x @ x.T
            x = a * x + (b * square + c * square @ square) @ x
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


def _directions(pulls: list[Tensor]) -> list[Tensor]:
    """Each process makes every n-th one orthogonal; all get all."""
    mine = range(crew.rank(), len(pulls), crew.size())
    made = [torch.zeros_like(pull) for pull in pulls] if crew.size() > 1 else list(pulls)
    for number in mine:
        made[number] = orthogonal(pulls[number].flatten(1)).view_as(pulls[number])
    if crew.size() == 1:
        return made
    flat = torch.cat([direction.flatten() for direction in made])
    distributed.all_reduce(flat)
    parts = torch.split(flat, [direction.numel() for direction in made])
    return [part.view_as(direction) for part, direction in zip(parts, made, strict=True)]
