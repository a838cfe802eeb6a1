"""Adam that keeps its moments in 8 bits, for where memory is short: block-wise dynamic quantization (Dettmers et al.
2021, arXiv 2110.02861, §2).

Of the second moment the root is kept, which spans half as many digits, and it is never rounded to nothing: where it
divides, a root that is lost would throw the weight away. Tensors of less than ``_SMALLEST`` numbers keep theirs whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLOCK = 256
"""Numbers that share a scale."""

_SMALLEST = 4096
_EXPONENTS = 7
_CODES = 256

BYTES = 2 * (1 + 4 / _BLOCK)
"""Of memory that both moments of one number take."""

State = dict[str, Tensor]
"""Of one variable, as torch's Adam has it (``WHOLE``) or packed (``PACKED``: codes in the variable's shape, uint8, and
the scale of each block)."""

WHOLE = ("step", "exp_avg", "exp_avg_sq")
PACKED = ("step", "codes", "scales", "root_codes", "root_scales")


class Adam8(torch.optim.Optimizer):
    """Adam as in torch, without weight decay. Each group brings its ``lr``."""

    def __init__(
        self, groups: Iterable[dict[str, Any]], betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:
        super().__init__(groups, {"betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure
        for group in self.param_groups:
            for one in group["params"]:
                if one.grad is not None:
                    self._descend(one, group["lr"], group["betas"], group["eps"])

    def _descend(self, one: nn.Parameter, rate: float, betas: tuple[float, float], eps: float) -> None:
        assert one.grad is not None
        state = unpacked(self.state[one]) or _beginning(one)
        step, mean, square = state["step"] + 1, state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(one.grad, 1 - betas[0])
        square.mul_(betas[1]).addcmul_(one.grad, one.grad, value=1 - betas[1])
        root = (square / (1 - betas[1] ** step)).sqrt_().add_(eps)
        one.sub_((mean / (1 - betas[0] ** step)).div_(root), alpha=rate)
        self.state[one] = packed({"step": step, "exp_avg": mean, "exp_avg_sq": square})


def _beginning(one: nn.Parameter) -> State:
    step = torch.zeros((), dtype=torch.float32, device=one.device)
    return {"step": step, "exp_avg": torch.zeros_like(one), "exp_avg_sq": torch.zeros_like(one)}


def packed(state: State) -> State:
    """In 8 bits; as it is where it is so already, or small."""
    if "exp_avg" not in state or state["exp_avg"].numel() < _SMALLEST:
        return state
    codes, scales = quantize(state["exp_avg"], signed=True)
    root_codes, root_scales = quantize(state["exp_avg_sq"].sqrt(), signed=False)
    return dict(zip(PACKED, (state["step"], codes, scales, root_codes, root_scales), strict=True))


def unpacked(state: State) -> State:
    """In single precision; as it is where it is so already."""
    if "codes" not in state:
        return state
    mean = dequantize(state["codes"], state["scales"], signed=True)
    root = dequantize(state["root_codes"], state["root_scales"], signed=False)
    return dict(zip(WHOLE, (state["step"], mean, root.square_()), strict=True))


def quantize(values: Tensor, *, signed: bool) -> tuple[Tensor, Tensor]:
    """Codes (uint8, in the shape of ``values``) and scales (float32, one for each block of 256): the nearest of 256
    numbers that lie denser the smaller they are. Unsigned, what is above 0 stays so."""
    blocks = functional.pad(values.flatten().float(), (0, -values.numel() % _BLOCK)).view(-1, _BLOCK)
    scales = blocks.abs().amax(1)
    book = _book(signed, values.device)
    between = (book[1:] + book[:-1]) / 2
    codes = torch.bucketize(blocks / scales.clamp(min=1e-38)[:, None], between, out_int32=True).to(torch.uint8)
    if not signed:
        codes[(codes == 0) & (blocks > 0)] = 1
    return codes.flatten()[: values.numel()].view(values.shape), scales


def dequantize(codes: Tensor, scales: Tensor, *, signed: bool) -> Tensor:
    """Of what ``quantize`` gave: float32, in the shape of ``codes``."""
    values = _book(signed, codes.device)[codes.flatten().int()]
    blocks = functional.pad(values, (0, -values.numel() % _BLOCK)).view(-1, _BLOCK) * scales[:, None]
    return blocks.flatten()[: codes.numel()].view(codes.shape)


@cache
def _book(signed: bool, device: torch.device) -> Tensor:
    """The 256 numbers, from -1 or 0 to 1, ascending: a decimal exponent, and between two powers of ten twice as many
    steps as between the two below (the paper's dynamic tree quantization)."""
    numbers = [torch.tensor([0.0, 1.0])]
    for exponent in range(_EXPONENTS):
        steps = torch.linspace(0.1, 1, (1 if signed else 2) * 2**exponent + 1)
        above = (steps[1:] + steps[:-1]) / 2 * 10.0 ** (exponent - _EXPONENTS + 1)
        numbers += [above, -above] if signed else [above]
    book = torch.cat(numbers).sort().values.to(device)
    assert len(book) == _CODES
    return book
