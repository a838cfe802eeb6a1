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
from tools.bundled_model.halves import fast_kind

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_LIKE_ADAM = 0.2


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions, (out, in, …), taken as matrices (out, in · …). The processes of a crew
    share the work. torch's own Muon takes matrices only, and computes in bfloat16 even where a processor lacks it."""

    def __init__(
        self, weights: Sequence[nn.Parameter], lr: float | Tensor, momentum: float = 0.95, decay: float = 0.01
    ) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure
        for group in self.param_groups:
            weights: list[Tensor] = group["params"]
            directions = _directions(self._pulls(weights, group["momentum"]))
            torch._foreach_mul_(directions, group["lr"])
            torch._foreach_mul_(weights, 1 - group["lr"] * group["decay"])
            torch._foreach_sub_(weights, directions)

    def _pulls(self, weights: list[Tensor], momentum: float) -> list[Tensor]:
        """Nesterov's momentum."""
        gradients: list[Tensor] = [weight.grad for weight in weights if weight.grad is not None]
        for weight in weights:
            if "memory" not in self.state[weight]:
                self.state[weight]["memory"] = torch.zeros_like(weight)
        memories = [self.state[weight]["memory"] for weight in weights]
        torch._foreach_lerp_(memories, gradients, 1 - momentum)
        return list(torch._foreach_lerp(gradients, memories, momentum))


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrices to (n, rows, columns), roughly: singular values land between 0.7 and 1.2. By
    Newton and Schulz's iteration with the quintic of the paper."""
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    wide = matrices.mT if tall else matrices
    x: Tensor = (wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(fast_kind(matrices.device))
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def _directions(pulls: list[Tensor]) -> list[Tensor]:
    """Each process makes every n-th one orthogonal; all get all. Those of one shape go together: on a GPU a hundred
    small matrices one by one take longer than the rest of a step."""
    made = [torch.zeros_like(pull) for pull in pulls]
    alike: dict[torch.Size, list[int]] = {}
    for number in range(crew.rank(), len(pulls), crew.size()):
        alike.setdefault(pulls[number].flatten(1).shape, []).append(number)
    for shape, numbers in alike.items():
        together = orthogonal(torch.stack([pulls[number].flatten(1) for number in numbers]))
        together *= _LIKE_ADAM * max(shape) ** 0.5
        for number, matrix in zip(numbers, together, strict=True):
            made[number].copy_(matrix.view_as(pulls[number]))
    if crew.size() == 1:
        return made
    flat = torch.cat([direction.flatten() for direction in made])
    distributed.all_reduce(flat)
    parts = torch.split(flat, [direction.numel() for direction in made])
    return [part.view_as(direction) for part, direction in zip(parts, made, strict=True)]
